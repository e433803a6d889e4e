/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/payload.h - what a kernel without its vmlinux says of itself
 *
 * The uncompressed kernel in an image (lib/bzimage.h) is an ELF file without
 * symbols. But in what it loads it has its types (.BTF), its symbols
 * (lib/kallsyms.h) and perhaps its configuration (CONFIG_IKCONFIG), from which
 * a vmlinux is made that has all that others read of one.
 */
#ifndef KT_PAYLOAD_H
#define KT_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <elf.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/kallsyms.h"

#define KT_PAYLOAD_MAX_HEADERS 128 /* of segments, and of sections */

/* A segment or section with contents, all in data. */
struct kt_payload_part {
	uint64_t addr;
	size_t at, bytes;
};

struct kt_payload {
	struct kt_buf data; /* the whole file */
	Elf64_Ehdr ehdr;
	Elf64_Shdr *sections; /* loaded ones, or NULL: it has no headers */
	size_t nr_sections;
	struct kt_payload_part btf; /* bytes 0: it has none */
	struct kt_kallsyms symbols; /* nr 0: why_none may tell why */
	struct kt_error why_none;
};

/*
 * Read the kernel open at @fd, from its start, which @what names in errors,
 * into *p, which is all zero and to be released in any case. That it has no
 * types or no symbols is no error.
 *
 * KT_DATA: not the ELF file of an x86-64 kernel, or damaged. KT_SYS: it cannot
 * be read. KT_FAIL: told to stop (lib/stop.h).
 */
enum kt_status kt_payload_read(int fd, const char *what, struct kt_payload *p,
			       struct kt_error *err) KT_MUST_CHECK;

/* Free what *p owns. Serves as KT_CLEANUP(). */
void kt_payload_release(struct kt_payload *p);

/*
 * Append the configuration that it has in it to @out; nothing if it has none.
 * KT_DATA: that is damaged, or larger than a configuration may be.
 */
enum kt_status kt_payload_config(const struct kt_payload *p, const char *what,
				 struct kt_buf *out,
				 struct kt_error *err) KT_MUST_CHECK;

/* The name of a section header of *p; "" if it has none. Borrowed. */
const char *kt_payload_name(const struct kt_payload *p, const Elf64_Shdr *sh);

/*
 * Put into @out, which is empty, the vmlinux that is made of it: an ELF file of .BTF, .symtab
 * and .strtab, as far as it has them, with the headers of the sections that are
 * loaded, which are empty. Functions and variables are told apart; how large
 * they are, is not known. It is what lib/kernel-elf.h and lib/vmlinux.h read.
 */
void kt_payload_vmlinux(const struct kt_payload *p, struct kt_buf *out);

#endif
