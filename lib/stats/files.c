// SPDX-License-Identifier: GPL-2.0-only
/* files - find the sidecars of a directory */
#include "lib/stats/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

struct walk {
	struct kt_stats *stats;
	struct stat top;
	struct kt_buf subdirs; /* NUL-terminated names */
	size_t cap;
};

bool kt_stats_is_sidecar(const char *dir, const char *path)
{
	const char *base = kt_path_base(path);
	const char *dot = strrchr(base, '.');

	/* A name that only begins with a dot has no extension. */
	return dot && dot != base && !strcmp(dot, ".json") &&
	       (strstr(path, ".ktstr.") || strstr(dir, ".ktstr."));
}

/* A directory, links followed, other than the one we came from? */
static bool is_subdir(int fd, const struct dirent *de, const struct walk *w)
{
	struct stat sb;

	if (de->d_type == DT_DIR)
		return true;
	if (de->d_type != DT_LNK && de->d_type != DT_UNKNOWN)
		return false;
	return !fstatat(fd, de->d_name, &sb, 0) && S_ISDIR(sb.st_mode) &&
	       (sb.st_dev != w->top.st_dev || sb.st_ino != w->top.st_ino);
}

/* What a directory's link to the top is: neither file nor subdirectory. */
static bool is_dir(int fd, const struct dirent *de)
{
	struct stat sb;

	return (de->d_type == DT_LNK || de->d_type == DT_UNKNOWN) &&
	       !fstatat(fd, de->d_name, &sb, 0) && S_ISDIR(sb.st_mode);
}

static enum kt_status add_file(struct walk *w, const char *sub,
			       const char *name, struct kt_error *err)
{
	struct kt_stats *s = w->stats;

	if (s->nr_files == KT_STATS_MAX_FILES)
		return kt_fail(err, KT_DATA, "\"%s\" holds more than %u files",
			       s->dir, KT_STATS_MAX_FILES);
	if (s->nr_files == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 256;
		s->path_at =
			kt_xrealloc(s->path_at, w->cap * sizeof(*s->path_at));
	}
	s->path_at[s->nr_files++] = s->paths.len;
	if (sub)
		kt_buf_addf(&s->paths, "%s/", sub);
	kt_buf_add(&s->paths, name, strlen(name) + 1);
	return KT_OK;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/*
 * The files of one directory; those of the top also give subdirectories. Takes
 * @fd.
 */
static enum kt_status walk_dir(struct walk *w, int fd, const char *sub,
			       struct kt_error *err)
{
	DIR *dir KT_CLEANUP(closedirp) = fdopendir(fd);
	struct dirent *de;
	enum kt_status st = KT_OK;

	if (!dir) {
		close(fd);
		return kt_fail_errno(err, "cannot read \"%s\"",
				     sub ? sub : w->stats->dir);
	}
	while (!st && (errno = 0, de = readdir(dir))) {
		const char *name = de->d_name;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (is_subdir(fd, de, w)) {
			if (!sub)
				kt_buf_add(&w->subdirs, name, strlen(name) + 1);
		} else if (!is_dir(fd, de)) {
			char *path KT_CLEANUP(kt_freep) =
				kt_path_join(sub ? sub : "", name);

			if (kt_stats_is_sidecar(w->stats->dir, path))
				st = add_file(w, sub, name, err);
		}
	}
	if (!st && errno)
		return kt_fail_errno(err, "cannot read \"%s\"",
				     sub ? sub : w->stats->dir);
	return st;
}

static void add_unreadable_dir(struct kt_stats *s, const char *sub,
			       const char *why)
{
	s->unreadable = kt_xrealloc(
		s->unreadable, (s->nr_unreadable + 1) * sizeof(*s->unreadable));
	s->unreadable[s->nr_unreadable++] = (struct kt_unreadable){
		.file = UINT32_MAX,
		.why = kt_xasprintf("cannot read directory "
				    "\"%s\": %s",
				    sub, why)
	};
}

static int by_path(const void *a, const void *b, void *paths)
{
	const char *text = paths;

	return strcmp(text + *(const size_t *)a, text + *(const size_t *)b);
}

enum kt_status kt_stats_find(int fd, struct kt_stats *stats,
			     struct kt_error *err)
{
	struct kt_buf subdirs KT_CLEANUP(kt_buf_release) = { 0 };
	struct walk w = { .stats = stats };
	enum kt_status st;
	int top = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0 || fstat(fd, &w.top)) {
		if (top >= 0)
			close(top);
		return kt_fail_errno(err, "cannot read \"%s\"", stats->dir);
	}
	st = walk_dir(&w, top, NULL, err);
	subdirs = w.subdirs;
	for (size_t i = 0; !st && i < subdirs.len;
	     i += strlen(subdirs.data + i) + 1) {
		const char *sub = subdirs.data + i;
		int below = openat(fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* One that has vanished since is as good as empty. */
		if (below >= 0)
			st = walk_dir(&w, below, sub, err);
		else if (errno != ENOENT)
			add_unreadable_dir(stats, sub, strerror(errno));
	}
	if (!st && stats->nr_files)
		qsort_r(stats->path_at, stats->nr_files,
			sizeof(*stats->path_at), by_path, stats->paths.data);
	return st;
}
