// SPDX-License-Identifier: GPL-2.0-only
/* elfobj - what a dynamic loader reads of an ELF file */
#include "lib/elfobj.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

static void add_needed(struct kt_elfobj *obj, const char *name)
{
	obj->needed = kt_xrealloc(obj->needed,
				  (obj->nr_needed + 1) * sizeof(*obj->needed));
	obj->needed[obj->nr_needed++] = kt_xstrdup(name);
}

/* @size bytes at @offset of the file as the caller's string, or NULL. */
static char *read_string(Elf *elf, GElf_Off offset, GElf_Xword size)
{
	Elf_Data *data;

	if (!size || size > PATH_MAX)
		return NULL;
	data = elf_getdata_rawchunk(elf, (int64_t)offset, size, ELF_T_BYTE);
	return data ? kt_xstrndup(data->d_buf, data->d_size) : NULL;
}

/* Where in the file the loader would find address @addr. */
static bool offset_of(Elf *elf, size_t nr_phdr, GElf_Addr addr, GElf_Off *out)
{
	for (size_t i = 0; i < nr_phdr; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
		    addr < ph.p_vaddr || addr - ph.p_vaddr >= ph.p_filesz)
			continue;
		*out = ph.p_offset + (addr - ph.p_vaddr);
		return true;
	}
	return false;
}

static GElf_Xword dyn_value(Elf_Data *dyn, GElf_Sxword tag)
{
	GElf_Dyn d;

	for (int i = 0; gelf_getdyn(dyn, i, &d) && d.d_tag != DT_NULL; i++)
		if (d.d_tag == tag)
			return d.d_un.d_val;
	return 0;
}

/* The string at @at of a table, or NULL if there is none. */
static const char *string_at(const char *strings, size_t size, GElf_Xword at)
{
	size_t left;

	if (at >= size)
		return NULL;
	left = size - at;
	if (left > KT_ELFOBJ_MAX_STRING)
		left = KT_ELFOBJ_MAX_STRING;
	return memchr(strings + at, '\0', left) ? strings + at : NULL;
}

static void read_names(struct kt_elfobj *obj, Elf_Data *dyn,
		       const char *strings, size_t size)
{
	const char *rpath = NULL, *runpath = NULL, *soname = NULL;
	GElf_Dyn d;

	for (int i = 0; gelf_getdyn(dyn, i, &d) && d.d_tag != DT_NULL; i++) {
		const char *s = string_at(strings, size, d.d_un.d_val);

		if (!s)
			continue;
		if (d.d_tag == DT_RPATH)
			rpath = s;
		else if (d.d_tag == DT_RUNPATH)
			runpath = s;
		else if (d.d_tag == DT_SONAME)
			soname = s;
		else if (d.d_tag == DT_NEEDED && *s &&
			 obj->nr_needed < KT_ELFOBJ_MAX_NEEDED)
			add_needed(obj, s);
	}
	/* Like the loader, that which comes last. */
	obj->rpath = rpath ? kt_xstrdup(rpath) : NULL;
	obj->runpath = runpath ? kt_xstrdup(runpath) : NULL;
	obj->soname = soname ? kt_xstrdup(soname) : NULL;
}

/* By program headers alone, like the loader: sections may be stripped. */
static void read_dynamic(struct kt_elfobj *obj, Elf *elf, size_t nr_phdr,
			 const GElf_Phdr *ph)
{
	Elf_Data *dyn, *strings;
	GElf_Xword size;
	GElf_Off at;

	if (ph->p_filesz > KT_ELFOBJ_MAX_DYNAMIC)
		return;
	dyn = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz,
				   ELF_T_DYN);
	if (!dyn)
		return;
	size = dyn_value(dyn, DT_STRSZ);
	if (!size || size > KT_ELFOBJ_MAX_STRINGS ||
	    !offset_of(elf, nr_phdr, dyn_value(dyn, DT_STRTAB), &at))
		return;
	strings = elf_getdata_rawchunk(elf, (int64_t)at, size, ELF_T_BYTE);
	if (!strings)
		return;
	obj->dynamic = true;
	read_names(obj, dyn, strings->d_buf, strings->d_size);
}

/* @left is what all notes of the file may still have. */
static void read_notes(struct kt_elfobj *obj, Elf *elf, const GElf_Phdr *ph,
		       size_t *left)
{
	/* Notes of 8-byte alignment differ in their padding (gABI, gelf.h). */
	const Elf_Type type = ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
	size_t at = 0, next, name, desc;
	Elf_Data *data;
	GElf_Nhdr nh;

	if (!ph->p_filesz || ph->p_filesz > *left)
		return;
	*left -= ph->p_filesz;
	data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz,
				    type);
	while (data && (next = gelf_getnote(data, at, &nh, &name, &desc))) {
		const char *bytes = data->d_buf;

		if (nh.n_type == KT_DLOPEN_NOTE &&
		    nh.n_namesz == sizeof(KT_DLOPEN_OWNER) &&
		    !memcmp(bytes + name, KT_DLOPEN_OWNER, nh.n_namesz))
			kt_dlopen_note(&obj->dlopens, bytes + desc,
				       nh.n_descsz);
		at = next;
	}
}

/* libelf keeps all that it has read until its end, so each is read once. */
static void read_headers(struct kt_elfobj *obj, Elf *elf, size_t nr)
{
	size_t notes_left = KT_ELFOBJ_MAX_NOTES;
	bool had_dynamic = false;

	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph))
			return;
		if (ph.p_type == PT_INTERP && !obj->interp) {
			obj->interp =
				read_string(elf, ph.p_offset, ph.p_filesz);
		} else if (ph.p_type == PT_DYNAMIC && !had_dynamic) {
			had_dynamic = true;
			read_dynamic(obj, elf, nr, &ph);
		} else if (ph.p_type == PT_NOTE) {
			read_notes(obj, elf, &ph, &notes_left);
		}
	}
}

static void read_elf(struct kt_elfobj *obj, Elf *elf)
{
	GElf_Ehdr eh;
	size_t nr = 0;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    (eh.e_type != ET_EXEC && eh.e_type != ET_DYN) ||
	    elf_getphdrnum(elf, &nr) || nr > KT_ELFOBJ_MAX_HEADERS)
		return;
	obj->class = eh.e_ident[EI_CLASS];
	obj->machine = eh.e_machine;
	read_headers(obj, elf, nr);
}

enum kt_status kt_elfobj_read(const char *path, struct kt_elfobj *obj,
			      struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat sb;
	Elf *elf;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", path);
	*obj = (struct kt_elfobj){ 0 };
	if (!S_ISREG(sb.st_mode) || elf_version(EV_CURRENT) == EV_NONE)
		return KT_OK;
	/* Not mapped: the file may shrink while we look. */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		read_elf(obj, elf);
	elf_end(elf);
	return KT_OK;
}

void kt_elfobj_release(struct kt_elfobj *obj)
{
	free(obj->interp);
	free(obj->rpath);
	free(obj->runpath);
	free(obj->soname);
	for (size_t i = 0; i < obj->nr_needed; i++)
		free(obj->needed[i]);
	free(obj->needed);
	kt_dlopens_release(&obj->dlopens);
	*obj = (struct kt_elfobj){ 0 };
}
