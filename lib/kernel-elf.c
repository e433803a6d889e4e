// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel-elf - a kernel's symbols and types, by libelf
 *
 * Files are read, never mapped: one that is truncated while we read it is an
 * error then, and not a SIGBUS.
 */
#include "lib/kernel-elf.h"

#include <string.h>

#include <libelf.h>

#define BTF_MAGIC 0xeb9f /* Documentation/bpf/btf.rst */

void kt_kernel_elf_close(struct kt_kernel_elf *k)
{
	elf_end(k->elf);
	k->elf = NULL;
}

enum kt_status kt_kernel_elf_damaged(const char *what, const char *part,
				     struct kt_error *err)
{
	const int code = elf_errno();

	return kt_fail(err, KT_DATA, "\"%s\": bad ELF %s%s%s", what, part,
		       code ? ": " : "", code ? elf_errmsg(code) : "");
}

static enum kt_status open_elf(struct kt_kernel_elf *k, int fd,
			       const char *what, struct kt_error *err)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return kt_fail(err, KT_SYS, "libelf is too old");
	k->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!k->elf || elf_kind(k->elf) != ELF_K_ELF)
		return kt_fail(err, KT_DATA, "\"%s\" is not an ELF file", what);
	if (gelf_getclass(k->elf) != ELFCLASS64)
		return kt_fail(err, KT_DATA, "\"%s\" is not a 64-bit ELF file",
			       what);
	if (!gelf_getehdr(k->elf, &k->ehdr) ||
	    elf_getshdrnum(k->elf, &k->nr_sections) ||
	    elf_getshdrstrndx(k->elf, &k->shstrndx))
		return kt_kernel_elf_damaged(what, "header", err);
	if (k->nr_sections > KT_KERNEL_ELF_MAX_SECTIONS)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has %zu sections, more than %zu", what,
			       k->nr_sections, KT_KERNEL_ELF_MAX_SECTIONS);
	return KT_OK;
}

static enum kt_status find_sections(struct kt_kernel_elf *k, const char *what,
				    struct kt_error *err)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(k->elf, scn))) {
		GElf_Shdr hdr;
		const char *name;

		if (!gelf_getshdr(scn, &hdr))
			return kt_kernel_elf_damaged(what, "section header",
						     err);
		name = elf_strptr(k->elf, k->shstrndx, hdr.sh_name);
		if (!name)
			return kt_kernel_elf_damaged(what, "section name", err);
		if (hdr.sh_type == SHT_SYMTAB && !k->symtab) {
			k->symtab = scn;
			k->symtab_hdr = hdr;
		}
		if (!strcmp(name, ".BTF") && hdr.sh_type == SHT_PROGBITS)
			k->btf = scn;
	}
	if (!k->symtab)
		return kt_fail(err, KT_DATA, "\"%s\" has no symbols", what);
	return KT_OK;
}

/* The contents of @scn as the file has them, at most @max bytes, not empty. */
static enum kt_status contents(Elf_Scn *scn, size_t max, const char *what,
			       const char *part, const Elf_Data **out,
			       struct kt_error *err)
{
	const Elf_Data *data;
	GElf_Shdr hdr;

	if (!scn || !gelf_getshdr(scn, &hdr) || hdr.sh_type == SHT_NOBITS ||
	    (hdr.sh_flags & SHF_COMPRESSED))
		return kt_kernel_elf_damaged(what, part, err);
	if (hdr.sh_size > max)
		return kt_fail(err, KT_DATA,
			       "\"%s\": %s of more than %zu bytes", what, part,
			       max);
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || !data->d_size ||
	    data->d_size != hdr.sh_size)
		return kt_kernel_elf_damaged(what, part, err);
	*out = data;
	return KT_OK;
}

static enum kt_status load_btf(struct kt_kernel_elf *k, const char *what,
			       struct kt_error *err)
{
	enum kt_status st;
	uint16_t magic;

	if (!k->btf)
		return KT_OK;
	st = contents(k->btf, KT_KERNEL_ELF_MAX_BTF, what, ".BTF", &k->btf_data,
		      err);
	if (st)
		return st;
	if (k->btf_data->d_size < sizeof(magic))
		return kt_kernel_elf_damaged(what, ".BTF", err);
	memcpy(&magic, k->btf_data->d_buf, sizeof(magic));
	/* Written in the byte order of the kernel, which need not be ours. */
	if (magic != BTF_MAGIC && magic != __builtin_bswap16(BTF_MAGIC))
		return kt_fail(err, KT_DATA, "\"%s\": .BTF without its magic",
			       what);
	return KT_OK;
}

static enum kt_status load_symbols(struct kt_kernel_elf *k, const char *what,
				   struct kt_error *err)
{
	const Elf_Data *data;
	const char *names;
	enum kt_status st;

	st = contents(elf_getscn(k->elf, k->symtab_hdr.sh_link),
		      KT_KERNEL_ELF_MAX_STRINGS, what, "names of symbols",
		      &k->strings, err);
	if (st)
		return st;
	names = k->strings->d_buf;
	if (names[k->strings->d_size - 1])
		return kt_kernel_elf_damaged(what, "names of symbols", err);
	if (k->symtab_hdr.sh_entsize != sizeof(Elf64_Sym) ||
	    k->symtab_hdr.sh_size % sizeof(Elf64_Sym) ||
	    k->symtab_hdr.sh_size / sizeof(Elf64_Sym) >
		    KT_KERNEL_ELF_MAX_SYMBOLS)
		return kt_kernel_elf_damaged(what, "symbol table", err);
	data = elf_getdata(k->symtab, NULL);
	if (!data || !data->d_buf || data->d_size != k->symtab_hdr.sh_size)
		return kt_kernel_elf_damaged(what, "symbol table", err);
	k->syms = data->d_buf;
	k->nr_syms = data->d_size / sizeof(Elf64_Sym);
	/* The first is empty by definition: gABI, "Symbol Table". */
	if (k->nr_syms < 2)
		return kt_fail(err, KT_DATA, "\"%s\" has no symbols", what);
	if (k->symtab_hdr.sh_info > k->nr_syms)
		return kt_kernel_elf_damaged(what, "symbol table", err);
	for (size_t i = 0; i < k->nr_syms; i++)
		if (k->syms[i].st_name >= k->strings->d_size)
			return kt_kernel_elf_damaged(what, "symbol", err);
	return KT_OK;
}

enum kt_status kt_kernel_elf_open(struct kt_kernel_elf *k, int fd,
				  const char *what, struct kt_error *err)
{
	enum kt_status st = open_elf(k, fd, what, err);

	if (!st)
		st = find_sections(k, what, err);
	if (!st)
		st = load_btf(k, what, err);
	if (!st)
		st = load_symbols(k, what, err);
	return st;
}
