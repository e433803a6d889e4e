/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/archive.h - unpack a tar archive from a stranger
 *
 * Into a directory of our own, in which nobody else writes. Every entry must
 * lie below one top directory, whose name is left out: "linux-6.14/Makefile"
 * becomes "Makefile". Refused, each as KT_DATA: absolute names and ".."; links
 * that lead out of the top directory, and symbolic links that could by way of
 * another one (".." behind a name); a name that appears twice, unless both are
 * directories; devices, FIFOs and sockets; and what exceeds the limits below.
 * Owners, times and the setuid bits are not taken over; of the mode only
 * whether it may be executed.
 */
#ifndef KT_ARCHIVE_H
#define KT_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/stream.h"

/* The largest kernel so far has 93,000 entries and 1.5 GB. */
#define KT_ARCHIVE_MAX_ENTRIES 400000
#define KT_ARCHIVE_MAX_BYTES ((uint64_t)8 << 30)
#define KT_ARCHIVE_MAX_PATH 1024 /* bytes of a name or of a link's target */
#define KT_ARCHIVE_MAX_DEPTH 200 /* of directories, the top one included */

/* Called now and then with the bytes of the file that have been read. */
typedef void kt_archive_progress_fn(uint64_t bytes, void *ctx);

/*
 * Unpack @stream, which @what names in errors, into the empty directory @dirfd.
 * @progress may be NULL. *top, if @top is not NULL, becomes the name of the top
 * directory, which the caller owns and which is no more than a name. On failure
 * what has been written stays there.
 *
 * KT_DATA: the archive is none, damaged, cut short, or refused (see above).
 * KT_SYS: a file could not be written. KT_FAIL: told to stop (lib/stop.h).
 */
enum kt_status kt_archive_unpack(struct kt_stream *stream, const char *what,
				 int dirfd, kt_archive_progress_fn *progress,
				 void *ctx, char **top,
				 struct kt_error *err) KT_MUST_CHECK;

/*
 * May a symbolic link at @path (below the top directory, no ".." in it) point
 * to @target? Exposed for its test.
 */
bool kt_archive_link_ok(const char *path, const char *target);

#endif
