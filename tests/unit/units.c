// SPDX-License-Identifier: GPL-2.0-only
/* units: what people write is taken, what means nothing is not */
#include "lib/units.h"

#include "tests/unit/tap.h"

static const struct {
	const char *text;
	bool good;
	uint64_t want;
} sizes[] = {
	{ "0", true, 0 },
	{ "17", true, 17 },
	{ "17B", true, 17 },
	{ "10G", true, UINT64_C(10000000000) },
	{ "10GB", true, UINT64_C(10000000000) },
	{ "1k", true, 1000 },
	{ "1K", true, 1000 },
	{ "1Ki", true, 1024 },
	{ "3MiB", true, UINT64_C(3) << 20 },
	{ "2Ti", true, UINT64_C(2) << 40 },
	{ "18446744073709551615", true, UINT64_MAX },
	{ "18446744073709551616", false, 0 },
	{ "18447P", false, 0 },
	{ "16384Pi", false, 0 },
	{ "", false, 0 },
	{ "G", false, 0 },
	{ "-1", false, 0 },
	{ "+1", false, 0 },
	{ " 1", false, 0 },
	{ "1 G", false, 0 },
	{ "1.5G", false, 0 },
	{ "10g", false, 0 },
	{ "10i", false, 0 },
	{ "10GiBs", false, 0 },
	{ "0x10", false, 0 },
};

static const struct {
	const char *text;
	uint64_t max;
	bool good;
	uint64_t want;
	const char *rest;
} digits[] = {
	{ "0", 0, true, 0, "" },
	{ "1", 0, false, 0, "1" },
	{ "12-13", 100, true, 12, "-13" },
	{ "007x", 7, true, 7, "x" },
	{ "1023", 1023, true, 1023, "" },
	{ "1024", 1023, false, 0, "1024" },
	{ "9", 8, false, 0, "9" },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, "" },
	{ "18446744073709551616", UINT64_MAX, false, 0,
	  "18446744073709551616" },
	{ "99999999999999999999999", UINT64_MAX, false, 0,
	  "99999999999999999999999" },
	{ "", UINT64_MAX, false, 0, "" },
	{ "-1", UINT64_MAX, false, 0, "-1" },
	{ "+1", UINT64_MAX, false, 0, "+1" },
	{ " 1", UINT64_MAX, false, 0, " 1" },
};

static const struct {
	const char *text;
	bool good;
	uint64_t want;
} ages[] = {
	{ "0d", true, 0 },
	{ "30d", true, UINT64_C(30) * 86400 },
	{ "90s", true, 90 },
	{ "2m", true, 120 },
	{ "12h", true, 43200 },
	{ "2w", true, UINT64_C(14) * 86400 },
	{ "30", false, 0 },
	{ "d", false, 0 },
	{ "", false, 0 },
	{ "30D", false, 0 },
	{ "1d12h", false, 0 },
	{ "-1d", false, 0 },
	{ "30500568904944w", false, 0 },
};

static const struct {
	uint64_t n;
	const char *want;
} bytes[] = {
	{ 0, "0 B" },
	{ 999, "999 B" },
	{ 1000, "1.0 kB" },
	{ 31415926, "31.4 MB" },
	{ 999960000, "1.0 GB" },
	{ UINT64_MAX, "18446.7 PB" },
},
  spans[] = {
	  { 0, "0s" },	       { 119, "119s" },	     { 120, "2m" },
	  { 7199, "119m" },    { 7200, "2h" },	     { 2 * 86400 - 1, "47h" },
	  { 2 * 86400, "2d" }, { 729 * 86400, "729d" }, { 730 * 86400, "2y" },
  };

#define NR(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
	struct kt_error err = { 0 };
	char text[KT_UNITS_SIZE];

	for (size_t i = 0; i < NR(digits); i++) {
		const char *at = digits[i].text;
		uint64_t n = 4711;

		ok(kt_parse_digits(&at, digits[i].max, &n) == digits[i].good &&
			   n == (digits[i].good ? digits[i].want : 4711),
		   "digits \"%s\", at most %llu", digits[i].text,
		   (unsigned long long)digits[i].max);
		same_str(at, digits[i].rest, "and what is behind them");
	}
	for (size_t i = 0; i < NR(sizes); i++) {
		uint64_t n = 4711;
		const enum kt_status st =
			kt_parse_size(sizes[i].text, "--x", &n, &err);

		ok(st == (sizes[i].good ? KT_OK : KT_USAGE) &&
			   n == (sizes[i].good ? sizes[i].want : 4711),
		   "size \"%s\"", sizes[i].text);
	}
	ok(strstr(err.msg, "--x: \"0x10\"") != NULL, "the option is named");
	for (size_t i = 0; i < NR(ages); i++) {
		uint64_t n = 4711;
		const enum kt_status st =
			kt_parse_age(ages[i].text, "--x", &n, &err);

		ok(st == (ages[i].good ? KT_OK : KT_USAGE) &&
			   n == (ages[i].good ? ages[i].want : 4711),
		   "age \"%s\"", ages[i].text);
	}
	for (size_t i = 0; i < NR(bytes); i++) {
		kt_format_size(bytes[i].n, text);
		same_str(text, bytes[i].want, "bytes as text");
	}
	for (size_t i = 0; i < NR(spans); i++) {
		kt_format_age(spans[i].n, text);
		same_str(text, spans[i].want, "a span as text");
	}
	return tap_end();
}
