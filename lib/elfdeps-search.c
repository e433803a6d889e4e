// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps-search - where a loader looks for a library, in its order */
#include "lib/elfdeps-search.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/ldconfig.h"
#include "lib/xalloc.h"

#define MUSL_PREFIX "ld-musl-"

/* One search while it goes on. */
struct walk {
	const struct kt_elfsearch *s;
	size_t asker;
	kt_elfdir_fn *fn;
	void *ctx;
};

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
static size_t lib_names(const struct kt_elfobject *obj, char names[3][64])
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

/* @dir of @len bytes with its tokens expanded. */
static char *expand(const char *dir, size_t len, const struct kt_elfobject *obj,
		    const char *origin, const char *lib)
{
	const char *const end = dir + len;
	struct kt_buf out = { 0 };

	while (dir < end) {
		size_t n;

		if ((n = token_len(dir, "ORIGIN"))) {
			kt_buf_adds(&out, origin);
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
 * Absolute path @dir without "." and "..", as the guest will have it, or NULL:
 * what ".." takes back has to be there, and is only within the first @sure
 * bytes. The caller owns it.
 */
static char *resolve(const char *dir, size_t sure)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };

	if (dir[0] != '/')
		return NULL;
	while (*dir) {
		const size_t len = strcspn(dir, "/");

		if (len == 2 && !strncmp(dir, "..", 2)) {
			if (out.len > sure)
				return NULL;
			while (out.len && out.data[--out.len] != '/')
				;
			sure = out.len;
		} else if (len && (len > 1 || *dir != '.')) {
			kt_buf_addc(&out, '/');
			kt_buf_add(&out, dir, len);
		}
		dir += len + (dir[len] == '/');
	}
	if (!out.len)
		kt_buf_addc(&out, '/');
	out.data[out.len] = '\0';
	return kt_buf_take(&out);
}

/* A list of directories, as object @owner has it. */
struct list {
	const char *dirs, *separators;
	size_t owner;
	bool reachable; /* the guest's loader has it, too, */
	bool first;	/* and reads it before LD_LIBRARY_PATH */
};

static bool walk_dir(const struct walk *w, const struct list *list,
		     const char *dir, size_t len, const char *lib)
{
	const struct kt_elfobject *obj = &w->s->objects[list->owner];
	const size_t sure = token_len(dir, "ORIGIN") ? strlen(obj->guest) : 0;
	char *here KT_CLEANUP(kt_freep) =
		expand(dir, len, obj, obj->origin, lib);
	char *there KT_CLEANUP(kt_freep) =
		expand(dir, len, obj, obj->guest, lib);
	char *guest KT_CLEANUP(kt_freep) =
		list->reachable ? resolve(there, sure) : NULL;
	const struct kt_elfdir found = { .here = here,
					 .guest = guest,
					 .first = list->first };

	return w->fn(w->ctx, &found);
}

static bool walk_list(const struct walk *w, const struct list *list)
{
	char libs[3][64];
	const size_t nr_libs = lib_names(&w->s->objects[list->owner], libs);

	for (const char *p = list->dirs;; p++) {
		const size_t len = strcspn(p, list->separators);
		const bool has_lib = memmem(p, len, "$LIB", 4) ||
				     memmem(p, len, "${LIB}", 6);
		/* To glibc no directory is the current one, but no list none. */
		const bool none = !len && (w->s->musl || !*list->dirs);

		for (size_t i = none; i < (has_lib ? nr_libs : 1); i++)
			if (walk_dir(w, list, p, len, libs[i]))
				return true;
		p += len;
		if (!*p)
			return false;
	}
}

/* DT_RPATH of the one that asks, of who loaded it, and so on. */
static bool walk_rpaths(const struct walk *w)
{
	const struct kt_elfobject *objects = w->s->objects;

	if (objects[w->asker].elf.runpath)
		return false;
	for (size_t i = w->asker;; i = objects[i].loader) {
		const struct kt_elfobj *elf = &objects[i].elf;
		const struct list list = { elf->rpath, ":", i, true, true };

		if (elf->rpath && !elf->runpath && walk_list(w, &list))
			return true;
		if (!i)
			return false;
	}
}

static bool walk_library_path(const struct walk *w, const char *separators)
{
	const struct list list = { w->s->library_path, separators, 0, false,
				   false };

	return list.dirs && walk_list(w, &list);
}

/* A directory whose name is the same there; @reachable: without being told. */
static bool walk_one(const struct walk *w, const char *dir, bool reachable)
{
	const struct kt_elfdir found = { .here = dir,
					 .guest = reachable ? dir : NULL };

	return w->fn(w->ctx, &found);
}

static bool in_cache(void *ctx, const char *path)
{
	const struct walk *w = ctx;
	char *dir KT_CLEANUP(kt_freep) =
		kt_xstrndup(path, (size_t)(kt_path_base(path) - path));

	while (dir[0] && dir[1] && dir[strlen(dir) - 1] == '/')
		dir[strlen(dir) - 1] = '\0';
	return walk_one(w, dir, false);
}

static bool walk_defaults(const struct walk *w)
{
	char *const *dir = w->s->defaults;

	while (dir && *dir)
		if (walk_one(w, *dir++, true))
			return true;
	return false;
}

static bool walk_glibc(struct walk *w, const char *soname)
{
	/* Where libraries may be if there is no ld.so.cache to know it. */
	static const char *const usual[] = {
		"/lib",	      "/usr/lib",	"/lib64",
		"/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
	};
	const struct kt_elfsearch *s = w->s;
	const struct list runpath = { s->objects[w->asker].elf.runpath, ":",
				      w->asker, true, false };

	if (walk_rpaths(w) || walk_library_path(w, ":;") ||
	    (runpath.dirs && walk_list(w, &runpath)) ||
	    (s->cache &&
	     kt_ldcache_each(s->cache, s->cache_len, soname, in_cache, w)))
		return true;
	for (char *const *dir = s->conf_dirs; *dir; dir++)
		if (walk_one(w, *dir, false))
			return true;
	if (walk_defaults(w))
		return true;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (walk_one(w, usual[i], false))
			return true;
	return false;
}

/* musl knows no token but $ORIGIN, and ignores a list that has another. */
static bool musl_takes(const char *list)
{
	for (const char *p = list; (p = strchr(p, '$')); p++)
		if (!token_len(p, "ORIGIN"))
			return false;
	return true;
}

static bool walk_musl(const struct walk *w)
{
	const struct kt_elfsearch *s = w->s;

	if (walk_library_path(w, ":\n"))
		return true;
	for (size_t i = w->asker;; i = s->objects[i].loader) {
		const struct kt_elfobj *elf = &s->objects[i].elf;
		const struct list list = { elf->runpath ? elf->runpath :
							  elf->rpath,
					   ":\n", i, true, false };

		if (list.dirs && musl_takes(list.dirs) && walk_list(w, &list))
			return true;
		if (!i)
			return walk_defaults(w);
	}
}

bool kt_elfsearch_dirs(const struct kt_elfsearch *s, size_t asker,
		       const char *soname, kt_elfdir_fn *fn, void *ctx)
{
	struct walk w = { .s = s, .asker = asker, .fn = fn, .ctx = ctx };

	return s->musl ? walk_musl(&w) : walk_glibc(&w, soname);
}

bool kt_elf_is_musl(const char *interp)
{
	return !strncmp(kt_path_base(interp), MUSL_PREFIX,
			sizeof(MUSL_PREFIX) - 1);
}

bool kt_elf_is_in_musl(const char *soname)
{
	static const char *const names[] = { "c.",  "pthread.", "rt.",	"m.",
					     "dl.", "util.",	"xnet." };

	if (strncmp(soname, "lib", 3))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(soname + 3, names[i], strlen(names[i])))
			return true;
	return false;
}

/* "/lib/ld-musl-ARCH.so.1" has "/etc/ld-musl-ARCH.path". */
char *kt_elf_musl_path_file(const char *interp)
{
	const char *base = kt_path_base(interp), *end = base;
	const char *arch = base + sizeof(MUSL_PREFIX) - 1;
	const char *dot = strstr(arch, ".so");

	/* What is in front of the last two slashes. */
	for (int slashes = 0; end > interp && slashes < 2; slashes++)
		while (--end > interp && *end != '/')
			;
	return kt_xasprintf(
		"%.*s/etc/" MUSL_PREFIX "%.*s.path", (int)(end - interp),
		interp, (int)(dot ? (size_t)(dot - arch) : strlen(arch)), arch);
}

static void add_dir(char ***dirs, size_t *nr, const char *dir)
{
	for (size_t i = 0; i < *nr; i++)
		if (!strcmp((*dirs)[i], dir))
			return;
	*dirs = kt_xrealloc(*dirs, (*nr + 2) * sizeof(**dirs));
	(*dirs)[(*nr)++] = kt_xstrdup(dir);
	(*dirs)[*nr] = NULL;
}

static char **musl_defaults(const char *interp)
{
	char *file KT_CLEANUP(kt_freep) = kt_elf_musl_path_file(interp);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char **dirs = kt_xcalloc(1, sizeof(*dirs));
	struct kt_error ignored;
	size_t nr = 0;
	char *save = NULL;

	if (kt_file_read(AT_FDCWD, file, KT_ELFSEARCH_MAX_MUSL_PATH, &text,
			 &ignored)) {
		kt_buf_release(&text);
		kt_buf_adds(&text, "/lib:/usr/local/lib:/usr/lib");
	}
	for (char *dir = strtok_r(text.data, ":\n", &save); dir;
	     dir = strtok_r(NULL, ":\n", &save))
		add_dir(&dirs, &nr, dir);
	return dirs;
}

/* The loader of programs for @machine, where all distributions have it. */
static const char *usual_interp(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "/lib64/ld-linux-x86-64.so.2";
	case EM_AARCH64:
		return "/lib/ld-linux-aarch64.so.1";
	case EM_386:
		return "/lib/ld-linux.so.2";
	default:
		return NULL;
	}
}

char **kt_elf_defaults(const char *interp, unsigned int machine)
{
	char **dirs = NULL;
	size_t nr = 0;

	if (interp && kt_elf_is_musl(interp))
		return musl_defaults(interp);
	if (!interp)
		interp = usual_interp(machine);
	if (interp) {
		/* Where it lies, with and without "/usr". */
		char *real = realpath(interp, NULL);
		const char *path = real ? real : interp;
		const char *base = kt_path_base(path);
		char *dir KT_CLEANUP(kt_freep) = kt_xstrndup(
			path, base > path + 1 ? (size_t)(base - path - 1) :
						(size_t)(base - path));
		char *twin KT_CLEANUP(kt_freep) =
			!strncmp(dir, "/usr/", 5) ? kt_xstrdup(dir + 4) :
						    kt_xasprintf("/usr%s", dir);

		free(real);
		add_dir(&dirs, &nr, twin);
		add_dir(&dirs, &nr, dir);
	}
	add_dir(&dirs, &nr, "/lib");
	add_dir(&dirs, &nr, "/usr/lib");
	return dirs;
}
