// SPDX-License-Identifier: GPL-2.0-only
/* stop - being told to stop */
#include "lib/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t first_signal;
static int pipe_fds[2] = { -1, -1 };
static struct sigaction before[NR_SIGNALS];

static void on_signal(int sig)
{
	const int saved = errno;

	if (!first_signal)
		first_signal = sig;
	/* A full pipe is as readable as one byte more would make it. */
	if (write(pipe_fds[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

enum kt_status kt_stop_catch(struct kt_error *err)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (pipe_fds[0] >= 0)
		return KT_OK;
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
		return kt_fail_errno(err, "cannot make a pipe");
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NR_SIGNALS; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	}
	return KT_OK;
}

int kt_stop_fd(void)
{
	return pipe_fds[0];
}

int kt_stop_signal(void)
{
	return first_signal;
}

enum kt_status kt_stop_check(struct kt_error *err)
{
	if (!first_signal)
		return KT_OK;
	return kt_fail(err, KT_FAIL, "interrupted by SIG%s",
		       sigabbrev_np(first_signal));
}

void kt_stop_reset(void)
{
	if (pipe_fds[0] < 0)
		return;
	for (size_t i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}
