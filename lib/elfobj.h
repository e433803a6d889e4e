/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfobj.h - what a dynamic loader reads of an ELF file
 *
 * By program headers alone, as the loader does it: sections may be stripped.
 */
#ifndef KT_ELFOBJ_H
#define KT_ELFOBJ_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/dlopen-note.h"
#include "lib/error.h"

/*
 * Of one file, whatever it claims; what is beyond is not read, and a file of
 * more headers (the kernel takes no more than 64 KiB of them) is none.
 */
#define KT_ELFOBJ_MAX_HEADERS 2048
#define KT_ELFOBJ_MAX_NEEDED 1024 /* libraries it may name */
#define KT_ELFOBJ_MAX_DYNAMIC ((size_t)1 << 20)
#define KT_ELFOBJ_MAX_STRINGS ((size_t)64 << 20)
#define KT_ELFOBJ_MAX_STRING ((size_t)64 << 10) /* with its NUL */
#define KT_ELFOBJ_MAX_NOTES ((size_t)1 << 20)	/* bytes of all PT_NOTE */

struct kt_elfobj {
	unsigned int class;    /* EI_CLASS; 0: no ELF program or library */
	unsigned int machine;  /* e_machine */
	bool dynamic;	       /* it has a sound PT_DYNAMIC */
	char *interp;	       /* PT_INTERP, or NULL */
	char *rpath, *runpath; /* as they stand, or NULL */
	char *soname;	       /* DT_SONAME, or NULL */
	char **needed;	       /* DT_NEEDED, in its order */
	size_t nr_needed;
	struct kt_dlopens dlopens; /* what it says it opens at run time */
};

/*
 * KT_OK: *obj is filled in, with zeros where the file at @path has nothing of
 * the kind or is malformed, and to be released. KT_SYS: it cannot be read.
 */
enum kt_status kt_elfobj_read(const char *path, struct kt_elfobj *obj,
			      struct kt_error *err) KT_MUST_CHECK;
void kt_elfobj_release(struct kt_elfobj *obj);

#endif
