// SPDX-License-Identifier: GPL-2.0-only
/* programs - what verified programs come to, over the profiles of a scheduler */
#include <stdlib.h>
#include <string.h>

#include "lib/stats/analysis.h"
#include "lib/stats/names.h"
#include "lib/stats/text.h"
#include "lib/stats/totals.h"
#include "lib/xalloc.h"

struct program {
	char *scheduler, *name;
	char *worst; /* profile with the most instructions */
	uint64_t profiles, rejected;
	uint64_t least, most; /* instructions, if counted */
	uint64_t counted;     /* profiles that told them */
	uint64_t limit;
	uint64_t calls, ns;
	uint64_t peak_states;
};

struct kt_programs {
	struct kt_names keys; /* "scheduler\nprogram" */
	struct program *program;
	size_t cap;
	uint64_t records;
};

struct kt_programs *kt_programs_new(void)
{
	return kt_xcalloc(1, sizeof(struct kt_programs));
}

void kt_programs_freep(struct kt_programs **p)
{
	if (!*p)
		return;
	for (uint32_t i = 0; i < (*p)->keys.nr; i++) {
		free((*p)->program[i].scheduler);
		free((*p)->program[i].name);
		free((*p)->program[i].worst);
	}
	free((*p)->program);
	kt_names_release(&(*p)->keys);
	free(*p);
}

static struct program *find(struct kt_programs *p, const char *scheduler,
			    const char *name)
{
	char *key KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s\n%s", scheduler, name);
	const uint32_t was = p->keys.nr, id = kt_names_add(&p->keys, key);

	if (p->keys.nr > p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->program =
			kt_xrealloc(p->program, p->cap * sizeof(*p->program));
	}
	if (p->keys.nr > was)
		p->program[id] = (struct program){
			.scheduler = kt_xstrdup(scheduler),
			.name = kt_xstrdup(name),
			.limit = KT_VERIFIER_LIMIT,
		};
	return &p->program[id];
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static void count(struct program *p, const char *profile, uint64_t insns)
{
	if (!p->counted || insns > p->most) {
		p->most = insns;
		free(p->worst);
		p->worst = profile ? kt_xstrdup(profile) : NULL;
	}
	if (!p->counted || insns < p->least)
		p->least = insns;
	p->counted++;
}

enum kt_status kt_programs_add(struct kt_record *rec, FILE *out KT_UNUSED,
			       void *ctx, struct kt_error *err)
{
	const char *scheduler, *profile, *name, *load;
	uint64_t insns, limit, calls, ns, peak;
	struct kt_programs *all = ctx;
	struct program *p;
	enum kt_status st = kt_record_str(rec, "program", &name, err);

	if (!st)
		st = kt_record_str_or_null(rec, "scheduler", &scheduler, err);
	if (!st)
		st = kt_record_str_or_null(rec, "profile", &profile, err);
	if (!st)
		st = kt_record_str_or_null(rec, "load", &load, err);
	if (!st)
		st = kt_record_u64_or(rec, "verified_insns", 0, &insns, err);
	if (!st)
		st = kt_record_u64_or(rec, "limit", KT_VERIFIER_LIMIT, &limit,
				      err);
	if (!st)
		st = kt_record_u64_or(rec, "run_cnt", 0, &calls, err);
	if (!st)
		st = kt_record_u64_or(rec, "run_ns", 0, &ns, err);
	if (!st)
		st = kt_record_u64_or(rec, "peak_states", 0, &peak, err);
	if (st)
		return st;
	if (all->keys.nr == KT_TOTALS_MAX)
		return kt_fail(err, KT_DATA, "more than %u programs",
			       KT_TOTALS_MAX);
	p = find(all, scheduler ? scheduler : "", name);
	all->records++;
	p->profiles++;
	p->rejected += load && !strcmp(load, "rejected");
	p->limit = limit ? limit : KT_VERIFIER_LIMIT;
	p->calls = plus(p->calls, calls);
	p->ns = plus(p->ns, ns);
	p->peak_states = peak > p->peak_states ? peak : p->peak_states;
	if (kt_record_has(rec, "verified_insns"))
		count(p, profile, insns);
	return KT_OK;
}

static int by_name(const void *a, const void *b, void *programs)
{
	const struct program *x = programs, *y = programs;
	int order;

	x += *(const uint32_t *)a;
	y += *(const uint32_t *)b;
	order = strcmp(x->scheduler, y->scheduler);
	return order ? order : strcmp(x->name, y->name);
}

/* The programs by scheduler and name; the caller frees the numbers. */
static uint32_t *sorted(const struct kt_programs *p)
{
	uint32_t *v = kt_xcalloc(p->keys.nr + 1, sizeof(*v));

	for (uint32_t i = 0; i < p->keys.nr; i++)
		v[i] = i;
	qsort_r(v, p->keys.nr, sizeof(*v), by_name, p->program);
	return v;
}

static double percent_of(const struct program *p)
{
	return (double)p->most / (double)p->limit * 100;
}

static bool near_limit(const struct program *p)
{
	return p->counted && percent_of(p) >= KT_VERIFIER_WARN_PERCENT;
}

static struct kt_record *record_of(const struct program *p)
{
	struct kt_record *rec = kt_record_new("ktstr.verified/1");

	if (*p->scheduler)
		kt_record_set_str(rec, "scheduler", p->scheduler);
	kt_record_set_str(rec, "program", p->name);
	if (p->counted)
		kt_record_set_u64(rec, "verified_insns", p->most);
	kt_record_set_u64(rec, "limit", p->limit);
	if (p->counted)
		kt_record_set_double(rec, "limit_percent", percent_of(p));
	kt_record_set_bool(rec, "near_limit", near_limit(p));
	kt_record_set_u64(rec, "profiles", p->profiles);
	kt_record_set_u64(rec, "rejected", p->rejected);
	if (p->counted)
		kt_record_set_u64(rec, "least_insns", p->least);
	kt_record_set_str(rec, "worst_profile", p->worst);
	if (p->peak_states)
		kt_record_set_u64(rec, "peak_states", p->peak_states);
	kt_record_set_u64(rec, "calls", p->calls);
	kt_record_set_u64(rec, "run_ns", p->ns);
	if (p->calls)
		kt_record_set_double(rec, "mean_ns",
				     (double)p->ns / (double)p->calls);
	return rec;
}

enum kt_status kt_programs_records(struct kt_programs *p, FILE *out,
				   struct kt_error *err)
{
	struct kt_record *sum KT_CLEANUP(kt_record_freep) =
		kt_record_new("ktstr.summary/1");
	uint64_t total = 0, rejected = 0, warned = 0;
	uint32_t *v = sorted(p);
	enum kt_status st;

	for (uint32_t i = 0; i < p->keys.nr; i++) {
		total = plus(total, p->program[i].most);
		rejected += p->program[i].rejected;
		warned += near_limit(&p->program[i]);
	}
	kt_record_set_str(sum, "of", "programs");
	kt_record_set_u64(sum, "records", p->records);
	kt_record_set_u64(sum, "programs", p->keys.nr);
	kt_record_set_u64(sum, "verified_insns", total);
	kt_record_set_u64(sum, "rejected", rejected);
	kt_record_set_u64(sum, "near_limit", warned);
	st = kt_record_write(out, sum, err);
	for (uint32_t i = 0; !st && i < p->keys.nr; i++) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) =
			record_of(&p->program[v[i]]);

		st = kt_record_write(out, rec, err);
	}
	free(v);
	return st;
}

static void put_line(const struct program *p, FILE *out)
{
	fputs("    ", out);
	kt_text_name(out, p->name, 24);
	if (p->counted)
		fprintf(out, " %12llu %7.1f%%%s", (unsigned long long)p->most,
			percent_of(p), near_limit(p) ? " !" : "  ");
	else
		fprintf(out, " %12s %8s  ", "-", "-");
	fprintf(out, " %8llu %8llu", (unsigned long long)p->profiles,
		(unsigned long long)p->rejected);
	if (p->calls)
		fprintf(out, " %10.0f", (double)p->ns / (double)p->calls);
	else
		fprintf(out, " %10s", "-");
	if (p->worst && p->profiles > 1) {
		fputs("  ", out);
		kt_text_name(out, p->worst, 0);
	}
	fputc('\n', out);
}

void kt_programs_text(struct kt_programs *p, FILE *out)
{
	const char *last = NULL;
	uint32_t *v = sorted(p);

	fputs("\n=== BPF PROGRAMS ===\n", out);
	for (uint32_t i = 0; i < p->keys.nr; i++) {
		const struct program *one = &p->program[v[i]];

		if (!last || strcmp(one->scheduler, last) != 0) {
			fputs("\n  ", out);
			kt_text_name(out,
				     *one->scheduler ? one->scheduler :
						       "(no scheduler)",
				     0);
			fprintf(out,
				":\n    %-24s %12s %8s   %8s %8s %10s  %s\n",
				"program", "verified", "limit%", "profiles",
				"rejected", "avg_ns", "worst profile");
		}
		put_line(one, out);
		last = one->scheduler;
	}
	free(v);
}
