// SPDX-License-Identifier: GPL-2.0-only
/* hugepages: what a pool has, and what it lacks */
#include "lib/vm/hugepages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/unit/tap.h"

static void test_needed(void)
{
	static const struct {
		const char *what;
		struct kt_hugepages pool;
		uint64_t pages, want;
	} cases[] = {
		{ "an empty pool", { 0, 0, 0 }, 153, 153 },
		{ "one that is free", { 200, 200, 0 }, 153, 200 },
		{ "one that just has them", { 153, 153, 0 }, 153, 153 },
		{ "one that is in use", { 153, 0, 0 }, 153, 306 },
		{ "one that is in use in part", { 153, 100, 0 }, 153, 206 },
		{ "one that is promised", { 153, 93, 93 }, 153, 306 },
		{ "one that is promised in part", { 153, 153, 100 }, 153, 253 },
		{ "a larger one", { 1000, 150, 0 }, 153, 1003 },
		{ "one that changed meanwhile", { 10, 0, 5 }, 153, 163 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same_u64(kt_hugepages_needed(&cases[i].pool, cases[i].pages),
			 cases[i].want, cases[i].what);
}

static void put(const char *name, const char *text)
{
	struct kt_error err;

	if (kt_file_replace(AT_FDCWD, name, text, strlen(text), 0600, &err))
		abort();
}

static void test_read(void)
{
	static const char *const bad[] = {
		"", "\n", "x\n", "-1\n", "7", "7 8\n", "4294967296\n",
	};
	struct kt_hugepages pool = { 1, 2, 3 };

	put("nr_hugepages", "512\n");
	put("free_hugepages", "20\n");
	ok(!kt_hugepages_read(".", &pool) && pool.nr == 1,
	   "a pool that does not tell all tells nothing");
	put("resv_hugepages", "7\n");
	ok(kt_hugepages_read(".", &pool) && pool.nr == 512 && pool.free == 20 &&
		   pool.resv == 7,
	   "a pool is read");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("free_hugepages", bad[i]);
		ok(!kt_hugepages_read(".", &pool),
		   "case %zu is no number of pages", i);
	}
}

int main(void)
{
	char dir[] = "/tmp/ktstr-hugepages.XXXXXX";
	struct kt_error err;

	if (!mkdtemp(dir) || chdir(dir))
		abort();
	test_needed();
	test_read();
	if (kt_remove_tree(AT_FDCWD, dir, &err))
		abort();
	return tap_end();
}
