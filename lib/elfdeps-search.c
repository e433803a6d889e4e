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

/* @dir of @len bytes with its tokens expanded; *origin: $ORIGIN was one. */
static char *expand(const char *dir, size_t len, const struct kt_elfobject *obj,
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
 * A list of directories with any of @separators between, as object @owner has
 * it. The program itself lies elsewhere in the guest, so its $ORIGIN leads
 * nowhere there.
 */
static bool walk_list(const struct walk *w, const char *list,
		      const char *separators, size_t owner, bool reachable)
{
	const struct kt_elfobject *obj = &w->s->objects[owner];
	const bool is_program = !owner;
	char libs[3][64];
	const size_t nr_libs = lib_names(obj, libs);

	for (const char *p = list;; p++) {
		const size_t len = strcspn(p, separators);
		const bool has_lib = memmem(p, len, "$LIB", 4) ||
				     memmem(p, len, "${LIB}", 6);
		/* To glibc no directory is the current one, but no list none. */
		const bool none = !len && (w->s->musl || !*list);

		for (size_t i = none; i < (has_lib ? nr_libs : 1); i++) {
			bool origin;
			char *dir KT_CLEANUP(kt_freep) =
				expand(p, len, obj, libs[i], &origin);

			if (w->fn(w->ctx, dir,
				  reachable && !(is_program && origin)))
				return true;
		}
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

		if (elf->rpath && !elf->runpath &&
		    walk_list(w, elf->rpath, ":", i, true))
			return true;
		if (!i)
			return false;
	}
}

static bool in_cache(void *ctx, const char *path)
{
	const struct walk *w = ctx;
	char *dir KT_CLEANUP(kt_freep) =
		kt_xstrndup(path, (size_t)(kt_path_base(path) - path));

	while (dir[0] && dir[1] && dir[strlen(dir) - 1] == '/')
		dir[strlen(dir) - 1] = '\0';
	return w->fn(w->ctx, dir, false);
}

static bool walk_defaults(const struct walk *w)
{
	char *const *dir = w->s->defaults;

	while (dir && *dir)
		if (w->fn(w->ctx, *dir++, true))
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
	const char *runpath = s->objects[w->asker].elf.runpath;

	if (walk_rpaths(w) ||
	    (s->library_path &&
	     walk_list(w, s->library_path, ":;", 0, false)) ||
	    (runpath && walk_list(w, runpath, ":", w->asker, true)) ||
	    (s->cache &&
	     kt_ldcache_each(s->cache, s->cache_len, soname, in_cache, w)))
		return true;
	for (char *const *dir = s->conf_dirs; *dir; dir++)
		if (w->fn(w->ctx, *dir, false))
			return true;
	if (walk_defaults(w))
		return true;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (w->fn(w->ctx, usual[i], false))
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

	if (s->library_path && walk_list(w, s->library_path, ":\n", 0, false))
		return true;
	for (size_t i = w->asker;; i = s->objects[i].loader) {
		const struct kt_elfobj *elf = &s->objects[i].elf;
		const char *list = elf->runpath ? elf->runpath : elf->rpath;

		if (list && musl_takes(list) &&
		    walk_list(w, list, ":\n", i, true))
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
