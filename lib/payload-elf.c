// SPDX-License-Identifier: GPL-2.0-only
/*
 * payload-elf - a vmlinux of what a kernel says of itself
 *
 * The same shape as what lib/vmlinux.c reduces one to: contents first, section
 * headers last, no program headers.
 */
#include "lib/payload.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

#define ALIGN 8
#define EXTRA 5 /* sections: none, .BTF, .strtab, .symtab, .shstrtab */

struct maker {
	const struct kt_payload *p;
	struct kt_buf *out;
	Elf64_Shdr *sections; /* the first is empty: gABI, "Sections" */
	size_t nr;
	struct kt_buf names; /* of sections */
};

static void maker_release(struct maker *m)
{
	free(m->sections);
	kt_buf_release(&m->names);
}

/* Pad to where something new may begin, and where that is. */
static uint64_t pad(struct maker *m)
{
	while (m->out->len % ALIGN)
		kt_buf_addc(m->out, '\0');
	return m->out->len;
}

static Elf64_Shdr *add_section(struct maker *m, const char *name)
{
	Elf64_Shdr *sh = &m->sections[m->nr++];

	sh->sh_name = (Elf64_Word)m->names.len;
	kt_buf_add(&m->names, name, strlen(name) + 1);
	return sh;
}

/* Sections that are loaded, without contents; .BTF has its own place. */
static void add_loaded(struct maker *m)
{
	const Elf64_Xword keep = SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR;

	for (size_t i = 0; i < m->p->nr_sections; i++) {
		const Elf64_Shdr *was = &m->p->sections[i];
		const char *name = kt_payload_name(m->p, was);
		Elf64_Shdr *sh;

		if (!strcmp(name, ".BTF"))
			continue;
		sh = add_section(m, name);
		sh->sh_type = SHT_NOBITS;
		sh->sh_flags = was->sh_flags & keep;
		sh->sh_addr = was->sh_addr;
		sh->sh_size = was->sh_size;
		sh->sh_offset = m->out->len;
		sh->sh_addralign = 1;
	}
}

static void add_btf(struct maker *m)
{
	const struct kt_payload_part *btf = &m->p->btf;
	Elf64_Shdr *sh;

	if (!btf->bytes)
		return;
	sh = add_section(m, ".BTF");
	sh->sh_type = SHT_PROGBITS;
	sh->sh_flags = SHF_ALLOC;
	sh->sh_addr = btf->addr;
	sh->sh_addralign = 1;
	sh->sh_offset = pad(m);
	sh->sh_size = btf->bytes;
	kt_buf_add(m->out, m->p->data.data + btf->at, btf->bytes);
}

/* The section that @addr is in; symbols come by address, so *last is likely. */
static Elf64_Half section_of(const struct maker *m, uint64_t addr, size_t *last)
{
	for (size_t i = 0; i < m->nr; i++) {
		const size_t k = (*last + i) % m->nr;
		const Elf64_Shdr *sh = &m->sections[k];

		if (!(sh->sh_flags & SHF_ALLOC) ||
		    addr - sh->sh_addr >= sh->sh_size)
			continue;
		*last = k;
		return (Elf64_Half)k;
	}
	return SHN_ABS;
}

static bool is_global(const struct kt_kallsym *sym)
{
	return isupper((unsigned char)sym->type) || sym->type == 'w' ||
	       sym->type == 'v';
}

/*
 * The letters of nm(1), which tell functions from variables only where the two
 * are not in one section.
 */
static unsigned char symbol_info(const struct maker *m,
				 const struct kt_kallsym *sym, Elf64_Half index)
{
	const Elf64_Xword flags =
		index < m->nr ? m->sections[index].sh_flags : 0;
	const int type = tolower((unsigned char)sym->type);
	const bool func = (type == 't' || type == 'w') && !(flags & SHF_WRITE);

	return ELF64_ST_INFO(type == 'w' || type == 'v' ? STB_WEAK :
			     is_global(sym)		? STB_GLOBAL :
							  STB_LOCAL,
			     func ? STT_FUNC : STT_OBJECT);
}

/* Local ones, or the others, behind the local ones: gABI, "Symbol Table". */
static void add_symbols(struct maker *m, bool global)
{
	size_t last = 0;

	for (size_t i = 0; i < m->p->symbols.nr; i++) {
		const struct kt_kallsym *sym = &m->p->symbols.syms[i];
		Elf64_Sym out = { 0 };

		if (is_global(sym) != global)
			continue;
		out.st_name = sym->name + 1;
		out.st_value = sym->addr;
		out.st_shndx = section_of(m, sym->addr, &last);
		out.st_info = symbol_info(m, sym, out.st_shndx);
		kt_buf_add(m->out, &out, sizeof(out));
	}
}

static void add_symtab(struct maker *m)
{
	static const Elf64_Sym none;
	const size_t strtab = m->nr;
	Elf64_Shdr *sh;

	if (!m->p->symbols.nr)
		return;
	sh = add_section(m, ".strtab");
	sh->sh_type = SHT_STRTAB;
	sh->sh_addralign = 1;
	sh->sh_offset = m->out->len;
	/* The first is the empty name, of the first symbol. */
	sh->sh_size = m->p->symbols.names_len + 1;
	kt_buf_addc(m->out, '\0');
	kt_buf_add(m->out, m->p->symbols.names, m->p->symbols.names_len);

	sh = add_section(m, ".symtab");
	sh->sh_type = SHT_SYMTAB;
	sh->sh_addralign = ALIGN;
	sh->sh_entsize = sizeof(Elf64_Sym);
	sh->sh_link = (Elf64_Word)strtab;
	sh->sh_offset = pad(m);
	kt_buf_add(m->out, &none, sizeof(none));
	add_symbols(m, false);
	sh->sh_info =
		(Elf64_Word)((m->out->len - sh->sh_offset) / sizeof(Elf64_Sym));
	add_symbols(m, true);
	sh->sh_size = m->out->len - sh->sh_offset;
}

static void add_headers(struct maker *m)
{
	Elf64_Shdr *sh = add_section(m, ".shstrtab");
	Elf64_Ehdr *ehdr;
	uint64_t at;

	sh->sh_type = SHT_STRTAB;
	sh->sh_addralign = 1;
	sh->sh_offset = m->out->len;
	sh->sh_size = m->names.len;
	kt_buf_add(m->out, m->names.data, m->names.len);
	at = pad(m);
	kt_buf_add(m->out, m->sections, m->nr * sizeof(*m->sections));

	ehdr = (Elf64_Ehdr *)(void *)m->out->data;
	memcpy(ehdr->e_ident, m->p->ehdr.e_ident, sizeof(ehdr->e_ident));
	ehdr->e_type = ET_EXEC;
	ehdr->e_machine = m->p->ehdr.e_machine;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_entry = m->p->ehdr.e_entry;
	ehdr->e_shoff = at;
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_shentsize = sizeof(*sh);
	ehdr->e_shnum = (Elf64_Half)m->nr;
	ehdr->e_shstrndx = (Elf64_Half)(m->nr - 1);
}

void kt_payload_vmlinux(const struct kt_payload *p, struct kt_buf *out)
{
	static const Elf64_Ehdr none;
	struct maker m KT_CLEANUP(maker_release) = {
		.p = p,
		.out = out,
		.sections =
			kt_xcalloc(p->nr_sections + EXTRA, sizeof(Elf64_Shdr)),
		.nr = 1,
	};

	kt_buf_addc(&m.names, '\0');
	kt_buf_add(out, &none, sizeof(none));
	add_loaded(&m);
	add_btf(&m);
	add_symtab(&m);
	add_headers(&m);
}
