// SPDX-License-Identifier: GPL-2.0-only
/*
 * read - sidecars into rows, on as many threads as there are CPUs
 *
 * Parsing is nearly all of the work and is done side by side; what was read is
 * added under one lock. Whatever depends on the order of arrival is sorted at
 * the end.
 */
#include "lib/stats/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/stats/files.h"
#include "lib/workers.h"
#include "lib/xalloc.h"

#define BATCH 16 /* files a thread takes at a time */

const struct kt_metric_info kt_metrics[KT_NR_METRICS] = {
	[KT_M_SPREAD] = { "spread", 5, .25, false },
	[KT_M_GAP_MS] = { "gap_ms", 500, .5, false },
	[KT_M_MIGRATIONS] = { "migrations", 10, .3, false },
	[KT_M_MIGRATION_RATIO] = { "migration_ratio", .05, .2, false },
	[KT_M_IMBALANCE] = { "imbalance", 1, .25, false },
	[KT_M_DSQ_DEPTH] = { "dsq_depth", 10, .5, false },
	[KT_M_STALLS] = { "stalls", 1, .5, false },
	[KT_M_FALLBACK] = { "fallback", 5, .3, false },
	[KT_M_KEEP_LAST] = { "keep_last", 5, .3, false },
	[KT_M_P99_WAKE_US] = { "p99_wake_lat_us", 50, .25, false },
	[KT_M_WAKE_CV] = { "wake_latency_cv", .1, .25, false },
	[KT_M_MEAN_DELAY_US] = { "mean_run_delay_us", 50, .25, false },
	[KT_M_WORST_DELAY_US] = { "worst_run_delay_us", 100, .5, false },
	[KT_M_ITERATIONS] = { "total_iterations", 100, .1, true },
};

struct load {
	struct kt_stats *stats;
	int fd;
	uint32_t next;	      /* file to take; atomic */
	bool *good;	      /* by file: rows[file] is one */
	pthread_mutex_t lock; /* for all below, and stats but for rows */
	uint32_t cap_verified, cap_unreadable;
	size_t cap_runs, cap_callbacks, cap_cells;
	uint32_t *cell_slots; /* hash table over cells: index + 1, or 0 */
	uint32_t nr_cell_slots;
};

/* Room for one more of @nr items of @size bytes. */
static void *room(void *items, size_t nr, size_t *cap, size_t size)
{
	if (nr < *cap)
		return items;
	*cap = nr ? nr * 2 : 64;
	return kt_xrealloc(items, *cap * size);
}

static void add_verified(struct load *l, const struct kt_sidecar *sc)
{
	const struct kt_sidecar_verified *v = sc->verified.items;
	struct kt_stats *s = l->stats;

	for (size_t i = 0; i < sc->verified.nr; i++) {
		const uint32_t id = kt_names_add(&s->programs, v[i].name);

		if (id >= l->cap_verified) {
			const uint32_t cap = (id + 32) * 2;

			s->verified = kt_xrealloc(s->verified,
						  cap * sizeof(*s->verified));
			memset(s->verified + l->cap_verified, 0,
			       (cap - l->cap_verified) * sizeof(*s->verified));
			l->cap_verified = cap;
		}
		s->nr_verified += !s->verified[id];
		if (s->verified[id] <= v[i].insns)
			s->verified[id] = (uint64_t)v[i].insns + 1;
	}
}

static void add_callbacks(struct load *l, const struct kt_sidecar *sc,
			  const struct kt_row *row)
{
	const struct kt_sidecar_callback *c = sc->callbacks.items;
	struct kt_stats *s = l->stats;

	if (!sc->callbacks.nr)
		return;
	s->runs = room(s->runs, s->nr_runs, &l->cap_runs, sizeof(*s->runs));
	s->runs[s->nr_runs++] =
		(struct kt_callbacks){ .first = s->nr_callbacks,
				       .nr = (uint32_t)sc->callbacks.nr,
				       .file = row->file,
				       .scenario = row->scenario,
				       .topology = row->topology };
	for (size_t i = 0; i < sc->callbacks.nr; i++) {
		s->callbacks = room(s->callbacks, s->nr_callbacks,
				    &l->cap_callbacks, sizeof(*s->callbacks));
		s->callbacks[s->nr_callbacks++] = (struct kt_callback){
			.calls = c[i].calls,
			.ns = c[i].ns,
			.ns_per_call = c[i].ns_per_call,
			.program = kt_names_add(&s->programs, c[i].name),
		};
	}
}

static struct kt_step_cell *find_cell(struct load *l, uint32_t label,
				      uint32_t scenario)
{
	struct kt_stats *s = l->stats;
	const uint64_t key = (uint64_t)label << 32 | scenario;
	uint32_t i;

	if (s->nr_cells * 2 >= l->nr_cell_slots) {
		l->nr_cell_slots = l->nr_cell_slots ? l->nr_cell_slots * 2 : 64;
		free(l->cell_slots);
		l->cell_slots =
			kt_xcalloc(l->nr_cell_slots, sizeof(*l->cell_slots));
		for (size_t k = s->nr_cells; k-- > 0;) {
			const struct kt_step_cell old = s->cells[k];

			i = (uint32_t)((((uint64_t)old.label << 32 |
					 old.scenario) *
					UINT64_C(0x9e3779b97f4a7c15)) >>
				       32) &
			    (l->nr_cell_slots - 1);
			while (l->cell_slots[i])
				i = (i + 1) & (l->nr_cell_slots - 1);
			l->cell_slots[i] = (uint32_t)k + 1;
		}
	}
	i = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	    (l->nr_cell_slots - 1);
	while (l->cell_slots[i]) {
		struct kt_step_cell *c = &s->cells[l->cell_slots[i] - 1];

		if (c->label == label && c->scenario == scenario)
			return c;
		i = (i + 1) & (l->nr_cell_slots - 1);
	}
	s->cells =
		room(s->cells, s->nr_cells, &l->cap_cells, sizeof(*s->cells));
	s->cells[s->nr_cells] =
		(struct kt_step_cell){ .label = label, .scenario = scenario };
	l->cell_slots[i] = (uint32_t)++s->nr_cells;
	return &s->cells[s->nr_cells - 1];
}

static int by_time(const void *a, const void *b)
{
	const struct kt_sidecar_event *x = a, *y = b;

	if (x->elapsed_ms != y->elapsed_ms)
		return x->elapsed_ms < y->elapsed_ms ? -1 : 1;
	return strcmp(x->label, y->label);
}

/*
 * Iterations a second from event @a to @b, in units of 1/KT_STATS_RATE_SCALE.
 * Unknown if an end was not counted, or no time went by.
 */
static bool rate_between(const struct kt_sidecar_event *a,
			 const struct kt_sidecar_event *b,
			 unsigned __int128 *out)
{
	if (!a->has_iterations || !b->has_iterations ||
	    b->elapsed_ms <= a->elapsed_ms || b->iterations < a->iterations)
		return false;
	*out = (unsigned __int128)(b->iterations - a->iterations) * 1000 *
	       KT_STATS_RATE_SCALE / (b->elapsed_ms - a->elapsed_ms);
	return true;
}

/*
 * A step lasts until the next one begins; how long the last one was is not
 * told, so it has no rate. Before the first one the workers settle.
 */
static void add_steps(struct load *l, const struct kt_sidecar *sc,
		      const struct kt_row *row)
{
	struct kt_sidecar_event *e = sc->events.items;
	const struct kt_sidecar_event start = { .has_iterations = true };
	const struct kt_sidecar_event *prev = &start;
	unsigned __int128 before = 0, rate = 0;
	const size_t nr = sc->events.nr;
	bool known = false;

	if (!nr)
		return;
	qsort(e, nr, sizeof(*e), by_time);
	for (size_t i = 0; i <= nr; i++) {
		const char *label = i ? e[i - 1].label : KT_STEP_SETTLE;
		struct kt_step_cell *c =
			find_cell(l, kt_names_add(&l->stats->names, label),
				  row->scenario);
		const bool was_known = known;

		known = i < nr && rate_between(prev, &e[i], &rate);
		c->runs++;
		if (known) {
			c->nr_rates++;
			c->rate += rate;
		}
		if (known && was_known) {
			c->nr_pairs++;
			c->before += before;
			c->after += rate;
		}
		before = rate;
		if (i < nr)
			prev = &e[i];
	}
}

static void fill_row(struct kt_row *row, const struct kt_sidecar *sc)
{
	double *m = row->m;

	row->passed = sc->passed && !sc->skipped;
	row->skipped = sc->skipped;
	row->stalled = sc->stalled;
	m[KT_M_SPREAD] = sc->spread;
	m[KT_M_GAP_MS] = (double)sc->gap_ms;
	m[KT_M_MIGRATIONS] = (double)sc->migrations;
	m[KT_M_MIGRATION_RATIO] = sc->migration_ratio;
	m[KT_M_IMBALANCE] = sc->imbalance;
	m[KT_M_DSQ_DEPTH] = sc->dsq_depth;
	m[KT_M_STALLS] = sc->stalled;
	m[KT_M_FALLBACK] = (double)sc->fallback;
	m[KT_M_KEEP_LAST] = (double)sc->keep_last;
	m[KT_M_P99_WAKE_US] = sc->p99_wake_us;
	m[KT_M_WAKE_CV] = sc->wake_cv;
	m[KT_M_MEAN_DELAY_US] = sc->mean_delay_us;
	m[KT_M_WORST_DELAY_US] = sc->worst_delay_us;
	m[KT_M_ITERATIONS] = (double)sc->iterations;
}

static void add(struct load *l, uint32_t file, const struct kt_sidecar *sc)
{
	struct kt_stats *s = l->stats;
	struct kt_row *row = &s->rows[file];

	fill_row(row, sc);
	row->file = file;
	l->good[file] = true;
	pthread_mutex_lock(&l->lock);
	row->scenario = kt_names_add(&s->names, sc->test);
	row->flags = kt_names_add(&s->names, sc->flags);
	row->topology = kt_names_add(&s->names, sc->topology);
	row->work_type = kt_names_add(&s->names, sc->work_type);
	row->scheduler = kt_names_add(&s->names, sc->scheduler);
	add_verified(l, sc);
	add_callbacks(l, sc, row);
	if (sc->has_kvm)
		kt_kvm_add(&s->kvm, sc->kvm, sc->nr_vcpus);
	add_steps(l, sc, row);
	pthread_mutex_unlock(&l->lock);
}

static void add_unreadable(struct load *l, uint32_t file, const char *why)
{
	struct kt_stats *s = l->stats;
	size_t cap = l->cap_unreadable;

	pthread_mutex_lock(&l->lock);
	s->unreadable = room(s->unreadable, s->nr_unreadable, &cap,
			     sizeof(*s->unreadable));
	l->cap_unreadable = (uint32_t)cap;
	s->unreadable[s->nr_unreadable++] =
		(struct kt_unreadable){ .file = file, .why = kt_xstrdup(why) };
	pthread_mutex_unlock(&l->lock);
}

static void work(void *arg)
{
	struct kt_sidecar_parser *parser = kt_sidecar_parser_new();
	struct kt_buf text = { 0 };
	struct load *l = arg;
	uint32_t i;

	while ((i = __atomic_fetch_add(&l->next, BATCH, __ATOMIC_RELAXED)) <
	       l->stats->nr_files) {
		for (uint32_t end = i + BATCH;
		     i < end && i < l->stats->nr_files; i++) {
			const char *path = kt_stats_path(l->stats, i);
			const struct kt_sidecar *sc;
			struct kt_error err = { 0 };
			enum kt_status st;

			text.len = 0;
			st = kt_file_read(l->fd, path, KT_SIDECAR_MAX_BYTES,
					  &text, &err);
			if (!st) {
				st = kt_sidecar_parse(parser, text.data,
						      text.len, &sc, &err);
				if (st)
					kt_error_within(&err, "\"%s\"", path);
			}
			if (st)
				add_unreadable(l, i, err.msg);
			else
				add(l, i, sc);
		}
	}
	kt_buf_release(&text);
	kt_sidecar_parser_free(parser);
}

static int by_file(const void *a, const void *b)
{
	const uint32_t x = ((const struct kt_callbacks *)a)->file,
		       y = ((const struct kt_callbacks *)b)->file;

	return x < y ? -1 : x > y;
}

static int unreadable_by_file(const void *a, const void *b)
{
	const struct kt_unreadable *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return strcmp(x->why, y->why);
}

static int cell_by_name(const void *a, const void *b, void *names)
{
	const struct kt_step_cell *x = a, *y = b;
	const struct kt_names *n = names;

	if (x->label != y->label)
		return n->rank[x->label] < n->rank[y->label] ? -1 : 1;
	return n->rank[x->scenario] < n->rank[y->scenario] ? -1 : 1;
}

/* Put in order what came in by chance. */
static void settle(struct kt_stats *s, const bool *good)
{
	for (uint32_t i = 0; i < s->nr_files; i++)
		if (good[i])
			s->rows[s->nr_rows++] = s->rows[i];
	kt_names_rank(&s->names);
	kt_names_rank(&s->programs);
	if (s->nr_runs)
		qsort(s->runs, s->nr_runs, sizeof(*s->runs), by_file);
	if (s->nr_unreadable)
		qsort(s->unreadable, s->nr_unreadable, sizeof(*s->unreadable),
		      unreadable_by_file);
	if (s->nr_cells)
		qsort_r(s->cells, s->nr_cells, sizeof(*s->cells), cell_by_name,
			&s->names);
}

enum kt_status kt_stats_read(const char *dir, struct kt_stats *out,
			     struct kt_error *err)
{
	struct kt_stats s KT_CLEANUP(
		kt_stats_release) = { .dir = kt_xstrdup(dir) };
	struct load l = { .stats = &s, .lock = PTHREAD_MUTEX_INITIALIZER };
	enum kt_status st;
	int fd KT_CLEANUP(kt_closep) =
		open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return kt_fail_errno(err, "cannot read directory \"%s\"", dir);
	st = kt_stats_find(fd, &s, err);
	if (st)
		return st;
	l.fd = fd;
	l.cap_unreadable = s.nr_unreadable;
	l.good = kt_xcalloc(s.nr_files + 1, sizeof(*l.good));
	s.rows = kt_xcalloc(s.nr_files + 1, sizeof(*s.rows));
	kt_workers_run(l.stats->nr_files / BATCH + 1, work, &l);
	settle(&s, l.good);
	free(l.good);
	free(l.cell_slots);
	*out = s;
	s = (struct kt_stats){ 0 };
	return KT_OK;
}

void kt_stats_release(struct kt_stats *stats)
{
	for (uint32_t i = 0; i < stats->nr_unreadable; i++)
		free(stats->unreadable[i].why);
	free(stats->dir);
	kt_names_release(&stats->names);
	kt_names_release(&stats->programs);
	kt_buf_release(&stats->paths);
	free(stats->path_at);
	free(stats->rows);
	free(stats->unreadable);
	free(stats->verified);
	free(stats->runs);
	free(stats->callbacks);
	free(stats->cells);
	*stats = (struct kt_stats){ 0 };
}

const char *kt_stats_path(const struct kt_stats *stats, uint32_t i)
{
	return stats->paths.data + stats->path_at[i];
}
