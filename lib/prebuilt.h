/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/prebuilt.h - is a kernel that others have configured of use here?
 */
#ifndef KT_PREBUILT_H
#define KT_PREBUILT_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/kconfig.h"
#include "lib/payload.h"

/* All borrowed. */
struct kt_prebuilt {
	const char *what; /* its name in messages */
	const struct kt_payload *payload;
	const struct kt_kconfig *config; /* NULL: nobody knows */
};

/* A line for people. */
typedef void kt_prebuilt_say_fn(const char *fmt, ...) KT_PRINTF(1, 2);

/*
 * KT_FAIL, and why: the kernel has no sched_ext, or nothing says whether it
 * does; or a guest of ours would not come up with it, for what it needs is off
 * or a module. With @any that is said to @say instead. So is in any case
 * what a guest can do without, but will miss: types, symbols, the virtio
 * console of an engine, lines of the "need" part of ktstr.kconfig that do not
 * hold. *as_ours: all of them do.
 */
enum kt_status kt_prebuilt_check(const struct kt_prebuilt *k, bool any,
				 kt_prebuilt_say_fn *say, bool *as_ours,
				 struct kt_error *err) KT_MUST_CHECK;

#endif
