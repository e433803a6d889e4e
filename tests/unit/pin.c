// SPDX-License-Identifier: GPL-2.0-only
/* pin: lists of CPUs */
#include "lib/vm/pin.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static void test_good(void)
{
	static const struct {
		const char *text;
		unsigned int nr, want[4];
	} cases[] = {
		{ "0", 1, { 0 } },
		{ "7,3", 2, { 7, 3 } },
		{ "0-3", 4, { 0, 1, 2, 3 } },
		{ "8,0-2", 4, { 8, 0, 1, 2 } },
		{ "4-4,1023", 2, { 4, 1023 } },
		{ "0-1023", 2, { 0, 1 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int *pin = NULL;
		struct kt_error err;

		ok(!kt_pin_parse(cases[i].text, cases[i].nr, &pin, &err) &&
			   !memcmp(pin, cases[i].want,
				   cases[i].nr * sizeof(*pin)),
		   "\"%s\" for %u CPUs", cases[i].text, cases[i].nr);
		free(pin);
	}
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"",	 "x",	"-",	 "1-",	   "-1",
		"1,",	 ",1",	"1,,2",	 "2-1",	   "1 2",
		"1-2-3", "0x1", "1024",	 "0-1024", "99999999999999999999",
		"+1",	 "1,1", "0-3,2",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned int *pin = NULL;
		struct kt_error err;

		ok(kt_pin_parse(bad[i], 1, &pin, &err) == KT_USAGE && !pin,
		   "\"%s\" is refused", bad[i]);
	}
}

int main(void)
{
	unsigned int *pin = NULL;
	struct kt_error err;

	test_good();
	test_bad();
	ok(kt_pin_parse("0-2", 4, &pin, &err) == KT_USAGE && !pin,
	   "fewer CPUs than the guest has are refused");
	same_str(err.msg, "\"0-2\" has 3 CPUs, and the guest has 4",
		 "and both numbers are named");
	return tap_end();
}
