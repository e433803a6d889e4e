// SPDX-License-Identifier: GPL-2.0-only
/* outliers - scenarios far above the rest, by mean and sigma or by median */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stats/analysis.h"
#include "lib/stats/sum.h"
#include "lib/xalloc.h"

#define SIGMA_THRESHOLD 2.0
#define MAD_THRESHOLD 3.5
#define MAD_SCALE 1.4826022185056018  /* 1 / normal quantile of 3/4 */
#define MEAN_AD_SCALE 1.2533141373155 /* sqrt(pi / 2) */
#define LEAST_DEVIATION 2.220446049250313e-16
#define FARTHEST 0x1p1023 /* from the median: the most that is counted */
#define SAME_SCORE 1e-9	  /* scores of equal shape differ by rounding noise */

/* Where the rows are, of one metric, and how far they are apart. */
struct location {
	double centre, deviation;
};

/* The numbers of metric @m of all rows but skipped ones. */
static uint32_t collect(const struct kt_stats *stats, size_t m, double *vals)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < stats->nr_rows; i++)
		if (!stats->rows[i].skipped)
			vals[nr++] = stats->rows[i].m[m];
	return nr;
}

/*
 * Mean and sample standard deviation. The squares are taken of differences
 * scaled by a power of two, which is exact and keeps them from overflowing.
 */
static struct location by_mean(const double *vals, uint32_t nr)
{
	struct location loc = { 0 };
	double largest = 0;
	struct kt_sum sum;
	int exp = 0;

	kt_sum_clear(&sum);
	for (uint32_t i = 0; i < nr; i++)
		kt_sum_add(&sum, vals[i]);
	if (nr)
		loc.centre = kt_sum_mean(&sum, nr);
	if (nr < 2)
		return loc;

	for (uint32_t i = 0; i < nr; i++)
		if (fabs(vals[i] / 2 - loc.centre / 2) > largest)
			largest = fabs(vals[i] / 2 - loc.centre / 2);
	if (largest > 1e150 || (largest > 0 && largest < 1e-150))
		frexp(largest, &exp);
	kt_sum_clear(&sum);
	for (uint32_t i = 0; i < nr; i++) {
		const double d =
			ldexp(vals[i], -exp - 2) - ldexp(loc.centre, -exp - 2);

		kt_sum_add(&sum, d * d);
	}
	loc.deviation = ldexp(sqrt(kt_sum_mean(&sum, nr - 1)), exp + 2);
	return loc;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *vals, uint32_t nr)
{
	qsort(vals, nr, sizeof(*vals), by_value);
	/* Halves first: the sum of two need not fit. */
	return nr % 2 ? vals[nr / 2] : vals[nr / 2 - 1] / 2 + vals[nr / 2] / 2;
}

/* Median and robust deviation; @vals is used up. */
static struct location by_median(double *vals, uint32_t nr)
{
	struct location loc = { 0 };
	struct kt_sum sum;

	if (!nr)
		return loc;
	loc.centre = median(vals, nr);
	kt_sum_clear(&sum);
	for (uint32_t i = 0; i < nr; i++) {
		vals[i] = fabs(vals[i] - loc.centre);
		if (vals[i] > FARTHEST)
			vals[i] = FARTHEST;
		kt_sum_add(&sum, vals[i]);
	}
	loc.deviation = median(vals, nr) * MAD_SCALE;
	if (!(loc.deviation > 0))
		loc.deviation = kt_sum_mean(&sum, nr) * MEAN_AD_SCALE;
	return loc;
}

static void find_in(const struct kt_stats *stats, struct kt_outliers *out,
		    size_t m, struct location loc, size_t *cap)
{
	const double limit = out->method == KT_OUTLIERS_MAD ? MAD_THRESHOLD :
							      SIGMA_THRESHOLD;
	const double threshold = loc.centre + limit * loc.deviation;

	if (!(loc.deviation >= LEAST_DEVIATION))
		return;
	for (uint32_t i = 0; i < out->groups.nr; i++) {
		const struct kt_group *group = &out->groups.group[i];
		uint32_t nr;
		const double mean =
			kt_group_mean(stats, &out->groups, group, m, &nr);

		if (!nr || !(mean > threshold))
			continue;
		if (out->nr == *cap) {
			*cap = *cap ? *cap * 2 : 16;
			out->found = kt_xrealloc(out->found,
						 *cap * sizeof(*out->found));
		}
		out->found[out->nr++] = (struct kt_outlier){
			.metric = (enum kt_metric)m,
			.group = group,
			.value = mean,
			.centre = loc.centre,
			.deviation = loc.deviation,
			.threshold = threshold,
			.score = (mean - loc.centre) / loc.deviation,
		};
	}
}

/* A score, so that those which differ by noise alone are the same. */
static double without_noise(double score)
{
	if (!(score < 1e9))
		return score;
	return (double)(int64_t)(score / SAME_SCORE + 0.5) * SAME_SCORE;
}

static int highest_first(const void *a, const void *b, void *ctx)
{
	const uint32_t *rank = ((const struct kt_stats *)ctx)->names.rank;
	const struct kt_outlier *x = a, *y = b;
	const double i = without_noise(x->score), k = without_noise(y->score);

	if (i < k || i > k)
		return i > k ? -1 : 1;
	if (x->group->a != y->group->a)
		return rank[x->group->a] < rank[y->group->a] ? -1 : 1;
	if (x->group->b != y->group->b)
		return rank[x->group->b] < rank[y->group->b] ? -1 : 1;
	return (int)x->metric - (int)y->metric;
}

void kt_outliers_find(const struct kt_stats *stats,
		      enum kt_outlier_method method, struct kt_outliers *out)
{
	double *vals = kt_xcalloc(stats->nr_rows + 1, sizeof(*vals));
	struct kt_outliers o = { .method = method };
	size_t cap = 0;

	kt_groups_by(stats, KT_BY_SCENARIO_FLAGS, &o.groups);
	for (size_t m = 0; m < KT_NR_OUTLIER_METRICS; m++) {
		const uint32_t nr = collect(stats, m, vals);

		find_in(stats, &o, m,
			method == KT_OUTLIERS_MAD ? by_median(vals, nr) :
						    by_mean(vals, nr),
			&cap);
	}
	free(vals);
	if (o.nr)
		qsort_r(o.found, o.nr, sizeof(*o.found), highest_first,
			(void *)(uintptr_t)stats);
	*out = o;
}

void kt_outliers_release(struct kt_outliers *out)
{
	kt_groups_release(&out->groups);
	free(out->found);
	*out = (struct kt_outliers){ 0 };
}

bool kt_outlier_has(const struct kt_outlier *o, const struct kt_row *row)
{
	return !row->skipped && row->m[o->metric] > o->threshold;
}
