/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs-sweep.h - the files of the initramfs cache, and which may go
 *
 * SHA256.cpio is an archive, base-SHA256.cpio what archives begin with,
 * kernel-SHA256.elf is lib/vm/kernel-file.h's, and sums is lib/sums.h's; each of
 * them with .tmp-LETTERS behind it is one that is being written.
 */
#ifndef KT_INITRAMFS_SWEEP_H
#define KT_INITRAMFS_SWEEP_H

#include <time.h>

#define KT_INITRAMFS_BASE "base-"
#define KT_INITRAMFS_SUFFIX ".cpio"
#define KT_INITRAMFS_KERNEL "kernel-"
#define KT_INITRAMFS_ELF ".elf"
#define KT_INITRAMFS_SUMS "sums"
#define KT_INITRAMFS_TEMP ".tmp-"

#define KT_INITRAMFS_KEEP 20		 /* newest files that a sweep keeps */
#define KT_INITRAMFS_KEEP_S (24L * 3600) /* and all that were used since */

/*
 * Remove from directory @path the files of ours last used more than
 * KT_INITRAMFS_KEEP_S before @now: all unfinished ones, and finished ones but
 * for the KT_INITRAMFS_KEEP used last. Nothing else in there is touched. What
 * cannot be removed stays: that is no error, the next sweep is for it.
 */
void kt_initramfs_sweep(const char *path, time_t now);

#endif
