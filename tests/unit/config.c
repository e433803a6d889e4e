// SPDX-License-Identifier: GPL-2.0-only
/* config: what a file of defaults says, and what is wrong with it */
#include "lib/config.h"

#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static const struct {
	const char *text, *name, *want;
	unsigned int line;
} good[] = {
	{ "engine = qemu\n", "engine", "qemu", 1 },
	{ "engine=qemu", "engine", "qemu", 1 },
	{ "# engine = kvm\n\n \t\n  engine\t=\tqemu \t\n", "engine", "qemu",
	  4 },
	{ "makeflags = V=1 W=1 # all\n", "makeflags", "V=1 W=1 # all", 1 },
	{ "cache-dir = ~/k\n", "cache-dir", "/home/me/k", 1 },
	{ "cache-dir = ~x/k\n", "cache-dir", "~x/k", 1 },
	{ "kernel = ~/linux\n", "kernel", "~/linux", 1 },
	{ "kernel = caf\303\251\nengine = auto", "engine", "auto", 2 },
	{ "engine = auto\n", "kernel", NULL, 0 },
	{ "engine = auto\n", "no-such-thing", NULL, 0 },
	{ "", "engine", NULL, 0 },
};

static const struct {
	const char *text, *message, *hint;
} bad[] = {
	{ "engine\n", "line 1: no \"=\" in \"engine\"",
	  "a line is \"NAME = VALUE\"" },
	{ "\nengin = x\n", "line 2: there is no setting \"engin\"",
	  "did you mean \"engine\"?" },
	{ "= x\n", "line 1: there is no setting \"\"",
	  "ktstr(7) lists the settings" },
	{ "ENGINE = x\n", "line 1: there is no setting \"ENGINE\"",
	  "ktstr(7) lists the settings" },
	{ "engine =  \n", "line 1: \"engine\" has no value", "" },
	{ "engine = a\njobs = 3\nengine = a\n",
	  "line 3: \"engine\" is set on line 1 already", "" },
	{ "jobs = 3\r\n", "line 1: there is a control character", "" },
	{ "jobs = 3\n# \033[m\n", "line 2: there is a control character", "" },
	{ "jobs = \377\n", "line 1: this is not UTF-8", "" },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct kt_config *c KT_CLEANUP(kt_config_freep) = NULL;
		struct kt_error err = { 0 };
		unsigned int line = 0;

		ok(!kt_config_parse(good[i].text, strlen(good[i].text),
				    "/home/me", &c, &err),
		   "case %zu is read", i);
		same_str(kt_config_get(c, good[i].name, &line), good[i].want,
			 "and has that value");
		same_u64(line, good[i].line, "from that line");
	}
}

static void test_bad(void)
{
	struct kt_config *c = NULL;
	struct kt_error err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ok(kt_config_parse(bad[i].text, strlen(bad[i].text), NULL, &c,
				   &err) == KT_DATA,
		   "case %zu is refused", i);
		same_str(err.msg, bad[i].message, "with line and reason");
		same_str(err.hint, bad[i].hint, "and what to do");
	}
	ok(kt_config_parse("busybox = ~/b", 13, NULL, &c, &err) == KT_DATA &&
		   strstr(err.msg, "needs HOME"),
	   "without HOME there is no ~");
	ok(kt_config_parse("jobs = 1\0002", 10, NULL, &c, &err) == KT_DATA,
	   "NUL is refused");
	ok(!c, "nothing was handed out");
}

static void test_names(void)
{
	char *variable KT_CLEANUP(kt_freep) = kt_config_variable("cache-dir");

	same_str(variable, "KTSTR_CACHE_DIR", "a setting has a variable");
	same_str(kt_config_setting("KTSTR_CACHE_DIR"), "cache-dir",
		 "and the variable has the setting");
	same_str(kt_config_setting("KTSTR_NOTHING"), NULL, "not any has");
	same_str(kt_config_setting("cache-dir"), NULL, "it is a variable");
}

int main(void)
{
	test_good();
	test_bad();
	test_names();
	return tap_end();
}
