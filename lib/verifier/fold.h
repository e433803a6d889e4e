/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/fold.h - a verifier log with its repeated loops folded
 *
 * The verifier prints an unrolled loop iteration by iteration. Up to
 * KT_FOLD_PASSES runs of three or more equal iterations, of five lines or
 * more each, become their first and last one:
 *
 *	--- 8x of the following 12 lines ---
 *	...
 *	--- 6 identical iterations omitted ---
 *	...
 *	--- end repeat ---
 *
 * Lines are equal if they are so without their address and without the state
 * of registers that the verifier adds to some of them. Which run is found does
 * not depend on luck: the most frequent line, the bytewise smallest of several,
 * is what iterations are counted by, and the most frequent distance between
 * those, the smallest of several, is their length.
 *
 * Any bytes will do. Time and memory are linear in the size of the log.
 */
#ifndef KT_VERIFIER_FOLD_H
#define KT_VERIFIER_FOLD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define KT_FOLD_PASSES 5
#define KT_FOLD_MAX_BYTES (((size_t)1 << 30) - 1)
#define KT_FOLD_MAX_LINES (UINT32_C(1) << 25)

/*
 * Write the folded form of @len bytes at @text to @out. Without anything to
 * fold these are the same bytes; else lines end in LF, without CR. KT_DATA: the
 * log is above the limits. KT_SYS: no random bytes. Nothing is written then.
 * Whether @out took it, ferror() knows.
 */
enum kt_status kt_fold(const char *text, size_t len, FILE *out,
		       struct kt_error *err) KT_MUST_CHECK;

#endif
