// SPDX-License-Identifier: GPL-2.0-only
/* script: the first line as the kernel reads it, and what env would run */
#include "lib/script.h"

#include "tests/unit/tap.h"

static const struct {
	const char *text, *interp, *program; /* no interp: not a script */
} cases[] = {
	{ "#!/bin/sh\n", "/bin/sh", "" },
	{ "#!/bin/sh", "/bin/sh", "" },
	{ "#! \t/bin/sh -e\nrest", "/bin/sh", "" },
	{ "#!/bin/sh\t-e x", "/bin/sh", "" },
	{ "#!sh\n", "sh", "" },
	{ "#!/usr/bin/env python3\n", "/usr/bin/env", "python3" },
	{ "#!/usr/bin/env python3 -u\n", "/usr/bin/env", "python3" },
	{ "#!/usr/bin/env -S python3 -u\n", "/usr/bin/env", "python3" },
	{ "#!/usr/bin/env -i A=1 B=2 perl -w\n", "/usr/bin/env", "perl" },
	{ "#!/usr/bin/env\n", "/usr/bin/env", "" },
	{ "#!/usr/bin/environ x\n", "/usr/bin/environ", "" },
	{ "#!\n/bin/sh\n", NULL, "" },
	{ "#! \n", NULL, "" },
	{ "#", NULL, "" },
	{ "", NULL, "" },
	{ "\177ELF", NULL, "" },
	{ "# !/bin/sh\n", NULL, "" },
};

static void test_long(void)
{
	char text[4096];
	struct kt_script script;

	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	ok(kt_script_parse(text, sizeof(text), &script) &&
		   strlen(script.interp) == KT_SCRIPT_BYTES - 2,
	   "a line without an end is cut where the kernel cuts it");
	memcpy(text, "#!/bin/env ", 11);
	ok(kt_script_parse(text, sizeof(text), &script) &&
		   strlen(script.program) == KT_SCRIPT_BYTES - 11,
	   "so is what env is given");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_script script = { "", "" };
		const bool is = kt_script_parse(cases[i].text,
						strlen(cases[i].text), &script);

		ok(is == (cases[i].interp != NULL),
		   "line %zu is a script or not", i);
		if (!is)
			continue;
		same_str(script.interp, cases[i].interp, "  its interpreter");
		same_str(script.program, cases[i].program, "  its program");
	}
	test_long();
	return tap_end();
}
