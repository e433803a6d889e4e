// SPDX-License-Identifier: GPL-2.0-only
/* logs - where the files of a run go */
#include "lib/vm/logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

/* 0 stands for a digit; fine enough to sort runs by when they began. */
#define STAMP "00000000T000000.000000Z"

/* Ours, and not what somebody else put there: a stamp, a dot, six letters. */
static int is_run(const struct dirent *entry)
{
	const char *name = entry->d_name;

	if (strlen(name) != strlen(STAMP ".XXXXXX") ||
	    name[strlen(STAMP)] != '.')
		return false;
	for (size_t i = 0; i < strlen(STAMP); i++)
		if (STAMP[i] == '0' ? name[i] < '0' || name[i] > '9' :
				      name[i] != STAMP[i])
			return false;
	return true;
}

/* Best effort: an old log that stays is no reason not to run. */
static void prune(const char *runs)
{
	int top KT_CLEANUP(kt_closep) =
		open(runs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	const int nr = scandir(runs, &entries, is_run, alphasort);

	for (int i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name;
		struct kt_error ignored;

		if (i < nr - KT_LOGS_KEEP && top >= 0) {
			int fd KT_CLEANUP(kt_closep) =
				openat(top, name,
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					       O_CLOEXEC);

			if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) &&
			    kt_remove_tree(top, name, &ignored))
				errno = 0;
		}
		free(entries[i]);
	}
	free(entries);
}

enum kt_status kt_logs_new(const char *runs, char **out, int *lock,
			   struct kt_error *err)
{
	char *base KT_CLEANUP(kt_freep) = NULL, *path = NULL;
	char *prefix KT_CLEANUP(kt_freep) = NULL;
	struct timespec now;
	char seconds[64];
	struct tm tm;
	enum kt_status st = kt_mkdirs_real(runs, &base, err);

	if (st)
		return st;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y%m%dT%H%M%S", &tm);
	prefix =
		kt_xasprintf("%s/%s.%06ldZ", base, seconds, now.tv_nsec / 1000);
	st = kt_temp_dir(prefix, &path, err);
	if (st)
		return st;
	*lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock >= 0 && flock(*lock, LOCK_SH | LOCK_NB))
		errno = 0; /* a file system without locks: as in prune() */
	prune(base);
	*out = path;
	return KT_OK;
}

enum kt_status kt_logs_open(const char *dir, const char *name, int *fd,
			    struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, name);
	const int new =
		open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		     0666);

	if (new < 0)
		return kt_fail_errno(err, "cannot write \"%s\"", path);
	*fd = new;
	return KT_OK;
}
