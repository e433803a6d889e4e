// SPDX-License-Identifier: GPL-2.0-only
/* unpack - what a kernel was packed with, undone */
#include "lib/unpack.h"

#include <bzlib.h>
#include <endian.h>
#include <limits.h>
#include <lzma.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/fd.h"
#include "lib/lz4.h"
#include "lib/xalloc.h"

#define CHUNK ((size_t)1 << 20)

struct unpack {
	const unsigned char *in;
	size_t len;
	const char *what;
	int to;
	uint64_t max, written;
	unsigned char *out; /* as many bytes as the format asks for */
};

static enum kt_status damaged(const struct unpack *u, struct kt_error *err)
{
	return kt_fail(err, KT_DATA, "\"%s\" is damaged or ends too soon",
		       u->what);
}

/* What has been unpacked to u->out goes to the file. */
static enum kt_status flush(struct unpack *u, size_t len, struct kt_error *err)
{
	enum kt_status st;

	if (len > u->max - u->written)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is larger than %llu bytes when it is "
			       "unpacked",
			       u->what, (unsigned long long)u->max);
	st = kt_fd_write(u->to, u->out, len, "unpacked kernel", err);
	if (!st)
		u->written += len;
	return st;
}

/* Both zlib and libbz2 count in unsigned int. */
static unsigned int piece(size_t left)
{
	return left < INT_MAX ? (unsigned int)left : INT_MAX;
}

static enum kt_status gzip(struct unpack *u, struct kt_error *err)
{
	enum kt_status st = KT_OK;
	z_stream z = { 0 };
	size_t taken = 0;
	int ret = Z_OK;

	/* 16: with the header and the check sum of gzip. */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		kt_oom();
	while (!st && ret == Z_OK) {
		z.next_in = (Bytef *)(uintptr_t)(u->in + taken);
		z.avail_in = piece(u->len - taken);
		z.next_out = u->out;
		z.avail_out = CHUNK;
		ret = inflate(&z, Z_NO_FLUSH);
		taken = (size_t)(z.next_in - u->in);
		/* No progress (Z_BUF_ERROR): there is nothing left to read. */
		st = ret == Z_OK || ret == Z_STREAM_END ?
			     flush(u, CHUNK - z.avail_out, err) :
			     damaged(u, err);
	}
	inflateEnd(&z);
	return st;
}

static enum kt_status bzip2(struct unpack *u, struct kt_error *err)
{
	enum kt_status st = KT_OK;
	bz_stream bz = { 0 };
	size_t taken = 0;
	int ret = BZ_OK;

	if (BZ2_bzDecompressInit(&bz, 0, 0) != BZ_OK)
		kt_oom();
	while (!st && ret == BZ_OK) {
		bz.next_in = (char *)(uintptr_t)(u->in + taken);
		bz.avail_in = piece(u->len - taken);
		bz.next_out = (char *)u->out;
		bz.avail_out = CHUNK;
		ret = BZ2_bzDecompress(&bz);
		taken = (size_t)((const unsigned char *)bz.next_in - u->in);
		/* Unlike zlib it does not say when it gets no further. */
		if ((ret != BZ_OK && ret != BZ_STREAM_END) ||
		    (ret == BZ_OK && bz.avail_out && taken == u->len))
			st = damaged(u, err);
		else
			st = flush(u, CHUNK - bz.avail_out, err);
	}
	BZ2_bzDecompressEnd(&bz);
	return st;
}

static enum kt_status lzma(struct unpack *u, bool xz, struct kt_error *err)
{
	lzma_stream lz = LZMA_STREAM_INIT;
	enum kt_status st = KT_OK;
	lzma_ret ret;

	ret = xz ? lzma_stream_decoder(&lz, KT_UNPACK_MAX_MEMORY, 0) :
		   lzma_alone_decoder(&lz, KT_UNPACK_MAX_MEMORY);
	if (ret != LZMA_OK)
		kt_oom();
	lz.next_in = u->in;
	lz.avail_in = u->len;
	while (!st && ret == LZMA_OK) {
		lz.next_out = u->out;
		lz.avail_out = CHUNK;
		ret = lzma_code(&lz, LZMA_RUN);
		st = ret == LZMA_OK || ret == LZMA_STREAM_END ?
			     flush(u, CHUNK - lz.avail_out, err) :
			     damaged(u, err);
	}
	lzma_end(&lz);
	return st;
}

static enum kt_status lzma_alone(struct unpack *u, struct kt_error *err)
{
	return lzma(u, false, err);
}

static enum kt_status xz(struct unpack *u, struct kt_error *err)
{
	return lzma(u, true, err);
}

static enum kt_status zstd(struct unpack *u, struct kt_error *err)
{
	ZSTD_DStream *z = kt_xcheck(ZSTD_createDStream());
	ZSTD_inBuffer in = { u->in, u->len, 0 };
	enum kt_status st = KT_OK;
	size_t ret;

	do {
		ZSTD_outBuffer out = { u->out, CHUNK, 0 };

		ret = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(ret) ||
		    (ret && in.pos == in.size && out.pos < out.size))
			st = damaged(u, err);
		else
			st = flush(u, out.pos, err);
	} while (!st && ret);
	ZSTD_freeDStream(z);
	return st;
}

/* A number of four bytes; there are so many. */
static uint32_t le32(const unsigned char *p)
{
	uint32_t val;

	memcpy(&val, p, sizeof(val));
	return le32toh(val);
}

static enum kt_status lz4(struct unpack *u, struct kt_error *err)
{
	enum kt_status st = KT_OK;
	size_t at = 4;

	/* The size that kernels have at the end looks like that of a block. */
	while (!st && u->len - at > 4) {
		const uint32_t packed = le32(u->in + at);
		size_t len = 0;

		at += 4;
		if (packed == KT_LZ4_LEGACY_MAGIC)
			continue;
		if (packed > KT_LZ4_MAX_PACKED || packed > u->len - at ||
		    !kt_lz4_block(u->in + at, packed, u->out, KT_LZ4_MAX_BLOCK,
				  &len))
			return damaged(u, err);
		at += packed;
		st = flush(u, len, err);
	}
	return st;
}

static enum kt_status lzo(struct unpack *u, struct kt_error *err)
{
	return kt_fail(err, KT_DATA,
		       "\"%s\" is packed with lzo, which cannot "
		       "be unpacked here",
		       u->what);
}

/* Of LZMA alone, the usual properties and a dictionary of whole 64 KiB. */
static const struct format {
	unsigned char len;
	char magic[6];
	enum kt_status (*unpack)(struct unpack *u, struct kt_error *err);
	size_t room;
} formats[] = {
	{ 2, { '\x1f', '\x8b' }, gzip, CHUNK },
	{ 3, { 'B', 'Z', 'h' }, bzip2, CHUNK },
	{ 3, { '\x5d', 0, 0 }, lzma_alone, CHUNK },
	{ 6, { '\xfd', '7', 'z', 'X', 'Z', 0 }, xz, CHUNK },
	{ 4, { '\x28', '\xb5', '\x2f', '\xfd' }, zstd, CHUNK },
	{ 4, { '\x02', '\x21', '\x4c', '\x18' }, lz4, KT_LZ4_MAX_BLOCK },
	{ 4, { '\x89', 'L', 'Z', 'O' }, lzo, 0 },
};

enum kt_status kt_unpack(const void *data, size_t len, const char *what, int to,
			 uint64_t max, uint64_t *written, struct kt_error *err)
{
	char *out KT_CLEANUP(kt_freep) = NULL;
	struct unpack u = {
		.in = data, .len = len, .what = what, .to = to, .max = max
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct format *f = &formats[i];
		enum kt_status st;

		if (len < f->len || memcmp(data, f->magic, f->len) != 0)
			continue;
		out = kt_xrealloc(NULL, f->room);
		u.out = (unsigned char *)out;
		st = f->unpack(&u, err);
		if (!st && written)
			*written = u.written;
		return st;
	}
	return kt_fail(err, KT_DATA,
		       "\"%s\" is not packed with anything that is known here",
		       what);
}
