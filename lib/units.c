// SPDX-License-Identifier: GPL-2.0-only
/* units - sizes and spans of time as people write and read them */
#include "lib/units.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE UINT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define YEAR (365 * DAY)

bool kt_parse_digits(const char **text, uint64_t max, uint64_t *out)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		const uint64_t digit = (uint64_t)(*p - '0');

		if (digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*text = p;
	*out = n;
	return true;
}

static bool multiply(uint64_t n, uint64_t by, uint64_t *out)
{
	return !__builtin_mul_overflow(n, by, out);
}

/* What "k", "Mi", "GB" or "" multiply by; 0 if it is no unit. */
static uint64_t size_unit(const char *unit)
{
	static const char prefixes[] = "kMGTP";
	const char *at =
		*unit ? strchr(prefixes, *unit == 'K' ? 'k' : *unit) : NULL;
	const bool binary = at && unit[1] == 'i';
	uint64_t by = 1;

	if (at) {
		for (const char *p = prefixes; p <= at; p++)
			by *= binary ? 1024 : 1000;
		unit += binary ? 2 : 1;
	}
	if (*unit == 'B')
		unit++;
	return *unit ? 0 : by;
}

enum kt_status kt_parse_size(const char *text, const char *what, uint64_t *out,
			     struct kt_error *err)
{
	const char *unit = text;
	uint64_t n, by;

	if (kt_parse_digits(&unit, UINT64_MAX, &n)) {
		by = size_unit(unit);
		if (by && multiply(n, by, &n)) {
			*out = n;
			return KT_OK;
		}
	}
	return kt_hint(
		err,
		kt_fail(err, KT_USAGE, "%s: \"%s\" is no size", what, text),
		"a number and k, M, G or T, as in 10G");
}

static uint64_t age_unit(const char *unit)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {
		{ "s", 1 },   { "m", MINUTE }, { "h", HOUR },
		{ "d", DAY }, { "w", WEEK },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].unit))
			return units[i].seconds;
	return 0;
}

enum kt_status kt_parse_age(const char *text, const char *what, uint64_t *out,
			    struct kt_error *err)
{
	const char *unit = text;
	uint64_t n, by;

	if (kt_parse_digits(&unit, UINT64_MAX, &n)) {
		by = age_unit(unit);
		if (by && multiply(n, by, &n)) {
			*out = n;
			return KT_OK;
		}
	}
	return kt_hint(err,
		       kt_fail(err, KT_USAGE, "%s: \"%s\" is no span of time",
			       what, text),
		       "a number and s, m, h, d or w, as in 30d");
}

void kt_format_size(uint64_t bytes, char out[KT_UNITS_SIZE])
{
	static const char *const prefix[] = { "", "k", "M", "G", "T", "P" };
	double scaled = (double)bytes;
	size_t i = 0;

	/* 999.95 would be shown as 1000.0. */
	for (; scaled >= (i ? 999.95 : 1000) && i < 5; i++)
		scaled /= 1000;
	snprintf(out, KT_UNITS_SIZE, i ? "%.1f %sB" : "%.0f %sB", scaled,
		 prefix[i]);
}

void kt_format_age(uint64_t seconds, char out[KT_UNITS_SIZE])
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {
		{ YEAR, 'y' }, { DAY, 'd' }, { HOUR, 'h' }, { MINUTE, 'm' }
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < 2 * units[i].seconds)
			continue;
		snprintf(out, KT_UNITS_SIZE, "%llu%c",
			 (unsigned long long)(seconds / units[i].seconds),
			 units[i].unit);
		return;
	}
	snprintf(out, KT_UNITS_SIZE, "%llus", (unsigned long long)seconds);
}
