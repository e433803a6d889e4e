// SPDX-License-Identifier: GPL-2.0-only
/* markdown - the report as tables, for a pull request or a CI summary */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stats/report.h"
#include "lib/utf8.h"

/*
 * A name as text: what Markdown would take for markup stands as an entity, and
 * control characters, line ends among them, and what is not UTF-8 as \xNN.
 */
static void put(FILE *out, const char *name)
{
	size_t left = strlen(name), len;

	for (const char *s = name; left; s += len, left -= len) {
		const unsigned char c = (unsigned char)*s;
		const bool inside = s > name && isalnum((unsigned char)s[-1]) &&
				    isalnum((unsigned char)s[1]);

		len = kt_utf8_len(s, left);
		if (!len || kt_utf8_is_control(s, len)) {
			fprintf(out, "\\x%02x", c);
			len = 1;
		} else if (strchr("\\`*{}[]<>|~&#@!$\"", c) ||
			   (c == '_' && !inside)) {
			fprintf(out, "&#%u;", c);
		} else {
			fwrite(s, 1, len, out);
		}
	}
}

static void cell(const struct kt_report *r, FILE *out, uint32_t name)
{
	fputs("| ", out);
	put(out, kt_report_name(r, name));
	fputc(' ', out);
}

static void put_outliers(const struct kt_report *r, FILE *out)
{
	const struct kt_outliers *all = r->outliers;
	const bool mad = all->method == KT_OUTLIERS_MAD;

	fputs("\n### Outliers\n\n", out);
	if (!all->nr) {
		fputs("None.\n", out);
		return;
	}
	fprintf(out,
		"| scenario | flags | metric | value | overall %s | %s |\n"
		"|---|---|---|--:|--:|--:|\n",
		mad ? "median" : "mean", mad ? "robust σ" : "σ");
	for (size_t i = 0; i < all->nr; i++) {
		const struct kt_outlier *o = &all->found[i];

		cell(r, out, o->group->a);
		cell(r, out, o->group->b);
		fprintf(out, "| %s | %.1f | %.1f | +%.1f |\n",
			kt_metrics[o->metric].name, o->value, o->centre,
			o->score);
	}
}

static void put_dimensions(const struct kt_report *r, FILE *out)
{
	for (unsigned int by = 0; by < KT_NR_DIMENSIONS; by++) {
		struct kt_groups g KT_CLEANUP(kt_groups_release) = { 0 };

		kt_groups_by(r->stats, (enum kt_dimension)by, &g);
		if (!kt_report_has(r, (enum kt_dimension)by, &g))
			continue;
		kt_groups_worst_first(r->stats, &g);
		fprintf(out,
			"\n### By %s\n\n"
			"| %s | passed | spread %% | gap ms | imbalance | DSQ "
			"| stalls | fallback |\n"
			"|---|--:|--:|--:|--:|--:|--:|--:|\n",
			kt_dimension_name((enum kt_dimension)by),
			kt_dimension_name((enum kt_dimension)by));
		for (uint32_t i = 0; i < g.nr; i++) {
			struct kt_tally t;

			kt_tally_group(r->stats, &g, &g.group[i], &t);
			cell(r, out, g.group[i].a);
			fprintf(out,
				"| %u/%u | %.1f | %.0f | %.1f | %.0f | %u | "
				"%.0f |\n",
				t.passed, t.nr, t.mean[KT_M_SPREAD],
				t.mean[KT_M_GAP_MS], t.mean[KT_M_IMBALANCE],
				t.mean[KT_M_DSQ_DEPTH], t.stalled,
				t.mean[KT_M_FALLBACK]);
		}
	}
}

static void put_verifier(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint32_t *order;

	if (!s->nr_verified)
		return;
	fputs("\n### BPF verifier\n\n| program | verified | of 1M |\n"
	      "|---|--:|--:|\n",
	      out);
	order = kt_verified_order(s);
	for (uint32_t i = 0; i < s->nr_verified; i++) {
		const uint64_t insns = s->verified[order[i]] - 1;
		const double percent = (double)insns / KT_VERIFIER_LIMIT * 100;

		fputs("| ", out);
		put(out, kt_names_get(&s->programs, order[i]));
		fprintf(out, " | %llu | %.1f%%%s |\n",
			(unsigned long long)insns, percent,
			percent >= KT_VERIFIER_WARN_PERCENT ? " :warning:" :
							      "");
	}
	free(order);
}

static void put_callbacks(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;

	if (!s->nr_runs)
		return;
	fputs("\n<details><summary>BPF callbacks</summary>\n\n"
	      "| test | topology | program | calls | total ns | mean ns |\n"
	      "|---|---|---|--:|--:|--:|\n",
	      out);
	for (size_t i = 0; i < s->nr_runs; i++)
		for (uint32_t k = 0; k < s->runs[i].nr; k++) {
			const struct kt_callback *c =
				&s->callbacks[s->runs[i].first + k];

			cell(r, out, s->runs[i].scenario);
			cell(r, out, s->runs[i].topology);
			fputs("| ", out);
			put(out, kt_names_get(&s->programs, c->program));
			fprintf(out, " | %llu | %llu | %.0f |\n",
				(unsigned long long)c->calls,
				(unsigned long long)c->ns, c->ns_per_call);
		}
	fputs("\n</details>\n", out);
}

static void put_kvm(const struct kt_report *r, FILE *out)
{
	struct kt_kvm_report k;

	kt_kvm_tally(&r->stats->kvm, &k);
	if (!k.avg[KT_KVM_EXITS])
		return;
	fprintf(out,
		"\n### KVM, per vCPU over %llu VMs\n\n"
		"| exits | halts | halt wait ms | polls ok | preempted | "
		"signals | hypercalls |\n|--:|--:|--:|--:|--:|--:|--:|\n"
		"| %llu | %llu | %.1f | %.1f%% | %llu | %llu | %llu |\n",
		(unsigned long long)k.vms,
		(unsigned long long)k.avg[KT_KVM_EXITS],
		(unsigned long long)k.avg[KT_KVM_HALT_EXITS],
		(double)k.avg[KT_KVM_HALT_WAIT_NS] / 1e6, k.poll_ok_percent,
		(unsigned long long)k.avg[KT_KVM_PREEMPTED],
		(unsigned long long)k.avg[KT_KVM_SIGNAL_EXITS],
		(unsigned long long)k.avg[KT_KVM_HYPERCALLS]);
	if (k.avg[KT_KVM_PREEMPTED])
		fprintf(out,
			"\n:warning: %llu host preemptions: timing may be "
			"unreliable.\n",
			(unsigned long long)k.preemptions);
}

static void put_steps(const struct kt_report *r, FILE *out)
{
	size_t nr;
	struct kt_step *steps = kt_steps_tally(r->stats, &nr);

	if (nr)
		fputs("\n### By stimulus step\n\n"
		      "| step | runs | iterations/s | change | worst scenario "
		      "|\n"
		      "|---|--:|--:|--:|---|\n",
		      out);
	for (size_t i = 0; i < nr; i++) {
		const struct kt_step *s = &steps[i];

		cell(r, out, s->label);
		fprintf(out, "| %llu | ", (unsigned long long)s->runs);
		if (s->nr_rates)
			fprintf(out, "%.1f", s->rate);
		fputs(" | ", out);
		if (s->has_change)
			fprintf(out, "%+.1f%%", s->change * 100);
		fputs(" | ", out);
		if (s->has_worst)
			put(out, kt_report_name(r, s->worst));
		fputs(" |\n", out);
	}
	free(steps);
}

static void put_failures(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	bool any = false;

	for (uint32_t i = 0; i < s->nr_rows; i++) {
		const struct kt_row *row = &s->rows[i];

		if (!kt_row_trouble(row))
			continue;
		if (!any)
			fputs("\n### Failed and stalled\n\n"
			      "| test | topology | scheduler | what | spread % "
			      "| "
			      "gap ms |\n|---|---|---|---|--:|--:|\n",
			      out);
		any = true;
		cell(r, out, row->scenario);
		cell(r, out, row->topology);
		cell(r, out, row->scheduler);
		fprintf(out, "| %s | %.1f | %.0f |\n", kt_row_trouble(row),
			row->m[KT_M_SPREAD], row->m[KT_M_GAP_MS]);
	}
}

static void put_changes(const struct kt_report *r, FILE *out)
{
	const struct kt_changes *ch = r->changes;

	if (!ch)
		return;
	fputs("\n### Changes since ", out);
	put(out, ch->dir);
	fprintf(out,
		"\n\nCompared %u, skipped %u, gone %u, new %u; worse %zu.\n",
		ch->nr_pairs, ch->nr_skipped, ch->nr_gone, ch->nr_new,
		ch->nr_regressions);
	if (ch->nr)
		fputs("\n| | scenario | topology | metric | before | after | "
		      "noise |\n|---|---|---|---|--:|--:|--:|\n",
		      out);
	for (size_t i = 0; i < ch->nr; i++) {
		const struct kt_change *c = &ch->change[i];

		fprintf(out, "| %s ", c->regression ? "worse" : "better");
		cell(r, out, c->scenario);
		cell(r, out, c->topology);
		fprintf(out, "| %s | %.4g | %.4g | %.4g |\n",
			kt_change_metric(c), c->before, c->after, c->noise);
	}
}

void kt_report_markdown(const struct kt_report *r, FILE *out)
{
	const struct kt_totals t = kt_report_totals(r->stats);

	fprintf(out, "## ktstr: %u of %u passed", t.passed, r->stats->nr_rows);
	if (t.failed)
		fprintf(out, ", %u failed", t.failed);
	if (t.skipped)
		fprintf(out, ", %u skipped", t.skipped);
	if (t.stalled)
		fprintf(out, ", %u stalled", t.stalled);
	if (r->stats->nr_unreadable)
		fprintf(out, ", %u unreadable", r->stats->nr_unreadable);
	fputc('\n', out);
	put_failures(r, out);
	put_changes(r, out);
	put_outliers(r, out);
	put_dimensions(r, out);
	put_verifier(r, out);
	put_callbacks(r, out);
	put_kvm(r, out);
	put_steps(r, out);
}
