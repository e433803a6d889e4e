/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/elfload.h - an uncompressed x86-64 kernel, from its file to memory
 *
 * vmlinux, or the "vmlinux.bin" a build leaves in arch/x86/boot/compressed: an
 * ELF file whose PT_LOAD segments have physical addresses, and whose entry
 * point is one (startup_64, entered in 64-bit mode with boot_params in RSI).
 * Only program headers are looked at. The file is hostile: every number in it
 * is checked before it is used.
 */
#ifndef KT_VM_ELFLOAD_H
#define KT_VM_ELFLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_ELF_MAX_HEADERS 64
#define KT_ELF_MAX_SEGMENTS 16

/* @file_bytes at @offset of the file go to @gpa; zeros follow to @mem_bytes. */
struct kt_elf_segment {
	uint64_t gpa, offset, file_bytes, mem_bytes;
};

struct kt_elf_plan {
	uint64_t entry;	     /* guest-physical */
	uint64_t start, end; /* the first byte, and behind the last */
	size_t nr;
	struct kt_elf_segment segment[KT_ELF_MAX_SEGMENTS]; /* by gpa */
};

/*
 * Read how the kernel open at @fd, which @what names in errors, is to be
 * loaded. The descriptor's offset does not matter.
 *
 * KT_OK: segments lie between KT_GPA_HIGH and KT_GPA_HOLE, do not overlap, are
 * in the file; the entry is in one of them, in the part that is in the file.
 * KT_DATA: not such a file. KT_SYS: it cannot be read.
 */
enum kt_status kt_elf_plan(int fd, const char *what, struct kt_elf_plan *out,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * Read its segments to @ram, the guest's memory from 0, of which @ram_bytes are
 * mapped without a break. It is all zero before, so .bss is not touched.
 *
 * KT_USAGE: the plan ends beyond @ram_bytes; nothing has been read. KT_DATA:
 * the file has become shorter. KT_SYS: it cannot be read.
 */
enum kt_status kt_elf_load(int fd, const char *what,
			   const struct kt_elf_plan *plan, unsigned char *ram,
			   uint64_t ram_bytes,
			   struct kt_error *err) KT_MUST_CHECK;

#endif
