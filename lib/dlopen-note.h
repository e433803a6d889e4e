/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/dlopen-note.h - which libraries a program says it opens at run time
 *
 * "ELF dlopen() metadata" (systemd's ELF_DLOPEN_METADATA, the UAPI group's
 * specification): notes of owner "FDO" and type KT_DLOPEN_NOTE, each a JSON
 * array of objects with "soname" (names, of which the first that is there is
 * opened), "priority" ("required", "recommended" and so when absent, or
 * "suggested"), "feature" and "description".
 */
#ifndef KT_DLOPEN_NOTE_H
#define KT_DLOPEN_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#define KT_DLOPEN_OWNER "FDO"
#define KT_DLOPEN_NOTE 0x407c0c0a
#define KT_DLOPEN_MAX_BYTES ((size_t)64 << 10) /* of one note */
#define KT_DLOPEN_MAX 256		       /* entries of one file */
#define KT_DLOPEN_MAX_NAMES 32 /* of one entry; more are left out */

/* One thing to open. */
struct kt_dlopen {
	char **sonames; /* one at least; ends in NULL */
	bool required;	/* the program does not work without */
};

/* { 0 } is none. */
struct kt_dlopens {
	struct kt_dlopen *v;
	size_t nr;
};

/*
 * Add what the note with @len bytes of text at @text asks for. What is only
 * suggested is left out, and so is what is malformed: notes are hints.
 */
void kt_dlopen_note(struct kt_dlopens *list, const char *text, size_t len);

void kt_dlopens_release(struct kt_dlopens *list);

#endif
