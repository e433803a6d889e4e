// SPDX-License-Identifier: GPL-2.0-only
/* ram - kt_ram_read() over parts that meet, and holes between them */
#include "lib/vm/ram.h"

#include <string.h>

#include "tests/unit/tap.h"

static const unsigned char low[] = "abcd", next[] = "efgh", high[] = "ijkl";

static const struct kt_ram ram = {
	.nr = 3,
	.part = { { 0x1000, 4, low },
		  { 0x1004, 4, next },
		  { UINT64_C(0xfffffffffffffffc), 4, high } },
};

static const struct {
	uint64_t gpa;
	size_t len;
	const char *want; /* NULL: it is not there */
} cases[] = {
	{ 0x1000, 4, "abcd" },
	{ 0x1002, 4, "cdef" },
	{ 0x1000, 8, "abcdefgh" },
	{ 0x1007, 1, "h" },
	{ 0x1007, 2, NULL },
	{ 0xfff, 1, NULL },
	{ 0x1008, 1, NULL },
	{ 0, 0, "" },
	{ UINT64_C(0xfffffffffffffffe), 2, "kl" },
	{ UINT64_C(0xfffffffffffffffe), 3, NULL },
	{ UINT64_MAX, SIZE_MAX, NULL },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[16] = "untouched";
		const bool there =
			kt_ram_read(&ram, cases[i].gpa, got, cases[i].len);

		if (cases[i].want)
			ok(there && !memcmp(got, cases[i].want, cases[i].len),
			   "case %zu: all of it", i);
		else
			ok(!there && !strcmp(got, "untouched"),
			   "case %zu: none of it", i);
	}
	return tap_end();
}
