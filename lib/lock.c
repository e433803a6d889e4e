// SPDX-License-Identifier: GPL-2.0-only
/* lock - advisory locks that end with their holder */
#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"

#define RETRY_MS 20

/*
 * flock(2) has no deadline and a signal of ours need not interrupt it, so it
 * is asked again and again, with poll(2) on the signals between.
 */
static enum kt_status wait_for(int fd, const char *path, bool shared,
			       uint64_t deadline, struct kt_error *err)
{
	const int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;

	while (flock(fd, how)) {
		struct pollfd stop = { .fd = kt_stop_fd(), .events = POLLIN };
		enum kt_status st;
		int ms;

		if (errno != EWOULDBLOCK && errno != EINTR)
			return kt_fail_errno(err, "cannot lock \"%s\"", path);
		st = kt_stop_check(err);
		if (st)
			return st;
		ms = kt_deadline_poll_ms(deadline);
		if (!ms)
			return kt_fail(err, KT_AGAIN,
				       "\"%s\" is locked by another process",
				       path);
		poll(&stop, 1, ms > 0 && ms < RETRY_MS ? ms : RETRY_MS);
	}
	return KT_OK;
}

/* True if @path is still the file that is open at @fd. */
static bool still_there(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !lstat(path, &named) &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

static int open_lock(const char *path, bool shared)
{
	const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, O_RDWR | O_CREAT | flags, 0666);

	/* Another user's file: who may read it may lock it. */
	if (fd < 0 && shared && (errno == EACCES || errno == EROFS))
		fd = open(path, O_RDONLY | flags);
	return fd;
}

enum kt_status kt_lock_file(const char *path, bool shared, uint64_t deadline,
			    int *fd, struct kt_error *err)
{
	for (;;) {
		int lock KT_CLEANUP(kt_closep) = open_lock(path, shared);
		enum kt_status st;

		if (lock < 0)
			return kt_fail_errno(err, "cannot open \"%s\"", path);
		st = wait_for(lock, path, shared, deadline, err);
		if (st)
			return st;
		/* A lock on a file that was removed meanwhile guards nothing. */
		if (!still_there(lock, path))
			continue;
		*fd = kt_take_fd(&lock);
		return KT_OK;
	}
}

enum kt_status kt_lock_dir(const char *path, bool shared, uint64_t deadline,
			   int *fd, struct kt_error *err)
{
	int lock KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum kt_status st;

	if (lock < 0)
		return kt_fail_errno(err, "cannot open directory \"%s\"", path);
	st = wait_for(lock, path, shared, deadline, err);
	if (st)
		return st;
	*fd = kt_take_fd(&lock);
	return KT_OK;
}
