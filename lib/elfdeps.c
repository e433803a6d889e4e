// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps - the shared libraries a program needs, found as its loader would */
#include "lib/elfdeps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elfdeps-closure.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/ldconfig.h"
#include "lib/xalloc.h"

void kt_strv_add(struct kt_strv *list, const char *s)
{
	list->v = kt_xrealloc(list->v, (list->nr + 2) * sizeof(*list->v));
	list->v[list->nr++] = kt_xstrdup(s);
	list->v[list->nr] = NULL;
}

bool kt_strv_has(const struct kt_strv *list, const char *s)
{
	for (size_t i = 0; i < list->nr; i++)
		if (!strcmp(list->v[i], s))
			return true;
	return false;
}

void kt_strv_release(struct kt_strv *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct kt_strv){ 0 };
}

enum kt_status kt_elfdeps_add(struct kt_elfdeps *deps, const char *path,
			      const char *guest, struct kt_error *err)
{
	struct kt_elfobj elf = { 0 };
	enum kt_status st = kt_elfobj_read(path, &elf, err);

	if (st)
		return st;
	if (elf.interp || elf.dynamic)
		return kt_elfdeps_close(deps, &elf, path, guest, err);
	kt_elfobj_release(&elf);
	return KT_OK;
}

enum kt_status kt_elfdeps_add_all(struct kt_elfdeps *deps,
				  const struct kt_includes *list,
				  struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < list->nr; i++) {
		char *guest KT_CLEANUP(kt_freep) =
			kt_xasprintf("/%s", list->v[i].guest);

		st = kt_elfdeps_add(deps, list->v[i].host, guest, err);
	}
	return st;
}

struct kt_elfdeps_places kt_elfdeps_here(const char *library_path)
{
	return (struct kt_elfdeps_places){
		.library_path = library_path,
		.cache = "/etc/ld.so.cache",
		.conf = "/etc/ld.so.conf",
	};
}

struct kt_elfdeps *kt_elfdeps_new(const struct kt_elfdeps_places *places)
{
	struct kt_elfdeps *deps = kt_xcalloc(1, sizeof(*deps));
	struct kt_error ignored;

	deps->places = *places;
	/* Without a cache, or a sound one, there is nothing to find in it. */
	if (places->cache &&
	    kt_file_read(AT_FDCWD, places->cache, KT_ELFDEPS_MAX_CACHE,
			 &deps->cache, &ignored))
		kt_buf_release(&deps->cache);
	deps->conf_dirs = places->conf ? kt_ldconf_dirs(places->conf,
							KT_ELFDEPS_MAX_DEPTH,
							KT_ELFDEPS_MAX_CONF) :
					 kt_xcalloc(1, sizeof(char *));
	return deps;
}

void kt_elfdeps_freep(struct kt_elfdeps **deps_p)
{
	struct kt_elfdeps *deps = *deps_p;

	if (!deps)
		return;
	for (size_t i = 0; i < deps->nr_found; i++) {
		free(deps->found[i].path);
		free(deps->found[i].real);
	}
	free(deps->found);
	for (size_t i = 0; deps->conf_dirs[i]; i++)
		free(deps->conf_dirs[i]);
	free(deps->conf_dirs);
	kt_buf_release(&deps->cache);
	kt_strv_release(&deps->dirs);
	kt_strv_release(&deps->missing);
	kt_elfuses_release(&deps->uses);
	free(deps);
	*deps_p = NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct kt_elfdep *x = a, *y = b;

	return strcmp(x->path, y->path);
}

size_t kt_elfdeps_count(struct kt_elfdeps *deps)
{
	if (!deps->sorted && deps->nr_found)
		qsort(deps->found, deps->nr_found, sizeof(*deps->found),
		      by_path);
	deps->sorted = true;
	return deps->nr_found;
}

const struct kt_elfdep *kt_elfdeps_get(struct kt_elfdeps *deps, size_t i)
{
	return i < kt_elfdeps_count(deps) ? &deps->found[i] : NULL;
}

static const char *const *borrow(const struct kt_strv *list)
{
	static const char *const none[] = { NULL };

	return list->v ? (const char *const *)list->v : none;
}

const char *const *kt_elfdeps_dirs(const struct kt_elfdeps *deps)
{
	return borrow(&deps->dirs);
}

const char *const *kt_elfdeps_missing(const struct kt_elfdeps *deps)
{
	return borrow(&deps->missing);
}

enum kt_status kt_elfdeps_check(const struct kt_elfdeps *deps,
				kt_elfdeps_at_fn *at, void *ctx,
				struct kt_error *err)
{
	return kt_elfuses_check(&deps->uses, kt_elfdeps_dirs(deps), at, ctx,
				err);
}
