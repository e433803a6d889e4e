// SPDX-License-Identifier: GPL-2.0-only
/* vm-stats: KVM's file of counters, and files that only look like one */
#include <stdlib.h>

#include "lib/vm/stats.h"
#include "tests/unit/tap.h"

#define NAME 48
#define STRIDE (16 + NAME)
#define NR 3
#define DESC_AT (24 + NAME)
#define DATA_AT (DESC_AT + NR * STRIDE)
#define BYTES (DATA_AT + 8 * 4)

static unsigned char file[BYTES];
static struct kt_stat stats[KT_STATS_MAX];

static void put32(size_t at, uint32_t val)
{
	memcpy(file + at, &val, sizeof(val));
}

static void put_desc(unsigned int i, const char *name, uint16_t nr, uint32_t at)
{
	const size_t desc = DESC_AT + i * STRIDE;

	memcpy(file + desc + 6, &nr, sizeof(nr));
	put32(desc + 8, at);
	memcpy(file + desc + 16, name, strlen(name));
}

/* Two counters, and between them a histogram of two. */
static void make(void)
{
	const uint64_t data[4] = { 12, 1, 2, UINT64_MAX };

	memset(file, 0, sizeof(file));
	put32(4, NAME);
	put32(8, NR);
	put32(12, 24);
	put32(16, DESC_AT);
	put32(20, DATA_AT);
	put_desc(0, "exits", 1, 0);
	put_desc(1, "halt_wait_hist", 2, 8);
	put_desc(2, "halt_exits", 1, 24);
	memcpy(file + DATA_AT, data, sizeof(data));
}

static bool parses(size_t len, size_t *nr)
{
	struct kt_error err;

	return !kt_stats_parse(file, len, stats, nr, &err);
}

static void test_good(void)
{
	size_t nr = 0;

	make();
	ok(parses(BYTES, &nr) && nr == 2, "two counters");
	same_str(stats[0].name, "exits", "the first one's name");
	same_u64(stats[0].value, 12, "and value");
	same_str(stats[1].name, "halt_exits", "a histogram is left out");
	same_u64(stats[1].value, UINT64_MAX, "what follows it is not");
}

static void test_bad(void)
{
	static const struct {
		size_t at;
		uint32_t val;
		const char *what;
	} cases[] = {
		{ 4, 0, "names without room" },
		{ 4, 65, "names too long" },
		{ 8, KT_STATS_MAX + 1, "too many counters" },
		{ 8, NR + 1, "a descriptor that is data" },
		{ 16, UINT32_MAX, "descriptors far away" },
		{ 20, UINT32_MAX, "data far away" },
		{ DESC_AT + 8, 8 * 4 - 7, "data over the end" },
		{ DESC_AT + 8, UINT32_MAX, "an offset far away" },
		{ DESC_AT + 16, 0, "no name" },
		{ DESC_AT + 16, 0x22222222, "a name of quotes" },
	};
	size_t nr = 77;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make();
		put32(cases[i].at, cases[i].val);
		ok(!parses(BYTES, &nr), "%s: refused", cases[i].what);
	}
	make();
	memset(file + DESC_AT + 16, 'a', NAME);
	ok(!parses(BYTES, &nr), "a name without end: refused");
	make();
	for (size_t len = 0; len < BYTES; len++)
		if (parses(len, &nr))
			ok(false, "%zu bytes are not all of it", len);
	same_u64(nr, 77, "the number is untouched then");
}

int main(void)
{
	struct kt_vm_stats all = { .nr_cpus = 1,
				   .nr = 1,
				   .stat = calloc(1, sizeof(*all.stat)) };

	test_good();
	test_bad();
	kt_vm_stats_release(&all);
	kt_vm_stats_release(&all);
	ok(!all.stat && !all.nr, "released twice is released");
	return tap_end();
}
