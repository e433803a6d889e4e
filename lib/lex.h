/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/lex.h - the words of JSON (RFC 8259)
 *
 * It takes exactly what the RFC has, but for what is refused on top: NUL in a
 * string, since it could not be told from the end, and nesting beyond
 * KT_LEX_MAX_DEPTH. A function that fails has said where.
 *
 * Sidecars are read by it, values where they stand: for a hundred thousand the
 * tree that json-c builds costs more than all the rest.
 */
#ifndef KT_LEX_H
#define KT_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_LEX_MAX_DEPTH 128 /* nested {} and [] */

struct kt_lex {
	const char *begin, *at, *end;
	char *free; /* where strings go that had escapes; room for all text */
	unsigned int depth;
	size_t nr_nested; /* objects and lists that were met, in all */
	bool wide; /* an integer was met that 64 bits do not hold, signed or not */
};

struct kt_slice {
	const char *s;
	size_t len;
};

/* An integer if it has neither point nor exponent; val is always set. */
struct kt_lex_number {
	double val;
	uint64_t magnitude; /* of an integer, if it fits */
	bool integer, fits, negative;
};

/* Skip blanks; the next byte, or 0 at the end. */
char kt_lex_peek(struct kt_lex *lex);

/* "not JSON: WHAT at byte N", or "unexpected end" at the end. Yields KT_DATA. */
enum kt_status kt_lex_fail(const struct kt_lex *lex, const char *what,
			   struct kt_error *err);

/* Take the byte @c, blanks before it skipped. */
enum kt_status kt_lex_take(struct kt_lex *lex, char c,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * Members of an object and elements of a list: the first call takes the
 * opening bracket (@first), each later one the comma. *more is false once the
 * closing one was taken. For an object the key and the colon are taken too.
 */
enum kt_status kt_lex_member(struct kt_lex *lex, bool first, bool *more,
			     struct kt_slice *key,
			     struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_lex_element(struct kt_lex *lex, bool first, bool *more,
			      struct kt_error *err) KT_MUST_CHECK;

/* *out points into the text, or to where free was. Not NUL-terminated. */
enum kt_status kt_lex_string(struct kt_lex *lex, struct kt_slice *out,
			     struct kt_error *err) KT_MUST_CHECK;

/* KT_DATA for a number that no double comes near: there is no infinity. */
enum kt_status kt_lex_number(struct kt_lex *lex, struct kt_lex_number *out,
			     struct kt_error *err) KT_MUST_CHECK;

/* @word is "true", "false" or "null", of which the first byte was seen. */
enum kt_status kt_lex_word(struct kt_lex *lex, const char *word,
			   struct kt_error *err) KT_MUST_CHECK;

/* Any value, which is checked and left. */
enum kt_status kt_lex_skip(struct kt_lex *lex,
			   struct kt_error *err) KT_MUST_CHECK;

#endif
