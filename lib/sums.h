/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/sums.h - the sha256 of files, remembered by what stat(2) says of them
 *
 * As git's index does it: a file whose device, inode, size, mtime and ctime are
 * those of when it was summed has not been written to since. The kernel sets
 * ctime by its clock at every change, and nobody can set it back. The exception
 * is a file that was changed so recently that another change could fall on the
 * same tick of a coarse clock: one that was not KT_SUMS_SETTLE_NS old when it
 * was read is not remembered ("racy git", git's racy-git.txt). A store through a
 * mapping counts from when its page became dirty, so whoever includes a program
 * that is still being linked may have to link it again.
 *
 * They are kept in a file of lines of one length, sorted: device, inode, size,
 * mtime and ctime (nanoseconds) as 16 hex digits each, and the sum, with
 * blanks between. It is a hint: one that is absent or malformed knows nothing.
 */
#ifndef KT_SUMS_H
#define KT_SUMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "lib/hash.h"

#define KT_SUMS_SETTLE_NS UINT64_C(2000000000) /* FAT's clock, the coarsest */
#define KT_SUMS_MAX ((size_t)16384)	       /* lines; then it starts anew */

struct kt_stamp {
	uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

struct kt_sum {
	struct kt_stamp stamp;
	bool settled; /* the stamp tells of every change since */
	char sha256[KT_SHA256_SIZE];
};

struct kt_sums;

/* Does @stamp say the same as @sb? */
bool kt_stamp_fits(const struct kt_stamp *stamp, const struct stat *sb);

/* What is remembered in the file at @path (copied). Never NULL. */
struct kt_sums *kt_sums_open(const char *path);
void kt_sums_freep(struct kt_sums **sums);

/*
 * The sum of regular file @fd, named @what, which is not read if it is known;
 * @sums may be NULL. @now_ns is the time, on the clock that stamps files
 * (CLOCK_REALTIME). KT_AGAIN if it changed while it was read; KT_SYS if it
 * cannot be read; KT_FAIL when told to stop.
 */
enum kt_status kt_sums_get(struct kt_sums *sums, int fd, const char *what,
			   uint64_t now_ns, struct kt_sum *out,
			   struct kt_error *err) KT_MUST_CHECK;

/* Keep what was learnt, if it was anything. What fails is learnt once more. */
void kt_sums_save(struct kt_sums *sums);

#endif
