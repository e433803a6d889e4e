// SPDX-License-Identifier: GPL-2.0-only
/* kbuild-make - run the kernel's make, and never lose what it says */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/kbuild.h"
#include "lib/spawn.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define MAX_WORDS 64
#define CHUNK ((size_t)64 << 10)
#define TAIL_BYTES ((size_t)64 << 10)
#define GRACE_NS (5 * KT_NS_PER_S)

char **kt_kbuild_env(const char *const *env)
{
	/* Whatever would make it another build, in another place. */
	static const char *const drop[] = { "MAKEFLAGS",
					    "MFLAGS",
					    "MAKELEVEL",
					    "GNUMAKEFLAGS",
					    "MAKEFILES",
					    "MAKEOVERRIDES",
					    "ARCH",
					    "SUBARCH",
					    "SRCARCH",
					    "CROSS_COMPILE",
					    "KBUILD_OUTPUT",
					    "KBUILD_EXTMOD",
					    "KBUILD_VERBOSE",
					    "KCONFIG_*",
					    "CONFIG_*",
					    "O",
					    "M",
					    "V",
					    "W",
					    "C",
					    NULL };

	return kt_env_new(env, drop, NULL);
}

struct output {
	struct kt_kbuild *kb;
	struct kt_make *make;
	bool line_start; /* the next byte begins a line */
	unsigned int blanks;
};

/*
 * Count the lines that kbuild writes for a step, "  CC      init/main.o": two
 * blanks and a capital, at the beginning of a line.
 */
static void count_steps(struct output *o, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char c = data[i];

		if (o->line_start && c == ' ') {
			o->blanks++;
			continue;
		}
		if (o->line_start && o->blanks == 2 &&
		    isupper((unsigned char)c))
			o->make->steps++;
		o->line_start = c == '\n';
		o->blanks = 0;
	}
}

static enum kt_status take(struct output *o, const char *data, size_t len,
			   struct kt_error *err)
{
	struct kt_buf *tail = &o->kb->tail;

	kt_buf_add(tail, data, len);
	if (tail->len > 2 * TAIL_BYTES)
		kt_buf_consume(tail, tail->len - TAIL_BYTES);
	count_steps(o, data, len);
	if (o->kb->watch.at && o->make->parallel)
		o->kb->watch.at(o->make->steps, o->kb->watch.ctx);
	if (o->make->log < 0)
		return KT_OK;
	return kt_fd_write(o->make->log, data, len,
			   o->kb->log ? o->kb->log : "log", err);
}

/* Read what is there. *end at end of file, or if there is nothing now. */
static enum kt_status read_some(struct output *o, int fd, bool *end,
				struct kt_error *err)
{
	char buf[CHUNK];
	const ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		*end = errno == EAGAIN;
		return KT_OK;
	}
	if (n < 0)
		return kt_fail_errno(err, "cannot read make's output");
	*end = n == 0;
	return take(o, buf, (size_t)n, err);
}

/*
 * Relay until make itself has ended: a daemon that it started (a compiler
 * cache has one) may hold the pipe open for hours.
 */
static enum kt_status relay(struct output *o, int fd, pid_t pid,
			    struct kt_error *err)
{
	int pidfd KT_CLEANUP(kt_closep) = (int)syscall(SYS_pidfd_open, pid, 0);
	enum kt_status st = KT_OK;
	bool end = false, gone = false;

	if (pidfd < 0)
		return kt_fail_errno(err, "cannot watch make");
	while (!st && !end) {
		struct pollfd fds[3] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = gone ? -1 : pidfd, .events = POLLIN },
			{ .fd = kt_stop_fd(), .events = POLLIN },
		};
		int n;

		st = kt_stop_check(err);
		if (st)
			return st;
		n = poll(fds, 3, kt_deadline_poll_ms(o->make->deadline));
		if (n == 0)
			return kt_fail(err, KT_AGAIN, "it did not end in time");
		if (n < 0)
			continue;
		gone = gone || fds[1].revents;
		if (fds[0].revents || gone)
			st = read_some(o, fd, &end, err);
	}
	return st;
}

/* Leave the last lines only. */
static void cut_tail(struct kt_buf *tail)
{
	size_t lines = 0, at = tail->len;

	while (at > 0) {
		if (tail->data[at - 1] == '\n' && at < tail->len &&
		    ++lines == KT_KBUILD_TAIL_LINES)
			break;
		at--;
	}
	kt_buf_consume(tail, at);
}

static size_t add_words(const char **argv, size_t nr, const char *const *words)
{
	while (words && *words && nr + 1 < MAX_WORDS)
		argv[nr++] = *words++;
	return nr;
}

static enum kt_status start(struct kt_kbuild *kb, struct kt_make *make, int out,
			    pid_t *pid, struct kt_error *err)
{
	char **env KT_CLEANUP(kt_env_freep) = kt_kbuild_env(kb->env);
	const char *argv[MAX_WORDS] = { "make" };
	const struct kt_spawn how = { .argv = argv,
				      .env = (const char *const *)env,
				      .cwd = make->tree,
				      .in = KT_SPAWN_NULL,
				      .out = out,
				      .err = out,
				      .group = true,
				      .die_with_us = true };
	char jobs[16];
	size_t nr = 1;

	snprintf(jobs, sizeof(jobs), "-j%u", make->parallel ? kb->jobs : 1);
	argv[nr++] = jobs;
	if (make->cc)
		argv[nr++] = make->cc;
	nr = add_words(argv, nr, make->words);
	/* The last of a variable's values counts: the user's. */
	add_words(argv, nr, kb->make);
	return kt_spawn_start(&how, pid, err);
}

enum kt_status kt_kbuild_make(struct kt_kbuild *kb, struct kt_make *make,
			      struct kt_error *err)
{
	struct output o = { .kb = kb, .make = make, .line_start = true };
	enum kt_status st;
	int fds[2], ws = 0;
	pid_t pid;

	kt_buf_release(&kb->tail);
	make->steps = 0;
	if (pipe2(fds, O_CLOEXEC))
		return kt_fail_errno(err, "cannot make a pipe");
	st = start(kb, make, fds[1], &pid, err);
	close(fds[1]);
	if (!st) {
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		st = relay(&o, fds[0], pid, err);
		if (!st)
			st = kt_spawn_wait(pid, 0, &ws, err);
		if (st)
			kt_spawn_end(pid, true, GRACE_NS, NULL);
	}
	close(fds[0]);
	if (st)
		return kt_within(err, st, "make");
	if (!kt_spawn_exit_status(ws)) {
		kt_buf_release(&kb->tail);
		return KT_OK;
	}
	cut_tail(&kb->tail);
	return kt_fail(err, KT_FAIL, "make failed with exit status %d",
		       kt_spawn_exit_status(ws));
}
