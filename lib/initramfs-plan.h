/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs-plan.h - what goes into the archive, for who writes it
 *
 * Inside lib/initramfs*.c alone.
 */
#ifndef KT_INITRAMFS_PLAN_H
#define KT_INITRAMFS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/initramfs.h"
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

struct kt_initramfs_part {
	struct kt_entry *v; /* sorted by path, each once */
	size_t nr;
};

struct kt_initramfs {
	struct kt_initramfs_part base, tail;
	char *busybox;
	bool has_applets; /* base is complete */
	uint64_t now_ns;  /* when it was planned */
	/* Of all but the applets, which the guest's reserve has room for. */
	uint64_t root_bytes;
	char base_sum[KT_SHA256_SIZE], sum[KT_SHA256_SIZE];
};

/*
 * A link in /bin for each thing that this busybox can be, which is asked: only
 * who lists or writes the base needs them. Once done it is KT_OK.
 */
enum kt_status kt_initramfs_add_applets(struct kt_initramfs *fs,
					struct kt_error *err) KT_MUST_CHECK;

#endif
