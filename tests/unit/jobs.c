// SPDX-License-Identifier: GPL-2.0-only
/* jobs: cgroup quotas, and the smallest of those above us */
#include "lib/jobs.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fd.h"
#include "lib/kbuild.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_cpu_max(void)
{
	static const struct {
		const char *text;
		unsigned int want; /* 0: no limit */
	} cases[] = {
		{ "max 100000\n", 0 },
		{ "100000 100000\n", 1 },
		{ "150000 100000\n", 2 },
		{ "1000 100000\n", 1 },
		{ "400000 100000", 4 },
		{ "0 100000\n", 1 },
		{ "100000 0\n", 0 },
		{ "100000\n", 0 },
		{ "", 0 },
		{ "-1 100000\n", 0 },
		{ "1 2 3\n", 0 },
		{ "99999999999999999999999 1\n", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int n = 0;

		ok(kt_jobs_cpu_max(cases[i].text, &n) == (cases[i].want > 0),
		   "%.*s is %s", (int)strcspn(cases[i].text, "\n"),
		   cases[i].text, cases[i].want ? "a limit" : "none");
		same_u64(n, cases[i].want, "of so many");
	}
}

static void put(const char *dir, const char *name, const char *text)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, name);
	struct kt_error err = { 0 };

	ok(!kt_file_replace(AT_FDCWD, path, text, strlen(text), 0644, &err),
	   "%s is written", name);
}

static void test_groups(void)
{
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *inner KT_CLEANUP(kt_freep) = NULL;
	char *self KT_CLEANUP(kt_freep) = NULL;
	struct kt_error err = { 0 };
	const unsigned int all = kt_jobs("/nowhere", "/nowhere");
	cpu_set_t one;

	ok(all >= 1, "there is a processor");
	if (!ok(!kt_temp_dir("/tmp/ktstr-jobs", &dir, &err), "a directory"))
		return;
	inner = kt_path_join(dir, "a/b");
	self = kt_path_join(dir, "self");
	ok(!kt_mkdirs(inner, &err), "groups");
	put(dir, "self", "12:cpu:/x\n0::/a/b\n");
	put(dir, "a/b/cpu.max", "max 100000\n");
	same_u64(kt_jobs(dir, self), all, "no quota, all of them");
	put(dir, "a/cpu.max", "90000 100000\n");
	same_u64(kt_jobs(dir, self), 1, "the quota of a group above binds");
	put(dir, "a/cpu.max", "6000000 100000\n");
	same_u64(kt_jobs(dir, self), all < 60 ? all : 60,
		 "a large one does not add any");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	ok(!sched_setaffinity(0, sizeof(one), &one), "bound to one");
	same_u64(kt_jobs(dir, self), 1, "the affinity mask binds");
	ok(!kt_remove_tree(AT_FDCWD, dir, &err), "cleaned up");
}

static void test_pahole(void)
{
	same_u64(kt_kbuild_pahole("v1.24\n"), 124, "v1.24");
	same_u64(kt_kbuild_pahole("1.9"), 109, "1.9 is before 1.16");
	same_u64(kt_kbuild_pahole("v2.0"), 200, "v2.0");
	same_u64(kt_kbuild_pahole("pahole"), 0, "no version");
	same_u64(kt_kbuild_pahole(""), 0, "nothing");
}

int main(void)
{
	test_cpu_max();
	test_groups();
	test_pahole();
	return tap_end();
}
