/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/metadata.h - metadata.json, and the kernel records it is made from
 *
 * The first twelve members are those of the Rust ktstr 0.2.2, always there,
 * in its order, null where unknown: version, source, arch, image_name,
 * config_hash, built_at, ktstr_kconfig_hash, git_hash (seven digits), git_ref,
 * source_tree_path, vmlinux_name, ktstr_git_hash. Ours follow, each only where
 * known; its reader ignores them:
 *
 *   package          true: "source" is then "tarball", the nearest it knows
 *   git_commit       the whole of git_hash
 *   kconfig_crc32    of the fragment. ktstr_kconfig_hash stays null, because
 *                    the other reader takes any hash but its own for stale
 *   url, sha256      of the source
 *   verified         pgp, sha256 or none
 *   dirty            true: the tree had changes that no commit has
 *   compiler, build_ns
 *   boot_image_name  the uncompressed kernel
 *   vmlinux_reduced  false: it could not be; vmlinux_note says why
 *   files            name: { sha256, size_bytes } of every other file here
 */
#ifndef KT_METADATA_H
#define KT_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/hash.h"
#include "lib/record.h"

#define KT_METADATA_NAME "metadata.json"
#define KT_METADATA_MAX_BYTES ((size_t)1 << 20)

/* Names of files in an entry that are always the same. */
#define KT_ENTRY_BOOT_IMAGE "boot_image"
#define KT_ENTRY_VMLINUX "vmlinux"
#define KT_ENTRY_CONFIG ".config"

/*
 * The metadata of the kernel that record @rec describes, without the names and
 * figures of files but image_name, which follows from the architecture; the
 * caller owns *out. @built_at stands in for that member where @rec has none.
 * KT_DATA if a member of @rec has a wrong type or the architecture is unknown.
 */
enum kt_status kt_metadata_make(const struct kt_record *rec,
				const char *built_at, struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/* Note a file that has been stored under @name. */
void kt_metadata_add_file(struct kt_record *meta, const char *name,
			  const char *sha256, uint64_t size_bytes);

/*
 * Read and parse the metadata at @path below @dirfd; @text is room to be used
 * again. KT_DATA if it is missing, no regular file, no JSON object, or has
 * more than KT_METADATA_MAX_BYTES. The caller owns *out.
 */
enum kt_status kt_metadata_load(int dirfd, const char *path,
				struct kt_buf *text, struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * What @meta notes of file @name: its size, and in @sha256 (may be NULL) its
 * sum, "" if there is no valid one; false if it notes no valid size.
 */
bool kt_metadata_file(const struct kt_record *meta, const char *name,
		      uint64_t *size_bytes, char sha256[KT_SHA256_SIZE]);

/* True if this is an entry of a later Rust ktstr, whose "source" is an object. */
bool kt_metadata_foreign(const struct kt_record *meta);

/*
 * KT_DATA, and why, unless @meta holds what a reader needs, of the right types,
 * and no name in it leads out of the entry.
 */
enum kt_status kt_metadata_check(const struct kt_record *meta,
				 struct kt_error *err) KT_MUST_CHECK;

/*
 * Set what @meta says on kernel record @rec: source ("package" for one),
 * version, git_ref, url, sha256, verified, arch, config_hash, compiler,
 * built_at, source_tree_path, git_hash, kconfig_crc32, dirty, build_ns; absent
 * where unknown. @meta must have passed kt_metadata_check().
 */
void kt_metadata_describe(const struct kt_record *meta, struct kt_record *rec);

/*
 * The hash of the fragment an entry was built with: ours, else that of the
 * Rust ktstr; NULL if neither is known. Borrowed from @meta.
 */
const char *kt_metadata_kconfig(const struct kt_record *meta);

#endif
