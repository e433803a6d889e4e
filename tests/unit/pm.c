// SPDX-License-Identifier: GPL-2.0-only
/* pm: what is written is there, and one value switches the machine off */
#include "lib/vm/pm.h"

#include "tests/unit/tap.h"

static void test_off(void)
{
	static const struct {
		const char *what;
		unsigned int offset;
		uint8_t data[4];
		size_t len;
		bool off;
	} cases[] = {
		{ "SLP_EN with the type of S5", 4, { 0x00, 0x34 }, 2, true },
		{ "and with SCI_EN", 4, { 0x01, 0x34 }, 2, true },
		{ "in the upper byte alone", 5, { 0x34 }, 1, true },
		{ "in the upper half of four bytes",
		  2,
		  { 0, 0, 0, 0x34 },
		  4,
		  true },
		{ "in four bytes, two of them outside",
		  4,
		  { 0, 0x34, 9, 9 },
		  4,
		  true },
		{ "the type alone", 4, { 0x00, 0x14 }, 2, false },
		{ "SLP_EN with type 0", 4, { 0x00, 0x20 }, 2, false },
		{ "SLP_EN with type 7", 4, { 0x00, 0x3c }, 2, false },
		{ "the same to enable", 2, { 0x00, 0x34 }, 2, false },
		{ "the same to status", 0, { 0x00, 0x34 }, 2, false },
		{ "the same behind the registers",
		  6,
		  { 0x34, 0x34 },
		  2,
		  false },
		{ "the same far behind",
		  0xfffffffe,
		  { 0x34, 0x34, 0x34, 0x34 },
		  4,
		  false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_pm pm = { 0 };

		ok(kt_pm_write(&pm, cases[i].offset, cases[i].data,
			       cases[i].len) == cases[i].off,
		   "%s: %s", cases[i].what, cases[i].off ? "off" : "stays on");
	}
}

/* As Linux does it: the type first, then the same with SLP_EN. */
static void test_two_writes(void)
{
	static const uint8_t type[] = { 0x01, 0x14 }, go[] = { 0x01, 0x34 };
	struct kt_pm pm = { 0 };
	uint8_t got[2];

	ok(!kt_pm_write(&pm, 4, type, 2), "the type is written");
	kt_pm_read(&pm, 4, got, 2);
	ok(got[0] == 0x01 && got[1] == 0x14, "and can be read");
	ok(kt_pm_write(&pm, 4, go, 2), "then SLP_EN");
	kt_pm_read(&pm, 4, got, 2);
	ok(got[1] == 0x14, "which cannot be read");
}

static void test_read(void)
{
	static const uint8_t enable[] = { 0x20, 0x01 };
	struct kt_pm pm = { 0 };
	uint8_t got[4] = { 9, 9, 9, 9 };

	kt_pm_read(&pm, 0, got, 2);
	ok(!got[0] && !got[1] && got[2] == 9, "no event has happened");
	kt_pm_read(&pm, 4, got, 2);
	ok(got[0] == 1 && !got[1], "SCI_EN is set from the start");
	kt_pm_write(&pm, 2, enable, 2);
	kt_pm_read(&pm, 0, got, 4);
	ok(!got[0] && !got[1] && got[2] == 0x20 && got[3] == 0x01,
	   "what is enabled is seen, and is no event");
	kt_pm_read(&pm, 5, got, 4);
	ok(!got[0] && got[1] == 0xff && got[2] == 0xff && got[3] == 0xff,
	   "behind the registers there is nothing");
	kt_pm_read(&pm, 0xffffffff, got, 4);
	ok(got[0] == 0xff && got[1] == 0xff && got[2] == 0xff && got[3] == 0xff,
	   "far behind neither");
}

int main(void)
{
	test_off();
	test_two_writes();
	test_read();
	return tap_end();
}
