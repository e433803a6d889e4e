/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs.h - the guest's file system, as an archive the kernel unpacks
 *
 * Two newc archives back to back, uncompressed. The base (ktstr-init, busybox
 * and its links, the directories that are mounted on) is the same in every run
 * and kept by its content; the rest (what is included, and the libraries that
 * needs) is written behind a copy of it. Sorted, so every directory comes
 * before what is in it, and the same bytes for the same files.
 *
 * The cache is a directory of files named by the sha256 of what they are made
 * from. A file in it is complete, and is never written to again; one that a
 * crash of the machine has cut short is made anew.
 */
#ifndef KT_INITRAMFS_H
#define KT_INITRAMFS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/elfdeps.h"
#include "lib/error.h"
#include "lib/include-files.h"
#include "lib/sums.h"

/* What the boot protocols let a loader place below 2 GiB, with the kernel. */
#define KT_INITRAMFS_MAX_BYTES (UINT64_C(1536) << 20)

#define KT_INITRAMFS_LIBRARY_PATH "etc/ktstr/library-path"
#define KT_INITRAMFS_MODULES "etc/ktstr/modules"

struct kt_initramfs;

struct kt_initramfs_size {
	uint64_t archive_bytes;
	uint64_t root_bytes; /* what is in it takes as a root file system */
};

/* Tell a person what will not work in the guest, and what to do about it. */
typedef void kt_initramfs_warn_fn(void *ctx, const struct kt_error *why);

/* Host files; borrowed. */
struct kt_initramfs_parts {
	const char *init;    /* ktstr-init */
	const char *busybox; /* static: see kt_initramfs_check_busybox() */
	const struct kt_includes *includes; /* finished */
	struct kt_elfdeps *deps;	    /* of the included files */
	struct kt_sums *sums;		    /* of files seen before, or NULL */
	kt_initramfs_warn_fn *warn;	    /* or NULL */
	void *warn_ctx;
};

/*
 * KT_OK if @path is a program that runs without a loader and libraries, else
 * KT_SKIP with a hint that names the package.
 */
enum kt_status kt_initramfs_check_busybox(const char *path,
					  struct kt_error *err) KT_MUST_CHECK;

/*
 * Read all of the parts and decide what goes where. A script whose interpreter
 * is included gets it where it looks; one whose interpreter is not in the guest
 * is warned about. KT_DATA if it would be too
 * large; KT_USAGE if two files want one place; KT_SYS if one cannot be read.
 * The caller frees *out.
 */
enum kt_status kt_initramfs_plan(const struct kt_initramfs_parts *parts,
				 struct kt_initramfs **out,
				 struct kt_error *err) KT_MUST_CHECK;
void kt_initramfs_freep(struct kt_initramfs **fs);

/* Append the path of every entry, a line each, in the archive's order. */
enum kt_status kt_initramfs_list(struct kt_initramfs *fs, struct kt_buf *out,
				 struct kt_error *err) KT_MUST_CHECK;

/*
 * The archive in the cache at @dir, built unless it is there already; *path is
 * absolute if @dir is, and the caller's. Older archives may be swept away.
 */
enum kt_status kt_initramfs_cached(struct kt_initramfs *fs, const char *dir,
				   char **path, struct kt_initramfs_size *size,
				   struct kt_error *err) KT_MUST_CHECK;

/*
 * Write the archive to @path, which is replaced when it is complete. @dir is
 * the cache, of which the base is used, or NULL; one that cannot be made or
 * written to is as none. KT_USAGE if @path is there and no regular file.
 */
enum kt_status kt_initramfs_write(struct kt_initramfs *fs, const char *dir,
				  const char *path,
				  struct kt_initramfs_size *size,
				  struct kt_error *err) KT_MUST_CHECK;

#endif
