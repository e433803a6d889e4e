// SPDX-License-Identifier: GPL-2.0-only
/* lock: who gets in, who waits, and that the dead hold nothing */
#include "lib/lock.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define NOT_AT_ALL 1 /* a deadline long past */

static enum kt_status try_lock(const char *path, bool shared, uint64_t deadline)
{
	struct kt_error err;
	int fd = -1;
	enum kt_status st = kt_lock_file(path, shared, deadline, &fd, &err);

	if (fd >= 0)
		close(fd);
	return st;
}

static void test_file(const char *path)
{
	struct kt_error err;
	uint64_t before;
	int fd = -1;

	ok(!kt_lock_file(path, true, NOT_AT_ALL, &fd, &err), "a shared lock");
	ok(!try_lock(path, true, NOT_AT_ALL), "is shared");
	ok(try_lock(path, false, NOT_AT_ALL) == KT_AGAIN,
	   "and keeps an exclusive one out");
	before = kt_clock_ns();
	ok(try_lock(path, false, kt_deadline_in(50 * KT_NS_PER_MS)) == KT_AGAIN,
	   "which waits");
	ok(kt_clock_ns() - before >= 50 * KT_NS_PER_MS, "until its deadline");
	close(fd);
	ok(!try_lock(path, false, NOT_AT_ALL), "and gets in when it is free");
}

/* A child holds the lock and is killed; the lock must not outlive it. */
static void test_dead_holder(const char *path)
{
	int ready[2], status;
	char c;
	pid_t pid;

	if (pipe(ready))
		abort();
	pid = fork();
	if (!pid) {
		struct kt_error err;
		int fd;

		if (!kt_lock_file(path, false, 0, &fd, &err) &&
		    write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	if (read(ready[0], &c, 1) != 1)
		abort();
	ok(try_lock(path, true, NOT_AT_ALL) == KT_AGAIN, "another process");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(!try_lock(path, true, NOT_AT_ALL), "holds nothing once killed");
	close(ready[0]);
	close(ready[1]);
}

static void test_names(const char *dir, const char *path)
{
	char *link KT_CLEANUP(kt_freep) = kt_path_join(dir, "link");
	char *none KT_CLEANUP(kt_freep) = kt_path_join(dir, "none/lock");
	struct kt_error err;
	int a = -1, b = -1;

	if (symlink(path, link))
		abort();
	ok(try_lock(link, false, NOT_AT_ALL) == KT_SYS,
	   "a link in the place of the file is refused");
	ok(try_lock(none, false, NOT_AT_ALL) == KT_SYS,
	   "no directory, no lock");
	ok(!kt_lock_file(path, false, NOT_AT_ALL, &a, &err), "a file");
	unlink(path);
	ok(!kt_lock_file(path, false, NOT_AT_ALL, &b, &err),
	   "that was removed no longer guards its name");
	close(a);
	close(b);
	ok(!kt_lock_dir(dir, false, NOT_AT_ALL, &a, &err), "a directory");
	ok(kt_lock_dir(dir, true, NOT_AT_ALL, &b, &err) == KT_AGAIN,
	   "is locked the same way");
	close(a);
	ok(kt_lock_dir(path, true, NOT_AT_ALL, &b, &err) == KT_SYS,
	   "and a file is none");
	unlink(link);
}

static void test_stop(const char *path)
{
	struct kt_error err;
	int fd;

	if (kt_stop_catch(&err) ||
	    kt_lock_file(path, false, NOT_AT_ALL, &fd, &err))
		abort();
	raise(SIGTERM);
	ok(try_lock(path, false, 0) == KT_FAIL,
	   "whoever is told to stop waits no longer");
	close(fd);
}

int main(void)
{
	char dir[] = "/tmp/ktstr-lock.XXXXXX";
	char *path;

	if (!mkdtemp(dir))
		return 99;
	path = kt_path_join(dir, "lock");
	test_file(path);
	test_dead_holder(path);
	test_names(dir, path);
	test_stop(path);
	unlink(path);
	rmdir(dir);
	free(path);
	return tap_end();
}
