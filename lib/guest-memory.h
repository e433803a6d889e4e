/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest-memory.h - how much memory a guest needs to boot
 *
 * All in bytes, rounded up to MiB at the end:
 *
 *	kernel   what the kernel takes when it lies unpacked in memory
 *	initrd   the archive, as the loader put it
 *	root     what is in it, as the root file system that it becomes while it
 *	         is still there (ramfs, so nothing caps it at half)
 *	reserve  KT_GUEST_RESERVE: page tables, per-CPU areas, slab, and room for
 *	         init and a shell
 *
 *	(kernel + initrd + root + reserve) * 64 / 63
 *
 * since struct page takes 64 of 4096 bytes. It is what booting takes: what the
 * command itself needs comes on top.
 */
#ifndef KT_GUEST_MEMORY_H
#define KT_GUEST_MEMORY_H

#include <stdint.h>

#include "lib/error.h"

#define KT_GUEST_RESERVE (UINT64_C(48) << 20)
#define KT_GUEST_PAGE UINT64_C(4096)
#define KT_GUEST_INODE UINT64_C(1024) /* and its dentry, on a 64-bit machine */

/*
 * The kernel's size in memory: for an ELF file from the lowest to the highest
 * address of its program headers; for a bzImage init_size (x86 boot protocol,
 * Documentation/arch/x86/boot.rst); for an arm64 Image image_size
 * (Documentation/arch/arm64/booting.rst). KT_DATA if @path is none of them,
 * KT_SYS if it cannot be read.
 */
enum kt_status kt_guest_kernel_bytes(const char *path, uint64_t *out,
				     struct kt_error *err) KT_MUST_CHECK;

/* What a file, or a link, with @bytes of content takes in ramfs. */
uint64_t kt_guest_root_bytes(uint64_t bytes);

/* The formula above; saturates. */
uint64_t kt_guest_memory_mib(uint64_t kernel_bytes, uint64_t initrd_bytes,
			     uint64_t root_bytes);

#endif
