// SPDX-License-Identifier: GPL-2.0-only
/* buf - bytes that grow */
#include "lib/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

void kt_buf_reserve(struct kt_buf *buf, size_t extra)
{
	size_t need, cap = buf->cap ? buf->cap : 64;

	if (extra > SIZE_MAX / 4 - buf->len)
		kt_oom();
	need = buf->len + extra + 1;
	if (need <= buf->cap)
		return;
	while (cap < need)
		cap *= 2;
	buf->data = kt_xrealloc(buf->data, cap);
	buf->cap = cap;
}

void kt_buf_add(struct kt_buf *buf, const void *data, size_t len)
{
	kt_buf_reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void kt_buf_adds(struct kt_buf *buf, const char *s)
{
	kt_buf_add(buf, s, strlen(s));
}

void kt_buf_addc(struct kt_buf *buf, char c)
{
	kt_buf_add(buf, &c, 1);
}

void kt_buf_addf(struct kt_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		kt_oom();
	kt_buf_reserve(buf, (size_t)len);
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

void kt_buf_consume(struct kt_buf *buf, size_t len)
{
	if (len >= buf->len)
		len = buf->len;
	if (!len)
		return;
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
	buf->data[buf->len] = '\0';
}

char *kt_buf_take(struct kt_buf *buf)
{
	char *data;

	kt_buf_reserve(buf, 0);
	data = buf->data;
	data[buf->len] = '\0';
	*buf = (struct kt_buf){ 0 };
	return data;
}

void kt_buf_release(struct kt_buf *buf)
{
	free(buf->data);
	*buf = (struct kt_buf){ 0 };
}
