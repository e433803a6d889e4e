// SPDX-License-Identifier: GPL-2.0-only
/* report - what the forms of a report share */
#include "lib/stats/report.h"

#include <string.h>

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

void kt_report_xml(FILE *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		else if (c == 0xc2 && (unsigned char)s[1] < 0xa0)
			s++; /* C1 controls: allowed, but never meant */
		else if (!strncmp(s, "\xef\xbf\xbe", 3) ||
			 !strncmp(s, "\xef\xbf\xbf", 3))
			s += 2;
		else if (c >= 0x20 && c != 0x7f)
			fputc(c, out);
	}
}

struct kt_totals kt_report_totals(const struct kt_stats *stats)
{
	struct kt_totals t = { 0 };

	for (uint32_t i = 0; i < stats->nr_rows; i++) {
		const struct kt_row *row = &stats->rows[i];

		t.passed += row->passed;
		t.skipped += row->skipped;
		t.failed += !row->passed && !row->skipped;
		t.stalled += row->stalled;
	}
	return t;
}
