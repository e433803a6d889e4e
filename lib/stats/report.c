// SPDX-License-Identifier: GPL-2.0-only
/* report - what the forms of a report share */
#include "lib/stats/report.h"

const char *kt_row_trouble(const struct kt_row *row)
{
	const bool failed = !row->passed && !row->skipped;

	if (failed && row->stalled)
		return "failed, stalled";
	if (failed)
		return "failed";
	return row->stalled ? "stalled" : NULL;
}

const char *kt_report_name(const struct kt_report *r, uint32_t id)
{
	return kt_names_get(&r->stats->names, id);
}

bool kt_report_has(const struct kt_report *r, enum kt_dimension by,
		   const struct kt_groups *g)
{
	return r->stats->nr_rows && (by != KT_BY_WORK_TYPE || g->nr > 1);
}
