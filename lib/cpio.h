/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cpio.h - newc archives for the kernel, the same bytes every time
 *
 * Owner 0, time 0, one link, inodes counted from a number the caller gives. The
 * kernel reads several archives put back to back
 * (Documentation/driver-api/early-userspace/buffer-format.rst); cpio and
 * bsdtar stop at the first trailer, so all but the last go without.
 *
 * Written by hand, not by libarchive: names are bytes here and in the kernel,
 * not text in some locale; and content that is known not to have changed is
 * copied within the kernel.
 */
#ifndef KT_CPIO_H
#define KT_CPIO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/sums.h"

#define KT_CPIO_MAX_FILE UINT64_C(0xffffffff) /* newc has 32 bits for a size */
#define KT_CPIO_MAX_NAME 4095 /* the kernel leaves out what is longer */

struct kt_cpio;

/*
 * An archive to be written at the offset of @fd, a regular file the caller
 * keeps open. Never NULL; paths are relative and have no "..". All that write
 * yield KT_DATA for a path or target above KT_CPIO_MAX_NAME, KT_SYS if @fd
 * cannot be written.
 */
struct kt_cpio *kt_cpio_new(int fd, uint32_t first_ino);

enum kt_status kt_cpio_dir(struct kt_cpio *cpio, const char *path, mode_t mode,
			   struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_cpio_link(struct kt_cpio *cpio, const char *path,
			    const char *target,
			    struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_cpio_text(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *text,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * The regular file @host, whose content is that of @sum. KT_AGAIN if it is not
 * (any more); KT_DATA if it is larger than KT_CPIO_MAX_FILE.
 */
enum kt_status kt_cpio_file(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *host, const struct kt_sum *sum,
			    struct kt_error *err) KT_MUST_CHECK;

/* Finish the archive; without @trailer, another one may follow. */
enum kt_status kt_cpio_close(struct kt_cpio *cpio, bool trailer,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * Does the file @fd begin with entry @first_ino, and end in a trailer? One that
 * a crash of the machine has cut short does not, nor one of zeros.
 */
bool kt_cpio_begins(int fd, uint32_t first_ino);
bool kt_cpio_ends(int fd);

/* Free it. What was not closed before is left in an undefined state. */
void kt_cpio_freep(struct kt_cpio **cpio);

#endif
