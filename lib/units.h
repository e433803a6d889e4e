/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/units.h - numbers, sizes and spans of time as people write and read them
 *
 * Sizes are decimal, as disks and our own messages have them: 10G is 10^10
 * bytes; with an "i" they are binary, 10Gi is 10 * 2^30.
 */
#ifndef KT_UNITS_H
#define KT_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_UNITS_SIZE 24 /* bytes that hold any of the texts below */

/*
 * Read the decimal digits that *text begins with, and move it behind them;
 * false, and nothing is touched, if it begins with none or they are more than
 * @max. Neither blanks nor signs are digits.
 */
bool kt_parse_digits(const char **text, uint64_t max, uint64_t *out);

/*
 * Parse all of @text, a whole number and one of k K M G T P, each with an "i"
 * and a "B" behind it or without; a bare number is bytes. KT_USAGE, naming
 * @what, if it is something else or more than 2^64-1 bytes.
 */
enum kt_status kt_parse_size(const char *text, const char *what, uint64_t *out,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * Parse all of @text, a whole number and one of s, m (minutes), h, d, w; *out
 * is in seconds. A number without one is KT_USAGE too: 30 of what?
 */
enum kt_status kt_parse_age(const char *text, const char *what, uint64_t *out,
			    struct kt_error *err) KT_MUST_CHECK;

/* "151.9 MB", "17 B". */
void kt_format_size(uint64_t bytes, char out[KT_UNITS_SIZE]);

/* "42s", "12m", "17h", "34d", "3y": the largest unit that leaves two. */
void kt_format_age(uint64_t seconds, char out[KT_UNITS_SIZE]);

#endif
