/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/analysis.h - groups of rows, outliers, tables
 *
 * Sums are exact (lib/stats/sum.h), and whatever is equal is put in order by
 * name, so that the same files always give the same report. Rows of skipped
 * tests are counted but their numbers, which mean nothing, are left out.
 */
#ifndef KT_STATS_ANALYSIS_H
#define KT_STATS_ANALYSIS_H

#include "lib/stats/stats.h"

/* What rows are grouped by. */
enum kt_dimension {
	KT_BY_SCENARIO,
	KT_BY_FLAGS,
	KT_BY_TOPOLOGY,
	KT_BY_WORK_TYPE,
	KT_NR_DIMENSIONS,
	KT_BY_SCENARIO_FLAGS = KT_NR_DIMENSIONS,
	KT_BY_SCENARIO_TOPOLOGY,
};

/* "scenario", "flags", "topology", "work_type". */
const char *kt_dimension_name(enum kt_dimension by);

struct kt_group {
	uint32_t first, nr; /* its rows: a range of order */
	uint32_t a, b;	    /* its names; b only with two dimensions */
	double spread;	    /* mean */
};

struct kt_groups {
	uint32_t *order; /* rows, those of a group together, as they came */
	struct kt_group *group;
	uint32_t nr;
};

/* All rows by @by, the groups in order of name. The caller releases *out. */
void kt_groups_by(const struct kt_stats *stats, enum kt_dimension by,
		  struct kt_groups *out);

/* Reorder: the worst mean spread first, equals by name. */
void kt_groups_worst_first(const struct kt_stats *stats, struct kt_groups *g);

/*
 * The mean of @metric over the *nr rows of @group that were not skipped; 0 if
 * there are none.
 */
double kt_group_mean(const struct kt_stats *stats, const struct kt_groups *g,
		     const struct kt_group *group, enum kt_metric metric,
		     uint32_t *nr);

/* For KT_CLEANUP(). */
void kt_groups_release(struct kt_groups *g);

/* What the rows of a group come to. The means are over nr - skipped rows. */
struct kt_tally {
	double mean[KT_NR_METRICS], min[KT_NR_METRICS], max[KT_NR_METRICS];
	uint32_t nr, passed, failed, skipped, stalled;
};

void kt_tally_group(const struct kt_stats *stats, const struct kt_groups *g,
		    const struct kt_group *group, struct kt_tally *out);

enum kt_outlier_method {
	/*
	 * Two sample standard deviations above the mean of all rows. A single
	 * outlier among n rows cannot be more than (n - 1) / sqrt(n) of them
	 * away, so with fewer than 6 rows there is none.
	 */
	KT_OUTLIERS_SIGMA,
	/*
	 * 3.5 robust deviations above the median (Iglewicz and Hoaglin): the
	 * median absolute deviation times 1.4826; where that is 0, since more
	 * than half of the rows are equal, the mean absolute deviation times
	 * 1.2533; where that is 0 too, all are equal and none is out.
	 */
	KT_OUTLIERS_MAD,
};

/* A scenario, under some flags, whose mean of a metric is far above all. */
struct kt_outlier {
	enum kt_metric metric;
	const struct kt_group *group; /* of the kt_outliers it is from */
	double value;		      /* the group's mean */
	double centre, deviation;     /* of all rows, by the method */
	double threshold;	      /* rows above it are the worst */
	double score;		      /* deviations above centre */
};

struct kt_outliers {
	enum kt_outlier_method method;
	struct kt_groups groups;  /* by scenario and flags */
	struct kt_outlier *found; /* highest score first, equals by name */
	size_t nr;
};

/* The caller releases *out, which borrows nothing. */
void kt_outliers_find(const struct kt_stats *stats,
		      enum kt_outlier_method method, struct kt_outliers *out);
void kt_outliers_release(struct kt_outliers *out);

/* Is @row, of the outlier's group, one of its worst? */
bool kt_outlier_has(const struct kt_outlier *o, const struct kt_row *row);

/* Program numbers of those verified, in order of name; the caller frees it. */
uint32_t *kt_verified_order(const struct kt_stats *stats);

#define KT_VERIFIER_LIMIT 1000000
#define KT_VERIFIER_WARN_PERCENT 75.0

/* A step over all scenarios. */
struct kt_step {
	uint32_t label;
	uint64_t runs, nr_rates, nr_pairs;
	double rate;   /* mean iterations a second, if nr_rates */
	double change; /* against the step before, a ratio, if nr_pairs */
	bool has_change;
	bool has_worst;
	uint32_t worst; /* the scenario with the least change */
	double worst_change;
};

/* Steps in order: settle, then by the number in the label, then by name. */
struct kt_step *kt_steps_tally(const struct kt_stats *stats, size_t *nr);

#endif
