// SPDX-License-Identifier: GPL-2.0-only
/* junit - the report as JUnit's XML: a test case per sidecar, for CI */
#include "lib/stats/report.h"

static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	kt_report_xml(out, value);
	fputc('"', out);
}

static void put_case(const struct kt_report *r, const struct kt_row *row,
		     FILE *out)
{
	const char *trouble = kt_row_trouble(row);

	fputs("    <testcase", out);
	attribute(out, "classname", kt_report_name(r, row->scheduler));
	fputs(" name=\"", out);
	kt_report_xml(out, kt_report_name(r, row->scenario));
	fputs(" (", out);
	kt_report_xml(out, kt_report_name(r, row->topology));
	fputs(")\"", out);
	attribute(out, "file", kt_stats_path(r->stats, row->file));
	if (row->skipped) {
		fputs("><skipped/></testcase>\n", out);
	} else if (trouble) {
		fprintf(out,
			"><failure message=\"%s\" type=\"%s\">spread %.1f%%, "
			"gap %.0f ms</failure></testcase>\n",
			trouble, row->passed ? "stalled" : "failed",
			row->m[KT_M_SPREAD], row->m[KT_M_GAP_MS]);
	} else {
		fputs("/>\n", out);
	}
}

static void put_error(const struct kt_report *r, const struct kt_unreadable *u,
		      FILE *out)
{
	fputs("    <testcase classname=\"sidecar\"", out);
	attribute(out, "name",
		  u->file == UINT32_MAX ? "a directory" :
					  kt_stats_path(r->stats, u->file));
	fputs("><error", out);
	attribute(out, "message", u->why);
	fputs(" type=\"unreadable\"/></testcase>\n", out);
}

static void put_changes(const struct kt_report *r, FILE *out)
{
	const struct kt_changes *ch = r->changes;

	fputs("  <testsuite name=\"changes since ", out);
	kt_report_xml(out, ch->dir);
	fprintf(out,
		"\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
		"skipped=\"0\">\n",
		ch->nr, ch->nr_regressions);
	for (size_t i = 0; i < ch->nr; i++) {
		const struct kt_change *c = &ch->change[i];

		fputs("    <testcase", out);
		attribute(out, "classname", kt_change_metric(c));
		fputs(" name=\"", out);
		kt_report_xml(out, kt_report_name(r, c->scenario));
		fputs(" (", out);
		kt_report_xml(out, kt_report_name(r, c->topology));
		fprintf(out, "): %s\"", kt_change_metric(c));
		if (c->regression)
			fprintf(out,
				"><failure message=\"%.4g was %.4g, noise "
				"%.4g\" type=\"regression\"/></testcase>\n",
				c->after, c->before, c->noise);
		else
			fputs("/>\n", out);
	}
	fputs("  </testsuite>\n", out);
}

void kt_report_junit(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint32_t failures = 0, skipped = 0;
	size_t more = r->changes ? r->changes->nr : 0;
	size_t worse = r->changes ? r->changes->nr_regressions : 0;

	for (uint32_t i = 0; i < s->nr_rows; i++) {
		skipped += s->rows[i].skipped;
		failures += !s->rows[i].skipped && kt_row_trouble(&s->rows[i]);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out,
		"<testsuites name=\"ktstr\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"%u\">\n  <testsuite",
		s->nr_rows + s->nr_unreadable + more, failures + worse,
		s->nr_unreadable);
	attribute(out, "name", s->dir);
	fprintf(out,
		" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
		s->nr_rows + s->nr_unreadable, failures, s->nr_unreadable,
		skipped);
	for (uint32_t i = 0; i < s->nr_rows; i++)
		put_case(r, &s->rows[i], out);
	for (uint32_t i = 0; i < s->nr_unreadable; i++)
		put_error(r, &s->unreadable[i], out);
	fputs("  </testsuite>\n", out);
	if (r->changes)
		put_changes(r, out);
	fputs("</testsuites>\n", out);
}
