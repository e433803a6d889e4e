// SPDX-License-Identifier: GPL-2.0-only
/* fold-lines - the lines of a log as hashes */
#include "lib/verifier/fold-lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/verifier/fold.h"
#include "lib/xalloc.h"

const char *kt_fold_text(const struct kt_fold_lines *l, uint32_t off)
{
	return off <= l->len ? l->text + off :
			       l->made.data + (off - l->len - 1);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	const unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(uint64_t seed, const char *s, size_t len)
{
	uint64_t h = seed ^ mix(len, UINT64_C(0xe7037ed1a0b428db)), word;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = mix(h ^ word, UINT64_C(0xa0761d6478bd642f));
	}
	word = 0;
	memcpy(&word, s, len);
	return mix(h ^ word, seed | 1);
}

static void set_line(struct kt_fold_lines *l, uint32_t i, uint32_t off,
		     uint32_t len)
{
	const char *text = kt_fold_text(l, off);
	const struct kt_fold_part p = kt_fold_strip(text, len);

	l->span[i] = (struct kt_fold_span){ off, len };
	l->plain[i] = hash(l->seed, text + p.plain, p.end - p.plain);
	l->where[i] = l->plain[i];
	if (p.plain > p.where)
		l->where[i] ^=
			hash(~l->seed, text + p.where, p.plain - p.where);
}

void kt_fold_make(struct kt_fold_lines *l, uint32_t i, const char *text)
{
	const size_t len = strlen(text);
	const uint32_t off = (uint32_t)(l->len + 1 + l->made.len);

	kt_buf_add(&l->made, text, len);
	set_line(l, i, off, (uint32_t)len);
}

void kt_fold_move(struct kt_fold_lines *l, uint32_t to, uint32_t from,
		  uint32_t nr)
{
	memmove(l->span + to, l->span + from, nr * sizeof(*l->span));
	memmove(l->where + to, l->where + from, nr * sizeof(*l->where));
	memmove(l->plain + to, l->plain + from, nr * sizeof(*l->plain));
}

static void grow(struct kt_fold_lines *l)
{
	l->cap = l->cap ? 2 * l->cap : 1024;
	l->span = kt_xrealloc(l->span, l->cap * sizeof(*l->span));
	l->where = kt_xrealloc(l->where, l->cap * sizeof(*l->where));
	l->plain = kt_xrealloc(l->plain, l->cap * sizeof(*l->plain));
}

enum kt_status kt_fold_split(struct kt_fold_lines *l, const char *text,
			     size_t len, struct kt_error *err)
{
	*l = (struct kt_fold_lines){ .text = text, .len = len };
	if (len > KT_FOLD_MAX_BYTES)
		return kt_fail(err, KT_DATA, "the log exceeds %zu bytes",
			       KT_FOLD_MAX_BYTES);
	if (getrandom(&l->seed, sizeof(l->seed), 0) != sizeof(l->seed))
		return kt_fail_errno(err, "cannot get random bytes");
	for (size_t at = 0; at < len;) {
		const char *lf = memchr(text + at, '\n', len - at);
		const size_t part = lf ? (size_t)(lf - (text + at)) : len - at;

		if (l->nr == KT_FOLD_MAX_LINES) {
			kt_fold_lines_release(l);
			return kt_fail(err, KT_DATA, "the log exceeds %u lines",
				       KT_FOLD_MAX_LINES);
		}
		if (l->nr == l->cap)
			grow(l);
		set_line(l, l->nr++, (uint32_t)at, (uint32_t)part);
		at += part + 1;
	}
	return KT_OK;
}

void kt_fold_lines_release(struct kt_fold_lines *l)
{
	kt_buf_release(&l->made);
	free(l->span);
	free(l->where);
	free(l->plain);
	*l = (struct kt_fold_lines){ 0 };
}
