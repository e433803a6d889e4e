/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kernel-elf.h - the symbols and types of an unstripped kernel
 *
 * What reduces a kernel (lib/vmlinux.h) and what looks into a guest (lib/bpf/)
 * read the same of it. The file is not trusted: whatever of the two the struct
 * shows has been checked to lie within it.
 */
#ifndef KT_KERNEL_ELF_H
#define KT_KERNEL_ELF_H

#include <stddef.h>

#include <gelf.h>

#include "lib/error.h"

#define KT_KERNEL_ELF_MAX_SECTIONS ((size_t)4096)
#define KT_KERNEL_ELF_MAX_SYMBOLS ((size_t)8 << 20)
#define KT_KERNEL_ELF_MAX_STRINGS ((size_t)512 << 20) /* bytes of names */
#define KT_KERNEL_ELF_MAX_BTF ((size_t)256 << 20)     /* bytes of .BTF */

struct kt_kernel_elf {
	Elf *elf;
	GElf_Ehdr ehdr;
	size_t nr_sections, shstrndx;
	Elf_Scn *symtab, *btf; /* btf may be NULL */
	GElf_Shdr symtab_hdr;
	const Elf_Data *btf_data, *strings;
	const Elf64_Sym *syms; /* in this machine's byte order */
	size_t nr_syms;
};

/*
 * Read the file open at @fd, which must stay open, into *k, which is all zero.
 * @what names it in messages. What *k points to is borrowed from k->elf; each
 * st_name is the offset of a string in k->strings.
 *
 * KT_DATA: it is not a 64-bit ELF file with symbols, or is damaged, or exceeds
 * the limits above; no .BTF is no error, and k->btf is then NULL. KT_SYS:
 * libelf refused. *k is to be closed in any case.
 */
enum kt_status kt_kernel_elf_open(struct kt_kernel_elf *k, int fd,
				  const char *what,
				  struct kt_error *err) KT_MUST_CHECK;

/* Serves as KT_CLEANUP(). */
void kt_kernel_elf_close(struct kt_kernel_elf *k);

/* KT_DATA: @part of @what is bad, and what libelf has to say about it. */
enum kt_status kt_kernel_elf_damaged(const char *what, const char *part,
				     struct kt_error *err) KT_MUST_CHECK;

#endif
