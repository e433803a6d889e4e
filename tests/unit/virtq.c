// SPDX-License-Identifier: GPL-2.0-only
/* virtq: chains as a driver makes them, and as one that means harm does */
#include "lib/vm/virtq.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define LOW 0x4000
#define HIGH_GPA (UINT64_C(4) << 30)
#define DESC 0x1000
#define AVAIL 0x2000
#define USED 0x3000

static _Alignas(16) unsigned char low[LOW], high[4096];

static const struct kt_dma dma = {
	.nr = 2,
	.part = { { 0, sizeof(low), low }, { HIGH_GPA, sizeof(high), high } },
};

static void put16(size_t at, uint16_t val)
{
	memcpy(low + at, &val, sizeof(val));
}

static uint16_t get16(size_t at)
{
	uint16_t val;

	memcpy(&val, low + at, sizeof(val));
	return val;
}

static void put_desc(unsigned int i, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	const size_t at = DESC + i * 16;

	memcpy(low + at, &addr, sizeof(addr));
	memcpy(low + at + 8, &len, sizeof(len));
	put16(at + 12, flags);
	put16(at + 14, next);
}

/* Offer the chain that begins with descriptor @head. */
static void offer(uint16_t head)
{
	const uint16_t idx = get16(AVAIL + 2);

	put16(AVAIL + 4 + (idx % 8) * 2, head);
	put16(AVAIL + 2, (uint16_t)(idx + 1));
}

static struct kt_virtq fresh(void)
{
	struct kt_virtq q = {
		.max = 8, .size = 8, .desc = DESC, .avail = AVAIL, .used = USED
	};

	memset(low, 0, sizeof(low));
	if (!kt_virtq_start(&q, &dma))
		ok(false, "a queue starts");
	return q;
}

static void test_dma(void)
{
	static const struct {
		uint64_t gpa, len;
		bool in;
		const char *what;
	} cases[] = {
		{ 0, 1, true, "the first byte" },
		{ 0, LOW, true, "all of the first part" },
		{ 0, LOW + 1, false, "one byte more" },
		{ LOW - 1, 1, true, "the last byte" },
		{ LOW, 1, false, "the byte behind it" },
		{ 1, UINT64_MAX, false, "a length that wraps" },
		{ UINT64_MAX, 1, false, "the last address of all" },
		{ UINT64_MAX, 2, false, "an end that wraps" },
		{ 0, 0, false, "nothing" },
		{ HIGH_GPA, 4096, true, "all of the second part" },
		{ HIGH_GPA - 1, 2, false, "the edge of the second part" },
		{ HIGH_GPA + 4095, 2, false, "the end of the second part" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(!!kt_dma_at(&dma, cases[i].gpa, cases[i].len) == cases[i].in,
		   "%s is %s", cases[i].what, cases[i].in ? "RAM" : "not RAM");
	ok(kt_dma_at(&dma, HIGH_GPA + 5, 1) == high + 5, "at its offset");
}

static void test_start(void)
{
	static const struct {
		uint16_t size;
		uint64_t desc, avail, used;
		const char *what;
	} bad[] = {
		{ 0, DESC, AVAIL, USED, "no entries" },
		{ 6, DESC, AVAIL, USED, "six entries" },
		{ 16, DESC, AVAIL, USED, "more entries than it may have" },
		{ 8, DESC + 8, AVAIL, USED, "descriptors out of line" },
		{ 8, DESC, AVAIL + 1, USED, "an available ring out of line" },
		{ 8, DESC, AVAIL, USED + 2, "a used ring out of line" },
		{ 8, LOW - 112, AVAIL, USED, "descriptors over the edge" },
		{ 8, DESC, LOW - 18, USED, "an available ring over the edge" },
		{ 8, DESC, AVAIL, LOW - 64, "a used ring over the edge" },
		{ 8, UINT64_MAX - 15, AVAIL, USED, "descriptors that wrap" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kt_virtq q = { .max = 8,
				      .size = bad[i].size,
				      .desc = bad[i].desc,
				      .avail = bad[i].avail,
				      .used = bad[i].used };

		ok(!kt_virtq_start(&q, &dma) && q.broken && !q.ready &&
			   !kt_virtq_has(&q),
		   "%s break the queue", bad[i].what);
	}
}

static void test_chain(void)
{
	struct kt_chain *c = calloc(1, sizeof(*c));
	struct kt_virtq q = fresh();

	ok(!kt_virtq_has(&q) && !kt_virtq_peek(&q, c) && !q.broken,
	   "an empty queue has nothing, and that is right");
	put_desc(3, 0x100, 10, 1, 5);
	put_desc(5, HIGH_GPA + 16, 20, 1 | 2, 1);
	put_desc(1, 0x200, 30, 2, 0);
	offer(3);
	ok(kt_virtq_has(&q) && kt_virtq_peek(&q, c), "a chain is there");
	ok(c->head == 3 && c->nr_out == 1 && c->nr_in == 2 &&
		   c->out_bytes == 10 && c->in_bytes == 50,
	   "with all its buffers");
	ok(c->iov[0].iov_base == low + 0x100 &&
		   c->iov[1].iov_base == high + 16 && c->iov[2].iov_len == 30,
	   "where they are");
	ok(kt_virtq_peek(&q, c) && c->head == 3, "looking takes nothing away");
	kt_virtq_push(&q, 3, 42);
	ok(get16(USED + 2) == 1 && get16(USED + 4) == 3 &&
		   get16(USED + 8) == 42,
	   "the used ring tells of it");
	ok(!kt_virtq_has(&q), "and it is gone");
	ok(kt_virtq_wants_irq(&q), "the driver wants to know");
	put16(AVAIL, 1);
	ok(!kt_virtq_wants_irq(&q), "or does not");
	put_desc(0, 0x100, 1, 0, 0);
	for (unsigned int i = 0; i < 70000; i++) {
		offer(0);
		if (!kt_virtq_peek(&q, c))
			break;
		kt_virtq_push(&q, 0, 0);
	}
	ok(get16(USED + 2) == (uint16_t)70001 && !q.broken,
	   "indices wrap at 65536");
	free(c);
}

/* As long as it may be, and with one descriptor more of those before. */
static void test_longest(void)
{
	struct kt_chain *c = calloc(1, sizeof(*c));
	struct kt_virtq q = fresh();

	for (uint16_t i = 0; i < 8; i++)
		put_desc(i, 0x100, 1, i < 7, (uint16_t)(i + 1));
	offer(0);
	ok(kt_virtq_peek(&q, c) && c->nr_out == 8,
	   "a chain may have all descriptors");
	put_desc(7, 0x100, 1, 1, 7);
	ok(!kt_virtq_peek(&q, c) && q.broken, "and none of them twice");
	free(c);
}

static void hostile(const char *what, void (*harm)(void))
{
	struct kt_chain *c = calloc(1, sizeof(*c));
	struct kt_virtq q = fresh();

	harm();
	ok(!kt_virtq_peek(&q, c) && q.broken, "%s", what);
	ok(!kt_virtq_has(&q) && !kt_virtq_peek(&q, c), "and stays so");
	free(c);
}

static void loop(void)
{
	put_desc(0, 0x100, 1, 1, 1);
	put_desc(1, 0x100, 1, 1, 0);
	offer(0);
}

/* A ninth descriptor would be a good one, were there a ninth. */
static void bad_head(void)
{
	put_desc(8, 0x100, 1, 0, 0);
	offer(8);
}

static void bad_next(void)
{
	put_desc(0, 0x100, 1, 1, 8);
	put_desc(8, 0x100, 1, 0, 0);
	offer(0);
}

static void not_ram(void)
{
	put_desc(0, LOW - 1, 2, 0, 0);
	offer(0);
}

static void no_length(void)
{
	put_desc(0, 0x100, 0, 0, 0);
	offer(0);
}

static void indirect(void)
{
	put_desc(0, 0x100, 16, 4, 0);
	offer(0);
}

static void read_after_write(void)
{
	put_desc(0, 0x100, 1, 1 | 2, 1);
	put_desc(1, 0x100, 1, 0, 0);
	offer(0);
}

static void ahead(void)
{
	put_desc(0, 0x100, 1, 0, 0);
	put16(AVAIL + 2, 9);
}

int main(void)
{
	test_dma();
	test_start();
	test_chain();
	test_longest();
	hostile("a chain that loops breaks the queue", loop);
	hostile("a head that is no descriptor", bad_head);
	hostile("a next that is no descriptor", bad_next);
	hostile("a buffer that is not RAM", not_ram);
	hostile("a buffer without length", no_length);
	hostile("an indirect descriptor, which was not offered", indirect);
	hostile("a buffer to read behind one to write", read_after_write);
	hostile("more chains than the queue has entries", ahead);
	return tap_end();
}
