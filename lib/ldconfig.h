/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/ldconfig.h - what ldconfig(8) knows: ld.so.cache and ld.so.conf
 *
 * Both are hints: one that is absent or malformed knows nothing.
 */
#ifndef KT_LDCONFIG_H
#define KT_LDCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For each path that a cache of @len bytes at @data (glibc's new format, alone
 * or behind the old one) has for @soname, in its order, call @fn until it
 * yields true; did it? Entries for machines with special capabilities are left
 * out.
 */
bool kt_ldcache_each(const char *data, size_t len, const char *soname,
		     bool (*fn)(void *ctx, const char *path), void *ctx);

/*
 * The directories that the ld.so.conf at @path and the files it includes name;
 * ends in NULL; the caller frees each and the vector. A relative include is
 * taken from the directory of the file that has it. Nesting beyond
 * @max_depth is not followed, nor are files above @max_bytes read.
 */
char **kt_ldconf_dirs(const char *path, int max_depth, size_t max_bytes);

#endif
