// SPDX-License-Identifier: GPL-2.0-only
/* btf-find: types are found by their header, and by nothing less */
#include "lib/btf-find.h"

#include <stdint.h>

#include "lib/buf.h"
#include "tests/unit/tap.h"

static void put(struct kt_buf *b, uint32_t val)
{
	for (int i = 0; i < 4; i++)
		kt_buf_addc(b, (char)(val >> (8 * i)));
}

/* BTF with @nr types and these strings, @str_len being as it is told. */
static void make(struct kt_buf *b, uint32_t nr, const char *strings,
		 uint32_t len, uint32_t str_len)
{
	kt_buf_add(b, "\x9f\xeb\1\0", 4);
	put(b, 24);
	put(b, 0);
	put(b, nr * 12);
	put(b, nr * 12);
	put(b, str_len);
	for (uint32_t i = 0; i < nr * 12; i++)
		kt_buf_addc(b, 'x');
	kt_buf_add(b, strings, len);
}

static const char strings[] = "\0int\0sched_ext_ops\0ops";
#define LEN ((uint32_t)sizeof(strings))

static size_t bytes(const struct kt_buf *b)
{
	return kt_btf_bytes((const unsigned char *)b->data, b->len);
}

static void test_header(void)
{
	static const struct {
		const char *name;
		uint32_t str_len;
		size_t at; /* a byte of the header that is changed */
		char to;
	} bad[] = {
		{ "another magic number", LEN, 0, 1 },
		{ "another version", LEN, 2, 2 },
		{ "flags", LEN, 3, 1 },
		{ "a short header", LEN, 4, 20 },
		{ "a long header", LEN, 5, 0x10 },
		{ "types that are not aligned", LEN, 8, 2 },
		{ "types that are not there", LEN, 15, 0x7f },
		{ "strings that are not there", LEN, 19, 0x7f },
		{ "strings beyond the end", LEN + 1, 0, '\x9f' },
		{ "strings that do not end", LEN - 1, 0, '\x9f' },
		{ "strings that begin with one", LEN, 16, 1 },
		{ "no strings", 0, 0, '\x9f' },
	};
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };

	make(&b, 3, strings, LEN, LEN);
	same_u64(bytes(&b), b.len, "the size is that of all its parts");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b.len = 0;
		make(&b, 3, strings, LEN, bad[i].str_len);
		b.data[bad[i].at] = bad[i].to;
		ok(!bytes(&b), "it is no BTF with %s", bad[i].name);
	}
}

static void test_find(void)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	size_t at = 0, len = 0, want;

	kt_buf_adds(&b, "no types");
	ok(!kt_btf_find((unsigned char *)b.data, b.len, &at, &len),
	   "there is none where there is none");
	make(&b, 2, strings, LEN, LEN);
	kt_buf_add(&b, "\x9f\xeb\1\0", 5);
	want = b.len;
	make(&b, 50, strings, LEN, LEN);
	kt_buf_adds(&b, "...");
	make(&b, 4, strings, LEN, LEN);
	ok(kt_btf_find((unsigned char *)b.data, b.len, &at, &len) &&
		   at == want && len == 24 + 50 * 12 + LEN,
	   "the largest is found among others");
}

static void test_names(void)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	const unsigned char *data;

	make(&b, 1, strings, LEN, LEN);
	data = (const unsigned char *)b.data;
	ok(kt_btf_names(data, b.len, "sched_ext_ops"), "a name is found");
	ok(kt_btf_names(data, b.len, "ops"),
	   "and one that another one ends in");
	ok(!kt_btf_names(data, b.len, "ext_ops"),
	   "the end of a name is no name");
	ok(!kt_btf_names(data, b.len, "sched_ext"),
	   "nor is the beginning of one");
}

int main(void)
{
	test_header();
	test_find();
	test_names();
	return tap_end();
}
