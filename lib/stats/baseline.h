/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/baseline.h - what has changed since another directory of sidecars
 *
 * Runs are paired by scenario and topology, and the means of each metric are
 * compared. A difference counts when it is at least metric's least change,
 * absolute and relative to the baseline (kt_metrics; a baseline of 0 is passed
 * by any rise that the absolute one lets through), and greater than the noise:
 * the distance from the least to the greatest of the runs, on the side where
 * that is wider. A test that fails more often than it did counts always. Runs
 * that were skipped have nothing to compare.
 */
#ifndef KT_STATS_BASELINE_H
#define KT_STATS_BASELINE_H

#include "lib/stats/analysis.h"

#define KT_CHANGE_FAILED KT_NR_METRICS /* a change's metric: "failed" */

struct kt_change {
	uint32_t scenario, topology; /* names of the stats that are new */
	uint32_t metric;	     /* enum kt_metric or KT_CHANGE_FAILED */
	double before, after;	     /* means; of failed: a ratio of the runs */
	double noise;
	uint32_t runs_before, runs_after;
	bool regression; /* else it has become better */
};

struct kt_changes {
	const char *dir;	  /* of the baseline; borrowed from it */
	struct kt_change *change; /* by scenario, topology, metric */
	size_t nr, nr_regressions;
	uint32_t nr_pairs;	  /* compared: both sides have run */
	uint32_t nr_skipped;	  /* on both sides, but one was skipped */
	uint32_t nr_gone, nr_new; /* on one side */
};

/* The caller releases *out, which borrows from @before. */
void kt_changes_find(const struct kt_stats *before,
		     const struct kt_stats *after, struct kt_changes *out);
void kt_changes_release(struct kt_changes *out);

/* "spread", ..., "failed". */
const char *kt_change_metric(const struct kt_change *c);

#endif
