// SPDX-License-Identifier: GPL-2.0-only
/* records - the report as records, each number in full */
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/stats/report.h"
#include "lib/xalloc.h"

/* Write @rec, which is consumed. */
static enum kt_status emit(FILE *out, struct kt_record *rec,
			   struct kt_error *err)
{
	const enum kt_status st = kt_record_write(out, rec, err);

	kt_record_free(rec);
	return st;
}

static void set_name(const struct kt_report *r, struct kt_record *rec,
		     const char *key, uint32_t name)
{
	kt_record_set_str(rec, key, kt_report_name(r, name));
}

static struct kt_record *verifier_object(const struct kt_stats *s)
{
	struct kt_record *rec = kt_record_new(NULL);
	uint64_t total = 0, warned = 0;

	for (uint32_t id = 0, nr = 0; nr < s->nr_verified; id++) {
		if (!s->verified[id])
			continue;
		nr++;
		total += s->verified[id] - 1;
		warned += (double)(s->verified[id] - 1) / KT_VERIFIER_LIMIT *
				  100 >=
			  KT_VERIFIER_WARN_PERCENT;
	}
	kt_record_set_u64(rec, "programs", s->nr_verified);
	kt_record_set_u64(rec, "verified_insns", total);
	kt_record_set_u64(rec, "near_limit", warned);
	return rec;
}

static enum kt_status write_summary(const struct kt_report *r, FILE *out,
				    struct kt_error *err)
{
	struct kt_record *rec = kt_record_new("ktstr.summary/1");
	const struct kt_stats *s = r->stats;
	const struct kt_totals t = kt_report_totals(s);

	kt_record_set_str(rec, "of", "sidecars");
	kt_record_set_str(rec, "dir_path", s->dir);
	kt_record_set_u64(rec, "sidecars", s->nr_rows);
	kt_record_set_u64(rec, "unreadable", s->nr_unreadable);
	kt_record_set_u64(rec, "passed", t.passed);
	kt_record_set_u64(rec, "failed", t.failed);
	kt_record_set_u64(rec, "skipped", t.skipped);
	kt_record_set_u64(rec, "stalled", t.stalled);
	kt_record_set_str(rec, "outlier_method",
			  r->outliers->method == KT_OUTLIERS_MAD ? "mad" :
								   "sigma");
	kt_record_set_u64(rec, "outliers", r->outliers->nr);
	if (s->nr_verified)
		kt_record_take_object(rec, "verifier", verifier_object(s));
	if (s->kvm.vms)
		kt_record_take_object(rec, "kvm", kt_kvm_object(&s->kvm));
	if (r->changes) {
		struct kt_record *base = kt_record_new(NULL);

		kt_record_set_str(base, "dir_path", r->changes->dir);
		kt_record_set_u64(base, "compared", r->changes->nr_pairs);
		kt_record_set_u64(base, "skipped", r->changes->nr_skipped);
		kt_record_set_u64(base, "gone", r->changes->nr_gone);
		kt_record_set_u64(base, "new", r->changes->nr_new);
		kt_record_set_u64(base, "regressions",
				  r->changes->nr_regressions);
		kt_record_take_object(rec, "baseline", base);
	}
	return emit(out, rec, err);
}

static enum kt_status write_outlier(const struct kt_report *r, FILE *out,
				    const struct kt_outlier *o,
				    struct kt_error *err)
{
	struct kt_record *rec = kt_record_new("ktstr.outlier/1");
	const uint32_t *order = r->outliers->groups.order;
	const char **worst = kt_xcalloc(o->group->nr + 1, sizeof(*worst));
	size_t nr = 0;

	set_name(r, rec, "scenario", o->group->a);
	set_name(r, rec, "flags", o->group->b);
	kt_record_set_str(rec, "metric", kt_metrics[o->metric].name);
	kt_record_set_double(rec, "value", o->value);
	kt_record_set_double(rec, "centre", o->centre);
	kt_record_set_double(rec, "deviation", o->deviation);
	kt_record_set_double(rec, "threshold", o->threshold);
	kt_record_set_double(rec, "score", o->score);
	for (uint32_t i = 0; i < o->group->nr; i++) {
		const struct kt_row *row =
			&r->stats->rows[order[o->group->first + i]];

		if (kt_outlier_has(o, row))
			worst[nr++] = kt_report_name(r, row->topology);
	}
	kt_record_set_strv(rec, "worst_on", worst);
	free(worst);
	return emit(out, rec, err);
}

static enum kt_status write_group(const struct kt_report *r, FILE *out,
				  enum kt_dimension by,
				  const struct kt_groups *g,
				  const struct kt_group *group,
				  struct kt_error *err)
{
	struct kt_record *rec = kt_record_new("ktstr.dimension/1");
	struct kt_record *mean = kt_record_new(NULL);
	struct kt_tally t;

	kt_tally_group(r->stats, g, group, &t);
	kt_record_set_str(rec, "by", kt_dimension_name(by));
	set_name(r, rec, "name", group->a);
	kt_record_set_u64(rec, "sidecars", t.nr);
	kt_record_set_u64(rec, "passed", t.passed);
	kt_record_set_u64(rec, "failed", t.failed);
	kt_record_set_u64(rec, "skipped", t.skipped);
	kt_record_set_u64(rec, "stalled", t.stalled);
	for (size_t m = 0; m < KT_NR_METRICS; m++)
		kt_record_set_double(mean, kt_metrics[m].name, t.mean[m]);
	kt_record_take_object(rec, "mean", mean);
	return emit(out, rec, err);
}

static enum kt_status write_dimensions(const struct kt_report *r, FILE *out,
				       struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (unsigned int by = 0; !st && by < KT_NR_DIMENSIONS; by++) {
		struct kt_groups g KT_CLEANUP(kt_groups_release) = { 0 };

		kt_groups_by(r->stats, (enum kt_dimension)by, &g);
		kt_groups_worst_first(r->stats, &g);
		for (uint32_t i = 0; !st && i < g.nr; i++)
			st = write_group(r, out, (enum kt_dimension)by, &g,
					 &g.group[i], err);
	}
	return st;
}

static enum kt_status write_verified(const struct kt_report *r, FILE *out,
				     struct kt_error *err)
{
	const struct kt_stats *s = r->stats;
	uint32_t *order = kt_verified_order(s);
	enum kt_status st = KT_OK;

	for (uint32_t i = 0; !st && i < s->nr_verified; i++) {
		struct kt_record *rec = kt_record_new("ktstr.verified/1");
		const uint64_t insns = s->verified[order[i]] - 1;
		const double percent = (double)insns / KT_VERIFIER_LIMIT * 100;

		kt_record_set_str(rec, "program",
				  kt_names_get(&s->programs, order[i]));
		kt_record_set_u64(rec, "verified_insns", insns);
		kt_record_set_u64(rec, "limit", KT_VERIFIER_LIMIT);
		kt_record_set_double(rec, "limit_percent", percent);
		kt_record_set_bool(rec, "near_limit",
				   percent >= KT_VERIFIER_WARN_PERCENT);
		st = emit(out, rec, err);
	}
	free(order);
	return st;
}

static enum kt_status write_callbacks(const struct kt_report *r, FILE *out,
				      struct kt_error *err)
{
	const struct kt_stats *s = r->stats;
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < s->nr_runs; i++) {
		const struct kt_callbacks *run = &s->runs[i];
		struct kt_record *rec = kt_record_new("ktstr.callbacks/1");

		set_name(r, rec, "test", run->scenario);
		set_name(r, rec, "topology", run->topology);
		for (uint32_t k = 0; k < run->nr; k++) {
			const struct kt_callback *c =
				&s->callbacks[run->first + k];
			struct kt_record *p = kt_record_new(NULL);

			kt_record_set_str(
				p, "program",
				kt_names_get(&s->programs, c->program));
			kt_record_set_u64(p, "calls", c->calls);
			kt_record_set_u64(p, "run_ns", c->ns);
			kt_record_set_double(p, "mean_ns", c->ns_per_call);
			kt_record_take_element(rec, "programs", p);
		}
		st = emit(out, rec, err);
	}
	return st;
}

static enum kt_status write_steps(const struct kt_report *r, FILE *out,
				  struct kt_error *err)
{
	enum kt_status st = KT_OK;
	size_t nr;
	struct kt_step *steps = kt_steps_tally(r->stats, &nr);

	for (size_t i = 0; !st && i < nr; i++) {
		const struct kt_step *s = &steps[i];
		struct kt_record *rec = kt_record_new("ktstr.step/1");

		set_name(r, rec, "step", s->label);
		kt_record_set_u64(rec, "runs", s->runs);
		kt_record_set_u64(rec, "rates", s->nr_rates);
		if (s->nr_rates)
			kt_record_set_double(rec, "iterations_per_s", s->rate);
		if (s->has_change)
			kt_record_set_double(rec, "change_ratio", s->change);
		if (s->has_worst) {
			set_name(r, rec, "worst_scenario", s->worst);
			kt_record_set_double(rec, "worst_change_ratio",
					     s->worst_change);
		}
		st = emit(out, rec, err);
	}
	free(steps);
	return st;
}

static enum kt_status write_failures(const struct kt_report *r, FILE *out,
				     struct kt_error *err)
{
	const struct kt_stats *s = r->stats;
	enum kt_status st = KT_OK;

	for (uint32_t i = 0; !st && i < s->nr_rows; i++) {
		const struct kt_row *row = &s->rows[i];
		struct kt_record *rec;

		if (!kt_row_trouble(row))
			continue;
		rec = kt_record_new("ktstr.failure/1");
		set_name(r, rec, "test", row->scenario);
		set_name(r, rec, "topology", row->topology);
		set_name(r, rec, "flags", row->flags);
		set_name(r, rec, "work_type", row->work_type);
		set_name(r, rec, "scheduler", row->scheduler);
		kt_record_set_bool(rec, "failed",
				   !row->passed && !row->skipped);
		kt_record_set_bool(rec, "stalled", row->stalled);
		kt_record_set_str(rec, "file_path",
				  kt_stats_path(s, row->file));
		st = emit(out, rec, err);
	}
	return st;
}

static enum kt_status write_unreadable(const struct kt_report *r, FILE *out,
				       struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (uint32_t i = 0; !st && i < r->stats->nr_unreadable; i++) {
		struct kt_record *rec = kt_record_new("ktstr.unreadable/1");
		const struct kt_unreadable *u = &r->stats->unreadable[i];

		if (u->file != UINT32_MAX)
			kt_record_set_str(rec, "file_path",
					  kt_stats_path(r->stats, u->file));
		kt_record_set_str(rec, "message", u->why);
		st = emit(out, rec, err);
	}
	return st;
}

static enum kt_status write_changes(const struct kt_report *r, FILE *out,
				    struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && r->changes && i < r->changes->nr; i++) {
		const struct kt_change *c = &r->changes->change[i];
		struct kt_record *rec = kt_record_new("ktstr.change/1");

		set_name(r, rec, "scenario", c->scenario);
		set_name(r, rec, "topology", c->topology);
		kt_record_set_str(rec, "metric", kt_change_metric(c));
		kt_record_set_bool(rec, "regression", c->regression);
		kt_record_set_double(rec, "before", c->before);
		kt_record_set_double(rec, "after", c->after);
		kt_record_set_double(rec, "noise", c->noise);
		kt_record_set_u64(rec, "runs_before", c->runs_before);
		kt_record_set_u64(rec, "runs_after", c->runs_after);
		st = emit(out, rec, err);
	}
	return st;
}

enum kt_status kt_report_records(const struct kt_report *r, FILE *out,
				 struct kt_error *err)
{
	enum kt_status st = write_summary(r, out, err);

	for (size_t i = 0; !st && i < r->outliers->nr; i++)
		st = write_outlier(r, out, &r->outliers->found[i], err);
	if (!st)
		st = write_dimensions(r, out, err);
	if (!st)
		st = write_verified(r, out, err);
	if (!st)
		st = write_callbacks(r, out, err);
	if (!st)
		st = write_steps(r, out, err);
	if (!st)
		st = write_failures(r, out, err);
	if (!st)
		st = write_changes(r, out, err);
	return st ? st : write_unreadable(r, out, err);
}
