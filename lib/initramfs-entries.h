/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs-entries.h - what is to be in an archive, by path
 *
 * Inside lib/initramfs*.c alone.
 */
#ifndef KT_INITRAMFS_ENTRIES_H
#define KT_INITRAMFS_ENTRIES_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/sums.h"

enum kt_entry_kind {
	KT_ENTRY_DIR,
	KT_ENTRY_LINK,
	KT_ENTRY_TEXT,
	KT_ENTRY_FILE, /* of the host */
};

struct kt_entry {
	enum kt_entry_kind kind;
	mode_t mode;
	char *path;	   /* in the guest, without a leading slash */
	char *source;	   /* target of a link, the text, or the host's path */
	struct kt_sum sum; /* of a file's content */
};

/* { 0 } is empty. Once settled, v is sorted by path, and has each path once. */
struct kt_initramfs_part {
	struct kt_entry *v;
	size_t nr;
};

/* Add an entry; @path, and @source unless it is NULL, are copied. */
void kt_part_add(struct kt_initramfs_part *part, enum kt_entry_kind kind,
		 const char *path, mode_t mode, const char *source);

/*
 * Sort, and let equal entries be one. KT_USAGE if different ones want one path;
 * they are still to be released.
 */
enum kt_status kt_part_settle(struct kt_initramfs_part *part,
			      struct kt_error *err) KT_MUST_CHECK;

/* What is at @path of settled @part, or NULL. */
const struct kt_entry *kt_part_find(const struct kt_initramfs_part *part,
				    const char *path);

void kt_part_release(struct kt_initramfs_part *part);

#endif
