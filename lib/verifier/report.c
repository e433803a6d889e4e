// SPDX-License-Identifier: GPL-2.0-only
/* report - what became of each profile, collected */
#include "lib/verifier/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/report-parts.h"
#include "lib/xalloc.h"

struct kt_verify_report *
kt_verify_report_new(const struct kt_verify_report_how *how)
{
	struct kt_verify_report *r = kt_xcalloc(1, sizeof(*r));

	r->how = *how;
	if (how->baseline)
		r->then = kt_baseline_kernel(how->baseline, how->kernel);
	return r;
}

const struct kt_baseline_program *
kt_report_then(const struct kt_verify_report *r, const char *profile,
	       const char *program)
{
	if (!r->how.baseline)
		return NULL;
	return kt_baseline_find(r->how.baseline, r->then, profile, program);
}

void kt_verify_report_freep(struct kt_verify_report **r)
{
	if (!*r)
		return;
	for (size_t i = 0; i < (*r)->nr; i++) {
		struct kt_kept *k = &(*r)->kept[i];

		for (size_t p = 0; p < k->nr; p++)
			free(k->v[p].name);
		free(k->v);
		free(k->label);
		free(k->profile);
	}
	free((*r)->kept);
	free(*r);
	*r = NULL;
}

static void KT_PRINTF(2, 3)
	tell(const struct kt_verify_report *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!r->how.warn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->how.warn(text, r->how.ctx);
}

static void keep(struct kt_verify_report *r, const struct kt_verified *v)
{
	struct kt_kept *k;

	r->kept = kt_xrealloc(r->kept, (r->nr + 1) * sizeof(*r->kept));
	k = &r->kept[r->nr++];
	*k = (struct kt_kept){
		.label = kt_xstrdup(v->label),
		.profile = kt_xstrdup(v->profile),
		.v = kt_xcalloc(v->nr + 1, sizeof(*k->v)),
		.nr = v->nr,
	};
	for (size_t i = 0; i < v->nr; i++)
		k->v[i] = (struct kt_kept_program){
			.name = kt_xstrdup(v->program[i].func),
			.insns = v->program[i].verified_insns,
		};
}

static void warn_of(struct kt_verify_report *r, const struct kt_verified *v)
{
	for (size_t i = 0; i < v->nr; i++) {
		const uint64_t insns = v->program[i].verified_insns;
		const uint64_t percent = insns * 100 / KT_VERIFIER_LIMIT;

		if (percent >= KT_VERIFIER_WARN_PERCENT)
			tell(r,
			     "profile \"%s\": \"%s\" takes %llu%% of the %d "
			     "instructions that the verifier looks at",
			     v->profile, v->program[i].func,
			     (unsigned long long)percent, KT_VERIFIER_LIMIT);
	}
	if (v->verdict != KT_VERDICT_OK)
		tell(r, "profile \"%s\": %s (%s)", v->profile, v->why.msg,
		     v->log_path);
}

enum kt_status kt_verify_report_add(struct kt_verify_report *r,
				    const struct kt_verified *v,
				    struct kt_error *err)
{
	enum kt_status st = KT_OK;

	switch (r->how.form) {
	case KT_FORM_TEXT:
		kt_report_text_add(r, v);
		st = kt_report_text_log(r, v, err);
		break;
	case KT_FORM_RECORDS:
		st = kt_report_records_add(r, v, err);
		break;
	case KT_FORM_CSV:
		kt_report_csv_add(r, v);
		break;
	}
	keep(r, v);
	r->nr_failed += v->verdict != KT_VERDICT_OK;
	fflush(r->how.out);
	warn_of(r, v);
	if (!st && ferror(r->how.out))
		return kt_fail_errno(err, "cannot write");
	return st;
}

/* How many programs have grown too much. */
static uint64_t count_grown(struct kt_verify_report *r, uint64_t max_growth)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < r->nr; i++)
		for (size_t p = 0; p < r->kept[i].nr; p++) {
			const struct kt_kept_program *now = &r->kept[i].v[p];
			const struct kt_baseline_program *then = kt_report_then(
				r, r->kept[i].profile, now->name);
			double growth;

			if (!then) {
				tell(r,
				     "profile \"%s\": \"%s\" is not in the "
				     "baseline",
				     r->kept[i].profile, now->name);
				continue;
			}
			growth = kt_baseline_growth(then->verified_insns,
						    now->insns);
			if (growth <= (double)max_growth)
				continue;
			nr++;
			tell(r,
			     "profile \"%s\": \"%s\" has grown by %.1f%%, from "
			     "%llu to %llu",
			     r->kept[i].profile, now->name, growth,
			     (unsigned long long)then->verified_insns,
			     (unsigned long long)now->insns);
		}
	return nr;
}

enum kt_status kt_verify_report_end(struct kt_verify_report *r,
				    uint64_t max_growth, struct kt_error *err)
{
	uint64_t grown = 0;

	if (r->how.form == KT_FORM_TEXT) {
		kt_report_text_summary(r);
		kt_report_text_changes(r);
	}
	if (r->how.baseline)
		grown = count_grown(r, max_growth);
	if (r->nr_failed)
		return kt_fail(err, KT_FAIL, "%llu of %zu profiles failed",
			       (unsigned long long)r->nr_failed, r->nr);
	if (!r->nr)
		return kt_fail(err, KT_FAIL, "nothing was verified");
	if (grown)
		return kt_fail(err, KT_FAIL,
			       "%llu programs have grown by more than %llu%%",
			       (unsigned long long)grown,
			       (unsigned long long)max_growth);
	return KT_OK;
}
