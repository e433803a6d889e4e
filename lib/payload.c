// SPDX-License-Identifier: GPL-2.0-only
/* payload - what a kernel without its vmlinux says of itself */
#include "lib/payload.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/btf-find.h"
#include "lib/bzimage.h"
#include "lib/fd.h"
#include "lib/kconfig.h"
#include "lib/unpack.h"
#include "lib/xalloc.h"

/* kernel/configs.c */
#define CONFIG_BEGIN "IKCFG_ST"
#define CONFIG_END "IKCFG_ED"

void kt_payload_release(struct kt_payload *p)
{
	kt_buf_release(&p->data);
	free(p->sections);
	p->sections = NULL;
	kt_kallsyms_release(&p->symbols);
}

static const unsigned char *bytes(const struct kt_payload *p)
{
	return (const unsigned char *)p->data.data;
}

static bool has(const struct kt_payload *p, uint64_t at, uint64_t len)
{
	return at <= p->data.len && len <= p->data.len - at;
}

static enum kt_status damaged(const char *what, const char *part,
			      struct kt_error *err)
{
	return kt_fail(err, KT_DATA, "\"%s\" is damaged: bad %s", what, part);
}

static enum kt_status read_file(int fd, const char *what, struct kt_payload *p,
				struct kt_error *err)
{
	enum kt_status st;
	struct stat sb;

	if (fstat(fd, &sb) || lseek(fd, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	if (sb.st_size > 0 && (uint64_t)sb.st_size <= KT_BZIMAGE_MAX_KERNEL)
		kt_buf_reserve(&p->data, (size_t)sb.st_size);
	st = kt_fd_read(fd, KT_BZIMAGE_MAX_KERNEL, &p->data, what, err);
	if (st)
		return st;
	if (p->data.len < sizeof(p->ehdr))
		return kt_fail(err, KT_DATA, "\"%s\" is no kernel", what);
	memcpy(&p->ehdr, p->data.data, sizeof(p->ehdr));
	if (memcmp(p->ehdr.e_ident, ELFMAG, SELFMAG) != 0 ||
	    p->ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    p->ehdr.e_ident[EI_DATA] != ELFDATA2LSB ||
	    p->ehdr.e_machine != EM_X86_64)
		return kt_fail(err, KT_DATA, "\"%s\" is no x86-64 kernel",
			       what);
	return KT_OK;
}

/*
 * The sections that are loaded. A file without section headers is as good, and
 * one that has bad ones as good as one without.
 */
static void read_sections(struct kt_payload *p)
{
	const size_t nr = p->ehdr.e_shnum;

	if (!nr || nr > KT_PAYLOAD_MAX_HEADERS ||
	    p->ehdr.e_shentsize != sizeof(Elf64_Shdr) ||
	    !has(p, p->ehdr.e_shoff, nr * sizeof(Elf64_Shdr)))
		return;
	p->sections = kt_xcalloc(nr, sizeof(*p->sections));
	for (size_t i = 1; i < nr; i++) {
		Elf64_Shdr sh;

		memcpy(&sh, p->data.data + p->ehdr.e_shoff + i * sizeof(sh),
		       sizeof(sh));
		if ((sh.sh_flags & SHF_ALLOC) &&
		    (sh.sh_type == SHT_PROGBITS || sh.sh_type == SHT_NOBITS ||
		     sh.sh_type == SHT_NOTE))
			p->sections[p->nr_sections++] = sh;
	}
}

const char *kt_payload_name(const struct kt_payload *p, const Elf64_Shdr *sh)
{
	const size_t i = p->ehdr.e_shstrndx;
	Elf64_Shdr names;

	/* read_sections() has seen the headers if there are any. */
	if (!p->sections || i >= p->ehdr.e_shnum)
		return "";
	memcpy(&names, p->data.data + p->ehdr.e_shoff + i * sizeof(names),
	       sizeof(names));
	if (!names.sh_size || !has(p, names.sh_offset, names.sh_size) ||
	    p->data.data[names.sh_offset + names.sh_size - 1] ||
	    sh->sh_name >= names.sh_size)
		return "";
	return p->data.data + names.sh_offset + sh->sh_name;
}

static bool named_btf(struct kt_payload *p)
{
	for (size_t i = 0; i < p->nr_sections; i++) {
		const Elf64_Shdr *sh = &p->sections[i];

		if (strcmp(kt_payload_name(p, sh), ".BTF") != 0 ||
		    sh->sh_type != SHT_PROGBITS ||
		    !has(p, sh->sh_offset, sh->sh_size) ||
		    !kt_btf_bytes(bytes(p) + sh->sh_offset, sh->sh_size))
			continue;
		p->btf = (struct kt_payload_part){ sh->sh_addr, sh->sh_offset,
						   sh->sh_size };
		return true;
	}
	return false;
}

static void find_btf(struct kt_payload *p, const struct kt_payload_part *seg)
{
	size_t at, len;

	if (!kt_btf_find(bytes(p) + seg->at, seg->bytes, &at, &len) ||
	    len <= p->btf.bytes)
		return;
	p->btf = (struct kt_payload_part){ seg->addr + at, seg->at + at, len };
}

/* The first segment, which has the code, knows best why there are none. */
static enum kt_status find_symbols(struct kt_payload *p,
				   const struct kt_payload_part *seg,
				   const char *what, uint64_t *steps,
				   struct kt_error *err)
{
	struct kt_error why;
	enum kt_status st;

	if (p->symbols.nr)
		return KT_OK;
	st = kt_kallsyms_find(bytes(p) + seg->at, seg->bytes, seg->addr, what,
			      steps, &p->symbols, &why);
	if (st == KT_DATA && !p->why_none.status)
		p->why_none = why;
	if (st != KT_FAIL)
		return KT_OK;
	*err = why;
	return st;
}

/* Both are looked for in what is loaded: the file may hold more. */
static enum kt_status search(struct kt_payload *p, const char *what,
			     struct kt_error *err)
{
	const bool named = named_btf(p);
	uint64_t steps = KT_KALLSYMS_MAX_STEPS, left = p->data.len;
	enum kt_status st = KT_OK;

	if (p->ehdr.e_phentsize != sizeof(Elf64_Phdr) ||
	    p->ehdr.e_phnum > KT_PAYLOAD_MAX_HEADERS ||
	    !has(p, p->ehdr.e_phoff, p->ehdr.e_phnum * sizeof(Elf64_Phdr)))
		return damaged(what, "program headers", err);
	for (size_t i = 0; !st && i < p->ehdr.e_phnum; i++) {
		struct kt_payload_part seg;
		Elf64_Phdr ph;

		memcpy(&ph, p->data.data + p->ehdr.e_phoff + i * sizeof(ph),
		       sizeof(ph));
		if (ph.p_type != PT_LOAD || !ph.p_filesz)
			continue;
		/* They have the file between them, and do not overlap. */
		if (!has(p, ph.p_offset, ph.p_filesz) || ph.p_filesz > left)
			return damaged(what, "segment", err);
		left -= ph.p_filesz;
		seg = (struct kt_payload_part){ ph.p_vaddr, ph.p_offset,
						ph.p_filesz };
		if (!named)
			find_btf(p, &seg);
		st = find_symbols(p, &seg, what, &steps, err);
	}
	return st;
}

enum kt_status kt_payload_read(int fd, const char *what, struct kt_payload *p,
			       struct kt_error *err)
{
	enum kt_status st = read_file(fd, what, p, err);

	if (st)
		return st;
	read_sections(p);
	return search(p, what, err);
}

enum kt_status kt_payload_config(const struct kt_payload *p, const char *what,
				 struct kt_buf *out, struct kt_error *err)
{
	const char *begin = memmem(p->data.data, p->data.len, CONFIG_BEGIN,
				   strlen(CONFIG_BEGIN));
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;
	const char *end;
	size_t left;

	if (!begin)
		return KT_OK;
	begin += strlen(CONFIG_BEGIN);
	left = p->data.len - (size_t)(begin - p->data.data);
	end = memmem(begin, left, CONFIG_END, strlen(CONFIG_END));
	if (!end)
		return damaged(what, "configuration", err);
	fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0)
		return kt_fail_errno(err, "cannot make a file in memory");
	st = kt_unpack(begin, (size_t)(end - begin), "configuration", fd,
		       KT_KCONFIG_MAX_BYTES, NULL, err);
	if (!st && lseek(fd, 0, SEEK_SET))
		st = kt_fail_errno(err, "cannot read a file in memory");
	if (!st)
		st = kt_fd_read(fd, KT_KCONFIG_MAX_BYTES, out, what, err);
	return st ? kt_within(err, st, "%s", what) : KT_OK;
}
