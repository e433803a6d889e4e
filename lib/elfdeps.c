// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps - the shared libraries a program needs, found as its loader would */
#include "lib/elfdeps.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/buf.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/ldconfig.h"
#include "lib/xalloc.h"

struct strv {
	char **v; /* ends in NULL once there is one */
	size_t nr;
};

/* A file of the closure. */
struct object {
	struct kt_elfobj elf;
	char *path;    /* as it was found */
	char *origin;  /* its real directory */
	size_t loader; /* the object that asked for it; itself for the first */
};

struct kt_elfdeps {
	struct kt_elfdeps_places places;
	struct kt_buf cache;
	char **conf_dirs;
	struct kt_elfdep *found;
	size_t nr_found;
	bool sorted;
	struct strv dirs;
};

/* One program's closure while it grows. */
struct closure {
	struct kt_elfdeps *deps;
	struct object *objects;
	size_t nr;
	struct strv sonames, defaults;
};

static void strv_add(struct strv *list, const char *s)
{
	list->v = kt_xrealloc(list->v, (list->nr + 2) * sizeof(*list->v));
	list->v[list->nr++] = kt_xstrdup(s);
	list->v[list->nr] = NULL;
}

static bool strv_has(const struct strv *list, const char *s)
{
	for (size_t i = 0; i < list->nr; i++)
		if (!strcmp(list->v[i], s))
			return true;
	return false;
}

static void strv_release(struct strv *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct strv){ 0 };
}

static void object_release(struct object *obj)
{
	free(obj->path);
	free(obj->origin);
	kt_elfobj_release(&obj->elf);
}

/* The directory part of @path, "/" for a file in the root. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return kt_xstrdup(".");
	return kt_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static void add_found(struct kt_elfdeps *deps, const char *path,
		      const char *real)
{
	for (size_t i = 0; i < deps->nr_found; i++)
		if (!strcmp(deps->found[i].path, path))
			return;
	deps->found = kt_xrealloc(deps->found,
				  (deps->nr_found + 1) * sizeof(*deps->found));
	deps->found[deps->nr_found++] =
		(struct kt_elfdep){ .path = kt_xstrdup(path),
				    .real = kt_xstrdup(real) };
	deps->sorted = false;
}

/* Put @obj at the end of the closure; consumed. @found is absolute or not. */
static enum kt_status take_object(struct closure *c, struct object *obj,
				  const char *found, size_t loader,
				  struct kt_error *err)
{
	char *real = realpath(found, NULL);
	enum kt_status st = KT_OK;

	if (!real)
		st = kt_fail_errno(err, "cannot resolve \"%s\"", found);
	else if (c->nr >= KT_ELFDEPS_MAX_OBJECTS)
		st = kt_fail(err, KT_DATA, "more than %d libraries",
			     KT_ELFDEPS_MAX_OBJECTS);
	if (st) {
		free(real);
		object_release(obj);
		return st;
	}
	obj->path = kt_xstrdup(found);
	obj->origin = dir_of(real);
	obj->loader = loader;
	if (c->nr)
		add_found(c->deps, found, real);
	free(real);
	c->objects = kt_xrealloc(c->objects, (c->nr + 1) * sizeof(*obj));
	c->objects[c->nr++] = *obj;
	return KT_OK;
}

/* True if nothing in @dir but names: what it is in the guest, too. */
static bool is_normal(const char *dir)
{
	if (dir[0] != '/')
		return false;
	for (const char *p = dir; (p = strchr(p, '/')); p++) {
		const size_t len = strcspn(p + 1, "/");

		if ((!len && p[1]) || (len == 1 && p[1] == '.') ||
		    (len == 2 && p[1] == '.' && p[2] == '.'))
			return false;
	}
	return true;
}

/* What is looked for, and what came of it. */
struct search {
	struct closure *c;
	size_t asker;
	const char *soname;
	enum kt_status st;
	struct kt_error *err;
	bool found;
};

/*
 * Is it at @path? A file of another class or machine is not it. *s->st is set
 * if a fault ends the search.
 */
static bool try_path(struct search *s, const char *path)
{
	const struct object *asker = &s->c->objects[s->asker];
	struct object obj = { 0 };
	struct kt_error ignored;
	struct stat sb;

	if (stat(path, &sb) < 0 || !S_ISREG(sb.st_mode) ||
	    kt_elfobj_read(path, &obj.elf, &ignored))
		return false;
	if (obj.elf.class != asker->elf.class ||
	    obj.elf.machine != asker->elf.machine) {
		object_release(&obj);
		return false;
	}
	s->st = take_object(s->c, &obj, path, s->asker, s->err);
	s->found = true;
	return true;
}

/*
 * Is it in @dir? @reachable says that the guest's loader will look there too,
 * provided that the name means the same there.
 */
static bool try_dir(struct search *s, const char *dir, bool reachable)
{
	struct kt_elfdeps *deps = s->c->deps;
	char *real KT_CLEANUP(kt_freep) = NULL;
	char *path KT_CLEANUP(kt_freep) = NULL;

	if (!is_normal(dir)) {
		real = realpath(*dir ? dir : ".", NULL);
		if (!real)
			return false;
		dir = real;
		reachable = false;
	}
	path = kt_path_join(dir, s->soname);
	if (!try_path(s, path))
		return false;
	if (!s->st && !reachable && !strv_has(&s->c->defaults, dir) &&
	    !strv_has(&deps->dirs, dir))
		strv_add(&deps->dirs, dir);
	return true;
}

static const char *platform_of(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	case EM_386:
		return "i386";
	default:
		return "";
	}
}

/* What $LIB may stand for: it depends on how the distribution built libc. */
static size_t lib_names(const struct object *obj, char names[3][64])
{
	const char *platform = platform_of(obj->elf.machine);
	size_t nr = 0;

	if (*platform)
		snprintf(names[nr++], 64, "lib/%s-linux-gnu", platform);
	if (obj->elf.class == ELFCLASS64)
		snprintf(names[nr++], 64, "lib64");
	snprintf(names[nr++], 64, "lib");
	return nr;
}

/* The length of token @name at @p, as $name or ${name}; 0 if it is not there. */
static size_t token_len(const char *p, const char *name)
{
	const size_t len = strlen(name);

	if (p[0] != '$')
		return 0;
	if (p[1] == '{')
		return !strncmp(p + 2, name, len) && p[2 + len] == '}' ?
			       len + 3 :
			       0;
	return !strncmp(p + 1, name, len) ? len + 1 : 0;
}

/* @dir of @len bytes with its tokens expanded; *origin: $ORIGIN was one. */
static char *expand(const char *dir, size_t len, const struct object *obj,
		    const char *lib, bool *origin)
{
	const char *const end = dir + len;
	struct kt_buf out = { 0 };

	*origin = false;
	while (dir < end) {
		size_t n;

		if ((n = token_len(dir, "ORIGIN"))) {
			kt_buf_adds(&out, obj->origin);
			*origin = true;
		} else if ((n = token_len(dir, "LIB"))) {
			kt_buf_adds(&out, lib);
		} else if ((n = token_len(dir, "PLATFORM"))) {
			kt_buf_adds(&out, platform_of(obj->elf.machine));
		} else {
			kt_buf_addc(&out, *dir);
			n = 1;
		}
		dir += n;
	}
	while (out.len > 1 && out.data[out.len - 1] == '/')
		out.data[--out.len] = '\0';
	return kt_buf_take(&out);
}

/*
 * A colon-separated list of directories, as @owner has it. The program itself
 * lies elsewhere in the guest, so its $ORIGIN leads nowhere there.
 */
static bool try_list(struct search *s, const char *list, size_t owner,
		     bool reachable)
{
	const struct object obj = s->c->objects[owner];
	char libs[3][64];
	const size_t nr_libs = lib_names(&obj, libs);

	for (const char *p = list; p;
	     p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		const size_t len = strcspn(p, ":");
		const bool has_lib = memmem(p, len, "$LIB", 4) ||
				     memmem(p, len, "${LIB}", 6);

		for (size_t i = 0; i < (has_lib ? nr_libs : 1); i++) {
			bool origin;
			char *dir KT_CLEANUP(kt_freep) =
				expand(p, len, &obj, libs[i], &origin);

			if (try_dir(s, dir, reachable && (owner || !origin)))
				return true;
		}
	}
	return false;
}

/* DT_RPATH of the one that asks, of who loaded it, and so on. */
static bool try_rpaths(struct search *s)
{
	const struct closure *c = s->c;

	if (c->objects[s->asker].elf.runpath)
		return false;
	for (size_t i = s->asker;; i = c->objects[i].loader) {
		const struct object *obj = &c->objects[i];

		if (obj->elf.rpath && !obj->elf.runpath &&
		    try_list(s, obj->elf.rpath, i, true))
			return true;
		if (!i)
			return false;
	}
}

static bool try_cached(void *ctx, const char *path)
{
	struct search *s = ctx;
	char *dir KT_CLEANUP(kt_freep) = dir_of(path);

	return try_dir(s, dir, false);
}

static void search(struct search *s)
{
	static const char *const usual[] = {
		"/lib",	      "/usr/lib",	"/lib64",
		"/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
	};
	struct kt_elfdeps *deps = s->c->deps;
	const struct object *asker = &s->c->objects[s->asker];
	const char *runpath = asker->elf.runpath;

	if (strchr(s->soname, '/')) {
		if (s->soname[0] == '/')
			try_path(s, s->soname);
		return;
	}
	if (try_rpaths(s) ||
	    (deps->places.library_path &&
	     try_list(s, deps->places.library_path, s->asker, false)) ||
	    (runpath && try_list(s, runpath, s->asker, true)))
		return;
	if (deps->cache.data)
		kt_ldcache_each(deps->cache.data, deps->cache.len, s->soname,
				try_cached, s);
	for (size_t i = 0; !s->found && deps->conf_dirs[i]; i++)
		try_dir(s, deps->conf_dirs[i], false);
	for (size_t i = 0; !s->found && i < s->c->defaults.nr; i++)
		try_dir(s, s->c->defaults.v[i], true);
	for (size_t i = 0; !s->found && i < sizeof(usual) / sizeof(usual[0]);
	     i++)
		try_dir(s, usual[i], false);
}

static enum kt_status need(struct closure *c, size_t asker, const char *soname,
			   struct kt_error *err)
{
	struct search s = {
		.c = c, .asker = asker, .soname = soname, .err = err
	};

	if (strv_has(&c->sonames, soname))
		return KT_OK;
	strv_add(&c->sonames, soname);
	search(&s);
	if (s.found)
		return s.st;
	return kt_hint(
		err,
		kt_fail(err, KT_FAIL,
			"library \"%s\", which \"%s\" needs, is not here",
			soname, c->objects[asker].path),
		"install the package that has it, or name its directory "
		"in LD_LIBRARY_PATH");
}

/*
 * A loader's own default directories are where it lies, with and without
 * "/usr", and the two that all know.
 */
static void learn_defaults(struct closure *c, const char *interp)
{
	char *real = realpath(interp, NULL);
	char *dir KT_CLEANUP(kt_freep) = dir_of(real ? real : interp);
	char *twin KT_CLEANUP(kt_freep) = !strncmp(dir, "/usr/", 5) ?
						  kt_xstrdup(dir + 4) :
						  kt_xasprintf("/usr%s", dir);

	free(real);
	strv_add(&c->defaults, twin);
	strv_add(&c->defaults, dir);
	strv_add(&c->defaults, "/lib");
	strv_add(&c->defaults, "/usr/lib");
}

static enum kt_status need_interp(struct closure *c, struct kt_error *err)
{
	char *interp = c->objects[0].elf.interp;
	struct search s = { .c = c, .soname = interp, .err = err };

	if (!interp)
		return KT_OK;
	learn_defaults(c, interp);
	if (interp[0] == '/')
		try_path(&s, interp);
	if (s.found)
		return s.st;
	return kt_fail(err, KT_FAIL,
		       "loader \"%s\", which \"%s\" needs, is not here", interp,
		       c->objects[0].path);
}

static enum kt_status close_over(struct closure *c, struct kt_error *err)
{
	enum kt_status st = need_interp(c, err);

	/* Both arrays grow on the way, so nothing is kept by address. */
	for (size_t i = 0; !st && i < c->nr; i++)
		for (size_t k = 0; !st && k < c->objects[i].elf.nr_needed; k++)
			st = need(c, i, c->objects[i].elf.needed[k], err);
	return st;
}

enum kt_status kt_elfdeps_add(struct kt_elfdeps *deps, const char *path,
			      struct kt_error *err)
{
	struct closure c = { .deps = deps };
	struct object obj = { 0 };
	enum kt_status st = kt_elfobj_read(path, &obj.elf, err);

	if (st)
		return st;
	if (obj.elf.interp || obj.elf.dynamic) {
		st = take_object(&c, &obj, path, 0, err);
		if (!st)
			st = close_over(&c, err);
	} else {
		object_release(&obj);
	}
	for (size_t i = 0; i < c.nr; i++)
		object_release(&c.objects[i]);
	free(c.objects);
	strv_release(&c.sonames);
	strv_release(&c.defaults);
	return st;
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
	strv_release(&deps->dirs);
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

const char *const *kt_elfdeps_dirs(const struct kt_elfdeps *deps)
{
	static const char *const none[] = { NULL };

	return deps->dirs.v ? (const char *const *)deps->dirs.v : none;
}
