/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cache-aside.h - an entry that stands aside while it is replaced
 *
 * Where a file system cannot exchange two names (NFS), the old entry is renamed
 * to ".tmp-.old-KEY" before the new one takes its place, and nothing stands
 * under KEY in between. If the process is killed just then, the old entry is put
 * back by whoever looks for it next, or by the next store. No key begins with
 * a dot, so no other temporary has such a name.
 */
#ifndef KT_CACHE_ASIDE_H
#define KT_CACHE_ASIDE_H

#include <stdbool.h>

/* ".tmp-.old-KEY", ".tmp-KEY-PID" with our own PID: the caller's. */
char *kt_cache_aside_name(const char *key);
char *kt_cache_tmp_name(const char *key);

/* The path of the file that is locked while @key is changed: the caller's. */
char *kt_cache_lock_path(const char *root, const char *key);

/* The key of what is called ".tmp-.old-KEY", borrowed from @name, or NULL. */
const char *kt_cache_aside_key(const char *name);

/*
 * Of @key, whose lock the caller holds: what stands aside becomes the entry
 * again if there is none, and is removed otherwise.
 */
void kt_cache_aside_settle(int root_fd, const char *key);

/*
 * The same for who holds no lock and has found nothing under @key in the cache
 * open at @root_fd, which is at @root. A store that is at it is waited for, a
 * moment. False if nothing is to be found now either.
 */
bool kt_cache_aside_restore(int root_fd, const char *root, const char *key);

#endif
