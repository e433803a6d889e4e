/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vm/logs.h - where the files of a run go */
#ifndef KT_VM_LOGS_H
#define KT_VM_LOGS_H

#include "lib/error.h"

#define KT_LOGS_KEEP 20

/*
 * A new directory for one run below @runs, which is made if need be. It is
 * named after the time, and the oldest above KT_LOGS_KEEP that nobody uses any
 * more are removed. *out is its absolute path, the caller's to free; *lock
 * marks it as in use until closed.
 */
enum kt_status kt_logs_new(const char *runs, char **out, int *lock,
			   struct kt_error *err) KT_MUST_CHECK;

/* Open file @name in @dir for writing and reading, empty. */
enum kt_status kt_logs_open(const char *dir, const char *name, int *fd,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
