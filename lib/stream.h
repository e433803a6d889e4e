/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stream.h - the bytes of a file that may be compressed
 *
 * xz, by liblzma with as many threads as it is given: kernel tarballs have
 * several blocks, and unpacking is what a user waits for. gzip, bzip2 and
 * zstd by libarchive. Anything else is what it is.
 */
#ifndef KT_STREAM_H
#define KT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_STREAM_MAX_MEMORY ((uint64_t)1 << 30) /* bytes, for one decoder */

struct kt_stream;

/*
 * Read @fd from its start; it stays the caller's, and open until the stream
 * has been freed. @what, borrowed, names it in errors. The caller owns *out.
 */
enum kt_status kt_stream_open(int fd, const char *what, unsigned int threads,
			      struct kt_stream **out,
			      struct kt_error *err) KT_MUST_CHECK;

/* The same, of bytes that are what they are, whatever they look like. */
enum kt_status kt_stream_plain(int fd, const char *what, struct kt_stream **out,
			       struct kt_error *err) KT_MUST_CHECK;
void kt_stream_freep(struct kt_stream **stream);

/*
 * The next bytes, borrowed until the next call; *len is 0 at the end, which is
 * reached only if every check sum was right. KT_DATA if the file is damaged or
 * ends too soon.
 */
enum kt_status kt_stream_next(struct kt_stream *stream, const void **data,
			      size_t *len, struct kt_error *err) KT_MUST_CHECK;

/* How many bytes of the file have been read. */
uint64_t kt_stream_consumed(const struct kt_stream *stream);

#endif
