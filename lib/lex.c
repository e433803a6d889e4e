// SPDX-License-Identifier: GPL-2.0-only
/* lex - the words of JSON (RFC 8259) */
#include "lib/lex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

#define EXACT_DIGITS 15 /* an integer of so many is exact in a double, */
#define EXACT_EXP 22	/* and so is this power of ten */

enum kt_status kt_lex_fail(const struct kt_lex *lex, const char *what,
			   struct kt_error *err)
{
	if (lex->at >= lex->end)
		return kt_fail(err, KT_DATA, "not JSON: unexpected end");
	return kt_fail(err, KT_DATA, "not JSON: %s at byte %zu", what,
		       (size_t)(lex->at - lex->begin) + 1);
}

char kt_lex_peek(struct kt_lex *lex)
{
	const char *s = lex->at;

	while (s < lex->end &&
	       (*s == ' ' || *s == '\n' || *s == '\t' || *s == '\r'))
		s++;
	lex->at = s;
	if (s == lex->end)
		return '\0';
	return *s;
}

enum kt_status kt_lex_take(struct kt_lex *lex, char c, struct kt_error *err)
{
	if (kt_lex_peek(lex) != c)
		return kt_lex_fail(lex, "unexpected character", err);
	lex->at++;
	return KT_OK;
}

/* Into a list or object at its first item, on to its next, or out of it. */
static enum kt_status next_item(struct kt_lex *lex, const char *brackets,
				bool first, bool *more, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	if (first) {
		if (lex->depth == KT_LEX_MAX_DEPTH)
			return kt_lex_fail(lex, "too deep a nesting", err);
		st = kt_lex_take(lex, brackets[0], err);
		lex->depth++;
		lex->nr_nested++;
	}
	if (!st && kt_lex_peek(lex) == brackets[1]) {
		lex->at++;
		lex->depth--;
		*more = false;
		return KT_OK;
	}
	if (!st && !first)
		st = kt_lex_take(lex, ',', err);
	if (!st)
		*more = true;
	return st;
}

enum kt_status kt_lex_element(struct kt_lex *lex, bool first, bool *more,
			      struct kt_error *err)
{
	return next_item(lex, "[]", first, more, err);
}

enum kt_status kt_lex_member(struct kt_lex *lex, bool first, bool *more,
			     struct kt_slice *key, struct kt_error *err)
{
	enum kt_status st = next_item(lex, "{}", first, more, err);

	if (st || !*more)
		return st;
	if (kt_lex_peek(lex) != '"')
		return kt_lex_fail(lex, "unexpected character", err);
	st = kt_lex_string(lex, key, err);
	return st ? st : kt_lex_take(lex, ':', err);
}

/* The value of the 4 hex digits at @s, or -1. */
static long hex4(const char *s, const char *end)
{
	long val = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char c = s[i];

		if (c >= '0' && c <= '9')
			val = val * 16 + c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			val = val * 16 + (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return val;
}

/* The character of a "\u", which may be two of them; -1 if it is none. */
static long unicode(struct kt_lex *lex)
{
	long unit = hex4(lex->at, lex->end), low;

	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return -1;
	lex->at += 4;
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (lex->end - lex->at < 6 || lex->at[0] != '\\' || lex->at[1] != 'u')
		return -1;
	low = hex4(lex->at + 2, lex->end);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	lex->at += 6;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static char *put_utf8(char *to, long c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* What follows a backslash, put at *to. */
static enum kt_status escape(struct kt_lex *lex, char **to,
			     struct kt_error *err)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *found;
	long c;

	if (lex->at == lex->end)
		return kt_lex_fail(lex, "", err);
	found = *lex->at ? strchr(from, *lex->at) : NULL;
	if (found) {
		lex->at++;
		*(*to)++ = into[found - from];
		return KT_OK;
	}
	if (*lex->at != 'u')
		return kt_lex_fail(lex, "unknown escape", err);
	lex->at++;
	c = unicode(lex);
	if (c < 0)
		return kt_lex_fail(lex, "escape that is no character", err);
	*to = put_utf8(*to, c);
	return KT_OK;
}

/* The rest of a string from its first escape or non-ASCII character on. */
static enum kt_status string_rest(struct kt_lex *lex, const char *begin,
				  struct kt_slice *out, struct kt_error *err)
{
	char *to = lex->free;

	memcpy(to, begin, (size_t)(lex->at - begin));
	to += lex->at - begin;
	while (lex->at < lex->end && *lex->at != '"') {
		const size_t left = (size_t)(lex->end - lex->at);
		const size_t len = kt_utf8_len(lex->at, left);
		enum kt_status st;

		if (!len)
			return kt_lex_fail(lex, "byte that is not UTF-8", err);
		if (len == 1 && (unsigned char)*lex->at < 0x20)
			return kt_lex_fail(lex, "control character", err);
		if (*lex->at != '\\') {
			memcpy(to, lex->at, len);
			to += len;
			lex->at += len;
			continue;
		}
		lex->at++;
		st = escape(lex, &to, err);
		if (st)
			return st;
	}
	if (lex->at == lex->end)
		return kt_lex_fail(lex, "", err);
	lex->at++;
	*out = (struct kt_slice){ lex->free, (size_t)(to - lex->free) };
	lex->free = to;
	return KT_OK;
}

enum kt_status kt_lex_string(struct kt_lex *lex, struct kt_slice *out,
			     struct kt_error *err)
{
	const char *begin = ++lex->at, *s = begin;

	while (s < lex->end && *s != '"' && *s != '\\' &&
	       (unsigned char)*s >= 0x20 && (unsigned char)*s < 0x80)
		s++;
	lex->at = s;
	if (s == lex->end || *s != '"')
		return string_rest(lex, begin, out, err);
	*out = (struct kt_slice){ begin, (size_t)(s - begin) };
	lex->at++;
	return KT_OK;
}

/* How a number is written: its digits as an integer, and a power of ten. */
struct decimal {
	uint64_t digits; /* the first 19 */
	int nr;		 /* how many there were, leading zeros aside */
	int exp;
	bool overflow; /* of an integer, beyond 64 bits */
};

static void add_digits(struct kt_lex *lex, struct decimal *d)
{
	const char *s = lex->at;

	for (; s < lex->end && *s >= '0' && *s <= '9'; s++) {
		const uint64_t digit = (uint64_t)(*s - '0');

		if (d->digits > (UINT64_MAX - digit) / 10)
			d->overflow = true;
		d->digits = d->digits * 10 + digit;
		d->nr += d->nr || digit;
	}
	lex->at = s;
}

/* The point and the exponent, if any. */
static enum kt_status fraction(struct kt_lex *lex, struct decimal *d,
			       bool *integer, struct kt_error *err)
{
	const char *begin;
	bool negative;
	long exp = 0;

	*integer = true;
	if (lex->at < lex->end && *lex->at == '.') {
		*integer = false;
		begin = ++lex->at;
		add_digits(lex, d);
		if (lex->at == begin)
			return kt_lex_fail(lex, "unexpected character", err);
		d->exp = (int)(begin - lex->at);
	}
	if (lex->at == lex->end || (*lex->at | 32) != 'e')
		return KT_OK;
	*integer = false;
	lex->at++;
	negative = lex->at < lex->end && *lex->at == '-';
	if (lex->at < lex->end && (*lex->at == '-' || *lex->at == '+'))
		lex->at++;
	for (begin = lex->at;
	     lex->at < lex->end && *lex->at >= '0' && *lex->at <= '9';
	     lex->at++)
		exp = exp < 100000 ? exp * 10 + *lex->at - '0' : exp;
	if (lex->at == begin)
		return kt_lex_fail(lex, "unexpected character", err);
	d->exp += (int)(negative ? -exp : exp);
	return KT_OK;
}

/* The double nearest to the number at @begin, of which @d is the reading. */
static double nearest(const char *begin, size_t len, const struct decimal *d)
{
	static const double tens[EXACT_EXP + 1] = {
		1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
		1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	char text[64], *copy = len < sizeof(text) ? text : NULL;
	double val;

	/* One operation on two exact doubles is rounded once, so it is right. */
	if (d->nr <= EXACT_DIGITS && d->exp >= -EXACT_EXP &&
	    d->exp <= EXACT_EXP)
		return d->exp < 0 ? (double)d->digits / tens[-d->exp] :
				    (double)d->digits * tens[d->exp];
	if (!copy)
		copy = kt_xcalloc(1, len + 1);
	memcpy(copy, begin, len);
	copy[len] = '\0';
	val = strtod(copy, NULL);
	if (copy != text)
		free(copy);
	return val;
}

enum kt_status kt_lex_number(struct kt_lex *lex, struct kt_lex_number *out,
			     struct kt_error *err)
{
	const bool negative = lex->at < lex->end && *lex->at == '-';
	struct decimal d = { 0 };
	const char *begin;
	enum kt_status st;
	bool integer;
	double val;

	lex->at += negative;
	begin = lex->at;
	add_digits(lex, &d);
	if (lex->at == begin)
		return kt_lex_fail(lex, "unexpected character", err);
	if (*begin == '0' && lex->at - begin > 1)
		return kt_lex_fail(lex, "number with a leading zero", err);
	st = fraction(lex, &d, &integer, err);
	if (st)
		return st;
	val = nearest(begin, (size_t)(lex->at - begin), &d);
	if (!isfinite(val))
		return kt_lex_fail(lex, "number out of range", err);
	lex->wide |= integer &&
		     (d.overflow || (negative && d.digits > UINT64_C(1) << 63));
	*out = (struct kt_lex_number){ .val = negative ? -val : val,
				       .magnitude = d.digits,
				       .integer = integer,
				       .fits = !d.overflow,
				       .negative = negative };
	return KT_OK;
}

enum kt_status kt_lex_word(struct kt_lex *lex, const char *word,
			   struct kt_error *err)
{
	for (; *word; word++, lex->at++)
		if (lex->at == lex->end || *lex->at != *word)
			return kt_lex_fail(lex, "unexpected character", err);
	return KT_OK;
}

static enum kt_status skip_items(struct kt_lex *lex, bool object,
				 struct kt_error *err)
{
	bool first = true, more = true;
	struct kt_slice key;
	enum kt_status st;

	for (; more; first = false) {
		char *const free_was = lex->free;

		st = object ? kt_lex_member(lex, first, &more, &key, err) :
			      kt_lex_element(lex, first, &more, err);
		lex->free = free_was;
		if (!st && more)
			st = kt_lex_skip(lex, err);
		if (st)
			return st;
	}
	return KT_OK;
}

enum kt_status kt_lex_skip(struct kt_lex *lex, struct kt_error *err)
{
	struct kt_lex_number number;
	struct kt_slice string;

	switch (kt_lex_peek(lex)) {
	case '{':
		return skip_items(lex, true, err);
	case '[':
		return skip_items(lex, false, err);
	case '"':
		return kt_lex_string(lex, &string, err);
	case 't':
		return kt_lex_word(lex, "true", err);
	case 'f':
		return kt_lex_word(lex, "false", err);
	case 'n':
		return kt_lex_word(lex, "null", err);
	default:
		return kt_lex_number(lex, &number, err);
	}
}
