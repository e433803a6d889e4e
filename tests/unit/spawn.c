// SPDX-License-Identifier: GPL-2.0-only
/* spawn: children start, answer, and end when they are told to */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/tap.h"

static enum kt_status capture(const char *script, size_t max, uint64_t limit,
			      struct kt_buf *out, int *ws, struct kt_error *err)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const struct kt_spawn how = { .argv = argv,
				      .in = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL,
				      .group = true };

	return kt_spawn_capture(&how, true, max,
				limit ? kt_deadline_in(limit) : 0, out, ws,
				err);
}

static void test_capture(void)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	int ws = 0;

	ok(!capture("echo a; echo b >&2; exit 3", 100, 0, &out, &ws, &err),
	   "a command runs");
	same_str(out.data, "a\nb\n", "both outputs are captured");
	same_u64(kt_spawn_exit_status(ws), 3, "its status is told");
	out.len = 0;
	ok(!capture("kill -9 $$", 100, 0, &out, &ws, &err) &&
		   kt_spawn_exit_status(ws) == 137,
	   "a signal is 128 and its number");
	ok(capture("yes", 1000, 0, &out, &ws, &err) == KT_DATA,
	   "too much output is an error");
	ok(capture("sleep 60", 100, KT_NS_PER_S / 5, &out, &ws, &err) ==
		   KT_AGAIN,
	   "a deadline ends the wait");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "and no child is left");
}

static void test_no_program(void)
{
	const char *argv[] = { "ktstr-no-such-program", NULL };
	const struct kt_spawn how = { .argv = argv,
				      .in = KT_SPAWN_NULL,
				      .out = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL };
	struct kt_error err = { 0 };
	pid_t pid = 7;

	ok(kt_spawn_start(&how, &pid, &err) == KT_SYS && errno == ENOENT &&
		   pid == 7,
	   "a program that is not there is an error, not a child");
	ok(strstr(err.msg, "ktstr-no-such-program") != NULL, "which names it");
}

/* A grandchild that ignores SIGTERM must go with its group. */
static void test_group(void)
{
	int fds[2];
	const char *argv[] = { "sh", "-c",
			       "trap '' TERM; (trap '' TERM; sleep 60) & wait",
			       NULL };
	struct kt_error err = { 0 };
	struct kt_spawn how = { .argv = argv,
				.in = KT_SPAWN_NULL,
				.err = KT_SPAWN_NULL,
				.group = true };
	const uint64_t begin = kt_clock_ns();
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		abort();
	how.out = fds[1];
	ok(!kt_spawn_start(&how, &pid, &err), "a stubborn family starts");
	close(fds[1]);
	kt_spawn_end(pid, true, KT_NS_PER_S / 5, NULL);
	/* Every member holds the pipe: its end is the end of them all. */
	ok(read(fds[0], &byte, 1) == 0 &&
		   kt_clock_ns() - begin < 30 * KT_NS_PER_S,
	   "and is gone, all of it, after the grace");
	close(fds[0]);
}

/* Our own stdin closed must not make a pipe land on descriptor 0. */
static void test_stdio_overlap(void)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	int ws, saved = dup(0);

	close(0);
	ok(!capture("cat; echo ok", 100, 0, &out, &ws, &err) && out.data &&
		   !strcmp(out.data, "ok\n"),
	   "a closed stdin of ours does not confuse the child's");
	dup2(saved, 0);
	close(saved);
}

int main(void)
{
	test_capture();
	test_no_program();
	test_group();
	test_stdio_overlap();
	return tap_end();
}
