/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/names.h - each name once, known by a number
 *
 * Numbers count from 0 in the order of arrival, which threads make a matter of
 * chance: anything that shows goes by rank instead, the place in byte order.
 */
#ifndef KT_STATS_NAMES_H
#define KT_STATS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* { 0 } is empty. */
struct kt_names {
	struct kt_buf text; /* NUL-terminated, one behind the other */
	size_t *at;	    /* where each begins */
	uint32_t *rank;	    /* of each, once kt_names_rank() was called */
	uint32_t *slot;	    /* hash table: number + 1, or 0 */
	uint32_t nr, nr_slots;
	uint64_t seed;
};

/* The number of @name, which is copied if it is new. */
uint32_t kt_names_add(struct kt_names *names, const char *name);

/* The number of @name, or UINT32_MAX if there is none. */
uint32_t kt_names_find(const struct kt_names *names, const char *name);

/* The name with number @id; borrowed until the next kt_names_add(). */
const char *kt_names_get(const struct kt_names *names, uint32_t id);

/* Fill in ranks: after the last kt_names_add(). */
void kt_names_rank(struct kt_names *names);

void kt_names_release(struct kt_names *names);

#endif
