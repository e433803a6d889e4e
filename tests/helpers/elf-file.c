// SPDX-License-Identifier: GPL-2.0-only
/* elf-file - programs and libraries, as far as a loader looks */
#include "tests/helpers/elf-file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/dlopen-note.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/xalloc.h"

static uint64_t add_string(struct elf_image *im, size_t *used, const char *s)
{
	const size_t at = *used;

	strcpy(im->strings + at, s);
	*used += strlen(s) + 1;
	return at;
}

void elf_fill(struct elf_image *im, const struct elf_file *f)
{
	size_t used = 1, nr = 0;

	*im = (struct elf_image){
		.eh = { .e_type = ET_DYN,
			.e_machine = (Elf64_Half)(f->machine ? f->machine :
							       EM_X86_64),
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct elf_image, ph),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 4 },
		.ph = { { .p_type = PT_LOAD,
			  .p_vaddr = 0x1000,
			  .p_filesz = sizeof(*im),
			  .p_memsz = sizeof(*im) },
			{ .p_type = PT_DYNAMIC,
			  .p_offset = offsetof(struct elf_image, dyn),
			  .p_filesz = sizeof(im->dyn) },
			{ .p_type = f->interp ? PT_INTERP : PT_NULL,
			  .p_offset = offsetof(struct elf_image, interp) },
			{ .p_type = PT_NOTE,
			  .p_offset = offsetof(struct elf_image, note),
			  .p_align = 4 } },
	};
	memcpy(im->eh.e_ident, ELFMAG, SELFMAG);
	im->eh.e_ident[EI_CLASS] = ELFCLASS64;
	im->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	im->eh.e_ident[EI_VERSION] = EV_CURRENT;
	for (size_t i = 0; i < 4 && f->needed[i]; i++)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_NEEDED,
				     { add_string(im, &used, f->needed[i]) } };
	if (f->rpath)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_RPATH,
				     { add_string(im, &used, f->rpath) } };
	if (f->runpath)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_RUNPATH,
				     { add_string(im, &used, f->runpath) } };
	if (f->soname)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_SONAME,
				     { add_string(im, &used, f->soname) } };
	im->dyn[nr++] =
		(Elf64_Dyn){ DT_STRTAB,
			     { 0x1000 + offsetof(struct elf_image, strings) } };
	im->dyn[nr++] = (Elf64_Dyn){ DT_STRSZ, { sizeof(im->strings) } };
	if (f->interp) {
		strcpy(im->interp, f->interp);
		im->ph[2].p_filesz = strlen(f->interp) + 1;
	}
	if (!f->note)
		return;
	im->note = (Elf64_Nhdr){ 4, sizeof(im->json), KT_DLOPEN_NOTE };
	memcpy(im->owner, KT_DLOPEN_OWNER, 4);
	strcpy(im->json, f->note);
	im->ph[3].p_filesz = sizeof(im->note) + 4 + sizeof(im->json);
}

void file_put(const char *path, const void *data, size_t len)
{
	char *dir = kt_xstrdup(path);
	struct kt_error err;
	int fd;

	*strrchr(dir, '/') = '\0';
	if (kt_mkdirs(dir, &err))
		abort();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || kt_fd_write(fd, data, len, path, &err))
		abort();
	close(fd);
	free(dir);
}

char *file_at(const char *top, const char *s)
{
	struct kt_buf out = { 0 };

	for (; s && *s; s++)
		if (*s == '@')
			kt_buf_adds(&out, top);
		else
			kt_buf_addc(&out, *s);
	return s ? kt_buf_take(&out) : NULL;
}

void elf_put(const char *top, const struct elf_file *f)
{
	char *path = kt_path_join(top, f->name);
	struct elf_file real = *f;
	struct elf_image im;

	if (f->text || f->link) {
		char *text = file_at(top, f->text ? f->text : f->link);

		file_put(path, text, strlen(text));
		if (f->link && (unlink(path) || symlink(text, path)))
			abort();
		free(text);
		free(path);
		return;
	}
	for (size_t i = 0; i < 4; i++)
		real.needed[i] = file_at(top, f->needed[i]);
	real.interp = file_at(top, f->interp);
	real.rpath = file_at(top, f->rpath);
	real.runpath = file_at(top, f->runpath);
	elf_fill(&im, &real);
	file_put(path, &im, sizeof(im));
	for (size_t i = 0; i < 4; i++)
		free((char *)real.needed[i]);
	free((char *)real.interp);
	free((char *)real.rpath);
	free((char *)real.runpath);
	free(path);
}
