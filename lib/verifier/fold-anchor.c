// SPDX-License-Identifier: GPL-2.0-only
/*
 * fold-anchor - the most frequent line
 *
 * Most lines of a long log are there once or twice, and a table of all of them
 * would not fit into any cache. So lines are first counted in a small table
 * where several share a place: what comes often enough does so there too, and
 * only the lines of such places are counted by themselves.
 */
#include "lib/verifier/fold-anchor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

#define ROUGH_BITS 22
#define ROUGH ((size_t)1 << ROUGH_BITS)

struct entry {
	uint64_t hash;
	uint32_t first, count; /* count 0: free */
};

struct counts {
	struct entry *entry;
	size_t slots, nr;
};

static size_t slot_of(const struct counts *c, uint64_t hash)
{
	size_t at = hash & (c->slots - 1);

	while (c->entry[at].count && c->entry[at].hash != hash)
		at = (at + 1) & (c->slots - 1);
	return at;
}

static void grow(struct counts *c)
{
	const struct counts old = *c;

	c->slots = old.slots ? 2 * old.slots : 4096;
	c->entry = kt_xcalloc(c->slots, sizeof(*c->entry));
	for (size_t i = 0; i < old.slots; i++)
		if (old.entry[i].count)
			c->entry[slot_of(c, old.entry[i].hash)] = old.entry[i];
	free(old.entry);
}

static void count(struct counts *c, uint64_t hash, uint32_t line)
{
	struct entry *e;

	if (2 * c->nr >= c->slots)
		grow(c);
	e = &c->entry[slot_of(c, hash)];
	if (!e->count) {
		c->nr++;
		e->hash = hash;
		e->first = line;
	}
	e->count++;
}

/* Its text in line @i; *len is its length. */
static const char *text_of(const struct kt_fold_lines *l, uint32_t i,
			   bool plain, size_t *len)
{
	const char *text = kt_fold_text(l, l->span[i].off);
	const struct kt_fold_part p = kt_fold_strip(text, l->span[i].len);
	const size_t from = plain ? p.plain : p.where;

	*len = p.end - from;
	return text + from;
}

static bool smaller(const struct kt_fold_lines *l, bool plain, uint32_t a,
		    uint32_t b)
{
	size_t x_len, y_len;
	const char *x = text_of(l, a, plain, &x_len);
	const char *y = text_of(l, b, plain, &y_len);
	const int cmp = memcmp(x, y, x_len < y_len ? x_len : y_len);

	return cmp ? cmp < 0 : x_len < y_len;
}

static bool choose(const struct kt_fold_lines *l, const struct counts *c,
		   bool plain, uint32_t *out)
{
	const struct entry *best = NULL;
	size_t len;

	for (size_t i = 0; i < c->slots; i++) {
		const struct entry *e = &c->entry[i];

		if (e->count < KT_FOLD_MIN_RUNS ||
		    (best && e->count < best->count))
			continue;
		text_of(l, e->first, plain, &len);
		if (len < KT_FOLD_MIN_ANCHOR)
			continue;
		if (!best || e->count > best->count ||
		    smaller(l, plain, e->first, best->first))
			best = e;
	}
	if (best)
		*out = best->first;
	return best;
}

bool kt_fold_anchor(const struct kt_fold_lines *l, bool plain, uint32_t *out)
{
	const uint64_t *hash = plain ? l->plain : l->where;
	unsigned char *rough = kt_xcalloc(ROUGH, 1);
	struct counts c = { 0 };
	bool found;

	for (uint32_t i = 0; i < l->nr; i++) {
		unsigned char *at = &rough[hash[i] >> (64 - ROUGH_BITS)];

		*at += *at < KT_FOLD_MIN_RUNS;
	}
	for (uint32_t i = 0; i < l->nr; i++)
		if (rough[hash[i] >> (64 - ROUGH_BITS)] == KT_FOLD_MIN_RUNS)
			count(&c, hash[i], i);
	found = choose(l, &c, plain, out);
	free(c.entry);
	free(rough);
	return found;
}
