/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/buf.h - bytes that grow
 *
 * { 0 } is an empty buffer. After any call that adds, data is NUL-terminated
 * behind len bytes (which may hold NULs of their own); before, it may be NULL.
 * Growth has no limit here: whoever fills one from input sets it.
 */
#ifndef KT_BUF_H
#define KT_BUF_H

#include <stddef.h>

#include "lib/error.h"

struct kt_buf {
	char *data;
	size_t len, cap;
};

/* Room for @extra more bytes and a NUL behind len; len does not change. */
void kt_buf_reserve(struct kt_buf *buf, size_t extra);

/* Append. @data may not point into @buf. */
void kt_buf_add(struct kt_buf *buf, const void *data, size_t len);
void kt_buf_adds(struct kt_buf *buf, const char *s);
void kt_buf_addc(struct kt_buf *buf, char c);
void kt_buf_addf(struct kt_buf *buf, const char *fmt, ...) KT_PRINTF(2, 3);

/* Drop the first @len bytes. */
void kt_buf_consume(struct kt_buf *buf, size_t len);

/* The contents as a string the caller owns; @buf is empty afterwards. */
char *kt_buf_take(struct kt_buf *buf);

/* Free the contents; @buf is empty afterwards. Serves as KT_CLEANUP(). */
void kt_buf_release(struct kt_buf *buf);

#endif
