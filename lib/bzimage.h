/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bzimage.h - the kernel image of x86 distributions, and what is in it
 *
 * A bzImage begins with a boot sector and a setup header
 * (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"), from
 * protocol 2.08 on with the place of its payload: the kernel as an ELF file,
 * compressed. It is unpacked on the host, once, so that no guest has to.
 */
#ifndef KT_BZIMAGE_H
#define KT_BZIMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_BZIMAGE_MAX_PAYLOAD ((uint64_t)512 << 20) /* bytes, compressed */
#define KT_BZIMAGE_MAX_KERNEL ((uint64_t)1 << 30)    /* bytes, unpacked */

/* What its version of the protocol does not have yet is as boot.rst says. */
struct kt_bzimage {
	unsigned int version;	/* 0x20f is 2.15 */
	uint32_t cmdline_bytes; /* the longest line, without its NUL */
	uint32_t init_bytes;	/* memory it needs to boot, or 0: not told */
	uint64_t payload_at;	/* in the file; 0: the header has none */
	uint64_t payload_bytes;
};

/*
 * Read the header of the bzImage open at @fd, which @what names in errors.
 * KT_DATA: it is none, or its numbers contradict one another or the file.
 * KT_SYS: it cannot be read.
 */
enum kt_status kt_bzimage_read(int fd, const char *what, struct kt_bzimage *out,
			       struct kt_error *err) KT_MUST_CHECK;

#define KT_BZIMAGE_MAX_RELEASE 128 /* bytes, with its NUL */

/*
 * What `uname -r` says where the bzImage open at @fd runs, from its header;
 * the caller owns *out. KT_DATA: no bzImage, or it does not say; or that is not
 * of the letters, digits and "._+~-" that such names are made of, beginning
 * with a digit. KT_SYS: it cannot be read.
 */
enum kt_status kt_bzimage_release(int fd, const char *what, char **out,
				  struct kt_error *err) KT_MUST_CHECK;

/*
 * Unpack the kernel in the bzImage open at @fd to @to, an empty file open for
 * reading and writing: gzip, bzip2, lzma, xz, zstd and lz4 (lib/unpack.h), or
 * not packed at all.
 *
 * KT_OK: @to holds an ELF file, of at most KT_BZIMAGE_MAX_KERNEL bytes; whether
 * it can be loaded, lib/vm/elfload.h tells. KT_DATA: no bzImage, no payload,
 * damaged, larger than that, or packed in another way (lzo), which the message
 * names. KT_SYS: a file cannot be read or written. On failure @to holds an
 * undefined part.
 */
enum kt_status kt_bzimage_unpack(int fd, const char *what, int to,
				 struct kt_error *err) KT_MUST_CHECK;

#endif
