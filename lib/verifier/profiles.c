// SPDX-License-Identifier: GPL-2.0-only
/* profiles - the sets of flags that a scheduler can be run with */
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/flags.h"
#include "lib/xalloc.h"

/*
 * Walks the profiles in ascending order, and meets none but these: from the
 * highest flag down each is first left out, unless one that is in requires it,
 * then taken in with all it requires, unless that is out.
 */
struct walk {
	const struct kt_flags *f;
	struct kt_profiles *out; /* NULL: only count */
	uint64_t max, nr;
};

static bool can_have(const struct kt_flags *f, size_t i, uint64_t out)
{
	return !f->flag[i].unknown && !(f->flag[i].needs & out);
}

static void visit(struct walk *w, size_t left, uint64_t in, uint64_t out)
{
	if (w->nr >= w->max)
		return;
	if (!left) {
		if (w->out)
			w->out->v[w->nr] = in;
		w->nr++;
		return;
	}
	left--;
	if (!(in >> left & 1))
		visit(w, left, in, out | UINT64_C(1) << left);
	if (can_have(w->f, left, out))
		visit(w, left, in | w->f->flag[left].needs, out);
}

uint64_t kt_profiles_count(const struct kt_flags *f)
{
	struct walk w = { .f = f, .max = KT_PROFILES_MAX_COUNT };

	visit(&w, f->nr, 0, 0);
	return w.nr;
}

enum kt_status kt_profiles_all(const struct kt_flags *f,
			       struct kt_profiles *out, struct kt_error *err)
{
	const uint64_t nr = kt_profiles_count(f);
	struct kt_profiles made = { 0 };
	struct walk w = { .f = f, .out = &made, .max = nr };

	if (nr == KT_PROFILES_MAX_COUNT)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "%zu flags make at least %llu profiles, "
				       "which are too many",
				       f->nr, (unsigned long long)nr),
			       "name some with --profiles");
	made.v = kt_xcalloc(nr, sizeof(*made.v));
	visit(&w, f->nr, 0, 0);
	made.nr = nr;
	*out = made;
	return KT_OK;
}

void kt_profiles_release(struct kt_profiles *p)
{
	free(p->v);
	*p = (struct kt_profiles){ 0 };
}

static enum kt_status unknown_flag(const struct kt_flags *f, const char *name,
				   struct kt_error *err)
{
	struct kt_buf list KT_CLEANUP(kt_buf_release) = { 0 };

	for (size_t i = 0; i < f->nr; i++)
		kt_buf_addf(&list, "%s%s", i ? ", " : "", f->flag[i].name);
	if (!f->nr)
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "no profile \"%s\": the scheduler lists "
				       "no flags",
				       name),
			       "its only profile is \"default\"");
	return kt_hint(err,
		       kt_fail(err, KT_USAGE,
			       "the scheduler has no flag \"%s\"", name),
		       "its flags are %s", list.data);
}

static enum kt_status add_flag(const struct kt_flags *f, const char *name,
			       uint64_t *mask, struct kt_error *err)
{
	size_t i = 0;

	while (i < f->nr && strcmp(f->flag[i].name, name) != 0)
		i++;
	if (i == f->nr)
		return unknown_flag(f, name, err);
	if (f->flag[i].unknown)
		return kt_fail(err, KT_USAGE,
			       "flag \"%s\" cannot be had: \"%s\", which is "
			       "required, is no flag",
			       name, f->flag[i].unknown);
	if (*mask >> i & 1)
		return kt_fail(err, KT_USAGE,
			       "flag \"%s\" stands twice in a profile", name);
	*mask |= UINT64_C(1) << i;
	return KT_OK;
}

static enum kt_status check_needs(const struct kt_flags *f, uint64_t mask,
				  struct kt_error *err)
{
	for (size_t i = 0; i < f->nr; i++) {
		const uint64_t lacks = f->flag[i].needs & ~mask;

		if (mask >> i & 1 && lacks)
			return kt_fail(
				err, KT_USAGE,
				"flag \"%s\" requires \"%s\" in a profile",
				f->flag[i].name,
				f->flag[__builtin_ctzll(lacks)].name);
	}
	return KT_OK;
}

static enum kt_status parse_one(const struct kt_flags *f, const char *text,
				size_t len, uint64_t *out, struct kt_error *err)
{
	char *copy KT_CLEANUP(kt_freep) = kt_xstrndup(text, len);
	char *rest = copy, *name;
	uint64_t mask = 0;
	enum kt_status st = KT_OK;

	if (!len)
		return kt_fail(err, KT_USAGE,
			       "--profiles: an empty name of a profile");
	if (strcmp(copy, "default") != 0)
		while (!st && (name = strsep(&rest, "+")))
			st = add_flag(f, name, &mask, err);
	if (!st)
		st = check_needs(f, mask, err);
	if (!st)
		*out = mask;
	return st;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

enum kt_status kt_profiles_parse(const struct kt_flags *f, const char *list,
				 struct kt_profiles *out, struct kt_error *err)
{
	struct kt_profiles made = {
		.v = kt_xcalloc(strlen(list) + 1, sizeof(uint64_t)),
	};
	enum kt_status st;
	size_t nr = 0;

	for (const char *p = list;; p++) {
		const size_t len = strcspn(p, ",");

		st = parse_one(f, p, len, &made.v[nr++], err);
		p += len;
		if (st || !*p)
			break;
	}
	if (st) {
		kt_profiles_release(&made);
		return st;
	}
	qsort(made.v, nr, sizeof(*made.v), ascending);
	for (size_t i = 0; i < nr; i++)
		if (!i || made.v[i] != made.v[i - 1])
			made.v[made.nr++] = made.v[i];
	*out = made;
	return KT_OK;
}

void kt_profiles_shard(struct kt_profiles *p, uint64_t k, uint64_t n)
{
	size_t nr = 0;

	for (uint64_t i = k - 1; i < p->nr; i += n)
		p->v[nr++] = p->v[i];
	p->nr = nr;
}

enum kt_status kt_profiles_limit(const struct kt_profiles *p, uint64_t max,
				 struct kt_error *err)
{
	if (p->nr <= max)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "%zu profiles are to be run, and at most %llu "
			       "are wanted",
			       p->nr, (unsigned long long)max),
		       "name fewer with --profiles, share them with --shard, "
		       "or allow more with --max-profiles");
}

char *kt_profile_name(const struct kt_flags *f, uint64_t profile)
{
	struct kt_buf name = { 0 };

	for (size_t i = 0; i < f->nr; i++)
		if (profile >> i & 1)
			kt_buf_addf(&name, "%s%s", name.len ? "+" : "",
				    f->flag[i].name);
	return name.len ? kt_buf_take(&name) : kt_xstrdup("default");
}

const char **kt_profile_argv(const struct kt_flags *f, uint64_t profile,
			     const char *program, const char *const *args)
{
	const char **argv;
	size_t nr = 2;

	for (const char *const *arg = args; arg && *arg; arg++)
		nr++;
	for (size_t i = 0; i < f->nr; i++)
		for (char **arg = f->flag[i].args; *arg; arg++)
			nr++;
	argv = kt_xcalloc(nr, sizeof(*argv));
	nr = 0;
	argv[nr++] = program;
	for (; args && *args; args++)
		argv[nr++] = *args;
	for (size_t i = 0; i < f->nr; i++)
		for (char **arg = f->flag[i].args; profile >> i & 1 && *arg;
		     arg++)
			argv[nr++] = *arg;
	return argv;
}
