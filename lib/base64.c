// SPDX-License-Identifier: GPL-2.0-only
/* base64 - any bytes as letters and digits (RFC 4648, section 4) */
#include "lib/base64.h"

#include <stdint.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void kt_base64_write(const void *data, size_t len, char *out)
{
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i += 3) {
		const size_t nr = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)in[i] << 16;

		bits |= nr > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		bits |= nr > 2 ? in[i + 2] : 0;
		out[0] = digits[bits >> 18];
		out[1] = digits[bits >> 12 & 63];
		out[2] = '=';
		out[3] = '=';
		if (nr > 1)
			out[2] = digits[bits >> 6 & 63];
		if (nr > 2)
			out[3] = digits[bits & 63];
		out += 4;
	}
	*out = '\0';
}

/* The value of a digit, or -1. */
static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	return -1;
}

/* Of the digits of @nr bytes: false if one is none, or bits are left over. */
static bool read_group(const char *text, size_t nr, char *out)
{
	uint32_t bits = 0;

	for (size_t k = 0; k <= nr; k++) {
		const int val = value(text[k]);

		if (val < 0)
			return false;
		bits |= (uint32_t)val << (18 - 6 * k);
	}
	if (bits & ((UINT32_C(1) << (24 - 8 * nr)) - 1))
		return false;
	for (size_t k = 0; k < nr; k++)
		out[k] = (char)(bits >> (16 - 8 * k));
	return true;
}

bool kt_base64_read(const char *text, size_t chars, char *out, size_t *len)
{
	size_t at = 0;

	if (chars % 4)
		return false;
	for (size_t i = 0; i < chars; i += 4) {
		const bool last = i + 4 == chars;
		size_t nr = 3;

		if (last && text[i + 3] == '=')
			nr = text[i + 2] == '=' ? 1 : 2;
		if (!read_group(text + i, nr, out + at))
			return false;
		at += nr;
	}
	*len = at;
	return true;
}
