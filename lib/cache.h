/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cache.h - built kernels, by key
 *
 * An entry is a directory ROOT/KEY: the boot image (bzImage, Image),
 * boot_image (the uncompressed ELF kernel, x86-64), vmlinux (reduced to .BTF
 * and symbols), .config, and metadata.json, written last. It appears whole or
 * not at all, and so does its replacement: a kill at any instant leaves the
 * old entry or the new one, on NFS once it is asked for (lib/cache-aside.h).
 * metadata.json is the Rust ktstr 0.2.2's, with our figures in extra members
 * that its reader ignores.
 *
 * Lock files (ROOT/.KEY.lock) are plain files: the Rust reader takes every
 * directory in ROOT for an entry.
 */
#ifndef KT_CACHE_H
#define KT_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/record.h"

#define KT_CACHE_TMP ".tmp-" /* begins the name of a store in progress */

struct kt_cache;

/*
 * Use the cache at absolute path @root, which need not exist: it is made by the
 * first store. @kconfig_crc32 is the hash of the fragment that builds use now,
 * or NULL if it is not known; entries with another are stale. Both are copied.
 */
struct kt_cache *kt_cache_open(const char *root, const char *kconfig_crc32);
void kt_cache_freep(struct kt_cache **cache);

/* The absolute path it was opened with. Borrowed. */
const char *kt_cache_root(const struct kt_cache *cache);

/*
 * The entry of exactly @key: *out is a "ktstr.kernel/1" record as `ktstr-cache
 * get` writes it (what lib/metadata.h describes, and image, boot_image,
 * vmlinux, config, entry_bytes, key, entry, cached, stale_kconfig;
 * vmlinux_reduced and vmlinux_note where it is not), owned by the caller, or NULL if there is no
 * such entry. Paths are absolute and without links. A corrupt entry is
 * KT_DATA, with the reason: metadata.json cannot be read or names something
 * outside, the image is missing, a file has not the size it was stored with.
 */
enum kt_status kt_cache_lookup(struct kt_cache *cache, const char *key,
			       struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Every entry, newest first (built_at, then key), corrupt ones last; *out is a
 * vector of *nr records that the caller frees with kt_cache_list_free(). A
 * corrupt entry is a record with key, entry and "error" and no image; one that
 * a later Rust ktstr wrote is the same with "foreign" true. A link to another
 * entry of this cache is an entry too. There is no entry where there is no
 * cache.
 */
enum kt_status kt_cache_list(struct kt_cache *cache, struct kt_record ***out,
			     size_t *nr, struct kt_error *err) KT_MUST_CHECK;

/* The record that kt_cache_list() has of what stands under @name now, or NULL. */
enum kt_status kt_cache_list_one(struct kt_cache *cache, const char *name,
				 struct kt_record **out,
				 struct kt_error *err) KT_MUST_CHECK;

void kt_cache_list_free(struct kt_record **list, size_t nr);

/*
 * Store the built kernel that @rec describes (arch, image; boot_image, vmlinux,
 * config and the rest if there) under @key, replacing an entry of that key.
 * *out is the stored entry's record, owned by the caller. On failure the cache
 * is as it was, and no temporary is left: KT_DATA if @key or @rec is wrong,
 * KT_AGAIN if another process has been storing under @key for a minute, KT_FAIL
 * when told to stop. Leftovers of stores that were killed are swept.
 *
 * A vmlinux that cannot be reduced (lib/vmlinux.h) is stored whole, and *out
 * then says so: "vmlinux_reduced" is false, "vmlinux_note" why.
 */
enum kt_status kt_cache_store(struct kt_cache *cache, const char *key,
			      const struct kt_record *rec,
			      struct kt_record **out,
			      struct kt_error *err) KT_MUST_CHECK;

/* True if the good entry @rec (from list) is a link to another one. */
bool kt_cache_is_link(const struct kt_record *rec);

/*
 * True if the entry @rec (from lookup or list) may stand in for a new build:
 * not stale, of this machine's architecture.
 */
bool kt_cache_fresh(const struct kt_record *rec);

/*
 * True if the source of the entry @rec was verified at least as well as
 * @wanted: "pgp", "sha256", "none", or NULL, which is as good as "none".
 */
bool kt_cache_verified(const struct kt_record *rec, const char *wanted);

#endif
