// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzimage: what a header says is checked, and the kernel comes out
 *
 * "bzimage unpack FILE OUT" does it by hand; "bzimage wrap PACKED OUT" makes a
 * bzImage of something that a build has packed.
 */
#include "lib/bzimage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/fd.h"
#include "tests/unit/tap.h"

#define SECTS 2
#define PAYLOAD 0x40 /* behind the setup sectors */
#define START ((SECTS + 1) * 512 + PAYLOAD)

static int temporary(void)
{
	char name[] = "/tmp/ktstr-bzimage.XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0 || unlink(name))
		abort();
	return fd;
}

static void put(char *p, uint32_t val, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (char)(val >> (8 * i));
}

/* A bzImage of protocol 2.15 with that payload. */
static void wrap(struct kt_buf *out, const void *payload, size_t len)
{
	char head[START] = { 0 };

	head[0x1f1] = SECTS;
	put(head + 0x1fe, 0xaa55, 2);
	memcpy(head + 0x202, "HdrS", 4);
	put(head + 0x206, 0x20f, 2);
	head[0x211] = 1;
	put(head + 0x238, 2047, 4);
	put(head + 0x248, PAYLOAD, 4);
	put(head + 0x24c, (uint32_t)len, 4);
	put(head + 0x260, 0x2400000, 4);
	out->len = 0;
	kt_buf_add(out, head, sizeof(head));
	kt_buf_add(out, payload, len);
	kt_buf_adds(out, "the rest of the file");
}

static enum kt_status read_image(const struct kt_buf *image,
				 struct kt_bzimage *out, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = temporary();

	if (kt_fd_write(fd, image->data, image->len, "image", err))
		abort();
	return kt_bzimage_read(fd, "k", out, err);
}

static void test_header(void)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_bzimage img = { 0 };
	struct kt_error err;

	wrap(&b, "payload", 7);
	ok(!read_image(&b, &img, &err), "a bzImage is one");
	ok(img.version == 0x20f && img.cmdline_bytes == 2047 &&
		   img.init_bytes == 0x2400000 && img.payload_at == START &&
		   img.payload_bytes == 7,
	   "and its header is read");
	put(b.data + 0x206, 0x209, 2);
	ok(!read_image(&b, &img, &err) && !img.init_bytes && img.payload_at,
	   "2.09 has no init_size");
	put(b.data + 0x206, 0x207, 2);
	ok(!read_image(&b, &img, &err) && !img.payload_at &&
		   img.cmdline_bytes == 2047,
	   "2.07 has no payload");
	put(b.data + 0x206, 0x205, 2);
	ok(!read_image(&b, &img, &err) && img.cmdline_bytes == 255,
	   "2.05 has no cmdline_size");
	wrap(&b, "payload", 7);
	b.data[0x1f1] = 0;
	kt_buf_reserve(&b, 1024);
	memset(b.data + b.len, 0, 1024);
	b.len += 1024;
	ok(!read_image(&b, &img, &err) && img.payload_at == 5 * 512 + PAYLOAD,
	   "no setup_sects are 4");
}

static void test_bad_header(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint32_t val;
		int bytes;
	} cases[] = {
		{ "without HdrS", 0x202, 0, 1 },
		{ "of protocol 1", 0x206, 0x1ff, 2 },
		{ "with a payload behind the end", 0x248, 0x100000, 4 },
		{ "with a payload far behind it", 0x248, 0xffffffff, 4 },
		{ "with a longer payload than there is", 0x24c, 28, 4 },
		{ "with the longest there can be", 0x24c, 0xffffffff, 4 },
		{ "with a payload of nothing", 0x24c, 0, 4 },
		{ "with more sectors than the file", 0x1f1, 255, 1 },
	};
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_bzimage img = { .version = 77 };
		struct kt_error err = { 0 };

		wrap(&b, "payload", 7);
		put(b.data + cases[i].at, cases[i].val, cases[i].bytes);
		ok(read_image(&b, &img, &err) == KT_DATA && img.version == 77,
		   "refused: one %s", cases[i].what);
	}
	wrap(&b, "payload", 7);
	for (b.len = START + 6; b.len; b.len--) {
		struct kt_bzimage img;
		struct kt_error err;

		wrong += read_image(&b, &img, &err) != KT_DATA;
	}
	ok(!wrong, "refused: any that is cut short");
}

/* Unpack @image; *got is what was written. */
static enum kt_status unpack(const struct kt_buf *image, struct kt_buf *got,
			     struct kt_error *err)
{
	int in KT_CLEANUP(kt_closep) = temporary();
	int out KT_CLEANUP(kt_closep) = temporary();
	enum kt_status st;

	if (kt_fd_write(in, image->data, image->len, "image", err))
		abort();
	st = kt_bzimage_unpack(in, "k", out, err);
	got->len = 0;
	if (lseek(out, 0, SEEK_SET) || kt_fd_read(out, 1 << 20, got, "k", err))
		abort();
	return st;
}

static size_t pack(const void *plain, size_t len, unsigned char *out,
		   size_t room)
{
	z_stream z = { 0 };

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)plain;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	return room - z.avail_out;
}

static void test_unpack(void)
{
	static const char elf[] = "\177ELF and what else is in a kernel";
	static const char other[] = "MZ and so on";
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	unsigned char packed[256];
	size_t len;

	wrap(&b, elf, sizeof(elf));
	ok(!unpack(&b, &got, &err) && got.len == sizeof(elf) &&
		   !memcmp(got.data, elf, got.len),
	   "a kernel that is not packed comes out as it is");
	len = pack(elf, sizeof(elf), packed, sizeof(packed));
	wrap(&b, packed, len);
	ok(!unpack(&b, &got, &err) && got.len == sizeof(elf) &&
		   !memcmp(got.data, elf, got.len),
	   "one that is is unpacked");
	/* Of gzip, the last four bytes are the size already. */
	memcpy(packed + len, "\x63\0\0\0", 4);
	wrap(&b, packed, len + 4);
	ok(unpack(&b, &got, &err) == KT_DATA && strstr(err.msg, "the size"),
	   "one of another size than it says is refused");
	len = pack(other, sizeof(other), packed, sizeof(packed));
	wrap(&b, packed, len);
	ok(unpack(&b, &got, &err) == KT_DATA && strstr(err.msg, "no kernel"),
	   "what is no ELF file is refused");
	wrap(&b, "what is this?", 13);
	ok(unpack(&b, &got, &err) == KT_DATA && strstr(err.msg, "not packed"),
	   "what is nothing is refused");
	put(b.data + 0x248, 0, 4);
	ok(unpack(&b, &got, &err) == KT_DATA && strstr(err.msg, "where"),
	   "a header that has no payload is refused");
}

static int by_hand(const char *how, const char *from, const char *to)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf packed KT_CLEANUP(kt_buf_release) = { 0 };
	int in KT_CLEANUP(kt_closep) = open(from, O_RDONLY | O_CLOEXEC);
	int out KT_CLEANUP(kt_closep) =
		open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct kt_error err = { .msg = "cannot open the files" };
	enum kt_status st = KT_SYS;

	if (in >= 0 && out >= 0 && !strcmp(how, "unpack")) {
		st = kt_bzimage_unpack(in, from, out, &err);
	} else if (in >= 0 && out >= 0) {
		st = kt_fd_read(in, 64 << 20, &packed, from, &err);
		if (!st) {
			wrap(&b, packed.data, packed.len);
			st = kt_fd_write(out, b.data, b.len, to, &err);
		}
	}
	if (st)
		fprintf(stderr, "bzimage: %s\n", err.msg);
	return (int)st;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return by_hand(argv[1], argv[2], argv[3]);
	test_header();
	test_bad_header();
	test_unpack();
	return tap_end();
}
