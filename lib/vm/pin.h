/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vm/pin.h - which of the host's CPUs run the guest's */
#ifndef KT_VM_PIN_H
#define KT_VM_PIN_H

#include "lib/error.h"

#define KT_PIN_MAX_CPU 1023 /* sched_setaffinity(2)'s cpu_set_t ends there */

/*
 * Parse all of @text, a list as in /sys/devices/system/cpu/online ("0-3,8"):
 * its CPUs, in that order, are for CPU 0, 1, ... of a guest that has @nr; what
 * is left over is not used. *out, an array of @nr, is the caller's to free.
 *
 * KT_USAGE: not such a list, or it has a CPU twice or fewer than @nr.
 */
enum kt_status kt_pin_parse(const char *text, unsigned int nr,
			    unsigned int **out,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
