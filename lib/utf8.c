// SPDX-License-Identifier: GPL-2.0-only
/* utf8 - UTF-8 as RFC 3629 has it */
#include "lib/utf8.h"

/* RFC 3629 section 4: the first byte, and what it allows the second to be. */
static const struct form {
	unsigned char lo, hi, lo2, hi2;
	size_t len;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *form_of(const unsigned char *u, size_t len)
{
	for (size_t i = 0; len && i < NR_FORMS; i++)
		if (u[0] >= forms[i].lo && u[0] <= forms[i].hi)
			return &forms[i];
	return NULL;
}

/* How many of @len bytes, the first of which has form @f, fit it. */
static size_t fitting(const struct form *f, const unsigned char *u, size_t len)
{
	size_t n = 1;

	if (len > 1 && f->len > 1 && u[1] >= f->lo2 && u[1] <= f->hi2)
		for (n = 2; n < len && n < f->len; n++)
			if ((u[n] & 0xc0) != 0x80)
				break;
	return n;
}

size_t kt_utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	const struct form *f = form_of(u, len);

	return f && fitting(f, u, len) == f->len ? f->len : 0;
}

bool kt_utf8_is_begun(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	const struct form *f = form_of(u, len);

	return f && len < f->len && fitting(f, u, len) == len;
}

bool kt_utf8_is_control(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (len == 1)
		return u[0] < ' ' || u[0] == 0x7f;
	return len == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

bool kt_utf8_valid(const char *s, size_t len)
{
	while (len) {
		const unsigned char c = (unsigned char)*s;
		/* Nearly everything is ASCII. */
		const size_t n = c < 0x80 ? c != 0 : kt_utf8_len(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}
