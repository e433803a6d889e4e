/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/helpers/elf-file.h - programs and libraries, as far as a loader looks
 *
 * Made up for a test, in a directory of its own. What cannot be made aborts.
 */
#ifndef KT_TESTS_HELPERS_ELF_FILE_H
#define KT_TESTS_HELPERS_ELF_FILE_H

#include <elf.h>
#include <stddef.h>

/* The least that a loader would take: headers, PT_DYNAMIC, strings. */
struct elf_file {
	const char *name; /* below the test's directory */
	const char *interp, *rpath, *runpath, *soname;
	const char *needed[4];
	int machine;	  /* 0: EM_X86_64 */
	const char *note; /* of dlopen metadata */
	const char *text; /* no ELF file, but this */
	const char *link; /* no file at all, but a link to this */
};

struct elf_image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	Elf64_Dyn dyn[12];
	char strings[1024];
	char interp[256];
	Elf64_Nhdr note;
	char owner[4], json[512];
};

/* *im is @f as an ELF file; its link and text do not count. */
void elf_fill(struct elf_image *im, const struct elf_file *f);

/* Put @f below @top, whose name is @ in its paths. */
void elf_put(const char *top, const struct elf_file *f);

/* Make file @path of @len bytes at @data, and the directories it needs. */
void file_put(const char *path, const void *data, size_t len);

/* @s with @top for each @ in it; NULL is NULL. The caller owns it. */
char *file_at(const char *top, const char *s);

#endif
