// SPDX-License-Identifier: GPL-2.0-only
/* workdir - source trees that nobody keeps */
#include "lib/workdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/lock.h"
#include "lib/xalloc.h"

#define MARK ".ktstr-tmp"
#define NR_RANDOM 6 /* "XXXXXX" of mkdtemp(3) */
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum kt_status kt_workdir_space(const char *base, const char *what,
				uint64_t need, struct kt_error *err)
{
	struct statvfs vfs;
	uint64_t have;

	if (statvfs(base, &vfs))
		return kt_fail_errno(err, "cannot look at \"%s\"", base);
	have = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (have >= need)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_SYS,
			       "%s needs %llu MB free, and \"%s\" has %llu MB",
			       what, (unsigned long long)(need / 1000000), base,
			       (unsigned long long)(have / 1000000)),
		       "make room there, or set KTSTR_BUILD_DIR to a directory "
		       "on a larger file system");
}

enum kt_status kt_workdir_make(const char *base, const char *name, char **path,
			       struct kt_error *err)
{
	char *prefix KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/%s" MARK, base, name);

	return kt_temp_dir(prefix, path, err);
}

enum kt_status kt_workdir_new(const char *base, const char *name, char **path,
			      int *fd, struct kt_error *err)
{
	char *dir = NULL;
	enum kt_status st = kt_workdir_make(base, name, &dir, err);

	if (st)
		return st;
	/* It is ours alone, so the lock is free. */
	st = kt_lock_dir(dir, false, 1, fd, err);
	if (st) {
		rmdir(dir);
		free(dir);
		return st;
	}
	*path = dir;
	return KT_OK;
}

/* How much of @name stands before the mark; 0 if it has none. */
static size_t len_unmarked(const char *name)
{
	const size_t mark = strlen(MARK "."), len = strlen(name);
	size_t end;

	if (len < mark + NR_RANDOM)
		return 0;
	end = len - NR_RANDOM - mark;
	if (strncmp(name + end, MARK ".", mark) != 0 ||
	    strspn(name + end + mark, ALNUM) != NR_RANDOM)
		return 0;
	return end;
}

static bool is_name(const char *name)
{
	return name[0] != '.' && !strchr(name, '/') && len_unmarked(name);
}

bool kt_workdir_is(const char *base, const char *path)
{
	const size_t len = strlen(base);
	struct stat sb;

	return !strncmp(path, base, len) && path[len] == '/' &&
	       is_name(path + len + 1) && !lstat(path, &sb) &&
	       S_ISDIR(sb.st_mode) && sb.st_uid == geteuid();
}

enum kt_status kt_workdir_keep(char **path, struct kt_error *err)
{
	char *prefix KT_CLEANUP(kt_freep) =
		kt_xstrndup(*path, len_unmarked(*path));
	char *kept = NULL;
	enum kt_status st = kt_temp_dir(prefix, &kept, err);

	if (st)
		return st;
	/* Onto an empty directory: so the name is free, and stays so. */
	if (rename(*path, kept)) {
		st = kt_fail_errno(err, "cannot rename \"%s\" to \"%s\"", *path,
				   kept);
		rmdir(kept);
		free(kept);
		return st;
	}
	free(*path);
	*path = kept;
	return KT_OK;
}

enum kt_status kt_workdir_remove(const char *base, const char *path,
				 struct kt_error *err)
{
	if (!kt_workdir_is(base, path))
		return kt_fail(err, KT_DATA,
			       "\"%s\" is no temporary tree in \"%s\", and is "
			       "not removed",
			       path, base);
	return kt_remove_tree(AT_FDCWD, path, err);
}

static bool has_suffix(const char *s, const char *suffix)
{
	const size_t len = strlen(s), n = strlen(suffix);

	return len > n && !strcmp(s + len - n, suffix);
}

/* Remove @name if it is old and nobody's. */
static bool sweep_one(int dirfd, const char *base, const char *name, time_t now)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(base, name);
	int lock KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;
	struct stat sb;

	if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW))
		return false;
	if (S_ISREG(sb.st_mode))
		return has_suffix(name, KT_WORKDIR_LOG) &&
		       now - sb.st_mtime > KT_WORKDIR_MAX_LOG_AGE_S &&
		       !unlinkat(dirfd, name, 0);
	return now - sb.st_mtime > KT_WORKDIR_MAX_AGE_S &&
	       kt_workdir_is(base, path) &&
	       !kt_lock_dir(path, false, 1, &lock, &ignored) &&
	       !kt_remove_tree(dirfd, name, &ignored);
}

unsigned int kt_workdir_sweep(const char *base, time_t now)
{
	DIR *dir = opendir(base);
	unsigned int nr = 0;
	struct dirent *de;

	if (!dir)
		return 0;
	while ((de = readdir(dir)))
		if (de->d_name[0] != '.')
			nr += sweep_one(dirfd(dir), base, de->d_name, now);
	closedir(dir);
	return nr;
}
