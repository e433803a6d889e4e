/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/report.h - one report, written in one of five forms
 *
 * A writer only writes: it decides nothing that another would have to decide
 * again. Names come from files that anybody may have made, so each writer
 * escapes what its form could take for more than a name. Whether the stream
 * took it all is for the caller to ask (ferror).
 */
#ifndef KT_STATS_REPORT_H
#define KT_STATS_REPORT_H

#include <stdio.h>

#include "lib/stats/analysis.h"
#include "lib/stats/baseline.h"

struct kt_report {
	const struct kt_stats *stats;
	const struct kt_outliers *outliers;
	const struct kt_changes *changes; /* NULL without a baseline */
};

typedef void kt_report_write_fn(const struct kt_report *r, FILE *out);

/*
 * Text for people. The sections from GAUNTLET ANALYSIS to KVM STATS have the
 * bytes that ktstr 0.2.2 prints; our own follow.
 */
kt_report_write_fn kt_report_text;

/* Tables for a pull request or a CI summary (GitHub's dialect). */
kt_report_write_fn kt_report_markdown;

/* A test case per sidecar, for what reads JUnit's XML. */
kt_report_write_fn kt_report_junit;

/* One page with plots (SVG), without scripts or anything from elsewhere. */
kt_report_write_fn kt_report_html;

/* Records, each number in full: ktstr-record(5). KT_SYS if @out failed. */
enum kt_status kt_report_records(const struct kt_report *r, FILE *out,
				 struct kt_error *err) KT_MUST_CHECK;

/* "failed", "stalled" or "failed, stalled"; NULL if neither. */
const char *kt_row_trouble(const struct kt_row *row);

/* The name with number @id of @r; borrowed. */
const char *kt_report_name(const struct kt_report *r, uint32_t id);

/*
 * Write @text as XML or HTML text, fit for an attribute in double quotes:
 * &, <, > and quotes as entities; what XML has no place for (control
 * characters, U+FFFE, U+FFFF) is dropped, and C1 controls, which it allows but
 * nobody means. A byte that is not UTF-8, as the name of a file may have, stands
 * as \xNN.
 */
void kt_report_xml(FILE *out, const char *text);

/* Passed, failed, skipped and stalled rows. */
struct kt_totals {
	uint32_t passed, failed, skipped, stalled;
};

struct kt_totals kt_report_totals(const struct kt_stats *stats);

/*
 * One plot as an SVG element: each run's @metric as a dot, a line for each
 * group by @by with its mean, worst first, outliers marked. @unit ends the
 * numbers; @id is unique in the page.
 */
void kt_report_plot(const struct kt_report *r, enum kt_dimension by,
		    enum kt_metric metric, const char *title, const char *unit,
		    const char *id, FILE *out);

/* True if rows have more than one work type: only then it is a dimension. */
bool kt_report_has(const struct kt_report *r, enum kt_dimension by,
		   const struct kt_groups *g);

#endif
