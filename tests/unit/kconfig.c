// SPDX-License-Identifier: GPL-2.0-only
/* kconfig: settings are compared as symbols, never as text */
#include "lib/kconfig.h"

#include <stdlib.h>

#include "lib/ksyms.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static struct kt_kconfig *parse(const char *text)
{
	struct kt_kconfig *cfg = NULL;
	struct kt_error err = { 0 };

	if (kt_kconfig_parse(text, strlen(text), &cfg, &err))
		return NULL;
	return cfg;
}

static void test_get(void)
{
	struct kt_kconfig *cfg KT_CLEANUP(kt_kconfig_freep) =
		parse("# a comment, CONFIG_A=m\n"
		      "CONFIG_A=y\n"
		      "CONFIG_N=128\n"
		      "\n"
		      "# CONFIG_B is not set\n"
		      "CONFIG_S=\"a # b\"\n"
		      "CONFIG_C=y\r\n"
		      "CONFIG_D=y\n"
		      "# CONFIG_D is not set\n"
		      "# CONFIG_E is not set\n"
		      "CONFIG_E=m");

	same_str(kt_kconfig_get(cfg, "CONFIG_A"), "y", "a setting");
	same_str(kt_kconfig_get(cfg, "CONFIG_N"), "128", "a number");
	same_str(kt_kconfig_get(cfg, "CONFIG_B"), "n", "is not set");
	same_str(kt_kconfig_get(cfg, "CONFIG_S"), "\"a # b\"", "a string");
	same_str(kt_kconfig_get(cfg, "CONFIG_C"), "y", "a line with CR");
	same_str(kt_kconfig_get(cfg, "CONFIG_D"), "n", "the last line wins");
	same_str(kt_kconfig_get(cfg, "CONFIG_E"), "m", "also without LF");
	same_str(kt_kconfig_get(cfg, "CONFIG_NOT"), "n", "unknown is off");
	same_str(kt_kconfig_get(cfg, "CONFIG_"), "n", "no name is off");
}

static void test_malformed(void)
{
	static const char *const bad[] = { "CONFIG_A\n", "hello\n", "A=y\n",
					   "CONFIG_=y\n", "<html>\n" };
	struct kt_kconfig *cfg = NULL;
	struct kt_error err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(kt_kconfig_parse(bad[i], strlen(bad[i]), &cfg, &err) ==
			   KT_DATA,
		   "refused: %.*s", (int)strcspn(bad[i], "\n"), bad[i]);
	ok(kt_kconfig_parse("CONFIG_A=y\0x", 12, &cfg, &err) == KT_DATA,
	   "a NUL is refused");
	ok(kt_kconfig_parse("\n\nx\n", 4, &cfg, &err) == KT_DATA &&
		   strstr(err.msg, "line 3"),
	   "the number of the line is told");
}

static void test_unmet(void)
{
	struct kt_kconfig *want KT_CLEANUP(kt_kconfig_freep) =
		parse("CONFIG_Z=y\nCONFIG_NR=1\n# CONFIG_OFF is not set\n"
		      "CONFIG_A=y\n# CONFIG_GONE is not set\n");
	struct kt_kconfig *have KT_CLEANUP(kt_kconfig_freep) =
		parse("CONFIG_A=y\nCONFIG_NR=128\nCONFIG_OFF=y\n");
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };

	same_u64(kt_kconfig_unmet(want, have, &out), 3, "three are unmet");
	same_str(out.data, "CONFIG_Z=y\nCONFIG_NR=1\nCONFIG_OFF=n\n",
		 "in the order they were asked for, 1 is not 128");
	kt_buf_release(&out);
	same_u64(kt_kconfig_unmet(want, want, &out), 0, "none of itself");
}

static void test_parts(void)
{
	char *need KT_CLEANUP(kt_freep) = NULL;
	char *slim KT_CLEANUP(kt_freep) = NULL;
	char *all KT_CLEANUP(kt_freep) = NULL;
	char *none KT_CLEANUP(kt_freep) = NULL;

	kt_kconfig_parts("# about #### slim ####\n#### need ####\n"
			 "CONFIG_A=y\n#### slim ####\nCONFIG_B=n\n",
			 &need, &slim);
	ok(strstr(need, "CONFIG_A") && !strstr(need, "CONFIG_B"),
	   "need ends at the mark");
	ok(strstr(slim, "CONFIG_B") && !strstr(slim, "CONFIG_A"),
	   "slim begins there");
	kt_kconfig_parts("CONFIG_A=y\n", &all, &none);
	same_str(all, "CONFIG_A=y\n", "without marks all is need");
	same_str(none, "", "and nothing slim");
}

static void test_own(void)
{
	struct kt_kconfig *cfg KT_CLEANUP(kt_kconfig_freep) = NULL;
	char *need KT_CLEANUP(kt_freep) = NULL;
	char *slim KT_CLEANUP(kt_freep) = NULL;

	kt_kconfig_parts(kt_kconfig_fragment, &need, &slim);
	cfg = parse(need);
	ok(cfg && !strcmp(kt_kconfig_get(cfg, "CONFIG_SCHED_CLASS_EXT"), "y"),
	   "our own fragment needs the scheduler class");
	ok(*slim != '\0', "and has a slim part");
}

static const char kconfig[] =
	"menu \"Top\"\n"
	"\tdepends on NET\n"
	"config INNER\n"
	"\tbool \"inner\" if EXPERT\n"
	"\tdepends on A || \\\n"
	"\t\tB\n"
	"\thelp\n"
	"\t  depends on NOTHING\n"
	"\n"
	"\t  config FALSE\n"
	"endmenu\n"
	"if OUTER\n"
	"config GATED\n"
	"\ttristate\n"
	"\tdepends on !BROKEN && (X86 || ARM) && $(cc-option,-m(64))\n"
	"endif\n"
	"config BTF\n"
	"\tbool \"if you must\"\n"
	"\tdepends on PAHOLE_VERSION >= 116 # since then\n"
	"config FREE\n"
	"\tbool\n";

static void why(const struct kt_ksyms *syms, const char *symbol,
		const char *config, const char *want)
{
	struct kt_kconfig *have KT_CLEANUP(kt_kconfig_freep) = parse(config);
	char *got KT_CLEANUP(kt_freep) = kt_ksyms_why(syms, symbol, have);

	same_str(got, want, symbol);
}

static void test_why(void)
{
	struct kt_ksyms *s KT_CLEANUP(kt_ksyms_freep) = NULL;

	kt_ksyms_add(&s, kconfig);
	ok(kt_ksyms_has(s, "CONFIG_INNER"), "a symbol is known");
	ok(!kt_ksyms_has(s, "CONFIG_FALSE"), "help text defines nothing");
	why(s, "CONFIG_INNER", "", "it depends on NET, which is off");
	why(s, "CONFIG_INNER", "CONFIG_NET=y\n",
	    "it depends on EXPERT, which is off");
	why(s, "CONFIG_INNER", "CONFIG_NET=y\nCONFIG_EXPERT=y\n",
	    "it depends on A, which is off");
	why(s, "CONFIG_INNER", "CONFIG_NET=y\nCONFIG_EXPERT=y\nCONFIG_B=m\n",
	    NULL);
	why(s, "CONFIG_GATED", "", "it depends on OUTER, which is off");
	why(s, "CONFIG_GATED", "CONFIG_OUTER=y\nCONFIG_BROKEN=y\n",
	    "it depends on !BROKEN, which is on");
	why(s, "CONFIG_GATED", "CONFIG_OUTER=y\n",
	    "it depends on X86, which is off");
	why(s, "CONFIG_GATED", "CONFIG_OUTER=y\nCONFIG_ARM=y\n", NULL);
	why(s, "CONFIG_BTF", "CONFIG_PAHOLE_VERSION=115\n",
	    "it depends on PAHOLE_VERSION >= 116, and that is 115");
	why(s, "CONFIG_BTF", "CONFIG_PAHOLE_VERSION=124\n", NULL);
	why(s, "CONFIG_FREE", "", NULL);
	why(s, "CONFIG_UNKNOWN", "", NULL);
}

/* What a stranger's tree may say: only that nothing breaks. */
static void test_hostile(void)
{
	struct kt_ksyms *s KT_CLEANUP(kt_ksyms_freep) = NULL;
	struct kt_kconfig *have KT_CLEANUP(kt_kconfig_freep) = parse("");
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	kt_buf_adds(&text, "config X\n\tdepends on ");
	for (int i = 0; i < 100000; i++)
		kt_buf_adds(&text, i & 1 ? "!" : "(");
	kt_buf_adds(&text, "\nendif\nendmenu\n");
	for (int i = 0; i < 1000; i++)
		kt_buf_adds(&text, "if A\n");
	kt_buf_adds(&text, "config Y\n\tdepends on \"open && $(open && ))) =\n"
			   "\tbool \"open if\n\\");
	kt_ksyms_add(&s, text.data);
	free(kt_ksyms_why(s, "CONFIG_X", have));
	free(kt_ksyms_why(s, "CONFIG_Y", have));
	ok(kt_ksyms_has(s, "CONFIG_Y"), "nesting has a limit");
}

int main(void)
{
	test_get();
	test_malformed();
	test_unmet();
	test_parts();
	test_own();
	test_why();
	test_hostile();
	return tap_end();
}
