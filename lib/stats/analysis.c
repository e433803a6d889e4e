// SPDX-License-Identifier: GPL-2.0-only
/* analysis - groups of rows, and the tables that are not about rows */
#include "lib/stats/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "lib/stats/sum.h"
#include "lib/xalloc.h"

const char *kt_dimension_name(enum kt_dimension by)
{
	static const char *const names[] = { "scenario", "flags", "topology",
					     "work_type" };

	return names[by];
}

/* The names a row is grouped by. */
static void key_of(const struct kt_row *row, enum kt_dimension by, uint32_t *a,
		   uint32_t *b)
{
	*b = row->flags;
	switch (by) {
	case KT_BY_SCENARIO:
		*a = *b = row->scenario;
		return;
	case KT_BY_FLAGS:
		*a = row->flags;
		return;
	case KT_BY_TOPOLOGY:
		*a = *b = row->topology;
		return;
	case KT_BY_WORK_TYPE:
		*a = *b = row->work_type;
		return;
	case KT_BY_SCENARIO_FLAGS:
		*a = row->scenario;
		return;
	case KT_BY_SCENARIO_TOPOLOGY:
		*a = row->scenario;
		*b = row->topology;
		return;
	}
	abort();
}

struct by_key {
	const struct kt_stats *stats;
	enum kt_dimension by;
};

static int row_by_key(const void *x, const void *y, void *ctx)
{
	const uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	const struct by_key *how = ctx;
	const uint32_t *rank = how->stats->names.rank;
	uint32_t ai, bi, ak, bk;

	key_of(&how->stats->rows[i], how->by, &ai, &bi);
	key_of(&how->stats->rows[k], how->by, &ak, &bk);
	if (ai != ak)
		return rank[ai] < rank[ak] ? -1 : 1;
	if (bi != bk)
		return rank[bi] < rank[bk] ? -1 : 1;
	return i < k ? -1 : i > k;
}

void kt_groups_by(const struct kt_stats *stats, enum kt_dimension by,
		  struct kt_groups *out)
{
	const uint32_t nr = stats->nr_rows;
	struct by_key how = { .stats = stats, .by = by };
	uint32_t cap = 0, a, b;

	*out = (struct kt_groups){ .order = kt_xcalloc(nr + 1, 4) };
	for (uint32_t i = 0; i < nr; i++)
		out->order[i] = i;
	qsort_r(out->order, nr, sizeof(*out->order), row_by_key, &how);
	for (uint32_t i = 0; i < nr; i++) {
		struct kt_group *g = out->nr ? &out->group[out->nr - 1] : NULL;

		key_of(&stats->rows[out->order[i]], by, &a, &b);
		if (g && g->a == a && g->b == b) {
			g->nr++;
			continue;
		}
		if (out->nr == cap || !out->group) {
			cap = cap ? cap * 2 : 16;
			out->group = kt_xrealloc(out->group,
						 cap * sizeof(*out->group));
		}
		out->group[out->nr++] = (struct kt_group){
			.first = i, .nr = 1, .a = a, .b = b
		};
	}
}

static int worst_first(const void *x, const void *y, void *stats)
{
	const uint32_t *rank = ((const struct kt_stats *)stats)->names.rank;
	const struct kt_group *g = x, *h = y;

	if (g->spread > h->spread || g->spread < h->spread)
		return g->spread > h->spread ? -1 : 1;
	if (g->a != h->a)
		return rank[g->a] < rank[h->a] ? -1 : 1;
	return rank[g->b] < rank[h->b] ? -1 : rank[g->b] > rank[h->b];
}

double kt_group_mean(const struct kt_stats *stats, const struct kt_groups *g,
		     const struct kt_group *group, enum kt_metric metric,
		     uint32_t *nr)
{
	struct kt_sum sum;

	*nr = 0;
	kt_sum_clear(&sum);
	for (uint32_t i = 0; i < group->nr; i++) {
		const struct kt_row *row =
			&stats->rows[g->order[group->first + i]];

		if (row->skipped)
			continue;
		kt_sum_add(&sum, row->m[metric]);
		(*nr)++;
	}
	return *nr ? kt_sum_mean(&sum, *nr) : 0;
}

void kt_groups_worst_first(const struct kt_stats *stats, struct kt_groups *g)
{
	uint32_t nr;

	for (uint32_t i = 0; i < g->nr; i++)
		g->group[i].spread =
			kt_group_mean(stats, g, &g->group[i], KT_M_SPREAD, &nr);
	if (g->nr)
		qsort_r(g->group, g->nr, sizeof(*g->group), worst_first,
			(void *)(uintptr_t)stats);
}

void kt_groups_release(struct kt_groups *g)
{
	free(g->order);
	free(g->group);
	*g = (struct kt_groups){ 0 };
}

void kt_tally_group(const struct kt_stats *stats, const struct kt_groups *g,
		    const struct kt_group *group, struct kt_tally *out)
{
	struct kt_sum sum[KT_NR_METRICS];
	struct kt_tally t = { .nr = group->nr };
	uint32_t nr = 0;

	for (size_t m = 0; m < KT_NR_METRICS; m++)
		kt_sum_clear(&sum[m]);
	for (uint32_t i = 0; i < group->nr; i++) {
		const struct kt_row *row =
			&stats->rows[g->order[group->first + i]];

		t.passed += row->passed;
		t.skipped += row->skipped;
		t.failed += !row->passed && !row->skipped;
		if (row->skipped)
			continue;
		t.stalled += row->stalled;
		for (size_t m = 0; m < KT_NR_METRICS; m++) {
			kt_sum_add(&sum[m], row->m[m]);
			if (!nr || row->m[m] < t.min[m])
				t.min[m] = row->m[m];
			if (!nr || row->m[m] > t.max[m])
				t.max[m] = row->m[m];
		}
		nr++;
	}
	for (size_t m = 0; nr && m < KT_NR_METRICS; m++)
		t.mean[m] = kt_sum_mean(&sum[m], nr);
	*out = t;
}

static int program_by_rank(const void *a, const void *b, void *ranks)
{
	const uint32_t *rank = ranks;
	const uint32_t x = rank[*(const uint32_t *)a],
		       y = rank[*(const uint32_t *)b];

	return x < y ? -1 : x > y;
}

uint32_t *kt_verified_order(const struct kt_stats *stats)
{
	uint32_t *order = kt_xcalloc(stats->nr_verified + 1, sizeof(*order));
	uint32_t nr = 0;

	/* Numbers beyond the last verified one may have no entry at all. */
	for (uint32_t id = 0; nr < stats->nr_verified; id++)
		if (stats->verified[id])
			order[nr++] = id;
	qsort_r(order, nr, sizeof(*order), program_by_rank,
		stats->programs.rank);
	return order;
}

static double rate_of(unsigned __int128 sum, uint64_t nr)
{
	return (double)sum / KT_STATS_RATE_SCALE / (double)nr;
}

/* From @before to @after, as a ratio of @before. */
static bool change_of(unsigned __int128 before, unsigned __int128 after,
		      double *out)
{
	if (!before)
		return false;
	*out = ((double)after - (double)before) / (double)before;
	return true;
}

/* The number in "StepStart[12]", and settle before all. */
static long long step_number(const char *label)
{
	const char *open = strrchr(label, '[');

	if (!strcmp(label, KT_STEP_SETTLE))
		return -1;
	return open ? strtoll(open + 1, NULL, 10) : INT64_MAX;
}

static int step_in_order(const void *a, const void *b, void *ctx)
{
	const struct kt_step *x = a, *y = b;
	const struct kt_stats *s = ctx;
	const long long i = step_number(kt_names_get(&s->names, x->label)),
			k = step_number(kt_names_get(&s->names, y->label));

	if (i != k)
		return i < k ? -1 : 1;
	return s->names.rank[x->label] < s->names.rank[y->label] ? -1 : 1;
}

/* One step: the cells of a label, which stand together. */
static struct kt_step tally_step(const struct kt_step_cell *cell, size_t nr)
{
	unsigned __int128 rate = 0, before = 0, after = 0;
	struct kt_step step = { .label = cell->label };

	for (size_t i = 0; i < nr; i++) {
		double change;

		step.runs += cell[i].runs;
		step.nr_rates += cell[i].nr_rates;
		step.nr_pairs += cell[i].nr_pairs;
		rate += cell[i].rate;
		before += cell[i].before;
		after += cell[i].after;
		/* The cells are in order of name: the first of equals stays. */
		if (change_of(cell[i].before, cell[i].after, &change) &&
		    (!step.has_worst || change < step.worst_change)) {
			step.has_worst = true;
			step.worst = cell[i].scenario;
			step.worst_change = change;
		}
	}
	if (step.nr_rates)
		step.rate = rate_of(rate, step.nr_rates);
	step.has_change = change_of(before, after, &step.change);
	return step;
}

struct kt_step *kt_steps_tally(const struct kt_stats *stats, size_t *nr)
{
	struct kt_step *steps = kt_xcalloc(stats->nr_cells + 1, sizeof(*steps));
	size_t found = 0;

	for (size_t i = 0, end; i < stats->nr_cells; i = end) {
		for (end = i + 1;
		     end < stats->nr_cells &&
		     stats->cells[end].label == stats->cells[i].label;)
			end++;
		steps[found++] = tally_step(&stats->cells[i], end - i);
	}
	qsort_r(steps, found, sizeof(*steps), step_in_order,
		(void *)(uintptr_t)stats);
	*nr = found;
	return steps;
}
