// SPDX-License-Identifier: GPL-2.0-only
/* clock - time for waiting and time for the record */
#include "lib/clock.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

uint64_t kt_clock_ns(void)
{
	struct timespec ts;

	/* Cannot fail: the clock exists wherever Linux runs. */
	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		abort();
	return (uint64_t)ts.tv_sec * KT_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t kt_deadline_in(uint64_t ns)
{
	uint64_t now = kt_clock_ns();

	return ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
}

int kt_deadline_poll_ms(uint64_t deadline)
{
	uint64_t now, ms;

	if (!deadline)
		return -1;
	now = kt_clock_ns();
	if (now >= deadline)
		return 0;
	ms = (deadline - now - 1) / KT_NS_PER_MS + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

uint64_t kt_deadline_min(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

void kt_clock_utc(time_t t, char out[KT_UTC_SIZE])
{
	struct tm tm;

	/* A year of five digits would not fit, and no clock here shows one. */
	if (!gmtime_r(&t, &tm) || !strftime(out, KT_UTC_SIZE, "%FT%TZ", &tm))
		abort();
}

bool kt_clock_parse_utc(const char *text, time_t *out)
{
	char again[KT_UTC_SIZE];
	struct tm tm = { 0 };
	time_t t;

	/* What strptime(3) lets through, blanks and the 31st of June, is seen by
	 * writing it again. */
	if (strlen(text) != KT_UTC_SIZE - 1 ||
	    !strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	t = timegm(&tm);
	if (t < 0)
		return false;
	kt_clock_utc(t, again);
	if (strcmp(text, again) != 0)
		return false;
	*out = t;
	return true;
}
