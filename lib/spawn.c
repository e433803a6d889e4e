// SPDX-License-Identifier: GPL-2.0-only
/* spawn - child processes that never outlive us unasked */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"

/* Both ends survive no exec but the one meant for them. */
static int child_fd(int fd, int flags)
{
	return fd == KT_SPAWN_NULL ? open("/dev/null", flags | O_CLOEXEC) : fd;
}

static void keep_across_exec(int fd)
{
	const int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/*
 * Put in, out and err on 0, 1 and 2. They may overlap with those numbers, so
 * each is first moved out of the way.
 */
static int set_stdio(const struct kt_spawn *how)
{
	const int want[3] = { child_fd(how->in, O_RDONLY),
			      child_fd(how->out, O_WRONLY),
			      child_fd(how->err, O_WRONLY) };
	int high[3];

	for (int i = 0; i < 3; i++) {
		const int fd = want[i] == KT_SPAWN_INHERIT ? i : want[i];

		high[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		/* An inherited stream may be closed, and stays so. */
		if (high[i] < 0 && want[i] != KT_SPAWN_INHERIT)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			return -1;
	return 0;
}

/* Between fork and exec: async-signal-safe calls only. */
static void __attribute__((noreturn))
in_child(const struct kt_spawn *how, pid_t parent, int report)
{
	int failed;
	sigset_t none;

	if (how->group)
		setpgid(0, 0);
	kt_stop_reset();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (how->die_with_us &&
	    (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent))
		goto fail;
	if (set_stdio(how))
		goto fail;
	for (const int *fd = how->keep; fd && *fd >= 0; fd++)
		keep_across_exec(*fd);
	if (how->cwd && chdir(how->cwd))
		goto fail;
	execvpe(how->argv[0], (char *const *)how->argv,
		how->env ? (char *const *)how->env : environ);
fail:
	failed = errno;
	if (write(report, &failed, sizeof(failed)) < 0)
		_exit(127);
	_exit(127);
}

enum kt_status kt_spawn_start(const struct kt_spawn *how, pid_t *pid,
			      struct kt_error *err)
{
	const pid_t parent = getpid();
	int report[2], failed = 0;
	ssize_t n;
	pid_t child;

	if (pipe2(report, O_CLOEXEC))
		return kt_fail_errno(err, "cannot make a pipe");
	child = fork();
	if (!child) {
		/* The report must not sit on a number set_stdio() fills. */
		in_child(how, parent, fcntl(report[1], F_DUPFD_CLOEXEC, 3));
	}
	close(report[1]);
	if (child < 0) {
		const int saved = errno;

		close(report[0]);
		errno = saved;
		return kt_fail_errno(err, "cannot fork");
	}
	if (how->group)
		setpgid(child, child);
	do
		n = read(report[0], &failed, sizeof(failed));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == sizeof(failed)) {
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		errno = failed;
		return kt_fail_errno(err, "cannot run \"%s\"", how->argv[0]);
	}
	*pid = child;
	return KT_OK;
}

enum kt_status kt_spawn_become(const char *const *argv, struct kt_error *err)
{
	sigset_t none, old;
	int failed;

	kt_stop_reset();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	execvp(argv[0], (char *const *)argv);
	failed = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_IGN);
	errno = failed;
	return kt_fail_errno(err, "cannot run \"%s\"", argv[0]);
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

enum kt_status kt_spawn_wait(pid_t pid, uint64_t deadline, int *wstatus,
			     struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = pidfd_of(pid);

	if (fd < 0)
		return kt_fail_errno(err, "cannot wait for process %ld",
				     (long)pid);
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = kt_stop_fd(), .events = POLLIN },
		};
		enum kt_status st = kt_stop_check(err);
		int n;

		if (st)
			return st;
		n = poll(fds, 2, kt_deadline_poll_ms(deadline));
		if (n < 0 && errno != EINTR)
			return kt_fail_errno(err, "cannot poll");
		if (n > 0 && fds[0].revents)
			break;
		if (n == 0)
			return kt_fail(err, KT_AGAIN,
				       "process %ld is still running",
				       (long)pid);
	}
	while (waitpid(pid, wstatus, 0) < 0)
		if (errno != EINTR)
			return kt_fail_errno(err, "cannot wait for process %ld",
					     (long)pid);
	return KT_OK;
}

void kt_spawn_end(pid_t pid, bool group, uint64_t grace_ns, int *wstatus)
{
	const uint64_t deadline = kt_deadline_in(grace_ns);
	int fd KT_CLEANUP(kt_closep) = pidfd_of(pid);
	const pid_t target = group ? -pid : pid;
	int ws = 0;

	kill(target, SIGTERM);
	/* A stopped child could not act on it. */
	kill(target, SIGCONT);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		const int ms = kt_deadline_poll_ms(deadline);
		const int n = fd < 0 ? 0 : poll(&p, 1, ms);

		if (n != 0 && !(n < 0 && errno == EINTR))
			break;
		if (n == 0)
			break;
	}
	/* The group may hold more than its leader. */
	kill(target, SIGKILL);
	while (waitpid(pid, &ws, 0) < 0 && errno == EINTR)
		;
	if (wstatus)
		*wstatus = ws;
}

/* Read to the end, the deadline or the stop; the child is the caller's. */
static enum kt_status capture(const struct kt_spawn *how, int fd, size_t max,
			      uint64_t deadline, struct kt_buf *out,
			      struct kt_error *err)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = kt_stop_fd(), .events = POLLIN },
		};
		enum kt_status st = kt_stop_check(err);
		ssize_t got;
		int n;

		if (st)
			return st;
		n = poll(fds, 2, kt_deadline_poll_ms(deadline));
		if (n == 0)
			return kt_fail(err, KT_AGAIN, "no answer in time");
		if (n < 0 || !fds[0].revents)
			continue;
		kt_buf_reserve(out, 65536);
		got = read(fd, out->data + out->len, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kt_fail_errno(err, "cannot read from a child");
		if (!got)
			return KT_OK;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
		if (out->len > max)
			return kt_fail(err, KT_DATA,
				       "more than %zu bytes of output", max);
		if (how->heard)
			how->heard(out, how->ctx);
	}
}

enum kt_status kt_spawn_capture(const struct kt_spawn *how, bool merge,
				size_t max, uint64_t deadline,
				struct kt_buf *out, int *wstatus,
				struct kt_error *err)
{
	struct kt_spawn child = *how;
	enum kt_status st;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return kt_fail_errno(err, "cannot make a pipe");
	child.out = fds[1];
	if (merge && child.err == KT_SPAWN_NULL)
		child.err = fds[1];
	st = kt_spawn_start(&child, &pid, err);
	close(fds[1]);
	if (!st) {
		st = capture(how, fds[0], max, deadline, out, err);
		if (!st)
			st = kt_spawn_wait(pid, deadline, wstatus, err);
		if (st)
			kt_spawn_end(pid, child.group, KT_NS_PER_S, NULL);
	}
	close(fds[0]);
	if (st)
		return kt_within(err, st, "%s", how->argv[0]);
	return KT_OK;
}

int kt_spawn_exit_status(int wstatus)
{
	return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) :
				      WEXITSTATUS(wstatus);
}
