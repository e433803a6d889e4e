// SPDX-License-Identifier: GPL-2.0-only
/* vmlinux - reduce a kernel to .BTF and symbols, by libelf */
#include "lib/vmlinux.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gelf.h>
#include <libelf.h>

#include "lib/buf.h"
#include "lib/kernel-elf.h"
#include "lib/xalloc.h"

#define CONTENT_ALIGN 8

/* The file being written. Offsets are ours to choose: ELF_F_LAYOUT. */
struct output {
	Elf *elf;
	const char *what;    /* the input's name */
	uint64_t end;	     /* of what has been laid out */
	struct kt_buf names; /* of sections */
	uint16_t *index;     /* of old sections here, SHN_ABS if gone */
	Elf64_Sym *syms;
};

static void output_release(struct output *out)
{
	elf_end(out->elf);
	kt_buf_release(&out->names);
	free(out->index);
	free(out->syms);
}

static enum kt_status not_made(const char *what, struct kt_error *err)
{
	return kt_fail(err, KT_SYS, "\"%s\" cannot be reduced: %s", what,
		       elf_errmsg(-1));
}

static GElf_Word add_name(struct output *out, const char *name)
{
	const size_t at = out->names.len;

	kt_buf_add(&out->names, name, strlen(name) + 1);
	return (GElf_Word)at;
}

/*
 * Add a section with the header @hdr, whose offset is set here, and with @data
 * and @len its size. *index is its number.
 */
static enum kt_status add_section(struct output *out, GElf_Shdr hdr,
				  const void *data, size_t len, Elf_Type type,
				  size_t *index, struct kt_error *err)
{
	Elf_Scn *scn = elf_newscn(out->elf);

	if (!scn)
		return not_made(out->what, err);
	hdr.sh_offset = out->end;
	if (data) {
		Elf_Data *d = elf_newdata(scn);

		if (!d)
			return not_made(out->what, err);
		/* libelf only reads it. */
		d->d_buf = (void *)(uintptr_t)data;
		d->d_size = len;
		d->d_type = type;
		d->d_align = 1;
		d->d_version = EV_CURRENT;
		hdr.sh_size = len;
		hdr.sh_addralign = CONTENT_ALIGN;
		out->end += (len + CONTENT_ALIGN - 1) / CONTENT_ALIGN *
			    CONTENT_ALIGN;
	}
	if (!gelf_update_shdr(scn, &hdr))
		return not_made(out->what, err);
	*index = elf_ndxscn(scn);
	return KT_OK;
}

static bool is_loaded(const GElf_Shdr *hdr)
{
	return (hdr->sh_flags & SHF_ALLOC) &&
	       (hdr->sh_type == SHT_PROGBITS || hdr->sh_type == SHT_NOBITS ||
		hdr->sh_type == SHT_NOTE);
}

/* Sections that are loaded, as they were but empty; .BTF with its contents. */
static enum kt_status add_loaded(struct output *out,
				 const struct kt_kernel_elf *k,
				 struct kt_error *err)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(k->elf, scn))) {
		const Elf_Data *data = scn == k->btf ? k->btf_data : NULL;
		const char *name;
		enum kt_status st;
		GElf_Shdr hdr;
		size_t index;

		if (!gelf_getshdr(scn, &hdr))
			return kt_kernel_elf_damaged(out->what,
						     "section header", err);
		name = elf_strptr(k->elf, k->shstrndx, hdr.sh_name);
		if (!name)
			return kt_kernel_elf_damaged(out->what, "section name",
						     err);
		if (!data && !is_loaded(&hdr))
			continue;
		if (!data)
			hdr.sh_type = SHT_NOBITS;
		hdr.sh_name = add_name(out, name);
		hdr.sh_flags &= SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR;
		hdr.sh_addralign = 1;
		hdr.sh_entsize = 0;
		hdr.sh_link = 0;
		hdr.sh_info = 0;
		st = add_section(out, hdr, data ? data->d_buf : NULL,
				 data ? data->d_size : 0, ELF_T_BYTE, &index,
				 err);
		if (st)
			return st;
		out->index[elf_ndxscn(scn)] = (uint16_t)index;
	}
	return KT_OK;
}

static void move_symbols(struct output *out, const struct kt_kernel_elf *k)
{
	out->syms = kt_xcalloc(k->nr_syms, sizeof(*out->syms));
	memcpy(out->syms, k->syms, k->nr_syms * sizeof(*out->syms));
	for (size_t i = 0; i < k->nr_syms; i++) {
		const uint16_t old = out->syms[i].st_shndx;

		if (old == SHN_UNDEF || old == SHN_ABS || old == SHN_COMMON)
			continue;
		out->syms[i].st_shndx =
			old < k->nr_sections ? out->index[old] : SHN_ABS;
	}
}

static enum kt_status add_tables(struct output *out,
				 const struct kt_kernel_elf *k,
				 size_t *shstrndx, struct kt_error *err)
{
	GElf_Shdr strtab = { .sh_type = SHT_STRTAB };
	GElf_Shdr symtab = { .sh_type = SHT_SYMTAB,
			     .sh_entsize = sizeof(Elf64_Sym),
			     .sh_info = k->symtab_hdr.sh_info };
	enum kt_status st;
	size_t index;

	strtab.sh_name = add_name(out, ".strtab");
	st = add_section(out, strtab, k->strings->d_buf, k->strings->d_size,
			 ELF_T_BYTE, &index, err);
	if (st)
		return st;
	symtab.sh_name = add_name(out, ".symtab");
	symtab.sh_link = (GElf_Word)index;
	move_symbols(out, k);
	st = add_section(out, symtab, out->syms,
			 k->nr_syms * sizeof(*out->syms), ELF_T_SYM, &index,
			 err);
	if (st)
		return st;
	/* Last, since it holds its own name and moves as it grows. */
	strtab.sh_name = add_name(out, ".shstrtab");
	return add_section(out, strtab, out->names.data, out->names.len,
			   ELF_T_BYTE, shstrndx, err);
}

/* No program headers: nobody boots this file. */
static enum kt_status add_header(struct output *out,
				 const struct kt_kernel_elf *k, size_t shstrndx,
				 struct kt_error *err)
{
	GElf_Ehdr ehdr;

	if (!gelf_getehdr(out->elf, &ehdr))
		return not_made(out->what, err);
	ehdr.e_ident[EI_DATA] = k->ehdr.e_ident[EI_DATA];
	ehdr.e_type = k->ehdr.e_type;
	ehdr.e_machine = k->ehdr.e_machine;
	ehdr.e_version = EV_CURRENT;
	ehdr.e_entry = k->ehdr.e_entry;
	ehdr.e_flags = k->ehdr.e_flags;
	ehdr.e_shoff = out->end;
	ehdr.e_shstrndx = (GElf_Half)shstrndx;
	if (!gelf_update_ehdr(out->elf, &ehdr))
		return not_made(out->what, err);
	return KT_OK;
}

static enum kt_status write_reduced(const struct kt_kernel_elf *k, int fd,
				    const char *what, struct kt_error *err)
{
	struct output out KT_CLEANUP(
		output_release) = { .what = what, .end = sizeof(Elf64_Ehdr) };
	enum kt_status st;
	size_t shstrndx;

	out.index = kt_xcalloc(k->nr_sections, sizeof(*out.index));
	for (size_t i = 0; i < k->nr_sections; i++)
		out.index[i] = SHN_ABS;
	add_name(&out, "");
	out.elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!out.elf || !gelf_newehdr(out.elf, ELFCLASS64))
		return not_made(what, err);
	elf_flagelf(out.elf, ELF_C_SET, ELF_F_LAYOUT);
	st = add_loaded(&out, k, err);
	if (!st)
		st = add_tables(&out, k, &shstrndx, err);
	if (!st)
		st = add_header(&out, k, shstrndx, err);
	if (st)
		return st;
	errno = 0;
	if (elf_update(out.elf, ELF_C_WRITE) < 0)
		return errno ? kt_fail_errno(err,
					     "cannot write \"%s\", reduced",
					     what) :
			       not_made(what, err);
	return KT_OK;
}

/* What @was must be in @is: this file replaces the other for good. */
static enum kt_status compare(const struct kt_kernel_elf *was,
			      const struct kt_kernel_elf *is, const char *what,
			      struct kt_error *err)
{
	bool same = was->nr_syms == is->nr_syms && !was->btf == !is->btf;

	if (same && was->btf)
		same = was->btf_data->d_size == is->btf_data->d_size &&
		       !memcmp(was->btf_data->d_buf, is->btf_data->d_buf,
			       was->btf_data->d_size);
	for (size_t i = 0; same && i < was->nr_syms; i++) {
		const char *a = was->strings->d_buf, *b = is->strings->d_buf;

		same = was->syms[i].st_value == is->syms[i].st_value &&
		       !strcmp(a + was->syms[i].st_name,
			       b + is->syms[i].st_name);
	}
	if (!same)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is not the same when reduced", what);
	return KT_OK;
}

enum kt_status kt_vmlinux_reduce(int in, int out, const char *what,
				 struct kt_error *err)
{
	struct kt_kernel_elf was KT_CLEANUP(kt_kernel_elf_close) = { 0 };
	struct kt_kernel_elf is KT_CLEANUP(kt_kernel_elf_close) = { 0 };
	enum kt_status st = kt_kernel_elf_open(&was, in, what, err);

	if (!st)
		st = write_reduced(&was, out, what, err);
	if (!st)
		st = kt_kernel_elf_open(&is, out, what, err);
	if (!st)
		st = compare(&was, &is, what, err);
	return st;
}
