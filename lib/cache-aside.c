// SPDX-License-Identifier: GPL-2.0-only
/* cache-aside - an entry that stands aside while it is replaced */
#include "lib/cache-aside.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cache.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/key.h"
#include "lib/lock.h"
#include "lib/xalloc.h"

#define ASIDE KT_CACHE_TMP ".old-"
#define LOCK_WAIT_NS KT_NS_PER_S

char *kt_cache_aside_name(const char *key)
{
	return kt_xasprintf(ASIDE "%s", key);
}

char *kt_cache_tmp_name(const char *key)
{
	return kt_xasprintf(KT_CACHE_TMP "%s-%ld", key, (long)getpid());
}

char *kt_cache_lock_path(const char *root, const char *key)
{
	char *name KT_CLEANUP(kt_freep) = kt_xasprintf(".%s.lock", key);

	return kt_path_join(root, name);
}

const char *kt_cache_aside_key(const char *name)
{
	struct kt_error ignored;

	if (strncmp(name, ASIDE, strlen(ASIDE)) != 0)
		return NULL;
	name += strlen(ASIDE);
	return kt_key_check(name, &ignored) ? NULL : name;
}

static bool is_there(int root_fd, const char *name)
{
	struct stat sb;

	return !fstatat(root_fd, name, &sb, AT_SYMLINK_NOFOLLOW);
}

void kt_cache_aside_settle(int root_fd, const char *key)
{
	char *aside KT_CLEANUP(kt_freep) = kt_cache_aside_name(key);
	char *tmp KT_CLEANUP(kt_freep) = kt_cache_tmp_name(key);
	struct kt_error ignored;

	if (!is_there(root_fd, aside))
		return;
	if (!is_there(root_fd, key)) {
		renameat(root_fd, aside, root_fd, key);
		return;
	}
	/* First by name: what has gone in part must never be put back. */
	if (kt_remove_tree(root_fd, tmp, &ignored) ||
	    renameat(root_fd, aside, root_fd, tmp) ||
	    kt_remove_tree(root_fd, tmp, &ignored)) {
		/* The next store sweeps it. */
	}
}

bool kt_cache_aside_restore(int root_fd, const char *root, const char *key)
{
	char *aside KT_CLEANUP(kt_freep) = kt_cache_aside_name(key);
	char *path KT_CLEANUP(kt_freep) = kt_cache_lock_path(root, key);
	int lock KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;

	/* In this order: a replacement in progress ends with the entry. */
	if (is_there(root_fd, aside) && !is_there(root_fd, key) &&
	    !kt_lock_file(path, false, kt_deadline_in(LOCK_WAIT_NS), &lock,
			  &ignored))
		kt_cache_aside_settle(root_fd, key);
	return is_there(root_fd, key);
}
