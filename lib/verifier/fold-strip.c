// SPDX-License-Identifier: GPL-2.0-only
/*
 * fold-strip - what of a verifier log's line says where and what, and no more
 *
 * Instructions look like one of these (kernel/bpf/verifier.c, print_insn_state
 * and its callers):
 *
 *	40: (07) r1 += 1
 *	40: (07) r1 += 1                  ; R1_w=2
 *	40: (85) call foo#1               ; frame1: R1=ctx()
 *	40: (55) if r1 != 0x0 goto pc+3 44: R0=1
 *	40: R1=ctx() R10=fp0
 *	40: frame1: R1=ctx() R10=fp0
 */
#include <stdbool.h>
#include <string.h>

#include "lib/verifier/fold-lines.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The white space character of Unicode that begins @s, in bytes; 0: another. */
static size_t space(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned int c;

	if (!len)
		return 0;
	if (u[0] == ' ' || (u[0] >= '\t' && u[0] <= '\r'))
		return 1;
	if (u[0] == 0xc2 && len >= 2)
		return u[1] == 0x85 || u[1] == 0xa0 ? 2 : 0;
	if (len < 3 || u[0] < 0xe1 || u[0] > 0xe3 || (u[1] & 0xc0) != 0x80 ||
	    (u[2] & 0xc0) != 0x80)
		return 0;
	c = (u[0] & 0xfU) << 12 | (u[1] & 0x3fU) << 6 | (u[2] & 0x3fU);
	if (c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000)
		return 3;
	return 0;
}

/* @len without the white space that the text from @from on ends in. */
static size_t trim_end(const char *s, size_t from, size_t len)
{
	for (;;) {
		size_t n = 0;

		/* Most lines end in a plain letter, and that is that. */
		if (len > from && s[len - 1] > ' ' && s[len - 1] < 0x7f)
			return len;
		for (size_t k = 1; !n && k <= 3 && k <= len - from; k++)
			n = space(s + len - k, k) == k ? k : 0;
		if (!n)
			return len;
		len -= n;
	}
}

/* Where @what begins in the @len bytes at @s, or @len. */
static size_t find(const char *s, size_t len, const char *what, size_t what_len)
{
	const char *p = memmem(s, len, what, what_len);

	return p ? (size_t)(p - s) : len;
}

/* "frame" or R and a digit: a state of registers. */
static bool is_state(const char *s, size_t len)
{
	return (len >= 5 && !memcmp(s, "frame", 5)) ||
	       (len >= 2 && s[0] == 'R' && is_digit(s[1]));
}

/* Where the state of registers begins that is put as a comment, or @len. */
static size_t find_comment(const char *s, size_t len)
{
	size_t regs = len;
	const char *p = s;

	while ((p = memchr(p, ';', len - (size_t)(p - s)))) {
		const size_t at = (size_t)(p++ - s);

		if (len - at >= 7 && !memcmp(s + at, "; frame", 7))
			return at;
		if (regs == len && len - at >= 3 && !memcmp(s + at, "; R", 3))
			regs = at;
	}
	/* Only the first such is looked at. */
	return regs + 3 < len && is_digit(s[regs + 3]) ? regs : len;
}

/* Of an instruction, @len bytes at @s, how much is no annotation. */
static size_t instruction(const char *s, size_t len)
{
	size_t at = 0;

	/* Its address is by far the most usual thing before a colon. */
	while (at < len && is_digit(s[at]))
		at++;
	if (len - at < 2 || s[at] != ':' || s[at + 1] != ' ')
		at = find(s, len, ": ", 2);
	if (at < len && is_state(s + at + 2, len - at - 2))
		return at + 1;
	at = find_comment(s, len);
	if (at < len)
		return trim_end(s, 0, at);
	at = find(s, len, "goto pc", 7);
	if (at == len)
		return len;
	for (at += 7;
	     at < len && (s[at] == '+' || s[at] == '-' || is_digit(s[at]));)
		at++;
	return at < len ? trim_end(s, 0, at) : len;
}

struct kt_fold_part kt_fold_strip(const char *text, size_t len)
{
	struct kt_fold_part p = { 0 };
	size_t n, colon;

	while ((n = space(text + p.where, len - p.where)))
		p.where += n;
	p.plain = p.where;
	p.end = trim_end(text, p.where, len);
	if (p.where == p.end || !is_digit(text[p.where]))
		return p;
	p.end = p.where + instruction(text + p.where, p.end - p.where);
	for (colon = p.where; colon < p.end && is_digit(text[colon]);)
		colon++;
	if (p.end - colon >= 2 && text[colon] == ':' && text[colon + 1] == ' ')
		p.plain = colon + 2;
	return p;
}
