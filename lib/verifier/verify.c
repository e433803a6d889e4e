// SPDX-License-Identifier: GPL-2.0-only
/* verify - what is to be run, and telling what came of it */
#include "lib/verifier/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/verifier/verify-parts.h"
#include "lib/xalloc.h"

void kt_verify_note(struct kt_verify_state *s, const char *fmt, ...)
{
	char text[512], raw[512];
	va_list ap;

	if (!s->how->note)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	kt_printable(text, sizeof(text), raw);
	s->how->note(text, s->how->ctx);
}

static void end_locked(struct kt_verify_state *s, enum kt_status st,
		       const struct kt_error *err)
{
	if (s->ended)
		return;
	s->ended = true;
	s->status = st;
	if (st) {
		s->err = *err;
		s->err.status = st;
	}
}

void kt_verify_end(struct kt_verify_state *s, enum kt_status st,
		   const struct kt_error *err)
{
	pthread_mutex_lock(&s->lock);
	end_locked(s, st, err);
	pthread_mutex_unlock(&s->lock);
}

static enum kt_status make_profiles(struct kt_verify_state *s,
				    struct kt_profiles *out,
				    struct kt_error *err)
{
	const struct kt_verify *how = s->how;
	const uint64_t all = kt_profiles_count(&s->flags);
	enum kt_status st;

	if (how->list)
		st = kt_profiles_parse(&s->flags, how->list, out, err);
	else
		st = kt_profiles_all(&s->flags, out, err);
	if (st)
		return st;
	if (how->profiles && s->flags.nr)
		kt_verify_note(s, "%zu flags make %s%llu profiles", s->flags.nr,
			       all == KT_PROFILES_MAX_COUNT ? "at least " : "",
			       (unsigned long long)all);
	if (how->shards) {
		kt_profiles_shard(out, how->shard, how->shards);
		kt_verify_note(s, "part %llu of %llu: %zu profiles",
			       (unsigned long long)how->shard,
			       (unsigned long long)how->shards, out->nr);
	}
	return kt_profiles_limit(out, how->max_profiles, err);
}

static void make_item(struct kt_verify_state *s, size_t i, uint64_t profile)
{
	struct kt_verify_item *item = &s->item[i];
	char name[64];

	snprintf(name, sizeof(name), "profile-%zu.log", i + 1);
	item->profile = profile;
	item->name = kt_profile_name(&s->flags, profile);
	item->log_path = kt_path_join(s->how->run->logs, name);
	item->v.profile = item->name;
	item->v.label = s->how->profiles ? item->name : "verifier";
	item->v.log_path = item->log_path;
}

static void *work(void *arg)
{
	kt_verify_boots(arg);
	return NULL;
}

/* Fewer boots at once than were wanted are no error. */
static void start_threads(struct kt_verify_state *s)
{
	uint64_t wanted = s->how->jobs;

	if (wanted > KT_VERIFIER_MAX_JOBS)
		wanted = KT_VERIFIER_MAX_JOBS;
	if (wanted > s->nr)
		wanted = s->nr;
	while (s->nr_threads + 1 < wanted &&
	       !pthread_create(&s->thread[s->nr_threads], NULL, work, s))
		s->nr_threads++;
}

static enum kt_status make_items(struct kt_verify_state *s,
				 struct kt_error *err)
{
	struct kt_profiles profiles KT_CLEANUP(kt_profiles_release) = { 0 };
	enum kt_status st = make_profiles(s, &profiles, err);

	if (!st && !profiles.nr)
		st = kt_fail(err, KT_FAIL, "there is no profile to run");
	if (st)
		return st;
	pthread_mutex_lock(&s->lock);
	s->item = kt_xcalloc(profiles.nr, sizeof(*s->item));
	s->nr = profiles.nr;
	for (size_t i = 0; i < profiles.nr; i++)
		make_item(s, i, profiles.v[i]);
	s->asked = true;
	if (s->how->progress)
		s->how->progress(0, s->nr, s->how->ctx);
	start_threads(s);
	pthread_mutex_unlock(&s->lock);
	return KT_OK;
}

static void tell_unusable(struct kt_verify_state *s)
{
	for (size_t i = 0; i < s->flags.nr; i++)
		if (s->flags.flag[i].unknown)
			kt_verify_note(s,
				       "flag \"%s\" is in no profile: it "
				       "requires \"%s\", which is not there",
				       s->flags.flag[i].name,
				       s->flags.flag[i].unknown);
}

void kt_verify_answered(struct kt_verify_state *s, const char *text, size_t len)
{
	struct kt_error err = { 0 };
	enum kt_status st = KT_OK;

	if (text && kt_flags_is_list(text, len)) {
		st = kt_flags_parse(text, len, &s->flags, &err);
		if (!st && s->how->flags)
			s->how->flags(text, len, s->how->ctx);
	}
	if (!st && !s->flags.nr)
		kt_verify_note(s, "the scheduler lists no flags: its one "
				  "profile is \"default\"");
	tell_unusable(s);
	if (!st)
		st = make_items(s, &err);
	if (st)
		kt_verify_end(s, st, &err);
}

struct kt_verify_item *kt_verify_next(struct kt_verify_state *s)
{
	struct kt_verify_item *item = NULL;

	pthread_mutex_lock(&s->lock);
	if (!s->ended && s->nr_retry)
		item = s->retry[--s->nr_retry];
	else if (!s->ended && s->next < s->nr)
		item = &s->item[s->next++];
	pthread_mutex_unlock(&s->lock);
	return item;
}

bool kt_verify_is_over(struct kt_verify_state *s)
{
	bool over;

	pthread_mutex_lock(&s->lock);
	over = s->ended || (s->asked && s->next == s->nr && !s->nr_retry);
	pthread_mutex_unlock(&s->lock);
	return over;
}

static void release_verified(struct kt_verified *v)
{
	free(v->program);
	v->program = NULL;
	v->nr = 0;
	kt_buf_release(&v->log);
	kt_buf_release(&v->dump);
	kt_buf_release(&v->console);
}

/* Those whose turn it is. */
static void tell(struct kt_verify_state *s)
{
	while (s->told < s->nr && s->item[s->told].done && !s->ended) {
		struct kt_verify_item *item = &s->item[s->told++];
		struct kt_error err;
		enum kt_status st = s->how->result(&item->v, s->how->ctx, &err);

		release_verified(&item->v);
		if (st)
			end_locked(s, st, &err);
	}
}

void kt_verify_done(struct kt_verify_state *s, struct kt_verify_item *item)
{
	pthread_mutex_lock(&s->lock);
	item->done = true;
	s->nr_done++;
	if (s->how->progress)
		s->how->progress(s->nr_done, s->nr, s->how->ctx);
	tell(s);
	pthread_mutex_unlock(&s->lock);
}

void kt_verify_again(struct kt_verify_state *s, struct kt_verify_item *item)
{
	pthread_mutex_lock(&s->lock);
	s->retry[s->nr_retry++] = item;
	pthread_mutex_unlock(&s->lock);
}

static void release(struct kt_verify_state *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		release_verified(&s->item[i].v);
		free(s->item[i].name);
		free(s->item[i].log_path);
	}
	free(s->item);
	kt_flags_release(&s->flags);
	kt_bpf_kernel_free(s->kernel);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static enum kt_status open_kernel(struct kt_verify_state *s,
				  struct kt_error *err)
{
	const char *vmlinux;
	enum kt_status st =
		kt_record_str(s->how->kernel, "vmlinux", &vmlinux, err);

	return st ? st : kt_bpf_kernel_open(vmlinux, &s->kernel, err);
}

enum kt_status kt_verify(const struct kt_verify *how, struct kt_error *err)
{
	struct kt_verify_state *s = kt_xcalloc(1, sizeof(*s));
	enum kt_status st;

	s->how = how;
	pthread_mutex_init(&s->lock, NULL);
	st = open_kernel(s, err);
	if (!st && !how->profiles)
		st = make_items(s, err);
	if (!st) {
		kt_verify_boots(s);
		for (size_t i = 0; i < s->nr_threads; i++)
			pthread_join(s->thread[i], NULL);
		st = s->status;
	}
	if (s->status)
		*err = s->err;
	release(s);
	return st;
}
