// SPDX-License-Identifier: GPL-2.0-only
/* cargo-run - cargo, as our child or in our place */
#include "tools/cargo-ktstr/cargo-run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/stop.h"

/* nextest gives its tests ten seconds to end after the first signal. */
#define GRACE_NS (UINT64_C(15) * KT_NS_PER_S)
#define POLL_NS (50 * KT_NS_PER_MS)

enum kt_status kt_cargo_become(const char *const *argv, struct kt_error *err)
{
	fflush(stdout);
	fflush(stderr);
	return kt_spawn_become(argv, err);
}

/* A key at the terminal signals its whole foreground group. */
static bool in_foreground(void)
{
	int tty KT_CLEANUP(kt_closep) =
		open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	return tty >= 0 && tcgetpgrp(tty) == getpgrp();
}

/*
 * We were told to stop. cargo is told once only: to nextest a second signal
 * means to kill the tests at once.
 */
static void end(pid_t pid)
{
	const int sig = kt_stop_signal();
	const uint64_t deadline = kt_clock_ns() + GRACE_NS;
	const struct timespec pause = { .tv_nsec = POLL_NS };
	const bool typed = sig == SIGINT || sig == SIGQUIT;

	if (!typed || !in_foreground())
		kill(pid, sig);
	while (kt_clock_ns() < deadline) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		nanosleep(&pause, NULL);
	}
	kt_spawn_end(pid, false, 0, NULL);
}

enum kt_status kt_cargo_run(const char *const *argv, int *status,
			    struct kt_error *err)
{
	const struct kt_spawn how = { .argv = argv,
				      .in = KT_SPAWN_INHERIT,
				      .out = KT_SPAWN_INHERIT,
				      .err = KT_SPAWN_INHERIT };
	enum kt_status st = kt_stop_catch(err);
	int wstatus;
	pid_t pid;

	fflush(stdout);
	if (!st)
		st = kt_spawn_start(&how, &pid, err);
	if (st)
		return st;
	st = kt_spawn_wait(pid, 0, &wstatus, err);
	if (st) {
		end(pid);
		return st;
	}
	*status = kt_spawn_exit_status(wstatus);
	return KT_OK;
}
