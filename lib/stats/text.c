// SPDX-License-Identifier: GPL-2.0-only
/* text - the report for people, as ktstr 0.2.2 prints it, and what we add */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stats/report.h"
#include "lib/stats/text.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

#define RULE "------------------------------------------------------------"

void kt_text_name(FILE *out, const char *name, int width)
{
	size_t left = strlen(name);

	while (left) {
		const size_t len = kt_utf8_len(name, left);

		if (!len || kt_utf8_is_control(name, len))
			for (size_t i = 0; i < (len ? len : 1); i++)
				width -= fprintf(out, "\\x%02x",
						 (unsigned char)name[i]);
		else
			width -= (fwrite(name, 1, len, out), 1);
		name += len ? len : 1;
		left -= len ? len : 1;
	}
	if (width > 0)
		fprintf(out, "%*s", width, "");
}

static void put(const struct kt_report *r, FILE *out, uint32_t name)
{
	kt_text_name(out, kt_report_name(r, name), 0);
}

static void put_worst(const struct kt_report *r, FILE *out,
		      const struct kt_outlier *o)
{
	const struct kt_outliers *all = r->outliers;
	const char *before = "    worst on: ";

	for (uint32_t i = 0; i < o->group->nr; i++) {
		const struct kt_row *row =
			&r->stats->rows[all->groups.order[o->group->first + i]];

		if (!kt_outlier_has(o, row))
			continue;
		fputs(before, out);
		put(r, out, row->topology);
		before = ", ";
	}
	if (before[0] == ',')
		fputc('\n', out);
}

static void put_outliers(const struct kt_report *r, FILE *out)
{
	const struct kt_outliers *all = r->outliers;
	const bool mad = all->method == KT_OUTLIERS_MAD;

	fputs(all->nr ? "Outliers detected:\n" : "No outliers detected.\n",
	      out);
	for (size_t i = 0; i < all->nr; i++) {
		const struct kt_outlier *o = &all->found[i];

		fputs("  ", out);
		put(r, out, o->group->a);
		fputs(" + ", out);
		put(r, out, o->group->b);
		fprintf(out, ": %s %.1f (overall %s %.1f, +%.1f%s)\n",
			kt_metrics[o->metric].name, o->value,
			mad ? "median" : "avg", o->centre, o->score,
			mad ? " robust σ" : "σ");
		put_worst(r, out, o);
	}
}

static void put_group(const struct kt_report *r, FILE *out,
		      const struct kt_groups *g, const struct kt_group *group)
{
	struct kt_tally t;

	kt_tally_group(r->stats, g, group, &t);
	fputs("  ", out);
	kt_text_name(out, kt_report_name(r, group->a), 25);
	fprintf(out, " %u/%u passed", t.passed, t.nr);
	if (t.skipped)
		fprintf(out, " (%u skipped, %u failed)", t.skipped, t.failed);
	fprintf(out, "  avg_spread=%.1f%%  avg_gap=%.0fms", t.mean[KT_M_SPREAD],
		t.mean[KT_M_GAP_MS]);
	if (t.mean[KT_M_IMBALANCE] > 1)
		fprintf(out, "  imbal=%.1f", t.mean[KT_M_IMBALANCE]);
	if (t.mean[KT_M_DSQ_DEPTH] > 0)
		fprintf(out, "  dsq=%.0f", t.mean[KT_M_DSQ_DEPTH]);
	if (t.stalled)
		fprintf(out, "  stalls=%u", t.stalled);
	if (t.mean[KT_M_FALLBACK] > 0)
		fprintf(out, "  fallback=%.0f", t.mean[KT_M_FALLBACK]);
	fputc('\n', out);
}

static void put_dimensions(const struct kt_report *r, FILE *out)
{
	for (unsigned int by = 0; by < KT_NR_DIMENSIONS; by++) {
		struct kt_groups g KT_CLEANUP(kt_groups_release) = { 0 };

		kt_groups_by(r->stats, (enum kt_dimension)by, &g);
		if (!kt_report_has(r, (enum kt_dimension)by, &g))
			continue;
		kt_groups_worst_first(r->stats, &g);
		fprintf(out, "\nBy %s%s:\n",
			kt_dimension_name((enum kt_dimension)by),
			by ? "" : " (worst first)");
		for (uint32_t i = 0; i < g.nr; i++)
			put_group(r, out, &g, &g.group[i]);
	}
}

static double verified_percent(uint64_t insns)
{
	return (double)insns / KT_VERIFIER_LIMIT * 100;
}

static void put_near_limit(const struct kt_stats *s, FILE *out,
			   const uint32_t *order)
{
	bool any = false;

	for (uint32_t i = 0; i < s->nr_verified; i++) {
		const uint64_t insns = s->verified[order[i]] - 1;
		const double percent = verified_percent(insns);

		if (!(percent >= KT_VERIFIER_WARN_PERCENT))
			continue;
		if (!any)
			fputs("\nWARNING: programs near verifier complexity "
			      "limit:\n",
			      out);
		any = true;
		fputs("  ", out);
		kt_text_name(out, kt_names_get(&s->programs, order[i]), 0);
		fprintf(out, ": %.1f%% of 1M limit (%llu verified insns)\n",
			percent, (unsigned long long)insns);
	}
}

static void put_verifier(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	uint32_t *order;
	uint64_t total = 0;

	if (!s->nr_verified)
		return;
	fprintf(out,
		"\n=== BPF VERIFIER STATS ===\n\n  %-24s %12s %8s\n"
		"  %.24s %.12s %.8s\n",
		"program", "verified", "limit%", RULE, RULE, RULE);
	order = kt_verified_order(s);
	for (uint32_t i = 0; i < s->nr_verified; i++) {
		const uint64_t insns = s->verified[order[i]] - 1;
		const double percent = verified_percent(insns);

		fputs("  ", out);
		kt_text_name(out, kt_names_get(&s->programs, order[i]), 24);
		fprintf(out, " %12llu %7.1f%%%s\n", (unsigned long long)insns,
			percent,
			percent >= KT_VERIFIER_WARN_PERCENT ? " !" : "");
		total += insns;
	}
	fprintf(out, "\n  total verified insns: %llu\n",
		(unsigned long long)total);
	put_near_limit(s, out, order);
	free(order);
}

static void put_callbacks(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;

	if (s->nr_runs)
		fputs("\n=== BPF CALLBACK PROFILE ===\n", out);
	for (size_t i = 0; i < s->nr_runs; i++) {
		const struct kt_callbacks *run = &s->runs[i];

		fputs("\n  ", out);
		put(r, out, run->scenario);
		fputs(" (", out);
		put(r, out, run->topology);
		fprintf(out,
			"):\n    %-24s %12s %14s %12s\n"
			"    %.24s %.12s %.14s %.12s\n",
			"program", "cnt", "total_ns", "avg_ns", RULE, RULE,
			RULE, RULE);
		for (uint32_t k = 0; k < run->nr; k++) {
			const struct kt_callback *c =
				&s->callbacks[run->first + k];

			fputs("    ", out);
			kt_text_name(out,
				     kt_names_get(&s->programs, c->program),
				     24);
			fprintf(out, " %12llu %14llu %12.0f\n",
				(unsigned long long)c->calls,
				(unsigned long long)c->ns, c->ns_per_call);
		}
	}
}

static void put_kvm(const struct kt_report *r, FILE *out)
{
	struct kt_kvm_report k;

	kt_kvm_tally(&r->stats->kvm, &k);
	if (!k.avg[KT_KVM_EXITS])
		return;
	fprintf(out, "\n=== KVM STATS (avg across %llu VMs) ===\n\n",
		(unsigned long long)k.vms);
	fprintf(out,
		"  exits/vcpu  %7llu   halt/vcpu     %5llu   "
		"halt_wait_ms %7.1f\n",
		(unsigned long long)k.avg[KT_KVM_EXITS],
		(unsigned long long)k.avg[KT_KVM_HALT_EXITS],
		(double)k.avg[KT_KVM_HALT_WAIT_NS] / 1e6);
	fprintf(out,
		"  poll_ok%%    %6.1f%%   preempted/vcpu %4llu   "
		"signal/vcpu  %7llu\n",
		k.poll_ok_percent, (unsigned long long)k.avg[KT_KVM_PREEMPTED],
		(unsigned long long)k.avg[KT_KVM_SIGNAL_EXITS]);
	if (k.avg[KT_KVM_HYPERCALLS])
		fprintf(out, "  hypercalls/vcpu %4llu\n",
			(unsigned long long)k.avg[KT_KVM_HYPERCALLS]);
	if (k.avg[KT_KVM_PREEMPTED])
		fprintf(out,
			"\n  WARNING: %llu host preemptions detected -- timing "
			"results may be unreliable\n",
			(unsigned long long)k.preemptions);
}

static void put_steps(const struct kt_report *r, FILE *out)
{
	size_t nr;
	struct kt_step *steps = kt_steps_tally(r->stats, &nr);

	if (nr)
		fprintf(out,
			"\n=== STIMULUS CROSS-TAB ===\n\n"
			"  %-24s %8s %14s %9s  %s\n  %.24s %.8s %.14s %.9s  "
			"%.24s\n",
			"step", "runs", "iterations/s", "change",
			"worst scenario", RULE, RULE, RULE, RULE, RULE);
	for (size_t i = 0; i < nr; i++) {
		const struct kt_step *s = &steps[i];

		fputs("  ", out);
		kt_text_name(out, kt_report_name(r, s->label), 24);
		fprintf(out, " %8llu", (unsigned long long)s->runs);
		if (s->nr_rates)
			fprintf(out, " %14.1f", s->rate);
		else
			fprintf(out, " %14s", "-");
		if (s->has_change)
			fprintf(out, " %+8.1f%%", s->change * 100);
		else
			fprintf(out, " %9s", "-");
		if (s->has_worst) {
			fputs("  ", out);
			put(r, out, s->worst);
			fprintf(out, " (%+.1f%%)", s->worst_change * 100);
		}
		fputc('\n', out);
	}
	free(steps);
}

static void put_failures(const struct kt_report *r, FILE *out)
{
	const struct kt_stats *s = r->stats;
	bool any = false;

	for (uint32_t i = 0; i < s->nr_rows; i++) {
		const struct kt_row *row = &s->rows[i];
		const char *trouble = kt_row_trouble(row);

		if (!trouble)
			continue;
		if (!any)
			fputs("\n=== FAILED AND STALLED TESTS ===\n\n", out);
		any = true;
		fputs("  ", out);
		kt_text_name(out, kt_report_name(r, row->scenario), 25);
		fprintf(out, " %s  (", trouble);
		put(r, out, row->topology);
		fputs(", ", out);
		put(r, out, row->scheduler);
		fprintf(out, ")  spread=%.1f%%  gap=%.0fms\n",
			row->m[KT_M_SPREAD], row->m[KT_M_GAP_MS]);
	}
}

static void put_change(const struct kt_report *r, FILE *out,
		       const struct kt_change *c)
{
	fprintf(out, "  %-6s ", c->regression ? "worse" : "better");
	put(r, out, c->scenario);
	fputs(" (", out);
	put(r, out, c->topology);
	fprintf(out, "): %s %.4g -> %.4g (", kt_change_metric(c), c->before,
		c->after);
	if (c->before > 0 || c->before < 0)
		fprintf(out, "%+.1f%%",
			(c->after - c->before) / fabs(c->before) * 100);
	else
		fputs("from zero", out);
	fprintf(out, ", noise %.4g, runs %u -> %u)\n", c->noise, c->runs_before,
		c->runs_after);
}

static void put_changes(const struct kt_report *r, FILE *out)
{
	const struct kt_changes *ch = r->changes;

	if (!ch)
		return;
	fputs("\n=== CHANGES SINCE ", out);
	kt_text_name(out, ch->dir, 0);
	fprintf(out,
		" ===\n\n  compared %u, skipped %u, gone %u, new %u; "
		"worse %zu\n",
		ch->nr_pairs, ch->nr_skipped, ch->nr_gone, ch->nr_new,
		ch->nr_regressions);
	if (ch->nr)
		fputc('\n', out);
	for (size_t i = 0; i < ch->nr; i++)
		put_change(r, out, &ch->change[i]);
}

void kt_report_text(const struct kt_report *r, FILE *out)
{
	fputs("\n=== GAUNTLET ANALYSIS ===\n\n", out);
	put_outliers(r, out);
	put_dimensions(r, out);
	put_verifier(r, out);
	put_callbacks(r, out);
	put_kvm(r, out);
	put_steps(r, out);
	put_failures(r, out);
	put_changes(r, out);
}
