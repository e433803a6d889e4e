/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/unit/tap.h - TAP from C
 *
 * A unit test is one program over the real modules: it calls ok() for every
 * fact, with a sentence that can be false, and ends with return tap_end().
 */
#ifndef KT_TEST_TAP_H
#define KT_TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_nr, tap_bad;

static inline bool __attribute__((format(printf, 2, 3)))
ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_nr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	tap_bad += !good;
	return good;
}

/* Equal strings; both are shown when they are not. */
static inline bool same_str(const char *got, const char *want, const char *what)
{
	const bool good = got && want ? !strcmp(got, want) : got == want;

	ok(good, "%s", what);
	if (!good)
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)",
		       want ? want : "(null)");
	return good;
}

static inline bool same_u64(unsigned long long got, unsigned long long want,
			    const char *what)
{
	const bool good = got == want;

	ok(good, "%s", what);
	if (!good)
		printf("# got:  %llu\n# want: %llu\n", got, want);
	return good;
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_nr);
	return tap_bad > 0;
}

#endif
