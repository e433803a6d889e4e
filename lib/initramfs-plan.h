/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs-plan.h - what goes into the archive, for who writes it
 *
 * Inside lib/initramfs*.c alone.
 */
#ifndef KT_INITRAMFS_PLAN_H
#define KT_INITRAMFS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/initramfs-entries.h"
#include "lib/initramfs.h"

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
