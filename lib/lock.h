/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/lock.h - advisory locks that end with their holder
 *
 * flock(2) on an open file or directory. A lock is released by closing the
 * descriptor, also by the kernel when the process dies.
 */
#ifndef KT_LOCK_H
#define KT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * Lock file @path (created if absent, with @mode 0666 and the umask), waiting
 * until @deadline (0: for ever; 1, long past: not at all). *fd is the caller's
 * to close. KT_AGAIN if it is held at the deadline; KT_FAIL when told to stop.
 */
enum kt_status kt_lock_file(const char *path, bool shared, uint64_t deadline,
			    int *fd, struct kt_error *err) KT_MUST_CHECK;

/* The same for an existing directory, which stays as it is. */
enum kt_status kt_lock_dir(const char *path, bool shared, uint64_t deadline,
			   int *fd, struct kt_error *err) KT_MUST_CHECK;

#endif
