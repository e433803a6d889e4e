// SPDX-License-Identifier: GPL-2.0-only
/* names - each name once, known by a number */
#include "lib/stats/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/error.h"
#include "lib/xalloc.h"

#define FIRST_SLOTS 256

/*
 * Multiply and fold, from a seed nobody outside knows: files made to collide
 * would otherwise make the table a list.
 */
static uint64_t hash(uint64_t seed, const char *name)
{
	uint64_t h = seed;
	size_t len = strlen(name);

	while (len) {
		const size_t n = len < 8 ? len : 8;
		unsigned __int128 wide;
		uint64_t word = 0;

		memcpy(&word, name, n);
		wide = (unsigned __int128)(h ^ word) *
		       UINT64_C(0x9e3779b97f4a7c15);
		h = (uint64_t)wide ^ (uint64_t)(wide >> 64) ^ n;
		name += n;
		len -= n;
	}
	return h ^ h >> 29;
}

/* The slot that holds @name, or the empty one where it would go. */
static uint32_t *find_slot(const struct kt_names *names, const char *name)
{
	uint32_t i = (uint32_t)hash(names->seed, name) & (names->nr_slots - 1);

	while (names->slot[i] &&
	       strcmp(kt_names_get(names, names->slot[i] - 1), name) != 0)
		i = (i + 1) & (names->nr_slots - 1);
	return &names->slot[i];
}

static void grow(struct kt_names *names)
{
	if (!names->seed && getrandom(&names->seed, sizeof(names->seed), 0) < 0)
		names->seed = 1;
	names->nr_slots = names->nr_slots ? names->nr_slots * 2 : FIRST_SLOTS;
	free(names->slot);
	names->slot = kt_xcalloc(names->nr_slots, sizeof(*names->slot));
	names->at = kt_xrealloc(names->at,
				names->nr_slots / 2 * sizeof(*names->at));
	for (uint32_t id = 0; id < names->nr; id++)
		*find_slot(names, kt_names_get(names, id)) = id + 1;
}

uint32_t kt_names_add(struct kt_names *names, const char *name)
{
	uint32_t *slot;

	if (names->nr == names->nr_slots / 2)
		grow(names);
	slot = find_slot(names, name);
	if (!*slot) {
		names->at[names->nr] = names->text.len;
		kt_buf_add(&names->text, name, strlen(name) + 1);
		*slot = ++names->nr;
	}
	return *slot - 1;
}

uint32_t kt_names_find(const struct kt_names *names, const char *name)
{
	/* An empty slot has 0, which becomes UINT32_MAX. */
	return names->nr ? *find_slot(names, name) - 1 : UINT32_MAX;
}

const char *kt_names_get(const struct kt_names *names, uint32_t id)
{
	return names->text.data + names->at[id];
}

static int by_name(const void *a, const void *b, void *names)
{
	return strcmp(kt_names_get(names, *(const uint32_t *)a),
		      kt_names_get(names, *(const uint32_t *)b));
}

void kt_names_rank(struct kt_names *names)
{
	uint32_t *order = kt_xcalloc(names->nr + 1, sizeof(*order));

	for (uint32_t i = 0; i < names->nr; i++)
		order[i] = i;
	qsort_r(order, names->nr, sizeof(*order), by_name, names);
	names->rank = kt_xrealloc(names->rank,
				  (names->nr + 1) * sizeof(*names->rank));
	for (uint32_t i = 0; i < names->nr; i++)
		names->rank[order[i]] = i;
	free(order);
}

void kt_names_release(struct kt_names *names)
{
	kt_buf_release(&names->text);
	free(names->at);
	free(names->rank);
	free(names->slot);
	*names = (struct kt_names){ 0 };
}
