// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps-uses - does a program get the same library in the guest? */
#include "lib/elfdeps-uses.h"

#include <stdlib.h>

#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/xalloc.h"

void kt_elfuse_try(struct kt_elfuse *use, const char *dir)
{
	use->tries = kt_xrealloc(use->tries,
				 (use->nr_tries + 1) * sizeof(*use->tries));
	use->tries[use->nr_tries++] = kt_path_join(dir, use->name);
}

void kt_elfuses_take(struct kt_elfuses *uses, struct kt_elfuse *use)
{
	if (!(uses->nr & (uses->nr - 1)))
		uses->v = kt_xrealloc(uses->v, (uses->nr ? uses->nr * 2 : 1) *
						       sizeof(*uses->v));
	uses->v[uses->nr++] = *use;
	*use = (struct kt_elfuse){ 0 };
}

void kt_elfuse_release(struct kt_elfuse *use)
{
	for (size_t i = 0; i < use->nr_tries; i++)
		free(use->tries[i]);
	free(use->tries);
	free(use->program);
	free(use->name);
	free(use->real);
	*use = (struct kt_elfuse){ 0 };
}

void kt_elfuses_release(struct kt_elfuses *uses)
{
	for (size_t i = 0; i < uses->nr; i++)
		kt_elfuse_release(&uses->v[i]);
	free(uses->v);
	*uses = (struct kt_elfuses){ 0 };
}

/* Would the loader take the file @path, or pass over it? */
static bool takes(const struct kt_elfuse *use, const char *path)
{
	struct kt_elfobj elf KT_CLEANUP(kt_elfobj_release) = { 0 };
	struct kt_error ignored;

	return kt_path_same(path, use->real) ||
	       (!kt_elfobj_read(path, &elf, &ignored) &&
		elf.class == use->class && elf.machine == use->machine);
}

/* One search of a loader in the guest. */
struct search {
	const struct kt_elfuse *use;
	kt_elfdeps_at_fn *at;
	void *ctx;
};

/* The file of this machine that ends it at @path, or NULL. */
static const char *try(const struct search *s, const char *path)
{
	const char *file = s->at(s->ctx, path);

	return file && takes(s->use, file) ? file : NULL;
}

/* What the loader finds before the right one is due, or NULL. */
static const char *find(const struct search *s, const char *const *dirs)
{
	const struct kt_elfuse *use = s->use;
	const char *file = NULL;
	size_t i = 0;

	while (!file && i < use->nr_first)
		file = try(s, use->tries[i++]);
	for (; !file && use->listens && *dirs; dirs++) {
		char *path KT_CLEANUP(kt_freep) =
			kt_path_join(*dirs, use->name);

		file = try(s, path);
	}
	while (!file && i < use->nr_tries)
		file = try(s, use->tries[i++]);
	return file;
}

enum kt_status kt_elfuses_check(const struct kt_elfuses *uses,
				const char *const *dirs, kt_elfdeps_at_fn *at,
				void *ctx, struct kt_error *err)
{
	for (size_t i = 0; i < uses->nr; i++) {
		const struct kt_elfuse *use = &uses->v[i];
		const struct search s = { .use = use, .at = at, .ctx = ctx };
		const char *file = find(&s, dirs);

		if (file && !kt_path_same(file, use->real))
			return kt_hint(
				err,
				kt_fail(err, KT_FAIL,
					"\"%s\" loads \"%s\" here, and would "
					"load \"%s\" in the guest",
					use->program, use->real, file),
				"pack them for a guest each, or include the "
				"directories that hold programs and libraries");
	}
	return KT_OK;
}
