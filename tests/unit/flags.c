// SPDX-License-Identifier: GPL-2.0-only
/* flags: what schedulers may answer, and the profiles that makes */
#include "lib/verifier/flags.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/verifier/known.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static const char list[] =
	"[{\"name\":\"llc\",\"args\":[\"--llc\"],\"requires\":[]},"
	"{\"name\":\"steal\",\"args\":[\"-s\",\"a b\"],\"requires\":[\"llc\"],"
	"\"more\":1},"
	"{\"name\":\"deep\",\"args\":[],\"requires\":[]}]\n";

static enum kt_status parse(const char *text, struct kt_flags *f,
			    struct kt_error *err)
{
	return kt_flags_parse(text, strlen(text), f, err);
}

/* The names of all profiles, in order. */
static char *names(const struct kt_flags *f, const struct kt_profiles *p)
{
	struct kt_buf out = { 0 };

	for (size_t i = 0; i < p->nr; i++) {
		char *name KT_CLEANUP(kt_freep) = kt_profile_name(f, p->v[i]);

		kt_buf_addf(&out, "%s%s", i ? " " : "", name);
	}
	kt_buf_addc(&out, '\0');
	return kt_buf_take(&out);
}

static void test_all(void)
{
	static const struct {
		const char *list, *want;
	} cases[] = {
		{ list, "default llc llc+steal deep llc+deep llc+steal+deep" },
		{ "[]", "default" },
		{ "[{\"name\":\"a\",\"args\":[],\"requires\":[\"b\"]},"
		  "{\"name\":\"b\",\"args\":[],\"requires\":[\"a\"]}]",
		  "default a+b" },
		{ "[{\"name\":\"a\",\"args\":[],\"requires\":[\"a\"]}]",
		  "default a" },
		{ "[{\"name\":\"a\",\"args\":[],\"requires\":[\"gone\"]},"
		  "{\"name\":\"b\",\"args\":[],\"requires\":[\"a\"]},"
		  "{\"name\":\"c\",\"args\":[],\"requires\":[]}]",
		  "default c" },
		{ "[{\"name\":\"a\",\"args\":[],\"requires\":[\"c\"]},"
		  "{\"name\":\"b\",\"args\":[],\"requires\":[\"a\"]},"
		  "{\"name\":\"c\",\"args\":[],\"requires\":[]}]",
		  "default c a+c a+b+c" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
		struct kt_profiles p KT_CLEANUP(kt_profiles_release) = { 0 };
		struct kt_error err = { 0 };
		char *got KT_CLEANUP(kt_freep) = NULL;

		ok(!parse(cases[i].list, &f, &err) &&
			   !kt_profiles_all(&f, &p, &err),
		   "list %zu is read", i);
		got = names(&f, &p);
		same_str(got, cases[i].want, "its profiles, in mask order");
		same_u64(kt_profiles_count(&f), p.nr, "which are counted");
	}
}

static void test_argv(void)
{
	static const char *const more[] = { "-v", NULL };
	struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
	struct kt_error err = { 0 };
	const char **argv;

	if (parse(list, &f, &err))
		abort();
	argv = kt_profile_argv(&f, 3, "/s", more);
	ok(!strcmp(argv[0], "/s") && !strcmp(argv[1], "-v") &&
		   !strcmp(argv[2], "--llc") && !strcmp(argv[3], "-s") &&
		   !strcmp(argv[4], "a b") && !argv[5],
	   "the arguments of a profile are those of its flags, whole");
	free(argv);
	argv = kt_profile_argv(&f, 0, "/s", NULL);
	ok(!strcmp(argv[0], "/s") && !argv[1], "the default has none");
	free(argv);
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"",
		"[",
		"[}",
		"{}",
		"[1]",
		"[{}]",
		"[{\"name\":\"a\",\"args\":[]}]",
		"[{\"name\":\"a\",\"requires\":[]}]",
		"[{\"name\":1,\"args\":[],\"requires\":[]}]",
		"[{\"name\":\"a\",\"args\":\"x\",\"requires\":[]}]",
		"[{\"name\":\"a\",\"args\":[1],\"requires\":[]}]",
		"[{\"name\":\"\",\"args\":[],\"requires\":[]}]",
		"[{\"name\":\"a+b\",\"args\":[],\"requires\":[]}]",
		"[{\"name\":\"a,b\",\"args\":[],\"requires\":[]}]",
		"[{\"name\":\"a b\",\"args\":[],\"requires\":[]}]",
		"[{\"name\":\"default\",\"args\":[],\"requires\":[]}]",
		("[{\"name\":\"a\",\"args\":[],\"requires\":[]},"
		 "{\"name\":\"a\",\"args\":[],\"requires\":[]}]"),
		"[] []",
		"[],\"x\":1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kt_flags f = { .nr = 0 };
		struct kt_error err = { 0 };

		ok(parse(bad[i], &f, &err) == KT_DATA && !f.nr && err.msg[0],
		   "refused: %s", bad[i]);
	}
}

static void add_flag(struct kt_buf *out, int i)
{
	kt_buf_addf(out, "%s{\"name\":\"f%d\",\"args\":[],\"requires\":[]}",
		    i ? "," : "[", i);
}

static void test_many(void)
{
	struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
	struct kt_profiles p KT_CLEANUP(kt_profiles_release) = { 0 };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	char *name KT_CLEANUP(kt_freep) = NULL;

	for (int i = 0; i < 40; i++)
		add_flag(&text, i);
	kt_buf_addc(&text, ']');
	ok(!parse(text.data, &f, &err) && f.nr == 40, "forty flags are read");
	ok(kt_profiles_all(&f, &p, &err) == KT_FAIL && !p.v,
	   "but all of their profiles are too many");
	ok(strstr(err.msg, "40 flags make at least 4194304 profiles"),
	   "which is told with a number");
	ok(!kt_profiles_parse(&f, "f39+f0,f7", &p, &err) && p.nr == 2,
	   "and some can be named");
	name = kt_profile_name(&f, p.v[1]);
	same_str(name, "f0+f39", "under the name that they have");
	text.len--;
	for (int i = 40; i < 65; i++)
		add_flag(&text, i);
	kt_buf_addc(&text, ']');
	kt_flags_release(&f);
	ok(parse(text.data, &f, &err) == KT_DATA, "65 are refused");
}

static void test_names(void)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "default", "default" },
		{ "llc", "llc" },
		{ "steal+llc,llc", "llc llc+steal" },
		{ "deep,default,deep", "default deep" },
		{ "deep+steal+llc", "llc+steal+deep" },
		{ "steal", NULL },
		{ "llc+llc", NULL },
		{ "nothing", NULL },
		{ "default+llc", NULL },
		{ "", NULL },
		{ "llc,", NULL },
		{ ",llc", NULL },
		{ "llc+", NULL },
		{ "llc,,deep", NULL },
	};
	struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
	struct kt_error err = { 0 };

	if (parse(list, &f, &err))
		abort();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_profiles p KT_CLEANUP(kt_profiles_release) = { 0 };
		const enum kt_status st =
			kt_profiles_parse(&f, cases[i].text, &p, &err);
		char *got KT_CLEANUP(kt_freep) = names(&f, &p);

		ok(st == (cases[i].want ? KT_OK : KT_USAGE), "\"%s\"",
		   cases[i].text);
		if (cases[i].want)
			same_str(got, cases[i].want, "is understood");
	}
}

static void test_shards(void)
{
	struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
	struct kt_error err = { 0 };
	uint64_t seen = 0;

	if (parse(list, &f, &err))
		abort();
	for (uint64_t k = 1; k <= 4; k++) {
		struct kt_profiles p KT_CLEANUP(kt_profiles_release) = { 0 };

		if (kt_profiles_all(&f, &p, &err))
			abort();
		ok(kt_profiles_limit(&p, 5, &err) == KT_FAIL &&
			   !strncmp(err.msg, "6 profiles ", 11) &&
			   !kt_profiles_limit(&p, 6, &err),
		   "six are more than five");
		kt_profiles_shard(&p, k, 4);
		ok(p.nr == (k <= 2 ? 2 : 1), "part %d of 4 is fair", (int)k);
		ok(!kt_profiles_limit(&p, 1, &err) == (k > 2),
		   "and what is too many is asked of the part");
		for (size_t i = 0; i < p.nr; i++)
			seen |= UINT64_C(1) << p.v[i];
	}
	same_u64(seen, 1 | 2 | 8 | 16 | 32 | 128, "together they are all");
}

static void test_known(void)
{
	static const char said[] =
		"[{\"name\":\"llc\",\"args\":[],\"requires\":[]}]";
	char top[] = "/tmp/flags.XXXXXX";
	struct kt_flags f = { 0 };
	struct kt_error err;
	char *dir;

	if (!mkdtemp(top)) {
		ok(false, "a directory");
		return;
	}
	dir = kt_path_join(top, "a/flags");
	ok(kt_flags_known(dir, "scx", &f, &err) == KT_SYS && !f.nr,
	   "at first nothing is known of a scheduler");
	ok(!kt_flags_keep(dir, "scx", said, strlen(said), &err) &&
		   !kt_flags_known(dir, "scx", &f, &err) && f.nr == 1 &&
		   !strcmp(f.flag[0].name, "llc"),
	   "and then what it answered");
	kt_flags_release(&f);
	ok(!kt_flags_keep(dir, "scx", "[]", 2, &err) &&
		   !kt_flags_known(dir, "scx", &f, &err) && !f.nr,
	   "last");
	ok(kt_flags_known(dir, "other", &f, &err) == KT_SYS,
	   "but nothing of another");
	ok(!kt_flags_keep(dir, "scx", "[", 1, &err) &&
		   kt_flags_known(dir, "scx", &f, &err) == KT_DATA && !f.nr,
	   "what is kept is checked");
	free(dir);
	if (kt_remove_tree(AT_FDCWD, top, &err))
		puts("# the directory stays");
}

int main(void)
{
	static const char odd[] = " \t\n[]";

	ok(kt_flags_is_list(odd, sizeof(odd) - 1), "a list may be indented");
	ok(!kt_flags_is_list("usage: [x]", 10) && !kt_flags_is_list("", 0) &&
		   !kt_flags_is_list("\0[", 2),
	   "and what begins otherwise is none");
	test_all();
	test_argv();
	test_bad();
	test_many();
	test_names();
	test_shards();
	test_known();
	return tap_end();
}
