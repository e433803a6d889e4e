// SPDX-License-Identifier: GPL-2.0-only
/* version: what is one, and which is the later */
#include "lib/version.h"

#include "tests/unit/tap.h"

static void test_parse(void)
{
	static const struct {
		const char *text, *want; /* NULL: not a version */
	} cases[] = {
		{ "6.14", "6.14" },
		{ "6.14.2", "6.14.2" },
		{ "6.14.0", "6.14" },
		{ "6.15-rc3", "6.15-rc3" },
		{ "6.14.2-rc1", "6.14.2-rc1" },
		{ "06.014", "6.14" },
		{ "6.12.117", "6.12.117" },
		{ "6", NULL },
		{ "v6.14", NULL },
		{ "6.14.", NULL },
		{ "6.14.2.3", NULL },
		{ "6.15-rc", NULL },
		{ "6.15-rc0", NULL },
		{ "6.15-rc1x", NULL },
		{ "6.15-mine", NULL },
		{ " 6.14", NULL },
		{ "6.14 ", NULL },
		{ "6.-1", NULL },
		{ "6.99999999999999999999", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_version v;
		char text[KT_VERSION_SIZE] = "";
		const bool is = kt_version_parse(cases[i].text, &v);

		ok(is == (cases[i].want != NULL), "\"%s\" is %s version",
		   cases[i].text, cases[i].want ? "a" : "no");
		if (!is)
			continue;
		kt_version_format(&v, text);
		same_str(text, cases[i].want, "and is written so");
	}
}

static void test_compare(void)
{
	static const char *const order[] = { "5.19",	 "6.9",	     "6.12-rc1",
					     "6.12-rc2", "6.12",     "6.12.9",
					     "6.12.10",	 "6.13-rc1", "10.0" };
	const size_t nr = sizeof(order) / sizeof(order[0]);

	for (size_t i = 0; i < nr; i++)
		for (size_t j = 0; j < nr; j++) {
			struct kt_version a, b;
			int c;

			if (!kt_version_parse(order[i], &a) ||
			    !kt_version_parse(order[j], &b))
				continue;
			c = kt_version_compare(&a, &b);
			ok((c > 0) - (c < 0) == (i > j) - (i < j),
			   "%s against %s", order[i], order[j]);
		}
}

int main(void)
{
	test_parse();
	test_compare();
	return tap_end();
}
