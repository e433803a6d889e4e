// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps-closure - a program, and all that has to be loaded with it */
#include "lib/elfdeps-closure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/elfdeps-search.h"
#include "lib/fd.h"
#include "lib/xalloc.h"

/* One program's closure while it grows. */
struct closure {
	struct kt_elfdeps *deps;
	struct kt_elfobject *objects;
	size_t nr;
	struct kt_strv here; /* names that were found */
	char **defaults;
	bool musl;
};

static void object_release(struct kt_elfobject *obj)
{
	free(obj->path);
	free(obj->origin);
	free(obj->guest);
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

/* The guest mounts over these (lib/guest/machine.c). */
static bool is_hidden(const char *path)
{
	static const char *const dirs[] = { "/dev", "/proc", "/sys" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		const size_t len = strlen(dirs[i]);

		if (!strncmp(path, dirs[i], len) &&
		    (path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}

static void add_found(struct kt_elfdeps *deps, const char *path,
		      const char *real)
{
	for (size_t i = 0; i < deps->nr_found; i++)
		if (!strcmp(deps->found[i].path, path) &&
		    !strcmp(deps->found[i].real, real))
			return;
	deps->found = kt_xrealloc(deps->found,
				  (deps->nr_found + 1) * sizeof(*deps->found));
	deps->found[deps->nr_found++] =
		(struct kt_elfdep){ .path = kt_xstrdup(path),
				    .real = kt_xstrdup(real),
				    .alone = is_hidden(real) };
	deps->sorted = false;
}

/*
 * Put @obj at the end of the closure; consumed. @found is absolute or not, and
 * is to be @place in the guest.
 */
static enum kt_status take_object(struct closure *c, struct kt_elfobject *obj,
				  const char *found, const char *place,
				  size_t loader, struct kt_error *err)
{
	char *real = realpath(found, NULL);
	enum kt_status st = KT_OK;

	if (!real)
		st = kt_fail_errno(err, "cannot resolve \"%s\"", found);
	else if (c->nr >= KT_ELFDEPS_MAX_OBJECTS)
		st = kt_fail(err, KT_DATA, "more than %d libraries",
			     KT_ELFDEPS_MAX_OBJECTS);
	else if (c->nr && is_hidden(place))
		st = kt_hint(err,
			     kt_fail(err, KT_FAIL,
				     "\"%s\", which \"%s\" needs, is where the "
				     "guest has files of its own",
				     place, c->objects[loader].path),
			     "move it out of /dev, /proc and /sys");
	if (st) {
		free(real);
		object_release(obj);
		return st;
	}
	/* The kernel tells where a program really is, a loader where it looked. */
	obj->path = kt_xstrdup(found);
	obj->origin = dir_of(c->nr ? found : real);
	obj->guest = dir_of(place);
	obj->loader = loader;
	if (c->nr)
		add_found(c->deps, place, real);
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
	struct kt_elfuse use;
	enum kt_status st;
	struct kt_error *err;
};

/* Is it at @path? A file of another class or machine is not it. */
static bool is_at(const struct search *s, const char *path,
		  struct kt_elfobject *obj)
{
	const struct kt_elfobject *asker = &s->c->objects[s->asker];
	struct kt_error ignored;
	struct stat sb;

	if (stat(path, &sb) < 0 || !S_ISREG(sb.st_mode) ||
	    kt_elfobj_read(path, &obj->elf, &ignored))
		return false;
	if (obj->elf.class == asker->elf.class &&
	    obj->elf.machine == asker->elf.machine)
		return true;
	object_release(obj);
	return false;
}

/* Is it at absolute @path? s->st is set if a fault ends the search. */
static bool try_path(struct search *s, const char *path)
{
	struct kt_elfobject obj = { 0 };

	if (!is_at(s, path, &obj))
		return false;
	s->st = take_object(s->c, &obj, path, path, s->asker, s->err);
	return true;
}

static bool is_default(const struct closure *c, const char *dir)
{
	char *const *d = c->defaults;

	while (d && *d)
		if (!strcmp(*d++, dir))
			return true;
	return false;
}

/* The guest is to look into @dir, too. */
static enum kt_status tell_dir(const struct closure *c, const char *dir,
			       struct kt_error *err)
{
	struct kt_strv *dirs = &c->deps->dirs;

	if (strpbrk(dir, ":;\n"))
		return kt_fail(err, KT_FAIL,
			       "LD_LIBRARY_PATH cannot name \"%s\", which has "
			       "libraries that \"%s\" needs",
			       dir, c->objects[0].path);
	if (!kt_strv_has(dirs, dir))
		kt_strv_add(dirs, dir);
	return KT_OK;
}

/* What was found is the last object. */
static void add_use(struct search *s, bool listens)
{
	const struct closure *c = s->c;
	const struct kt_elfobject *obj = &c->objects[c->nr - 1];
	struct kt_elfuse *use = &s->use;

	use->listens = listens;
	use->program = kt_xstrdup(c->objects[0].path);
	use->real = realpath(obj->path, NULL);
	use->class = obj->elf.class;
	use->machine = obj->elf.machine;
	if (use->real)
		kt_elfuses_take(&c->deps->uses, use);
}

/* @obj, which is consumed, is in @dir, which without dots is @here. */
static enum kt_status take_from(struct search *s, struct kt_elfobject *obj,
				const struct kt_elfdir *dir, const char *here)
{
	const bool by_itself = dir->guest && !is_hidden(dir->guest);
	const bool told = !by_itself && !is_default(s->c, here);
	char *moved KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%s%s", is_hidden(here) ? KT_ELFDEPS_MOVED : "", here);
	const char *there = by_itself ? dir->guest : moved;
	char *path KT_CLEANUP(kt_freep) = kt_path_join(here, s->soname);
	char *place KT_CLEANUP(kt_freep) = kt_path_join(there, s->soname);
	enum kt_status st =
		take_object(s->c, obj, path, place, s->asker, s->err);

	if (!st && told)
		st = tell_dir(s->c, there, s->err);
	if (st)
		return st;
	/* The guest has no cache that knows it, and looks through all. */
	for (char *const *d = s->c->defaults;
	     !by_itself && !told && strcmp(*d, here); d++)
		kt_elfuse_try(&s->use, *d);
	add_use(s, !by_itself || !dir->first);
	return KT_OK;
}

static bool try_dir(void *ctx, const struct kt_elfdir *dir)
{
	struct search *s = ctx;
	struct kt_elfobject obj = { 0 };
	const char *here = dir->here;
	char *real KT_CLEANUP(kt_freep) = NULL;
	char *path KT_CLEANUP(kt_freep) = NULL;

	if (!is_normal(here)) {
		real = realpath(*here ? here : ".", NULL);
		here = real;
	}
	if (here)
		path = kt_path_join(here, s->soname);
	if (path && is_at(s, path, &obj)) {
		s->st = take_from(s, &obj, dir, here);
		return true;
	}
	if (dir->guest) {
		kt_elfuse_try(&s->use, dir->guest);
		s->use.nr_first += dir->first;
	}
	return false;
}

/*
 * glibc takes what is loaded for a name if it says that this is its own
 * (_dl_map_object() in elf/dl-load.c); musl does not.
 */
static bool is_loaded(const struct closure *c, const char *name)
{
	if (c->musl && kt_elf_is_in_musl(name))
		return true;
	for (size_t i = 0; !c->musl && i < c->nr; i++)
		if (c->objects[i].elf.soname &&
		    !strcmp(c->objects[i].elf.soname, name))
			return true;
	return kt_strv_has(&c->here, name);
}

/* Look for it. *found is whether it is there. */
static enum kt_status look(struct closure *c, size_t asker, const char *soname,
			   bool *found, struct kt_error *err)
{
	struct kt_elfdeps *deps = c->deps;
	const struct kt_elfsearch how = {
		.objects = c->objects,
		.library_path = deps->places.library_path,
		.cache = deps->cache.data,
		.cache_len = deps->cache.len,
		.conf_dirs = deps->conf_dirs,
		.defaults = c->defaults,
		.musl = c->musl,
	};
	struct search s = {
		.c = c, .asker = asker, .soname = soname, .err = err
	};

	*found = true;
	if (is_loaded(c, soname))
		return KT_OK;
	s.use.name = kt_xstrdup(soname);
	if (strchr(soname, '/'))
		*found = soname[0] == '/' && try_path(&s, soname);
	else
		*found = kt_elfsearch_dirs(&how, asker, soname, try_dir, &s);
	kt_elfuse_release(&s.use);
	if (*found)
		kt_strv_add(&c->here, soname);
	return s.st;
}

static enum kt_status not_here(const struct closure *c, size_t asker,
			       const char *soname, const char *verb,
			       struct kt_error *err)
{
	const char *hint = "install the package that has it, or name its "
			   "directory in LD_LIBRARY_PATH";

	/* A name with a slash is looked for nowhere else. */
	if (soname[0] == '/')
		hint = "install the package that has it, or link without that "
		       "path";
	else if (strchr(soname, '/'))
		hint = "link without that path: the guest's current directory "
		       "is another";
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "library \"%s\", which \"%s\" %s, is not here",
			       soname, c->objects[asker].path, verb),
		       "%s", hint);
}

static enum kt_status need(struct closure *c, size_t asker, const char *soname,
			   struct kt_error *err)
{
	bool found;
	const enum kt_status st = look(c, asker, soname, &found, err);

	return st || found ? st : not_here(c, asker, soname, "needs", err);
}

/* The first of the names of note @k that is there, if one is. */
static enum kt_status open_one(struct closure *c, size_t asker, size_t k,
			       bool *found, struct kt_error *err)
{
	/* The object itself may move while it is looked for, this does not. */
	char **name = c->objects[asker].elf.dlopens.v[k].sonames;
	enum kt_status st = KT_OK;

	*found = false;
	for (; !st && !*found && *name; name++)
		st = look(c, asker, *name, found, err);
	return st;
}

static enum kt_status cannot_open(const struct closure *c, size_t asker,
				  const struct kt_dlopen *what,
				  struct kt_error *err)
{
	if (what->required)
		return not_here(c, asker, what->sonames[0], "opens", err);
	char *line KT_CLEANUP(kt_freep) =
		kt_xasprintf("library \"%s\", which \"%s\" would open, is not "
			     "here",
			     what->sonames[0], c->objects[asker].path);
	if (!kt_strv_has(&c->deps->missing, line))
		kt_strv_add(&c->deps->missing, line);
	return KT_OK;
}

/* Where musl's loader has its directories, the guest's is to have them. */
static void add_musl_path(struct closure *c, const char *interp)
{
	char *file KT_CLEANUP(kt_freep) = kt_elf_musl_path_file(interp);
	char *real KT_CLEANUP(kt_freep) = realpath(file, NULL);

	if (real && is_normal(file))
		add_found(c->deps, file, real);
}

static enum kt_status need_interp(struct closure *c, struct kt_error *err)
{
	const struct kt_elfobj *elf = &c->objects[0].elf;
	char *interp = elf->interp;
	struct search s = { .c = c, .soname = interp, .err = err };

	c->defaults = kt_elf_defaults(interp, elf->machine);
	if (!interp)
		return KT_OK;
	c->musl = kt_elf_is_musl(interp);
	if (c->musl)
		add_musl_path(c, interp);
	if (interp[0] == '/' && try_path(&s, interp))
		return s.st;
	return kt_fail(err, KT_FAIL,
		       "loader \"%s\", which \"%s\" needs, is not here", interp,
		       c->objects[0].path);
}

/* What objects need from [@i] on; those that are found are at the end. */
static enum kt_status need_all(struct closure *c, size_t i,
			       struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (; i < c->nr; i++)
		for (size_t k = 0; !st && k < c->objects[i].elf.nr_needed; k++)
			st = need(c, i, c->objects[i].elf.needed[k], err);
	return st;
}

/* What notes ask for; @last: what is not found will not be. */
static enum kt_status open_all(struct closure *c, bool last,
			       struct kt_error *err)
{
	enum kt_status st = KT_OK;

	/* Both arrays grow on the way, so nothing is kept by address. */
	for (size_t i = 0; i < c->nr; i++)
		for (size_t k = 0; !st && k < c->objects[i].elf.dlopens.nr;
		     k++) {
			const size_t nr = c->nr;
			bool found;

			st = open_one(c, i, k, &found, err);
			if (!st && found)
				st = need_all(c, nr, err);
			else if (!st && last)
				st = cannot_open(
					c, i, &c->objects[i].elf.dlopens.v[k],
					err);
		}
	return st;
}

/*
 * What is loaded is found wherever it came from: what is needed is there before
 * anything is opened, and what one object opens may be there for another.
 */
static enum kt_status close_over(struct closure *c, struct kt_error *err)
{
	enum kt_status st = need_interp(c, err);

	if (!st)
		st = need_all(c, 0, err);
	if (!st)
		st = open_all(c, false, err);
	return st ? st : open_all(c, true, err);
}

enum kt_status kt_elfdeps_close(struct kt_elfdeps *deps,
				struct kt_elfobj *program, const char *path,
				const char *guest, struct kt_error *err)
{
	struct closure c = { .deps = deps };
	struct kt_elfobject obj = { .elf = *program };
	enum kt_status st = take_object(&c, &obj, path, guest, 0, err);

	if (!st)
		st = close_over(&c, err);
	for (size_t i = 0; i < c.nr; i++)
		object_release(&c.objects[i]);
	free(c.objects);
	kt_strv_release(&c.here);
	for (char **dir = c.defaults; dir && *dir; dir++)
		free(*dir);
	free(c.defaults);
	return st;
}
