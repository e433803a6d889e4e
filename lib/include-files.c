// SPDX-License-Identifier: GPL-2.0-only
/* include-files - what --include-files names, file by file */
#include "lib/include-files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define GUEST_DIR "include-files"

/* One directory on the way down, to see when a link leads back up. */
struct level {
	const struct level *up;
	dev_t dev;
	ino_t ino;
	int depth;
};

struct walk {
	struct kt_includes *list;
	const char *arg;
	struct kt_error *err;
};

static enum kt_status add_file(const struct walk *w, const char *guest,
			       const char *host, const struct stat *sb)
{
	struct kt_includes *list = w->list;

	if (list->nr >= KT_INCLUDE_MAX_FILES)
		return kt_fail(w->err, KT_FAIL,
			       "--include-files: more than %d files",
			       KT_INCLUDE_MAX_FILES);
	if (!(list->nr & (list->nr - 1)))
		list->v = kt_xrealloc(list->v, (list->nr ? list->nr * 2 : 1) *
						       sizeof(*list->v));
	list->v[list->nr++] = (struct kt_include){
		.guest = kt_xstrdup(guest),
		.host = kt_xstrdup(host),
		/* Nobody in the guest is to become root by our doing. */
		.mode = sb->st_mode & 01777,
	};
	return KT_OK;
}

static enum kt_status walk_dir(const struct walk *w, const char *guest,
			       const char *host, const struct level *level);

static enum kt_status walk_entry(const struct walk *w, const char *guest,
				 const char *host, const struct level *up)
{
	struct level level = { .up = up, .depth = up->depth + 1 };
	struct stat sb;

	if (stat(host, &sb) < 0)
		return kt_fail(w->err, KT_FAIL,
			       "--include-files \"%s\": cannot read \"%s\": %s",
			       w->arg, host, strerror(errno));
	if (S_ISREG(sb.st_mode))
		return add_file(w, guest, host, &sb);
	if (!S_ISDIR(sb.st_mode))
		return KT_OK;
	for (const struct level *l = up; l; l = l->up)
		if (l->dev == sb.st_dev && l->ino == sb.st_ino)
			return kt_fail(w->err, KT_FAIL,
				       "--include-files \"%s\": \"%s\" leads "
				       "back to a directory above it",
				       w->arg, host);
	if (level.depth > KT_INCLUDE_MAX_DEPTH)
		return kt_fail(w->err, KT_FAIL,
			       "--include-files \"%s\": more than %d "
			       "directories in one another",
			       w->arg, KT_INCLUDE_MAX_DEPTH);
	level.dev = sb.st_dev;
	level.ino = sb.st_ino;
	return walk_dir(w, guest, host, &level);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum kt_status walk_dir(const struct walk *w, const char *guest,
			       const char *host, const struct level *level)
{
	struct dirent **names = NULL;
	const int nr = scandir(host, &names, NULL, by_name);
	enum kt_status st = KT_OK;

	if (nr < 0)
		return kt_fail(w->err, KT_FAIL,
			       "--include-files \"%s\": cannot read \"%s\": %s",
			       w->arg, host, strerror(errno));
	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		if (!st && strcmp(name, ".") && strcmp(name, "..")) {
			char *g KT_CLEANUP(kt_freep) =
				kt_path_join(guest, name);
			char *h KT_CLEANUP(kt_freep) = kt_path_join(host, name);

			st = kt_stop_check(w->err);
			if (!st)
				st = walk_entry(w, g, h, level);
		}
		free(names[i]);
	}
	free(names);
	return st;
}

/* A bare name is one component, and not the name of a place. */
static bool is_bare(const char *arg)
{
	const size_t len = strcspn(arg, "/");

	return len && !arg[len + strspn(arg + len, "/")] && strcmp(arg, ".") &&
	       strcmp(arg, "..") && strcmp(arg, "./") && strcmp(arg, "../");
}

/* The first file of that name that somebody may execute, or NULL. */
static char *search_path(const char *path, const char *name)
{
	while (path) {
		const size_t len = strcspn(path, ":");
		char *dir KT_CLEANUP(kt_freep) =
			len ? kt_xstrndup(path, len) : kt_xstrdup(".");
		char *full = kt_path_join(dir, name);
		struct stat sb;

		if (!stat(full, &sb) && S_ISREG(sb.st_mode) &&
		    (sb.st_mode & 0111))
			return full;
		free(full);
		path = path[len] ? path + len + 1 : NULL;
	}
	return NULL;
}

/* Where @arg is; the caller owns *host. */
static enum kt_status locate(const char *arg, const char *path, char **host,
			     struct stat *sb, struct kt_error *err)
{
	char *found;

	if (!stat(arg, sb)) {
		*host = kt_xstrdup(arg);
		return KT_OK;
	}
	if (errno != ENOENT || !is_bare(arg))
		return kt_fail(err, KT_FAIL, "--include-files \"%s\": %s", arg,
			       strerror(errno));
	found = search_path(path, arg);
	if (!found || stat(found, sb) < 0) {
		free(found);
		return kt_fail(err, KT_FAIL,
			       "--include-files \"%s\": neither in the current "
			       "directory nor a program on PATH",
			       arg);
	}
	*host = found;
	return KT_OK;
}

/* The last component of @arg, slashes behind it aside; NULL if it is no name. */
static char *base_name(const char *arg)
{
	size_t end = strlen(arg), start;
	char *name;

	while (end && arg[end - 1] == '/')
		end--;
	for (start = end; start && arg[start - 1] != '/'; start--)
		;
	name = kt_xstrndup(arg + start, end - start);
	if (*name && strcmp(name, ".") && strcmp(name, ".."))
		return name;
	free(name);
	return NULL;
}

static bool is_module(const char *name)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.gz",
					    ".ko.zst" };
	const size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) &&
		    !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

enum kt_status kt_includes_add(struct kt_includes *list, const char *arg,
			       const char *path, bool *empty,
			       struct kt_error *err)
{
	const struct walk w = { .list = list, .arg = arg, .err = err };
	const struct level top = { .depth = 0 };
	char *name KT_CLEANUP(kt_freep) = base_name(arg);
	char *host KT_CLEANUP(kt_freep) = NULL;
	char *guest KT_CLEANUP(kt_freep) = NULL;
	const size_t before = list->nr;
	struct stat sb;
	enum kt_status st;

	if (!name)
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "--include-files \"%s\": it has no name "
				       "to go by in the guest",
				       arg),
			       "name the directory itself, as in ../dir");
	st = locate(arg, path, &host, &sb, err);
	if (st)
		return st;
	if (!S_ISREG(sb.st_mode) && !S_ISDIR(sb.st_mode))
		return kt_fail(err, KT_USAGE,
			       "--include-files \"%s\": neither a file nor a "
			       "directory",
			       arg);
	guest = kt_path_join(GUEST_DIR, name);
	st = walk_entry(&w, guest, host, &top);
	if (!st && S_ISREG(sb.st_mode) && is_module(name))
		list->v[before].module = ++list->nr_modules;
	if (!st && empty)
		*empty = list->nr == before;
	return st;
}

static int by_guest(const void *a, const void *b)
{
	const struct kt_include *x = a, *y = b;

	return strcmp(x->guest, y->guest);
}

static int by_both(const void *a, const void *b)
{
	const struct kt_include *x = a, *y = b;
	const int order = by_guest(a, b);

	return order ? order : strcmp(x->host, y->host);
}

enum kt_status kt_includes_finish(struct kt_includes *list,
				  struct kt_error *err)
{
	if (list->nr)
		qsort(list->v, list->nr, sizeof(*list->v), by_both);
	for (size_t i = 1; i < list->nr; i++)
		if (!strcmp(list->v[i - 1].guest, list->v[i].guest))
			return kt_fail(err, KT_USAGE,
				       "--include-files: both \"%s\" and "
				       "\"%s\" would be \"/%s\"",
				       list->v[i - 1].host, list->v[i].host,
				       list->v[i].guest);
	return KT_OK;
}

const struct kt_include *kt_includes_find(const struct kt_includes *list,
					  const char *guest)
{
	const struct kt_include key = { .guest = (char *)guest };

	return list->nr ?
		       bsearch(&key, list->v, list->nr, sizeof(key), by_guest) :
		       NULL;
}

void kt_includes_release(struct kt_includes *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		free(list->v[i].guest);
		free(list->v[i].host);
	}
	free(list->v);
	*list = (struct kt_includes){ 0 };
}
