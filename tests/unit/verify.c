// SPDX-License-Identifier: GPL-2.0-only
/* verify: lines of sha256sums.asc */
#include "lib/verify.h"

#include "tests/unit/tap.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char lines[] =
	A "  linux-6.14.2.tar.xz\n" B " *linux-6.14.tar.xz\r\n" A
	  "  linux-6.14.2.tar.xz\n" /* the same twice */
	A "  patch-6.14.99.xz\n" A "  linux-6.14.10.tar.gz\n" A
	  "  linux-6.14.11-rc1.tar.xz\n" A "  linux-6.1.9.tar.xz\n" B
	  "  linux-6.1.10.tar.xz\n" A "  twice\n" B "  twice\n" A
	  " linux-one-space.tar.xz\n"
	  "AAAA" A "  upper\n" A A "  long\n" A "\n" A "  \n\n" B "  last";

static void test_find(void)
{
	static const struct {
		const char *name, *want;
		enum kt_status st;
	} cases[] = {
		{ "linux-6.14.2.tar.xz", A, KT_OK },
		{ "linux-6.14.tar.xz", B, KT_OK },
		{ "linux-6.14.2.tar", NULL, KT_OK },
		{ "inux-6.14.2.tar.xz", NULL, KT_OK },
		{ "linux-one-space.tar.xz", NULL, KT_OK },
		{ "upper", NULL, KT_OK },
		{ "long", NULL, KT_OK },
		{ "", NULL, KT_OK },
		{ "last", B, KT_OK },
		{ "twice", NULL, KT_DATA },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[KT_SHA256_SIZE] = "";
		struct kt_error err = { 0 };
		bool found = false;

		ok(kt_sums_find(lines, strlen(lines), cases[i].name, got,
				&found, &err) == cases[i].st &&
			   found == (cases[i].want != NULL),
		   "\"%s\"", cases[i].name);
		if (cases[i].want)
			same_str(got, cases[i].want, "and its sum");
	}
}

static void test_newest(void)
{
	char got[KT_VERSION_SIZE] = "";
	struct kt_version v;

	ok(kt_sums_newest(lines, strlen(lines), 6, 14, &v), "6.14 is there");
	kt_version_format(&v, got);
	same_str(got, "6.14.2", "no candidates, patches or .gz");
	ok(kt_sums_newest(lines, strlen(lines), 6, 1, &v), "6.1 is there");
	kt_version_format(&v, got);
	same_str(got, "6.1.10", "the highest by number");
	ok(!kt_sums_newest(lines, strlen(lines), 6, 2, &v), "6.2 is not");
	ok(!kt_sums_newest("", 0, 6, 1, &v), "nothing is in nothing");
}

static void test_body(void)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----\n"
				    "Hash: SHA256\n\n";
	static const char end[] = "\n-----BEGIN PGP SIGNATURE-----\n";
	static const struct {
		const char *before, *text, *after;
		enum kt_status st;
	} cases[] = {
		{ begin, "x  y", end, KT_OK },
		{ begin, "", end, KT_OK },
		{ "", "x  y", end, KT_DATA },
		{ begin, "x  y", "", KT_DATA },
		{ "x  z\n-----BEGIN PGP SIGNED MESSAGE-----\n\n", "x  y", end,
		  KT_DATA },
		{ "", "", "", KT_DATA },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct kt_error err = { 0 };
		const char *body = NULL;
		size_t len = 0;

		snprintf(text, sizeof(text), "%s%s%s", cases[i].before,
			 cases[i].text, cases[i].after);
		ok(kt_sums_body(text, strlen(text), &body, &len, &err) ==
			   cases[i].st,
		   "case %zu is %d", i, (int)cases[i].st);
		if (!cases[i].st)
			ok(len == strlen(cases[i].text) &&
				   !memcmp(body, cases[i].text, len),
			   "and what is signed is \"%s\"", cases[i].text);
	}
}

int main(void)
{
	test_find();
	test_newest();
	test_body();
	return tap_end();
}
