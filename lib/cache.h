/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cache.h - built kernels, by key
 *
 * An entry is a directory ROOT/KEY: the boot image (bzImage, Image),
 * boot_image (the uncompressed ELF kernel, x86-64), vmlinux (reduced to .BTF
 * and symbols), .config, and metadata.json, written last. It appears whole or
 * not at all, and so does its replacement: a kill at any instant leaves the
 * old entry or the new one. metadata.json is the Rust ktstr 0.2.2's, with our
 * figures in extra members that its reader ignores.
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

struct kt_cache;

/*
 * Use the cache at absolute path @root, which need not exist: it is made by the
 * first store. @kconfig_crc32 is the hash of the fragment that builds use now,
 * or NULL if it is not known; entries with another are stale. Both are copied.
 */
struct kt_cache *kt_cache_open(const char *root, const char *kconfig_crc32);
void kt_cache_freep(struct kt_cache **cache);

/*
 * The entry of exactly @key: *out is a "ktstr.kernel/1" record as `ktstr-cache
 * get` writes it (source, version, git_ref, git_hash, arch, image, boot_image,
 * vmlinux, config, config_hash, kconfig_crc32, built_at, verified, sha256,
 * key, entry, cached, stale_kconfig; absent where unknown), owned by the
 * caller, or NULL if there is no such entry. A corrupt entry is KT_DATA, with
 * the reason.
 */
enum kt_status kt_cache_lookup(struct kt_cache *cache, const char *key,
			       struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Every entry, newest first (built_at, then key), corrupt ones last; *out is a
 * vector of *nr records, owned by the caller. A corrupt entry is a record with
 * key, entry and "error" and no image.
 */
enum kt_status kt_cache_list(struct kt_cache *cache, struct kt_record ***out,
			     size_t *nr, struct kt_error *err) KT_MUST_CHECK;

/*
 * Store the built kernel that @rec describes (arch, image; boot_image, vmlinux,
 * config and the rest if there) under @key, replacing an entry of that key.
 * *out is the stored entry's record, owned by the caller. On failure the cache
 * is as it was, and no temporary is left.
 */
enum kt_status kt_cache_store(struct kt_cache *cache, const char *key,
			      const struct kt_record *rec,
			      struct kt_record **out,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * True if the entry @rec (from lookup or list) may stand in for a new build:
 * not stale, of this machine's architecture.
 */
bool kt_cache_fresh(const struct kt_record *rec);

#endif
