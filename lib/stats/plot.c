// SPDX-License-Identifier: GPL-2.0-only
/*
 * plot - dots on lines, as SVG
 *
 * A line a group: from its least to its greatest run, a stroke across at the
 * mean, a dot for each run. Outliers are diamonds, so that they are told apart
 * without colour. Every mark has a title that says its numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/stats/report.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

#define MAX_GROUPS 40 /* lines in a plot: the worst */
#define MAX_DOTS 200  /* on a line; outliers beyond them are still drawn */
#define LABEL_CHARS 22

/* Pixels. */
#define LEFT 180
#define WIDTH 640
#define RIGHT 30
#define TOP 14
#define LINE 22
#define BOTTOM 34

struct scale {
	double low, high, step;
};

/* The least of 1, 2, 5 times a power of ten that is at least @x > 0. */
static double round_up(double x)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = 1;

	while (power > x)
		power /= 10;
	while (power * 10 <= x)
		power *= 10;
	for (size_t i = 0; i < 3; i++)
		if (steps[i] * power >= x)
			return steps[i] * power;
	return 10 * power;
}

/* How many steps it takes to get from 0 to @x >= 0, or beyond. */
static int steps_from_0(double x, double step)
{
	const int below = (int)(x / step);

	return below + (below * step < x);
}

/* From @low <= 0 to @high >= 0, in whole steps; halves, for no overflow. */
static struct scale scale_of(double low, double high)
{
	struct scale s = { .low = low, .high = high };
	const double half = s.high / 2 - s.low / 2;

	s.step = half > 1e-300 && half < 1e300 ? round_up(half / 3) : 0;
	if (s.step > 0) {
		s.low = steps_from_0(-low, s.step) * -s.step;
		s.high = steps_from_0(high, s.step) * s.step;
	} else if (!(s.high > s.low)) {
		s.high = s.low + 1;
	}
	return s;
}

static double at(const struct scale *s, double val)
{
	const double part = (val / 2 - s->low / 2) / (s->high / 2 - s->low / 2);

	return LEFT + part * (WIDTH - LEFT - RIGHT);
}

/* The first characters of a name; more of it is in the title. */
static void put_label(FILE *out, const char *name)
{
	size_t left = strlen(name), nr = 0;
	const char *s = name;

	for (; left && nr < LABEL_CHARS; nr++) {
		size_t len = kt_utf8_len(s, left);

		len = len ? len : 1;
		s += len;
		left -= len;
	}
	if (left) {
		char *part KT_CLEANUP(kt_freep) =
			kt_xstrndup(name, (size_t)(s - name));

		kt_report_xml(out, part);
		fputs("…", out);
	} else {
		kt_report_xml(out, *name ? name : "(none)");
	}
}

static void put_axis(FILE *out, const struct scale *s, uint32_t lines,
		     const char *unit)
{
	const int bottom = TOP + LINE * (int)lines;
	const int ticks =
		s->step > 0 ? (int)((s->high - s->low) / s->step + 0.5) : 1;

	for (int i = 0; i <= ticks; i++) {
		const double val = i == ticks ? s->high : s->low + i * s->step;

		fprintf(out,
			"<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" "
			"x2=\"%.1f\" y2=\"%d\"/>"
			"<text class=\"tick\" x=\"%.1f\" y=\"%d\" "
			"text-anchor=\"middle\">%.4g%s</text>\n",
			at(s, val), TOP, at(s, val), bottom, at(s, val),
			bottom + 18, val, unit);
	}
}

/* The outlier in @metric that @row is one of the worst of, or NULL. */
static const struct kt_outlier *outlier_of(const struct kt_report *r,
					   enum kt_metric metric,
					   const struct kt_row *row)
{
	for (size_t i = 0; i < r->outliers->nr; i++) {
		const struct kt_outlier *o = &r->outliers->found[i];

		/* All of a metric have one threshold: this is the quick way out. */
		if (o->metric == metric && !kt_outlier_has(o, row))
			return NULL;
		if (o->metric == metric && o->group->a == row->scenario &&
		    o->group->b == row->flags)
			return o;
	}
	return NULL;
}

static void put_dot(const struct kt_report *r, const struct kt_row *row,
		    bool out_lying, double val, double x, double y,
		    const char *unit, FILE *out)
{
	if (out_lying)
		fprintf(out,
			"<path class=\"outlier\" d=\"M%.1f %.1fl6 6l-6 6l-6 "
			"-6z\">",
			x, y - 6);
	else
		fprintf(out,
			"<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" "
			"r=\"3.5\">",
			kt_row_trouble(row) ? "dot bad" : "dot", x, y);
	fputs("<title>", out);
	kt_report_xml(out, kt_report_name(r, row->scenario));
	fputs(" (", out);
	kt_report_xml(out, kt_report_name(r, row->topology));
	fprintf(out, "): %.4g%s%s</title></%s>\n", val, unit,
		out_lying ? ", outlier" : "", out_lying ? "path" : "circle");
}

struct plot {
	const struct kt_report *r;
	const struct kt_groups *g;
	enum kt_metric metric;
	struct scale scale;
	const char *unit;
};

static void put_group(const struct plot *p, const struct kt_group *group,
		      uint32_t line, FILE *out)
{
	const double y = TOP + LINE * line + LINE / 2.0;
	uint32_t dots = 0;
	struct kt_tally t;

	kt_tally_group(p->r->stats, p->g, group, &t);
	fprintf(out,
		"<text class=\"label\" x=\"%d\" y=\"%.1f\" "
		"text-anchor=\"end\">",
		LEFT - 10, y + 4);
	put_label(out, kt_report_name(p->r, group->a));
	fputs("<title>", out);
	kt_report_xml(out, kt_report_name(p->r, group->a));
	fprintf(out,
		"</title></text><line class=\"range\" x1=\"%.1f\" "
		"y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		at(&p->scale, t.min[p->metric]), y,
		at(&p->scale, t.max[p->metric]), y);
	/* Below the dots; of a single run it would only hide the dot. */
	if (t.nr - t.skipped > 1)
		fprintf(out,
			"<line class=\"mean\" x1=\"%.1f\" y1=\"%.1f\" "
			"x2=\"%.1f\" "
			"y2=\"%.1f\"><title>mean %.4g%s of %u</title></line>\n",
			at(&p->scale, t.mean[p->metric]), y - 8,
			at(&p->scale, t.mean[p->metric]), y + 8,
			t.mean[p->metric], p->unit, t.nr - t.skipped);
	for (uint32_t i = 0; i < group->nr; i++) {
		const struct kt_row *row =
			&p->r->stats->rows[p->g->order[group->first + i]];
		const bool out_lying = outlier_of(p->r, p->metric, row) != NULL;

		if (row->skipped || (dots >= MAX_DOTS && !out_lying) ||
		    dots >= 2 * MAX_DOTS)
			continue;
		dots++;
		put_dot(p->r, row, out_lying, row->m[p->metric],
			at(&p->scale, row->m[p->metric]), y, p->unit, out);
	}
}

void kt_report_plot(const struct kt_report *r, enum kt_dimension by,
		    enum kt_metric metric, const char *title, const char *unit,
		    const char *id, FILE *out)
{
	struct kt_groups g KT_CLEANUP(kt_groups_release) = { 0 };
	struct plot p = { .r = r, .metric = metric, .unit = unit };
	double low = 0, high = 0;
	uint32_t lines;

	kt_groups_by(r->stats, by, &g);
	kt_groups_worst_first(r->stats, &g);
	p.g = &g;
	lines = g.nr < MAX_GROUPS ? g.nr : MAX_GROUPS;
	for (uint32_t i = 0; i < lines; i++) {
		struct kt_tally t;

		kt_tally_group(r->stats, &g, &g.group[i], &t);
		low = t.min[metric] < low ? t.min[metric] : low;
		high = t.max[metric] > high ? t.max[metric] : high;
	}
	p.scale = scale_of(low, high);
	fprintf(out,
		"<figure><figcaption>%s</figcaption>\n"
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">%s</title>"
		"<desc id=\"%s-d\">%u of %u, the worst mean spread first; a "
		"dot "
		"for each run, a stroke at the mean, diamonds for outliers. "
		"From %.4g%s to %.4g%s.</desc>\n",
		title, WIDTH, TOP + LINE * (int)lines + BOTTOM, id, id, id,
		title, id, lines, g.nr, low, unit, high, unit);
	put_axis(out, &p.scale, lines, unit);
	for (uint32_t i = 0; i < lines; i++)
		put_group(&p, &g.group[i], i, out);
	fputs("</svg>\n", out);
	if (lines < g.nr)
		fprintf(out, "<p class=\"note\">The worst %u of %u.</p>\n",
			lines, g.nr);
	fputs("</figure>\n", out);
}
