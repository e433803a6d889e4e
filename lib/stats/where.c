// SPDX-License-Identifier: GPL-2.0-only
/* where - where the tests of the Rust crate left their sidecars */
#include "lib/stats/where.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/stats/files.h"
#include "lib/xalloc.h"

#define GIT_TIMEOUT_NS (30 * KT_NS_PER_S)
#define GIT_MAX_OUTPUT ((size_t)64 << 10)
#define MAX_DEPTH 4   /* of a run directory below target/ktstr: BRANCH has / */
#define MAX_NAMED 8   /* others that are told of */
#define MAX_RUNS 4096 /* directories that are looked at */

/* Directories that hold sidecars, the one changed last first. */
struct run_dir {
	char *path;
	struct timespec changed;
};

struct run_dirs {
	struct run_dir *dir;
	size_t nr, looked_at;
};

static void release(struct run_dirs *runs)
{
	for (size_t i = 0; i < runs->nr; i++)
		free(runs->dir[i].path);
	free(runs->dir);
}

/* The first line that "git ARG..." prints in @cwd, or NULL. */
static char *git(const char *cwd, const char *a, const char *b, const char *c)
{
	const char *const argv[] = { "git", a, b, c, NULL };
	const struct kt_spawn how = { .argv = argv,
				      .cwd = cwd,
				      .in = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	int ws;

	if (kt_spawn_capture(&how, false, GIT_MAX_OUTPUT,
			     kt_deadline_in(GIT_TIMEOUT_NS), &text, &ws,
			     &ignored) ||
	    kt_spawn_exit_status(ws) || !text.len)
		return NULL;
	text.data[strcspn(text.data, "\n")] = '\0';
	return kt_buf_take(&text);
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void add_run(struct run_dirs *runs, const char *path)
{
	struct stat sb;

	if (stat(path, &sb))
		return;
	runs->dir = kt_xrealloc(runs->dir, (runs->nr + 1) * sizeof(*runs->dir));
	runs->dir[runs->nr++] = (struct run_dir){ .path = kt_xstrdup(path),
						  .changed = sb.st_mtim };
}

/* Every directory at or below @path that has a sidecar of its own. */
static void find_runs(struct run_dirs *runs, const char *path, int depth)
{
	DIR *dir KT_CLEANUP(closedirp) = opendir(path);
	bool holds = false;
	struct dirent *de;

	while (dir && (de = readdir(dir)) && runs->looked_at < MAX_RUNS) {
		char *sub KT_CLEANUP(kt_freep) = NULL;

		if (de->d_name[0] == '.')
			continue;
		sub = kt_path_join(path, de->d_name);
		if (de->d_type == DT_DIR) {
			runs->looked_at++;
			if (depth < MAX_DEPTH)
				find_runs(runs, sub, depth + 1);
		} else if (!holds && kt_stats_is_sidecar("", de->d_name)) {
			holds = true;
			add_run(runs, path);
		}
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct run_dir *x = a, *y = b;

	if (x->changed.tv_sec != y->changed.tv_sec)
		return x->changed.tv_sec > y->changed.tv_sec ? -1 : 1;
	if (x->changed.tv_nsec != y->changed.tv_nsec)
		return x->changed.tv_nsec > y->changed.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

static bool is_dir(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISDIR(sb.st_mode);
}

/* The nearest target/ktstr/@run at or above @cwd, up to @top. */
static char *nearest(const char *cwd, const char *top, const char *run)
{
	char *at KT_CLEANUP(kt_freep) = kt_xstrdup(cwd);

	for (;;) {
		char *path = kt_xasprintf("%s/target/ktstr/%s", at, run);
		char *slash = strrchr(at, '/');

		if (is_dir(path))
			return path;
		free(path);
		if (!top || !strcmp(at, top) || !slash || slash == at)
			return NULL;
		*slash = '\0';
	}
}

static void tell(struct kt_buf *note, const char *want, const char *got,
		 const struct run_dirs *runs)
{
	size_t named = 0;

	kt_buf_addf(note, "no target/ktstr/%s: reading \"%s\"", want, got);
	for (size_t i = 0; i < runs->nr && named < MAX_NAMED; i++) {
		if (!strcmp(runs->dir[i].path, got))
			continue;
		kt_buf_addf(note, "%s\"%s\"",
			    named++ ? ", " : "; there is also ",
			    runs->dir[i].path);
	}
}

enum kt_status kt_stats_where(const char *cwd, char **out, struct kt_buf *note,
			      struct kt_error *err)
{
	char *top KT_CLEANUP(kt_freep) =
		git(cwd, "rev-parse", "--show-toplevel", NULL);
	char *hash KT_CLEANUP(kt_freep) =
		top ? git(cwd, "rev-parse", "--short=7", "HEAD") : NULL;
	char *branch KT_CLEANUP(kt_freep) =
		top ? git(cwd, "symbolic-ref", "--short", "HEAD") : NULL;
	/* Longer where 7 digits are not enough to tell commits apart. */
	char *want KT_CLEANUP(kt_freep) =
		hash ? kt_xasprintf("%s-%.7s", branch ? branch : "unknown",
				    hash) :
		       kt_xstrdup("unknown-unknown");
	struct run_dirs runs KT_CLEANUP(release) = { 0 };
	char *root KT_CLEANUP(kt_freep) = NULL;
	char *found = nearest(cwd, top, want);

	if (found) {
		*out = found;
		return KT_OK;
	}
	root = nearest(cwd, top, "");
	if (root) {
		root[strlen(root) - 1] = '\0';
		find_runs(&runs, root, 0);
	}
	if (runs.nr)
		qsort(runs.dir, runs.nr, sizeof(*runs.dir), newest_first);
	found = nearest(cwd, top, "unknown-unknown");
	if (!found && runs.nr)
		found = kt_xstrdup(runs.dir[0].path);
	if (!found)
		return kt_fail(err, KT_FAIL, "no sidecars: no target/ktstr/%s",
			       want);
	tell(note, want, found, &runs);
	*out = found;
	return KT_OK;
}
