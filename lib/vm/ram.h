/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/ram.h - a guest's memory, as the host sees it
 *
 * Guest-physical addresses lead to bytes that the guest may change at any time:
 * what is read is torn or false until it has been checked.
 */
#ifndef KT_VM_RAM_H
#define KT_VM_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_RAM_MAX_PARTS \
	256 /* a node's memory may lie on both sides of 4 GiB */

/* Bytes [gpa, gpa + bytes) of the guest; @map is borrowed. */
struct kt_ram_part {
	uint64_t gpa, bytes;
	const unsigned char *map;
};

/* Sorted by gpa; the parts do not overlap. */
struct kt_ram {
	size_t nr;
	struct kt_ram_part part[KT_RAM_MAX_PARTS];
};

/*
 * Copy @len bytes at guest-physical address @gpa to @out: all of them, or false
 * and none. They may lie in several parts that meet.
 */
bool kt_ram_read(const struct kt_ram *ram, uint64_t gpa, void *out, size_t len);

#endif
