/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/stats.h - what a directory of sidecars says, ready to be analysed
 *
 * A row for each sidecar, 144 bytes with names known by number, in the order
 * of the paths; and what is kept beside the rows: verified programs (the
 * greatest count of each name), callbacks, KVM sums, and steps. The result of
 * reading is the same whatever the order of the directory or of the threads.
 */
#ifndef KT_STATS_H
#define KT_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/sidecar.h"
#include "lib/stats/kvm.h"
#include "lib/stats/names.h"

#define KT_STATS_MAX_FILES ((uint32_t)1 << 24) /* sidecars in a directory */
#define KT_STATS_RATE_SCALE 1048576 /* steps' rates are in units of 1/this */

/* The name of what comes before the first step. */
#define KT_STEP_SETTLE "settle"

/* The numbers of a row, in the order of the report. */
enum kt_metric {
	KT_M_SPREAD,
	KT_M_GAP_MS,
	KT_M_MIGRATIONS,
	KT_M_MIGRATION_RATIO,
	KT_M_IMBALANCE,
	KT_M_DSQ_DEPTH,
	KT_M_STALLS,
	KT_M_FALLBACK,
	KT_M_KEEP_LAST,
	KT_M_P99_WAKE_US,
	KT_M_WAKE_CV,
	KT_M_MEAN_DELAY_US,
	KT_M_WORST_DELAY_US,
	KT_M_ITERATIONS, /* not searched for outliers: more is better */
	KT_NR_METRICS,
};
#define KT_NR_OUTLIER_METRICS KT_M_ITERATIONS

/* abs and rel are the least change that counts: see lib/stats/baseline.h. */
struct kt_metric_info {
	const char *name;
	double abs, rel;
	bool more_is_better;
};
extern const struct kt_metric_info kt_metrics[KT_NR_METRICS];

struct kt_row {
	double m[KT_NR_METRICS];
	uint32_t scenario, flags, topology, work_type, scheduler; /* names */
	uint32_t file;						  /* paths */
	bool passed, skipped, stalled;
};

/* Runtime of one struct_ops program in one run. */
struct kt_callback {
	uint64_t calls, ns;
	double ns_per_call;
	uint32_t program; /* programs */
};

struct kt_callbacks {
	size_t first;
	uint32_t nr, file, scenario, topology;
};

/* A step in a scenario, over all runs. Rates are iterations a second. */
struct kt_step_cell {
	unsigned __int128 rate;		 /* sum over nr_rates runs */
	unsigned __int128 before, after; /* sums over nr_pairs runs */
	uint64_t runs, nr_rates, nr_pairs;
	uint32_t label, scenario; /* names */
};

struct kt_unreadable {
	uint32_t file;
	char *why;
};

struct kt_stats {
	char *dir;
	struct kt_names names;	  /* scenarios, flags, ... and labels */
	struct kt_names programs; /* BPF programs */

	struct kt_buf paths; /* relative to dir, NUL-terminated */
	size_t *path_at;     /* of each file, in byte order */
	uint32_t nr_files;

	struct kt_row *rows;
	uint32_t nr_rows;
	struct kt_unreadable *unreadable;
	uint32_t nr_unreadable;

	uint64_t *verified; /* by program: 1 + greatest count, or 0 */
	uint32_t nr_verified;
	struct kt_callbacks *runs;
	size_t nr_runs;
	struct kt_callback *callbacks;
	size_t nr_callbacks;

	struct kt_kvm_sums kvm;

	struct kt_step_cell *cells; /* by label and scenario */
	size_t nr_cells;
};

/*
 * Read the sidecars in @dir and in the directories directly below it: regular
 * files, links followed, whose name ends in .json and whose path, @dir
 * included, holds ".ktstr.". A file that cannot be read or is no sidecar is
 * listed in unreadable, with the reason. A link back to @dir is not entered.
 *
 * KT_OK: *out is what there was, even if that is nothing; the caller releases
 * it. KT_SYS: @dir cannot be read (errno as the system left it: ENOENT).
 * KT_DATA: more than KT_STATS_MAX_FILES.
 */
enum kt_status kt_stats_read(const char *dir, struct kt_stats *out,
			     struct kt_error *err) KT_MUST_CHECK;

/* Free what @stats holds; { 0 } is fine. Serves as KT_CLEANUP(). */
void kt_stats_release(struct kt_stats *stats);

/* The path of file @i below the directory; borrowed. */
const char *kt_stats_path(const struct kt_stats *stats, uint32_t i);

#endif
