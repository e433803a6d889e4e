// SPDX-License-Identifier: GPL-2.0-only
/* fold - a verifier log with its repeated loops folded */
#include "lib/verifier/fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/fold-anchor.h"
#include "lib/xalloc.h"

#define MIN_PERIOD 5
#define MAX_STRIDE 3

struct cycle {
	uint32_t start, period, count;
};

struct fold {
	struct kt_fold_lines lines;
	uint32_t *pos; /* lines that hold the anchor, ascending */
	uint32_t nr_pos;
	uint32_t *same; /* how many lines from here are equal to those a period
			   further on */
};

/* Find the lines that hold the most frequent text, if there is one. */
static bool find_anchor(struct fold *f, bool plain)
{
	const uint64_t *hash = plain ? f->lines.plain : f->lines.where;
	uint32_t anchor;

	f->nr_pos = 0;
	if (!kt_fold_anchor(&f->lines, plain, &anchor))
		return false;
	for (uint32_t i = anchor; i < f->lines.nr; i++)
		if (hash[i] == hash[anchor])
			f->pos[f->nr_pos++] = i;
	return true;
}

/* The most frequent distance of every @stride-th anchor; 0: there is none. */
static uint32_t find_period(struct fold *f, uint32_t stride)
{
	uint32_t *seen = f->same, best = 0;

	if (f->nr_pos <= stride)
		return 0;
	memset(seen, 0, f->lines.nr * sizeof(*seen));
	for (uint32_t i = 0; i + stride < f->nr_pos; i++)
		seen[f->pos[i + stride] - f->pos[i]]++;
	for (uint32_t gap = MIN_PERIOD; gap < f->lines.nr; gap++)
		if (seen[gap] >= 2 && (!best || seen[gap] > seen[best]))
			best = gap;
	return best;
}

static void find_same(struct fold *f, uint32_t period)
{
	const uint64_t *plain = f->lines.plain;
	const uint32_t nr = f->lines.nr;

	memset(f->same + (nr - period), 0, period * sizeof(*f->same));
	for (uint32_t i = nr - period; i-- > 0;)
		f->same[i] =
			plain[i] == plain[i + period] ? f->same[i + 1] + 1 : 0;
}

/* Blocks of @period from @start on that are equal to the first, and that. */
static uint32_t count_runs(const struct fold *f, uint32_t start,
			   uint32_t period)
{
	return 1 + f->same[start] / period;
}

/* The most blocks there are from anchor @p or less than a period before it. */
static struct cycle best_near(const struct fold *f, uint32_t p, uint32_t period)
{
	struct cycle best = { p, period, count_runs(f, p, period) };

	for (uint32_t o = 1; o < period && o <= p; o++) {
		const uint32_t count = count_runs(f, p - o, period);

		if (count >= 2 && count > best.count)
			best = (struct cycle){ p - o, period, count };
	}
	return best;
}

/*
 * The first anchor whose block comes twice, and near which one comes three
 * times. Where the last such start is, is known along the way, so best_near()
 * is asked only once and all of this is linear.
 */
static bool find_runs(struct fold *f, uint32_t period, struct cycle *out)
{
	const uint32_t enough = (KT_FOLD_MIN_RUNS - 1) * period;
	uint32_t seen = 0, last = UINT32_MAX;

	find_same(f, period);
	for (uint32_t i = 0; i < f->nr_pos; i++) {
		const uint32_t p = f->pos[i];

		if (f->lines.nr - p < 2 * (uint64_t)period)
			break;
		for (; seen <= p; seen++)
			if (f->same[seen] >= enough)
				last = seen;
		if (f->same[p] < period || last == UINT32_MAX ||
		    p - last >= period)
			continue;
		*out = best_near(f, p, period);
		return true;
	}
	return false;
}

static bool detect(struct fold *f, struct cycle *out)
{
	if (f->lines.nr < KT_FOLD_MIN_RUNS * MIN_PERIOD)
		return false;
	if (!find_anchor(f, false) && !find_anchor(f, true))
		return false;
	for (uint32_t stride = 1; stride <= MAX_STRIDE; stride++) {
		const uint32_t period = find_period(f, stride);

		if (period && find_runs(f, period, out))
			return true;
	}
	return false;
}

/* Hashes have said so; this is the truth. */
static bool is_cycle(const struct fold *f, const struct cycle *c)
{
	const struct kt_fold_lines *l = &f->lines;
	const uint32_t end = c->start + c->period * (c->count - 1);

	for (uint32_t i = c->start; i < end; i++) {
		const struct kt_fold_span a = l->span[i];
		const struct kt_fold_span b = l->span[i + c->period];
		const char *x = kt_fold_text(l, a.off);
		const char *y = kt_fold_text(l, b.off);
		const struct kt_fold_part p = kt_fold_strip(x, a.len);
		const struct kt_fold_part q = kt_fold_strip(y, b.len);

		if (p.end - p.plain != q.end - q.plain ||
		    memcmp(x + p.plain, y + q.plain, p.end - p.plain) != 0)
			return false;
	}
	return true;
}

/* In place, for what is cut out is longer than the three lines put in. */
static void collapse(struct fold *f, const struct cycle *c)
{
	struct kt_fold_lines *l = &f->lines;
	const uint32_t end = c->start + c->period * c->count;
	uint32_t to = c->start;
	char text[64];

	kt_fold_move(l, to + 1, to, c->period);
	snprintf(text, sizeof(text), "--- %ux of the following %u lines ---",
		 c->count, c->period);
	kt_fold_make(l, to, text);
	to += 1 + c->period;
	snprintf(text, sizeof(text), "--- %u identical iterations omitted ---",
		 c->count - 2);
	kt_fold_make(l, to++, text);
	kt_fold_move(l, to, end - c->period, c->period);
	to += c->period;
	kt_fold_make(l, to++, "--- end repeat ---");
	kt_fold_move(l, to, end, l->nr - end);
	l->nr = to + (l->nr - end);
}

/*
 * Each pass takes one CR from before an LF; what had no LF gets it in the first
 * pass. Lines that are still one behind the other are written at once.
 */
static void write_lines(const struct fold *f, unsigned int passes, FILE *out)
{
	const struct kt_fold_lines *l = &f->lines;
	const char *from = NULL, *to = NULL;

	for (uint32_t i = 0; i < l->nr; i++) {
		const char *text = kt_fold_text(l, l->span[i].off);
		const bool open = l->span[i].off + l->span[i].len == l->len;
		const bool made = l->span[i].off > l->len;
		size_t len = l->span[i].len;

		for (unsigned int k = open; k < passes; k++)
			len -= len && text[len - 1] == '\r';
		if (from && text != to)
			fwrite(from, 1, (size_t)(to - from), out);
		if (!from || text != to)
			from = text;
		to = text + len + 1;
		if (made || open || len < l->span[i].len) {
			fwrite(from, 1, (size_t)(to - 1 - from), out);
			fputc('\n', out);
			from = NULL;
		}
	}
	if (from)
		fwrite(from, 1, (size_t)(to - from), out);
}

enum kt_status kt_fold(const char *text, size_t len, FILE *out,
		       struct kt_error *err)
{
	struct fold f = { 0 };
	struct cycle c;
	unsigned int passes = 0;
	enum kt_status st = kt_fold_split(&f.lines, text, len, err);

	if (st)
		return st;
	f.pos = kt_xcalloc((size_t)f.lines.nr + 1, sizeof(*f.pos));
	f.same = kt_xcalloc((size_t)f.lines.nr + 1, sizeof(*f.same));
	for (; passes < KT_FOLD_PASSES && detect(&f, &c) && is_cycle(&f, &c);
	     passes++)
		collapse(&f, &c);
	if (passes)
		write_lines(&f, passes, out);
	else
		fwrite(text, 1, len, out);
	free(f.pos);
	free(f.same);
	kt_fold_lines_release(&f.lines);
	return KT_OK;
}
