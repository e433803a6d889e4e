/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/unpack.h - what a kernel was packed with, undone
 *
 * One stream in memory, to a file: gzip, bzip2, lzma, xz, zstd and the legacy
 * frames of lz4, told by their magic numbers. Bytes behind its end do not
 * matter: kernels have their size there. (For files and threads, there is
 * lib/stream.h.)
 */
#ifndef KT_UNPACK_H
#define KT_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_UNPACK_MAX_MEMORY ((uint64_t)1 << 30) /* bytes, for one decoder */

/*
 * Append what the @len bytes at @data unpack to to the file @to. @what names
 * them in errors. *written, if not NULL, is how many bytes that were.
 *
 * KT_DATA: damaged, cut short, larger than @max bytes when unpacked, or packed
 * with something else, which is named if it is known. KT_SYS: @to cannot be
 * written. On failure @to holds an undefined part, of at most @max bytes.
 */
enum kt_status kt_unpack(const void *data, size_t len, const char *what, int to,
			 uint64_t max, uint64_t *written,
			 struct kt_error *err) KT_MUST_CHECK;

#endif
