// SPDX-License-Identifier: GPL-2.0-only
/* tree: the version that a top Makefile gives */
#include "lib/tree.h"

#include "lib/env.h"
#include "tests/unit/tap.h"

static void test_version(void)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} cases[] = {
		{ "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\n"
		  "EXTRAVERSION =\nNAME = Baby Opossum Posse\n",
		  "6.12.117" },
		{ "VERSION = 6\nPATCHLEVEL = 15\nSUBLEVEL = 0\n"
		  "EXTRAVERSION = -rc3\n",
		  "6.15-rc3" },
		{ "VERSION = 6\nPATCHLEVEL = 15\nSUBLEVEL = 0\n"
		  "EXTRAVERSION = -mine\n",
		  "6.15" },
		{ "VERSION = 6\nPATCHLEVEL = 15\nSUBLEVEL = 2\n"
		  "EXTRAVERSION = -rc1-mine\n",
		  "6.15.2" },
		{ "VERSION=6\r\nPATCHLEVEL=1\r\n", "6.1" },
		{ "VERSION = 6\nPATCHLEVEL = 1\n\tVERSION = 7\n", "6.1" },
		{ "VERSION = 6\nVERSION = 7\nPATCHLEVEL = 1\n", "6.1" },
		{ "PROJECT_VERSION = 6\nPATCHLEVEL = 1\n", NULL },
		{ "VERSION = 6\n", NULL },
		{ "VERSION = x\nPATCHLEVEL = 1\n", NULL },
		{ "VERSION = ../6\nPATCHLEVEL = 1\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_version v = { 0 };
		struct kt_error err = { 0 };
		char text[KT_VERSION_SIZE];
		enum kt_status st =
			kt_tree_makefile_version(cases[i].text, &v, &err);

		if (!cases[i].want) {
			ok(st == KT_DATA, "Makefile %zu has no version", i);
			continue;
		}
		kt_version_format(&v, text);
		same_str(st ? "none" : text, cases[i].want, "the version");
	}
}

static void test_env(void)
{
	static const char *const base[] = { "A=1",    "GIT_DIR=x", "GIT=y",
					    "MAKE=z", "M=1",	   "LC_ALL=de",
					    "EMPTY=", NULL };
	static const char *const drop[] = { "GIT_*", "M", NULL };
	static const char *const set[] = { "LC_ALL=C", "NEW=n", NULL };
	char **env KT_CLEANUP(kt_env_freep) = kt_env_new(base, drop, set);
	const char *const *e = (const char *const *)env;

	same_str(kt_env_get(e, "A"), "1", "what is not named stays");
	same_str(kt_env_get(e, "GIT_DIR"), NULL, "a beginning is dropped");
	same_str(kt_env_get(e, "GIT"), "y", "another name is not");
	same_str(kt_env_get(e, "M"), NULL, "a name is dropped");
	same_str(kt_env_get(e, "MAKE"), "z", "what begins like it is not");
	same_str(kt_env_get(e, "LC_ALL"), "C", "what is set replaces");
	same_str(kt_env_get(e, "NEW"), "n", "and is added");
	same_str(kt_env_get(e, "EMPTY"), NULL, "empty counts as unset");
}

int main(void)
{
	test_version();
	test_env();
	return tap_end();
}
