/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest-memory.h - how much memory a guest needs to boot
 *
 * All in bytes, rounded up to MiB at the end:
 *
 *	kernel   what the kernel takes when it lies unpacked in memory
 *	initrd   the archive, there twice: as the loader put it, and as the files
 *	         in the root file system (ramfs, so nothing caps it at half)
 *	reserve  KT_GUEST_RESERVE: page tables, per-CPU areas, slab, and room for
 *	         init and a shell
 *
 *	(kernel + 2 * initrd + reserve) * 64 / 63
 *
 * since struct page takes 64 of 4096 bytes. It is what booting takes: what the
 * command itself needs comes on top.
 */
#ifndef KT_GUEST_MEMORY_H
#define KT_GUEST_MEMORY_H

#include <stdint.h>

#include "lib/error.h"

#define KT_GUEST_RESERVE (UINT64_C(48) << 20)

/*
 * The kernel's size in memory: for an ELF file from the lowest to the highest
 * address of its program headers; for a bzImage init_size (x86 boot protocol,
 * Documentation/arch/x86/boot.rst); for an arm64 Image image_size
 * (Documentation/arch/arm64/booting.rst). KT_DATA if @path is none of them,
 * KT_SYS if it cannot be read.
 */
enum kt_status kt_guest_kernel_bytes(const char *path, uint64_t *out,
				     struct kt_error *err) KT_MUST_CHECK;

/* The formula above; saturates. */
uint64_t kt_guest_memory_mib(uint64_t kernel_bytes, uint64_t initrd_bytes);

#endif
