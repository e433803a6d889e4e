// SPDX-License-Identifier: GPL-2.0-only
/* stream - the bytes of a file that may be compressed */
#include "lib/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/xalloc.h"

#define CHUNK ((size_t)1 << 20)

struct kt_stream {
	int fd;
	const char *what;
	struct archive *raw; /* NULL: xz, or plain */
	bool plain;
	bool at_end;
	uint64_t consumed;
	lzma_stream lzma;
	uint8_t *in, *out;
};

void kt_stream_freep(struct kt_stream **stream)
{
	struct kt_stream *s = *stream;

	if (!s)
		return;
	lzma_end(&s->lzma);
	archive_read_free(s->raw);
	free(s->in);
	free(s->out);
	free(s);
	*stream = NULL;
}

static enum kt_status open_xz(struct kt_stream *s, unsigned int threads,
			      struct kt_error *err)
{
	const lzma_mt mt = {
		.flags = LZMA_CONCATENATED,
		.threads = threads ? threads : 1,
		.memlimit_threading = KT_STREAM_MAX_MEMORY / 2,
		.memlimit_stop = KT_STREAM_MAX_MEMORY,
	};
	const lzma_ret ret = lzma_stream_decoder_mt(&s->lzma, &mt);

	if (ret != LZMA_OK)
		return kt_fail(err, KT_SYS, "liblzma does not start (%d)",
			       (int)ret);
	s->in = kt_xcalloc(1, CHUNK);
	s->out = kt_xcalloc(1, CHUNK);
	return KT_OK;
}

static enum kt_status raw_error(struct kt_stream *s, struct kt_error *err)
{
	const char *why = archive_error_string(s->raw);

	return kt_fail(err, KT_DATA, "\"%s\" is damaged or ends too soon: %s",
		       s->what, why ? why : "unknown error");
}

static enum kt_status open_raw(struct kt_stream *s, struct kt_error *err)
{
	struct archive_entry *entry;
	int ret;

	s->raw = kt_xcheck(archive_read_new());
	/* By name: "all" has filters that start other programs. */
	ret = archive_read_support_filter_gzip(s->raw);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_support_filter_bzip2(s->raw);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_support_filter_zstd(s->raw);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_support_format_raw(s->raw);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_support_format_empty(s->raw);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_open_fd(s->raw, s->fd, CHUNK);
	if (ret >= ARCHIVE_WARN)
		ret = archive_read_next_header(s->raw, &entry);
	if (ret < ARCHIVE_WARN)
		return raw_error(s, err);
	s->at_end = ret == ARCHIVE_EOF;
	return KT_OK;
}

static struct kt_stream *new_stream(int fd, const char *what)
{
	struct kt_stream *s = kt_xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->what = what;
	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return s;
}

enum kt_status kt_stream_open(int fd, const char *what, unsigned int threads,
			      struct kt_stream **out, struct kt_error *err)
{
	static const uint8_t xz_magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	struct kt_stream *s KT_CLEANUP(kt_stream_freep) = NULL;
	uint8_t magic[6] = { 0 };
	enum kt_status st;

	if (lseek(fd, 0, SEEK_SET) || pread(fd, magic, sizeof(magic), 0) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	s = new_stream(fd, what);
	st = memcmp(magic, xz_magic, sizeof(magic)) ? open_raw(s, err) :
						      open_xz(s, threads, err);
	if (st)
		return st;
	*out = s;
	s = NULL;
	return KT_OK;
}

enum kt_status kt_stream_plain(int fd, const char *what, struct kt_stream **out,
			       struct kt_error *err)
{
	struct kt_stream *s;

	if (lseek(fd, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	s = new_stream(fd, what);
	s->plain = true;
	s->out = kt_xcalloc(1, CHUNK);
	*out = s;
	return KT_OK;
}

static const char *lzma_why(lzma_ret ret)
{
	switch (ret) {
	case LZMA_DATA_ERROR:
	case LZMA_FORMAT_ERROR:
		return "it is damaged";
	case LZMA_BUF_ERROR:
		return "it ends too soon";
	case LZMA_MEMLIMIT_ERROR:
		return "its dictionary is too large";
	case LZMA_OPTIONS_ERROR:
		return "it uses options that liblzma does not know";
	default:
		return "liblzma cannot read it";
	}
}

static enum kt_status read_chunk(struct kt_stream *s, uint8_t *chunk,
				 size_t *len, struct kt_error *err)
{
	ssize_t n;

	do
		n = read(s->fd, chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", s->what);
	s->consumed += (uint64_t)n;
	*len = (size_t)n;
	return KT_OK;
}

static enum kt_status next_plain(struct kt_stream *s, const void **data,
				 size_t *len, struct kt_error *err)
{
	enum kt_status st = read_chunk(s, s->out, len, err);

	if (!st)
		*data = s->out;
	return st;
}

static enum kt_status next_xz(struct kt_stream *s, const void **data,
			      size_t *len, struct kt_error *err)
{
	bool no_more = false;

	s->lzma.next_out = s->out;
	s->lzma.avail_out = CHUNK;
	while (s->lzma.avail_out && !s->at_end) {
		lzma_ret ret;

		if (!s->lzma.avail_in && !no_more) {
			enum kt_status st =
				read_chunk(s, s->in, &s->lzma.avail_in, err);

			if (st)
				return st;
			s->lzma.next_in = s->in;
			no_more = !s->lzma.avail_in;
		}
		ret = lzma_code(&s->lzma, no_more ? LZMA_FINISH : LZMA_RUN);
		if (ret == LZMA_STREAM_END)
			s->at_end = true;
		else if (ret == LZMA_MEM_ERROR)
			kt_oom();
		else if (ret != LZMA_OK)
			return kt_fail(err, KT_DATA, "cannot unpack \"%s\": %s",
				       s->what, lzma_why(ret));
	}
	*data = s->out;
	*len = CHUNK - s->lzma.avail_out;
	return KT_OK;
}

static enum kt_status next_raw(struct kt_stream *s, const void **data,
			       size_t *len, struct kt_error *err)
{
	size_t got = 0;

	while (!got && !s->at_end) {
		int64_t offset;
		const int ret =
			archive_read_data_block(s->raw, data, &got, &offset);

		if (ret < ARCHIVE_WARN)
			return raw_error(s, err);
		s->at_end = ret == ARCHIVE_EOF;
	}
	s->consumed = (uint64_t)archive_filter_bytes(s->raw, -1);
	*len = s->at_end ? 0 : got;
	return KT_OK;
}

enum kt_status kt_stream_next(struct kt_stream *s, const void **data,
			      size_t *len, struct kt_error *err)
{
	if (s->plain)
		return next_plain(s, data, len, err);
	return s->raw ? next_raw(s, data, len, err) :
			next_xz(s, data, len, err);
}

uint64_t kt_stream_consumed(const struct kt_stream *s)
{
	return s->consumed;
}
