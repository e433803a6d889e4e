/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cpio.h - newc archives for the kernel, the same bytes every time
 *
 * Written by libarchive. Owner 0, time 0, one link, inodes counted from a
 * number the caller gives. The kernel reads several archives put back to back
 * (Documentation/driver-api/early-userspace/buffer-format.rst); cpio and
 * bsdtar stop at the first trailer, so all but the last go without.
 */
#ifndef KT_CPIO_H
#define KT_CPIO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"

#define KT_CPIO_MAX_FILE UINT64_C(0xffffffff) /* newc has 32 bits for a size */

struct kt_cpio;

/*
 * An archive to be written at the offset of @fd, a regular file the caller
 * keeps open. Paths are relative and have no "..".
 */
enum kt_status kt_cpio_open(int fd, uint32_t first_ino, struct kt_cpio **out,
			    struct kt_error *err) KT_MUST_CHECK;

enum kt_status kt_cpio_dir(struct kt_cpio *cpio, const char *path, mode_t mode,
			   struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_cpio_link(struct kt_cpio *cpio, const char *path,
			    const char *target,
			    struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_cpio_text(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *text,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * The regular file @host. KT_AGAIN if its content is not the one with @sha256
 * (any more); KT_DATA if it is larger than KT_CPIO_MAX_FILE.
 */
enum kt_status kt_cpio_file(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *host, const char *sha256,
			    struct kt_error *err) KT_MUST_CHECK;

/* Finish the archive; without @trailer, another one may follow. */
enum kt_status kt_cpio_close(struct kt_cpio *cpio, bool trailer,
			     struct kt_error *err) KT_MUST_CHECK;

/* Free it. What was not closed before is left in an undefined state. */
void kt_cpio_freep(struct kt_cpio **cpio);

#endif
