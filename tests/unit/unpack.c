// SPDX-License-Identifier: GPL-2.0-only
/* unpack, lz4: what was packed comes back; what is damaged does not */
#include "lib/unpack.h"

#include <bzlib.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/lz4.h"
#include "tests/unit/tap.h"

#define PLAIN ((size_t)5 << 18) /* more than one turn of each decoder */
#define ROOM (PLAIN + 65536)

static unsigned char plain[PLAIN];
static unsigned char packed[ROOM];

/* Text that packs well, and bytes that do not. */
static void make_plain(void)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < PLAIN; i++) {
		seed = seed * 1664525 + 1013904223;
		plain[i] = "a kernel "[i % 9];
		if (i & 0x10000)
			plain[i] = seed >> 24;
	}
}

static size_t pack_gzip(size_t len)
{
	z_stream z = { 0 };
	size_t got;

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = plain;
	z.avail_in = (uInt)len;
	z.next_out = packed;
	z.avail_out = ROOM;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	got = ROOM - z.avail_out;
	deflateEnd(&z);
	return got;
}

static size_t pack_bzip2(size_t len)
{
	unsigned int got = ROOM;

	if (BZ2_bzBuffToBuffCompress((char *)packed, &got, (char *)plain,
				     (unsigned int)len, 9, 0, 0) != BZ_OK)
		abort();
	return got;
}

static size_t pack_lzma(size_t len)
{
	lzma_stream lz = LZMA_STREAM_INIT;
	lzma_options_lzma opt;
	size_t got;

	if (lzma_lzma_preset(&opt, 1) || lzma_alone_encoder(&lz, &opt))
		abort();
	lz.next_in = plain;
	lz.avail_in = len;
	lz.next_out = packed;
	lz.avail_out = ROOM;
	if (lzma_code(&lz, LZMA_FINISH) != LZMA_STREAM_END)
		abort();
	got = ROOM - lz.avail_out;
	lzma_end(&lz);
	return got;
}

/* As scripts/xz_wrap.sh packs kernels: CRC32, and x86's filter. */
static size_t pack_xz(size_t len)
{
	lzma_options_lzma opt;
	lzma_filter filters[] = {
		{ .id = LZMA_FILTER_X86, .options = NULL },
		{ .id = LZMA_FILTER_LZMA2, .options = &opt },
		{ .id = LZMA_VLI_UNKNOWN, .options = NULL },
	};
	size_t got = 0;

	if (lzma_lzma_preset(&opt, 1) ||
	    lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, plain,
				      len, packed, &got, ROOM))
		abort();
	return got;
}

static size_t pack_zstd(size_t len)
{
	const size_t got = ZSTD_compress(packed, ROOM, plain, len, 3);

	if (ZSTD_isError(got))
		abort();
	return got;
}

/* As "lz4 -l -0" would: literals alone, in blocks. */
static size_t pack_lz4(size_t len)
{
	unsigned char *p = packed;

	memcpy(p, "\x02\x21\x4c\x18", 4);
	p += 4;
	for (size_t at = 0; at < len;) {
		const size_t n = len - at < 1 << 20 ? len - at : 1 << 20;
		unsigned char *start = p;
		size_t left = n;
		uint32_t size;

		p += 4;
		*p++ = n < 15 ? (unsigned char)(n << 4) : 0xf0;
		if (n >= 15)
			for (left -= 15;; left -= 255) {
				*p++ = left < 255 ? (unsigned char)left : 255;
				if (left < 255)
					break;
			}
		memcpy(p, plain + at, n);
		p += n;
		at += n;
		size = (uint32_t)(p - start - 4);
		memcpy(start, &size, 4);
	}
	return (size_t)(p - packed);
}

static const struct {
	const char *name;
	size_t (*pack)(size_t len);
	bool checked; /* has a check sum of what is in it */
} formats[] = {
	{ "gzip", pack_gzip, true },  { "bzip2", pack_bzip2, true },
	{ "lzma", pack_lzma, false }, { "xz", pack_xz, true },
	{ "zstd", pack_zstd, false }, { "lz4", pack_lz4, false },
};
#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

static int temporary(void)
{
	char name[] = "/tmp/ktstr-unpack.XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0 || unlink(name))
		abort();
	return fd;
}

static enum kt_status unpack(size_t len, uint64_t max, struct kt_buf *got,
			     struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = temporary();
	/* Exactly as long, for the sanitizers to see a read behind it. */
	unsigned char *copy = malloc(len ? len : 1);
	uint64_t written = 0;
	enum kt_status st;

	if (!copy)
		abort();
	memcpy(copy, packed, len);
	st = kt_unpack(copy, len, "it", fd, max, &written, err);
	free(copy);
	got->len = 0;
	if (lseek(fd, 0, SEEK_SET) || kt_fd_read(fd, ROOM, got, "it", err) ||
	    (!st && got->len != written))
		abort();
	return st;
}

static void test_format(size_t f)
{
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };
	const char *name = formats[f].name;
	struct kt_error err = { 0 };
	size_t len = formats[f].pack(PLAIN);

	ok(!unpack(len, PLAIN, &got, &err) && got.len == PLAIN &&
		   !memcmp(got.data, plain, PLAIN),
	   "%s: %zu bytes come back", name, PLAIN);
	memcpy(packed + len, "\x00\x00\x30\x00", 4);
	ok(!unpack(len + 4, PLAIN, &got, &err) && got.len == PLAIN,
	   "%s: a size behind it does not matter", name);
	ok(unpack(len, PLAIN - 1, &got, &err) == KT_DATA &&
		   strstr(err.msg, "larger than") && got.len < PLAIN,
	   "%s: more than the limit is refused", name);
	len = formats[f].pack(1);
	ok(!unpack(len, 1, &got, &err) && got.len == 1 && got.data[0] == 'a',
	   "%s: one byte comes back", name);
	len = formats[f].pack(0);
	ok(!unpack(len, 0, &got, &err) && !got.len, "%s: so does none", name);
}

static void test_damage(size_t f)
{
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };
	const size_t plain_len = 700;
	const size_t len = formats[f].pack(plain_len);
	size_t whole = 0, changed = 0;
	struct kt_error err;

	for (size_t cut = 1; cut < len; cut++) {
		if (!unpack(len - cut, plain_len, &got, &err) &&
		    got.len == plain_len)
			whole++;
	}
	ok(!whole, "%s: nothing is whole that was cut short", formats[f].name);
	for (size_t at = 0; at < len; at += 3) {
		packed[at] ^= 0x41;
		if (!unpack(len, plain_len, &got, &err) &&
		    (got.len != plain_len ||
		     memcmp(got.data, plain, plain_len) != 0))
			changed++;
		packed[at] ^= 0x41;
	}
	ok(!changed || !formats[f].checked,
	   "%s: a changed byte is noticed where there is a sum, and hurts "
	   "nobody where there is none",
	   formats[f].name);
}

static void test_unknown(void)
{
	static const struct {
		const char *bytes, *says;
		size_t len;
	} cases[] = {
		{ "", "not packed with anything", 0 },
		{ "\x1f", "not packed with anything", 1 },
		{ "\x7f"
		  "ELF",
		  "not packed with anything", 4 },
		{ "\x89LZO\0\r\n", "packed with lzo", 7 },
		{ "\x1f\x8b", "damaged", 2 },
		{ "BZh", "damaged", 3 },
		{ "\x5d\0\0", "damaged", 3 },
		{ "\xfd"
		  "7zXZ\0",
		  "damaged", 6 },
		{ "\x28\xb5\x2f\xfd", "damaged", 4 },
		{ "\x02\x21\x4c\x18\xff\xff\xff\xffx", "damaged", 9 },
		{ "\x02\x21\x4c\x18\x05\0\0\0x", "damaged", 9 },
	};
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_error err = { 0 };

		memcpy(packed, cases[i].bytes, cases[i].len);
		ok(unpack(cases[i].len, PLAIN, &got, &err) == KT_DATA &&
			   strstr(err.msg, cases[i].says),
		   "refused: %s", err.msg);
	}
}

static void test_lz4_blocks(void)
{
	static const struct {
		const char *what, *in, *out; /* out NULL: damaged */
		size_t len, size;
	} cases[] = {
		{ "literals",
		  "\x30"
		  "abc",
		  "abc", 4, 3 },
		{ "none at all", "\x00", "", 1, 0 },
		{ "a match",
		  "\x32"
		  "abc\x03\x00\x50"
		  "12345",
		  "abcabcabc12345", 12, 14 },
		{ "a match that runs into itself",
		  "\x18"
		  "x\x01\x00\x50"
		  "12345",
		  "xxxxxxxxxxxxx12345", 10, 18 },
		{ "one with a pattern of two",
		  "\x25"
		  "ab\x02\x00\x50"
		  "12345",
		  "ababababab"
		  "a12345",
		  11, 16 },
		{ "a long one",
		  "\x1f"
		  "x\x01\x00\x01\x50"
		  "12345",
		  "xxxxxxxxxxxxxxxxxxxxx"
		  "12345",
		  11, 26 },
		{ "nothing", "", NULL, 0, 9 },
		{ "literals cut short",
		  "\x30"
		  "ab",
		  NULL, 3, 9 },
		{ "more literals than room",
		  "\x30"
		  "abc",
		  NULL, 4, 2 },
		{ "no end of a length", "\xf0\xff\xff", NULL, 3, 9 },
		{ "half an offset",
		  "\x30"
		  "abc\x01",
		  NULL, 5, 99 },
		{ "an offset of 0",
		  "\x30"
		  "abc\x00\x00\x00",
		  NULL, 7, 99 },
		{ "an offset before the start",
		  "\x30"
		  "abc\x04\x00\x00",
		  NULL, 7, 99 },
		{ "a match at the start", "\x00\x01\x00\x00", NULL, 4, 99 },
		{ "a match larger than the room",
		  "\x30"
		  "abc\x03\x00\x00",
		  NULL, 7, 6 },
		{ "a match at the end",
		  "\x30"
		  "abc\x03\x00",
		  NULL, 6, 99 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Exactly as long, for the sanitizers. */
		unsigned char *in = malloc(cases[i].len + !cases[i].len);
		unsigned char *out = malloc(cases[i].size + !cases[i].size);
		size_t len = 77;
		bool good;

		if (!in || !out)
			abort();
		memcpy(in, cases[i].in, cases[i].len);
		good = kt_lz4_block(in, cases[i].len, out, cases[i].size, &len);
		free(in);
		if (cases[i].out)
			ok(good && len == strlen(cases[i].out) &&
				   !memcmp(out, cases[i].out, len),
			   "lz4: %s", cases[i].what);
		else
			ok(!good && len == 77, "lz4: %s is refused",
			   cases[i].what);
		free(out);
	}
}

int main(void)
{
	make_plain();
	for (size_t i = 0; i < NR_FORMATS; i++) {
		test_format(i);
		test_damage(i);
	}
	test_unknown();
	test_lz4_blocks();
	return tap_end();
}
