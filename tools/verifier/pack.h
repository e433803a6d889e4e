/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/verifier/pack.h - a scheduler and what it needs, for a guest
 */
#ifndef KT_TOOLS_VERIFIER_PACK_H
#define KT_TOOLS_VERIFIER_PACK_H

#include "lib/error.h"
#include "lib/initramfs.h"
#include "lib/options.h"

/*
 * The scheduler at @path without symbolic links, which the caller owns.
 * KT_USAGE if it is no file or not executable, KT_DATA if it is for another
 * machine, KT_SYS if it is not there.
 */
enum kt_status kt_verifier_find(const char *path, char **real,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * Pack @scheduler and what --include-files names, with the libraries they need:
 * *path is the archive in the cache, which the caller owns. Statuses are those
 * of lib/initramfs.h and lib/elfdeps.h.
 */
enum kt_status kt_verifier_pack(const struct kt_args *args,
				const char *scheduler, char **path,
				struct kt_initramfs_size *size,
				struct kt_error *err) KT_MUST_CHECK;

#endif
