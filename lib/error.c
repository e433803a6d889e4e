// SPDX-License-Identifier: GPL-2.0-only
/* error - messages that are safe to print, whatever they quote */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

void kt_printable(char *out, size_t size, const char *text)
{
	size_t used = 0, left = strlen(text);

	while (left) {
		size_t len = kt_utf8_len(text, left);

		if (len && !kt_utf8_is_control(text, len)) {
			if (used + len >= size)
				break;
			memcpy(out + used, text, len);
			used += len;
		} else {
			if (used + 4 >= size)
				break;
			snprintf(out + used, size - used, "\\x%02x",
				 (unsigned char)*text);
			used += 4;
			len = 1;
		}
		text += len;
		left -= len;
	}
	out[used] = '\0';
}

void kt_error_set(struct kt_error *err, enum kt_status status, const char *fmt,
		  ...)
{
	char raw[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	kt_printable(err->msg, sizeof(err->msg), raw);
	err->hint[0] = '\0';
	err->status = status;
}

void kt_error_set_errno(struct kt_error *err, const char *fmt, ...)
{
	const int saved = errno;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	kt_error_set(err, KT_SYS, "%s: %s", what, strerror(saved));
}

void kt_error_within(struct kt_error *err, const char *fmt, ...)
{
	char inner[sizeof(err->msg)], where[512], raw[sizeof(err->msg)];
	va_list ap;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	snprintf(raw, sizeof(raw), "%.400s: %.600s", where, inner);
	kt_printable(err->msg, sizeof(err->msg), raw);
}

void kt_error_hint(struct kt_error *err, const char *fmt, ...)
{
	char raw[sizeof(err->hint)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	kt_printable(err->hint, sizeof(err->hint), raw);
}
