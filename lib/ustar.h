/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/ustar.h - the header of a file in a tar archive
 *
 * libc only: ktstr-init links it too. As POSIX pax(1) has it, "ustar
 * Interchange Format".
 */
#ifndef KT_USTAR_H
#define KT_USTAR_H

#include <stdint.h>
#include <sys/types.h>

#define KT_USTAR_BLOCK 512
#define KT_USTAR_NAME 100   /* bytes of a name or a link, at most */
#define KT_USTAR_PREFIX 155 /* of the directories before a name */
#define KT_USTAR_MAX_SIZE (((uint64_t)8 << 30) - 1) /* 11 octal digits */

struct kt_ustar {
	char type;	    /* '0' a file, '2' a link, '5' a directory... */
	const char *prefix; /* or NULL */
	const char *name, *link; /* link may be NULL */
	mode_t mode;
	uint64_t size, mtime;
};

/*
 * The block that stands before the bytes of a file, owned by nobody. What is
 * longer than its field is cut: names are the caller's to have checked.
 */
void kt_ustar_header(const struct kt_ustar *file,
		     unsigned char block[KT_USTAR_BLOCK]);

/* How many zeros follow @size bytes to fill the last block. */
size_t kt_ustar_pad(uint64_t size);

#endif
