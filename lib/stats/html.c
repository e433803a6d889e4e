// SPDX-License-Identifier: GPL-2.0-only
/*
 * html - the report as one page: plots and tables, and nothing from elsewhere
 *
 * No script, no fonts, no images: it can be kept as an artifact of a CI run
 * and opened from there. A content policy says so to the browser too, should a
 * name in a sidecar ever get past the escaping.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/stats/report.h"

#define MAX_LINES 500 /* of a table; the text form has all of them */

static const char style[] =
	":root{color-scheme:light dark;--fg:#1b1f24;--dim:#59636e;"
	"--bg:#ffffff;--card:#f6f8fa;--line:#d1d9e0;--dot:#0969da;"
	"--bad:#bc4c00;--out:#cf222e;--good:#1a7f37}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--dim:#9198a1;"
	"--bg:#0d1117;--card:#161b22;--line:#3d444d;--dot:#58a6ff;"
	"--bad:#f0883e;--out:#ff7b72;--good:#3fb950}}\n"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;max-width:76rem;padding:1.5rem;color:var(--fg);"
	"background:var(--bg);font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;margin:0 0 .2rem}"
	"h2{font-size:1.15rem;margin:2.2rem 0 .6rem}"
	".dir{color:var(--dim);margin:0 0 1.2rem;overflow-wrap:anywhere}\n"
	".tiles{display:flex;flex-wrap:wrap;gap:.7rem}"
	".tile{background:var(--card);border:1px solid var(--line);"
	"border-radius:.5rem;padding:.5rem 1rem;min-width:7rem}"
	".tile b{display:block;font-size:1.5rem;line-height:1.3}"
	".tile.bad b{color:var(--out)}.tile.good b{color:var(--good)}\n"
	".plots{display:grid;gap:1rem;"
	"grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr))}"
	"figure{margin:0;background:var(--card);border:1px solid var(--line);"
	"border-radius:.5rem;padding:.8rem}"
	"figcaption{font-weight:600;margin-bottom:.3rem}"
	"svg{width:100%;height:auto;display:block}\n"
	"svg text{fill:var(--fg);font-size:14px}"
	"svg .tick{fill:var(--dim);font-size:13px}"
	".grid{stroke:var(--line)}.range{stroke:var(--dim);stroke-width:1.5}"
	".mean{stroke:var(--fg);stroke-width:2.5}"
	".dot{fill:var(--dot);fill-opacity:.75}.dot.bad{fill:var(--bad)}"
	".outlier{fill:var(--out);stroke:var(--card)}\n"
	".key{color:var(--dim)}.key svg{display:inline;width:14px;"
	"height:14px;vertical-align:-2px}.key span{margin-right:1.2rem}\n"
	".scroll{overflow:auto;max-height:32rem}"
	"thead th{position:sticky;top:0;background:var(--bg)}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);"
	"text-align:left;white-space:nowrap}"
	"th{color:var(--dim);font-weight:600}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
	".worse,.warn{color:var(--out);font-weight:600}"
	".better{color:var(--good)}"
	".note{color:var(--dim);margin:.4rem 0}summary{cursor:pointer}\n";

/* @heads has commas between; one that begins with '#' is over numbers. */
static void begin_table(FILE *out, const char *title, const char *heads)
{
	if (*title)
		fprintf(out, "<h2>%s</h2>\n", title);
	fputs("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>", out);
	while (*heads) {
		const int len = (int)strcspn(heads, ",");
		const bool number = *heads == '#';

		fprintf(out, "<th scope=\"col\"%s>%.*s</th>",
			number ? " class=\"n\"" : "", len - number,
			heads + number);
		heads += len + (heads[len] == ',');
	}
	fputs("</tr></thead><tbody>\n", out);
}

static void end_table(FILE *out, uint64_t lines)
{
	fputs("</tbody></table></div>\n", out);
	if (lines > MAX_LINES)
		fprintf(out,
			"<p class=\"note\">The first %d of %llu; the text form "
			"has all.</p>\n",
			MAX_LINES, (unsigned long long)lines);
}

static void text_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	kt_report_xml(out, text);
	fputs("</td>", out);
}

#define number_cell(out, ...)                     \
	do {                                      \
		fputs("<td class=\"n\">", (out)); \
		fprintf((out), __VA_ARGS__);      \
		fputs("</td>", (out));            \
	} while (0)

static void tile(FILE *out, const char *class, uint64_t n, const char *what)
{
	fprintf(out, "<div class=\"tile %s\"><b>%llu</b>%s</div>\n", class,
		(unsigned long long)n, what);
}

static void put_head(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	const struct kt_totals t = kt_report_totals(s);

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head>"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		"<meta name=\"viewport\" "
		"content=\"width=device-width,initial-scale=1\">\n"
		"<title>ktstr: %u of %u passed</title>\n"
		"<style>\n%s</style></head><body>\n<h1>ktstr test "
		"statistics</h1>\n<p class=\"dir\">",
		t.passed, s->nr_rows, style);
	kt_report_xml(out, s->dir);
	fputs("</p>\n<div class=\"tiles\">\n", out);
	tile(out, "", s->nr_rows, "sidecars");
	tile(out, "good", t.passed, "passed");
	tile(out, t.failed ? "bad" : "", t.failed, "failed");
	if (t.skipped)
		tile(out, "", t.skipped, "skipped");
	tile(out, t.stalled ? "bad" : "", t.stalled, "stalled");
	tile(out, "", r->outliers->nr, "outliers");
	if (r->changes)
		tile(out, r->changes->nr_regressions ? "bad" : "",
		     r->changes->nr_regressions, "regressions");
	if (s->nr_unreadable)
		tile(out, "bad", s->nr_unreadable, "unreadable");
	fputs("</div>\n", out);
}

static void put_plots(const struct kt_report *r, FILE *out)
{
	fputs("<h2>Spread and gap</h2>\n<p class=\"key\">"
	      "<span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">"
	      "<circle class=\"dot\" cx=\"7\" cy=\"7\" r=\"4\"/></svg> a run"
	      "</span><span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">"
	      "<circle class=\"dot bad\" cx=\"7\" cy=\"7\" r=\"4\"/></svg> "
	      "failed or stalled</span>"
	      "<span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">"
	      "<path class=\"outlier\" d=\"M7 1l6 6l-6 6l-6 -6z\"/></svg> "
	      "outlier</span>"
	      "<span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">"
	      "<line class=\"mean\" x1=\"7\" y1=\"1\" x2=\"7\" y2=\"13\"/>"
	      "</svg> mean</span></p>\n<div class=\"plots\">\n",
	      out);
	kt_report_plot(r, KT_BY_SCENARIO, KT_M_SPREAD, "Spread by scenario",
		       "%", "p1", out);
	kt_report_plot(r, KT_BY_SCENARIO, KT_M_GAP_MS, "Gap by scenario", " ms",
		       "p2", out);
	kt_report_plot(r, KT_BY_TOPOLOGY, KT_M_SPREAD, "Spread by topology",
		       "%", "p3", out);
	kt_report_plot(r, KT_BY_TOPOLOGY, KT_M_GAP_MS, "Gap by topology", " ms",
		       "p4", out);
	fputs("</div>\n", out);
}

static void put_outliers(const struct kt_report *r, FILE *out)
{
	const struct kt_outliers *all = r->outliers;
	const bool mad = all->method == KT_OUTLIERS_MAD;

	if (!all->nr) {
		fputs("<h2>Outliers</h2>\n<p>None.</p>\n", out);
		return;
	}
	begin_table(out, "Outliers",
		    mad ? "Scenario,Flags,Metric,#Value,#Overall median,"
			  "#Robust σ" :
			  "Scenario,Flags,Metric,#Value,#Overall mean,#σ");
	for (size_t i = 0; i < all->nr && i < MAX_LINES; i++) {
		const struct kt_outlier *o = &all->found[i];

		fputs("<tr>", out);
		text_cell(out, kt_report_name(r, o->group->a));
		text_cell(out, kt_report_name(r, o->group->b));
		text_cell(out, kt_metrics[o->metric].name);
		number_cell(out, "%.1f", o->value);
		number_cell(out, "%.1f", o->centre);
		number_cell(out, "+%.1f", o->score);
		fputs("</tr>\n", out);
	}
	end_table(out, all->nr);
}

static void put_group(const struct kt_report *r, FILE *out,
		      const struct kt_groups *g, const struct kt_group *group)
{
	struct kt_tally t;

	kt_tally_group(r->stats, g, group, &t);
	fputs("<tr>", out);
	text_cell(out, kt_report_name(r, group->a));
	number_cell(out, "%u/%u", t.passed, t.nr);
	number_cell(out, "%.1f%%", t.mean[KT_M_SPREAD]);
	number_cell(out, "%.0f ms", t.mean[KT_M_GAP_MS]);
	number_cell(out, "%.1f", t.mean[KT_M_IMBALANCE]);
	number_cell(out, "%.0f", t.mean[KT_M_DSQ_DEPTH]);
	number_cell(out, "%u", t.stalled);
	number_cell(out, "%.0f", t.mean[KT_M_FALLBACK]);
	fputs("</tr>\n", out);
}

static void put_dimensions(const struct kt_report *r, FILE *out)
{
	static const char *const titles[] = { "By scenario", "By flags",
					      "By topology", "By work type" };

	for (unsigned int by = 0; by < KT_NR_DIMENSIONS; by++) {
		struct kt_groups g KT_CLEANUP(kt_groups_release) = { 0 };

		kt_groups_by(r->stats, (enum kt_dimension)by, &g);
		if (!kt_report_has(r, (enum kt_dimension)by, &g) ||
		    (by == KT_BY_FLAGS && g.nr < 2))
			continue;
		kt_groups_worst_first(r->stats, &g);
		begin_table(out, titles[by],
			    "Name,#Passed,#Spread,#Gap,#Imbalance,#DSQ depth,"
			    "#Stalls,#Fallback");
		for (uint32_t i = 0; i < g.nr && i < MAX_LINES; i++)
			put_group(r, out, &g, &g.group[i]);
		end_table(out, g.nr);
	}
}

static void put_verifier(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint32_t *order;

	if (!s->nr_verified)
		return;
	begin_table(out, "BPF verifier", "Program,#Verified,#Of 1M,");
	order = kt_verified_order(s);
	for (uint32_t i = 0; i < s->nr_verified && i < MAX_LINES; i++) {
		const uint64_t insns = s->verified[order[i]] - 1;
		const double percent = (double)insns / KT_VERIFIER_LIMIT * 100;

		fputs("<tr>", out);
		text_cell(out, kt_names_get(&s->programs, order[i]));
		number_cell(out, "%llu", (unsigned long long)insns);
		number_cell(out, "%.1f%%", percent);
		fputs(percent >= KT_VERIFIER_WARN_PERCENT ?
			      "<td class=\"warn\">near the limit</td></tr>\n" :
			      "<td></td></tr>\n",
		      out);
	}
	free(order);
	end_table(out, s->nr_verified);
}

static void put_callbacks(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint64_t lines = 0;

	if (!s->nr_runs)
		return;
	begin_table(out, "BPF callbacks",
		    "Test,Topology,Program,#Calls,#Total ns,#Mean ns");
	for (size_t i = 0; i < s->nr_runs; i++)
		for (uint32_t k = 0; k < s->runs[i].nr; k++) {
			const struct kt_callback *c =
				&s->callbacks[s->runs[i].first + k];

			if (lines++ >= MAX_LINES)
				continue;
			fputs("<tr>", out);
			text_cell(out, kt_report_name(r, s->runs[i].scenario));
			text_cell(out, kt_report_name(r, s->runs[i].topology));
			text_cell(out, kt_names_get(&s->programs, c->program));
			number_cell(out, "%llu", (unsigned long long)c->calls);
			number_cell(out, "%llu", (unsigned long long)c->ns);
			number_cell(out, "%.0f", c->ns_per_call);
			fputs("</tr>\n", out);
		}
	end_table(out, lines);
}

static void put_kvm(const struct kt_report *r, FILE *out)
{
	static const struct {
		const char *name;
		enum kt_sidecar_kvm_stat stat;
	} lines[] = {
		{ "exits", KT_KVM_EXITS },
		{ "halts", KT_KVM_HALT_EXITS },
		{ "halt wait, ns", KT_KVM_HALT_WAIT_NS },
		{ "preempted by the host", KT_KVM_PREEMPTED },
		{ "signals", KT_KVM_SIGNAL_EXITS },
		{ "hypercalls", KT_KVM_HYPERCALLS },
	};
	struct kt_kvm_report k;

	kt_kvm_tally(&r->stats->kvm, &k);
	if (!k.avg[KT_KVM_EXITS])
		return;
	begin_table(out, "KVM", "Per virtual CPU,#Mean of the machines");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fputs("<tr>", out);
		text_cell(out, lines[i].name);
		number_cell(out, "%llu",
			    (unsigned long long)k.avg[lines[i].stat]);
		fputs("</tr>\n", out);
	}
	fputs("<tr><td>halt polls that found work</td>", out);
	number_cell(out, "%.1f%%", k.poll_ok_percent);
	fputs("</tr>\n", out);
	end_table(out, 0);
	if (k.avg[KT_KVM_PREEMPTED])
		fprintf(out,
			"<p class=\"warn\">%llu host preemptions: timing may "
			"be unreliable.</p>\n",
			(unsigned long long)k.preemptions);
}

static void put_steps(const struct kt_report *r, FILE *out)
{
	size_t nr;
	struct kt_step *steps = kt_steps_tally(r->stats, &nr);

	if (nr)
		begin_table(out, "By stimulus step",
			    "Step,#Runs,#Iterations/s,#Change,Worst scenario");
	for (size_t i = 0; i < nr && i < MAX_LINES; i++) {
		const struct kt_step *s = &steps[i];

		fputs("<tr>", out);
		text_cell(out, kt_report_name(r, s->label));
		number_cell(out, "%llu", (unsigned long long)s->runs);
		if (s->nr_rates)
			number_cell(out, "%.1f", s->rate);
		else
			number_cell(out, "–");
		if (s->has_change)
			number_cell(out, "%+.1f%%", s->change * 100);
		else
			number_cell(out, "–");
		text_cell(out, s->has_worst ? kt_report_name(r, s->worst) : "");
		fputs("</tr>\n", out);
	}
	if (nr)
		end_table(out, nr);
	free(steps);
}

static void put_failures(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint64_t lines = 0;

	for (uint32_t i = 0; i < s->nr_rows; i++) {
		const struct kt_row *row = &s->rows[i];

		if (!kt_row_trouble(row) || lines++ >= MAX_LINES)
			continue;
		if (lines == 1)
			begin_table(out, "Failed and stalled tests",
				    "Test,Topology,Scheduler,What,#Spread,"
				    "#Gap,File");
		fputs("<tr>", out);
		text_cell(out, kt_report_name(r, row->scenario));
		text_cell(out, kt_report_name(r, row->topology));
		text_cell(out, kt_report_name(r, row->scheduler));
		fprintf(out, "<td class=\"warn\">%s</td>", kt_row_trouble(row));
		number_cell(out, "%.1f%%", row->m[KT_M_SPREAD]);
		number_cell(out, "%.0f ms", row->m[KT_M_GAP_MS]);
		text_cell(out, kt_stats_path(s, row->file));
		fputs("</tr>\n", out);
	}
	if (lines)
		end_table(out, lines);
}

static void put_changes(const struct kt_report *r, FILE *out)
{
	const struct kt_changes *ch = r->changes;

	if (!ch)
		return;
	fputs("<h2>Changes since ", out);
	kt_report_xml(out, ch->dir);
	fprintf(out,
		"</h2>\n<p class=\"note\">Compared %u, skipped %u, gone %u, "
		"new %u.</p>\n",
		ch->nr_pairs, ch->nr_skipped, ch->nr_gone, ch->nr_new);
	if (!ch->nr)
		return;
	begin_table(out, "", ",Scenario,Topology,Metric,#Before,#After,#Noise");
	for (size_t i = 0; i < ch->nr && i < MAX_LINES; i++) {
		const struct kt_change *c = &ch->change[i];
		const char *verdict = c->regression ? "worse" : "better";

		fprintf(out, "<tr><td class=\"%s\">%s</td>", verdict, verdict);
		text_cell(out, kt_report_name(r, c->scenario));
		text_cell(out, kt_report_name(r, c->topology));
		text_cell(out, kt_change_metric(c));
		number_cell(out, "%.4g", c->before);
		number_cell(out, "%.4g", c->after);
		number_cell(out, "%.4g", c->noise);
		fputs("</tr>\n", out);
	}
	end_table(out, ch->nr);
}

void kt_report_html(const struct kt_report *r, FILE *out)
{
	put_head(r, out);
	put_plots(r, out);
	put_failures(r, out);
	put_changes(r, out);
	put_outliers(r, out);
	put_dimensions(r, out);
	put_verifier(r, out);
	put_callbacks(r, out);
	put_kvm(r, out);
	put_steps(r, out);
	fputs("</body></html>\n", out);
}
