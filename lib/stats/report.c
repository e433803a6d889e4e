// SPDX-License-Identifier: GPL-2.0-only
/* report - what the forms of a report share */
#include "lib/stats/report.h"

#include <string.h>

#include "lib/utf8.h"

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

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* U+FFFE or U+FFFF. */
static bool no_character(const char *s, size_t len)
{
	return len == 3 && (!memcmp(s, "\xef\xbf\xbe", len) ||
			    !memcmp(s, "\xef\xbf\xbf", len));
}

void kt_report_xml(FILE *out, const char *text)
{
	size_t left = strlen(text), len;

	for (const char *s = text; left; s += len, left -= len) {
		len = kt_utf8_len(s, left);
		if (!len) {
			fprintf(out, "\\x%02x", (unsigned char)*s);
			len = 1;
		} else if (entity(*s)) {
			fputs(entity(*s), out);
		} else if (!kt_utf8_is_control(s, len) &&
			   !no_character(s, len)) {
			fwrite(s, 1, len, out);
		}
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
