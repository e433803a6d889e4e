// SPDX-License-Identifier: GPL-2.0-only
/* runs - what runs of virtual machines come to */
#include <stdlib.h>
#include <string.h>

#include "lib/stats/kvm.h"
#include "lib/stats/names.h"
#include "lib/stats/text.h"
#include "lib/stats/totals.h"
#include "lib/xalloc.h"

/* Times of the runs that told them. */
struct times {
	uint64_t *ns;
	size_t nr, cap;
};

struct group {
	char *topology, *engine;
	uint64_t runs, passed;
	struct times boot, run;
	struct kt_kvm_sums kvm;
};

struct kt_runs {
	struct kt_names keys; /* "topology\nengine" */
	struct group *group;
	size_t cap;
	struct kt_names reasons;
	uint64_t *by_reason;
	size_t cap_reasons;
	uint64_t runs, passed;
};

struct kt_runs *kt_runs_new(void)
{
	return kt_xcalloc(1, sizeof(struct kt_runs));
}

void kt_runs_freep(struct kt_runs **p)
{
	if (!*p)
		return;
	for (uint32_t i = 0; i < (*p)->keys.nr; i++) {
		free((*p)->group[i].topology);
		free((*p)->group[i].engine);
		free((*p)->group[i].boot.ns);
		free((*p)->group[i].run.ns);
	}
	free((*p)->group);
	free((*p)->by_reason);
	kt_names_release(&(*p)->keys);
	kt_names_release(&(*p)->reasons);
	free(*p);
}

static struct group *find(struct kt_runs *p, const char *topology,
			  const char *engine)
{
	char *key KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s\n%s", topology, engine);
	const uint32_t was = p->keys.nr, id = kt_names_add(&p->keys, key);

	if (p->keys.nr > p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->group = kt_xrealloc(p->group, p->cap * sizeof(*p->group));
	}
	if (p->keys.nr > was)
		p->group[id] = (struct group){
			.topology = kt_xstrdup(topology),
			.engine = kt_xstrdup(engine),
		};
	return &p->group[id];
}

static void add_reason(struct kt_runs *p, const char *reason)
{
	const uint32_t was = p->reasons.nr,
		       id = kt_names_add(&p->reasons, reason);

	if (p->reasons.nr > p->cap_reasons) {
		p->cap_reasons = p->cap_reasons ? p->cap_reasons * 2 : 16;
		p->by_reason = kt_xrealloc(
			p->by_reason, p->cap_reasons * sizeof(*p->by_reason));
	}
	if (p->reasons.nr > was)
		p->by_reason[id] = 0;
	p->by_reason[id]++;
}

static void add_time(struct times *t, uint64_t ns)
{
	if (t->nr == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->ns = kt_xrealloc(t->ns, t->cap * sizeof(*t->ns));
	}
	t->ns[t->nr++] = ns;
}

enum kt_status kt_runs_add(struct kt_record *rec, FILE *out KT_UNUSED,
			   void *ctx, struct kt_error *err)
{
	const char *reason, *topology, *engine;
	unsigned __int128 kvm[KT_NR_KVM_STATS];
	uint64_t code, boot_ns, run_ns;
	struct kt_runs *all = ctx;
	bool passed, has_kvm = false;
	size_t nr_vcpus;
	struct group *g;
	enum kt_status st = kt_record_str(rec, "reason", &reason, err);

	if (!st)
		st = kt_record_str_or_null(rec, "topology", &topology, err);
	if (!st)
		st = kt_record_str_or_null(rec, "engine", &engine, err);
	if (!st)
		st = kt_record_u64_or(rec, "exit_code", 0, &code, err);
	if (!st)
		st = kt_record_u64_or(rec, "boot_ns", 0, &boot_ns, err);
	if (!st)
		st = kt_record_u64_or(rec, "run_ns", 0, &run_ns, err);
	if (!st)
		st = kt_kvm_read(rec, &has_kvm, kvm, &nr_vcpus, err);
	if (st)
		return st;
	if (all->keys.nr == KT_TOTALS_MAX || all->reasons.nr == KT_TOTALS_MAX)
		return kt_fail(err, KT_DATA, "more than %u kinds of runs",
			       KT_TOTALS_MAX);
	passed = (!strcmp(reason, "exit") || !strcmp(reason, "poweroff")) &&
		 !code;
	g = find(all, topology ? topology : "", engine ? engine : "");
	if (g->runs == KT_TOTALS_MAX)
		return kt_fail(err, KT_DATA, "more than %u runs of one kind",
			       KT_TOTALS_MAX);
	all->runs++;
	all->passed += passed;
	g->runs++;
	g->passed += passed;
	add_reason(all, reason);
	if (kt_record_has(rec, "boot_ns"))
		add_time(&g->boot, boot_ns);
	if (kt_record_has(rec, "run_ns"))
		add_time(&g->run, run_ns);
	if (has_kvm)
		kt_kvm_add(&g->kvm, kvm, nr_vcpus);
	return KT_OK;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b, void *groups)
{
	const struct group *x = groups, *y = groups;
	int order;

	x += *(const uint32_t *)a;
	y += *(const uint32_t *)b;
	order = strcmp(x->topology, y->topology);
	return order ? order : strcmp(x->engine, y->engine);
}

/* The groups by name, their times sorted; the caller frees the numbers. */
static uint32_t *sorted(const struct kt_runs *p)
{
	uint32_t *v = kt_xcalloc(p->keys.nr + 1, sizeof(*v));

	for (uint32_t i = 0; i < p->keys.nr; i++) {
		struct group *g = &p->group[i];

		if (g->boot.nr)
			qsort(g->boot.ns, g->boot.nr, sizeof(uint64_t),
			      by_size);
		if (g->run.nr)
			qsort(g->run.ns, g->run.nr, sizeof(uint64_t), by_size);
		v[i] = i;
	}
	qsort_r(v, p->keys.nr, sizeof(*v), by_name, p->group);
	return v;
}

/* The least time that @percent of the runs do not exceed (nearest rank). */
static uint64_t at_percent(const struct times *t, size_t percent)
{
	const size_t rank = (t->nr * percent + 99) / 100;

	return t->ns[rank ? rank - 1 : 0];
}

static void set_times(struct kt_record *rec, const char *key,
		      const struct times *t)
{
	struct kt_record *part = kt_record_new(NULL);

	if (!t->nr) {
		kt_record_free(part);
		return;
	}
	kt_record_set_u64(part, "runs", t->nr);
	kt_record_set_u64(part, "least_ns", t->ns[0]);
	kt_record_set_u64(part, "median_ns", at_percent(t, 50));
	kt_record_set_u64(part, "p95_ns", at_percent(t, 95));
	kt_record_set_u64(part, "most_ns", t->ns[t->nr - 1]);
	kt_record_take_object(rec, key, part);
}

/* The numbers of the reasons in order of name; the caller frees them. */
static uint32_t *reasons_in_order(struct kt_runs *p)
{
	uint32_t *at = kt_xcalloc(p->reasons.nr + 1, sizeof(*at));

	kt_names_rank(&p->reasons);
	for (uint32_t id = 0; id < p->reasons.nr; id++)
		at[p->reasons.rank[id]] = id;
	return at;
}

static struct kt_record *reasons_of(struct kt_runs *p)
{
	struct kt_record *rec = kt_record_new(NULL);
	uint32_t *at = reasons_in_order(p);

	for (uint32_t i = 0; i < p->reasons.nr; i++)
		kt_record_set_u64(rec, kt_names_get(&p->reasons, at[i]),
				  p->by_reason[at[i]]);
	free(at);
	return rec;
}

enum kt_status kt_runs_records(struct kt_runs *p, FILE *out,
			       struct kt_error *err)
{
	struct kt_record *sum KT_CLEANUP(kt_record_freep) =
		kt_record_new("ktstr.summary/1");
	uint32_t *v = sorted(p);
	enum kt_status st;

	kt_record_set_str(sum, "of", "runs");
	kt_record_set_u64(sum, "records", p->runs);
	kt_record_set_u64(sum, "passed", p->passed);
	kt_record_set_u64(sum, "failed", p->runs - p->passed);
	kt_record_take_object(sum, "reasons", reasons_of(p));
	st = kt_record_write(out, sum, err);
	for (uint32_t i = 0; !st && i < p->keys.nr; i++) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) =
			kt_record_new("ktstr.runs/1");
		const struct group *g = &p->group[v[i]];

		if (*g->topology)
			kt_record_set_str(rec, "topology", g->topology);
		if (*g->engine)
			kt_record_set_str(rec, "engine", g->engine);
		kt_record_set_u64(rec, "runs", g->runs);
		kt_record_set_u64(rec, "passed", g->passed);
		set_times(rec, "boot", &g->boot);
		set_times(rec, "run", &g->run);
		if (g->kvm.vms)
			kt_record_take_object(rec, "kvm",
					      kt_kvm_object(&g->kvm));
		st = kt_record_write(out, rec, err);
	}
	free(v);
	return st;
}

static void put_times(const struct times *t, FILE *out)
{
	if (t->nr)
		fprintf(out, " %10.1f %10.1f", (double)at_percent(t, 50) / 1e6,
			(double)t->ns[t->nr - 1] / 1e6);
	else
		fprintf(out, " %10s %10s", "-", "-");
}

static void put_kvm_row(const struct group *g, const struct kt_kvm_report *k,
			FILE *out)
{
	fputs("  ", out);
	kt_text_name(out, *g->topology ? g->topology : "-", 12);
	fprintf(out, " %8llu %8llu %8.1f %7.1f%% %9llu %8llu %10llu\n",
		(unsigned long long)k->avg[KT_KVM_EXITS],
		(unsigned long long)k->avg[KT_KVM_HALT_EXITS],
		(double)k->avg[KT_KVM_HALT_WAIT_NS] / 1e6, k->poll_ok_percent,
		(unsigned long long)k->avg[KT_KVM_PREEMPTED],
		(unsigned long long)k->avg[KT_KVM_SIGNAL_EXITS],
		(unsigned long long)k->avg[KT_KVM_HYPERCALLS]);
}

/* Of runs that told it; by topology, for a CPU of many does less. */
static void put_kvm(const struct kt_runs *p, const uint32_t *order, FILE *out)
{
	uint64_t preemptions = 0;
	bool headed = false, preempted = false;

	for (uint32_t i = 0; i < p->keys.nr; i++) {
		const struct group *g = &p->group[order[i]];
		struct kt_kvm_report k;

		kt_kvm_tally(&g->kvm, &k);
		if (!k.vms)
			continue;
		if (!headed)
			fprintf(out,
				"\n=== KVM STATS (avg of a vCPU) ===\n\n"
				"  %-12s %8s %8s %8s %8s %9s %8s %10s\n",
				"topology", "exits", "halts", "wait ms",
				"polls ok", "preempted", "signals",
				"hypercalls");
		headed = true;
		put_kvm_row(g, &k, out);
		preempted = preempted || k.avg[KT_KVM_PREEMPTED];
		if (__builtin_add_overflow(preemptions, k.preemptions,
					   &preemptions))
			preemptions = UINT64_MAX;
	}
	if (preempted)
		fprintf(out,
			"\n  WARNING: %llu host preemptions detected -- timing "
			"results may be unreliable\n",
			(unsigned long long)preemptions);
}

void kt_runs_text(struct kt_runs *p, FILE *out)
{
	uint32_t *v = sorted(p);
	uint32_t *at = reasons_in_order(p);

	fprintf(out, "\n=== RUNS ===\n\n  %llu/%llu passed",
		(unsigned long long)p->passed, (unsigned long long)p->runs);
	for (uint32_t i = 0; i < p->reasons.nr; i++) {
		fputs(i ? ", " : ": ", out);
		kt_text_name(out, kt_names_get(&p->reasons, at[i]), 0);
		fprintf(out, " %llu", (unsigned long long)p->by_reason[at[i]]);
	}
	free(at);
	fprintf(out, "\n\n  %-12s %-8s %8s %8s %21s %21s\n", "topology",
		"engine", "runs", "passed", "boot ms, median, max",
		"run ms, median, max");
	for (uint32_t i = 0; i < p->keys.nr; i++) {
		const struct group *g = &p->group[v[i]];

		fputs("  ", out);
		kt_text_name(out, *g->topology ? g->topology : "-", 12);
		fputc(' ', out);
		kt_text_name(out, *g->engine ? g->engine : "-", 8);
		fprintf(out, " %8llu %8llu", (unsigned long long)g->runs,
			(unsigned long long)g->passed);
		put_times(&g->boot, out);
		put_times(&g->run, out);
		fputc('\n', out);
	}
	put_kvm(p, v, out);
	free(v);
}
