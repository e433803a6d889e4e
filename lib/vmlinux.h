/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vmlinux.h - an unstripped kernel, and the little of it that is needed
 *
 * Whoever looks into a guest wants from vmlinux its types (.BTF) and where
 * things are (.symtab), which is a twentieth of the file. The other sections
 * that are loaded stay as headers without contents, with their names, addresses
 * and sizes, so that every symbol still belongs to one; symbols of sections
 * that are gone (debug information) are absolute, as their values were anyway.
 * Relocations are not looked at: kernels that relocate themselves have some
 * that ELF readers stumble over.
 */
#ifndef KT_VMLINUX_H
#define KT_VMLINUX_H

#include "lib/error.h"

/*
 * Write the reduced form of the kernel open at @in to @out, an empty file open
 * for reading and writing. @what names @in in messages. What was written has
 * been read back: .BTF is the same bytes, and every symbol of the input is
 * there with the same name and value.
 *
 * KT_DATA: @in is not a 64-bit ELF file with symbols, or is damaged, or exceeds
 * the limits of lib/kernel-elf.h. KT_SYS: reading or writing failed. What @out then holds is
 * undefined.
 */
enum kt_status kt_vmlinux_reduce(int in, int out, const char *what,
				 struct kt_error *err) KT_MUST_CHECK;

#endif
