// SPDX-License-Identifier: GPL-2.0-only
/*
 * boottime - two ways to boot a guest side by side, by turns, and their phases
 *
 *   boottime N LABEL COMMAND... --against LABEL COMMAND...
 *
 * Each COMMAND makes a guest run tests/bench/guest, whose output is, maybe
 * among other things, on its stdout or stderr. It gives the kernel the words of
 * $BOOT_WORDS, and with such shows the guest's console. Prints medians of N
 * runs each: from the start of COMMAND to the first byte of the guest's
 * command, and of that
 *
 *   set-up   to the kernel's first line, as seen from outside in N other runs
 *   init     from the start of init to the command, by the guest's own clock
 *   kernel   the rest
 *
 * and the ratio of the first to the second. A run is ended when it has said all
 * that.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"
#include "tests/helpers/bench.h"

#define MAX_RUNS 1000
#define MAX_OUTPUT ((size_t)1 << 20)
#define DEADLINE_NS (180 * KT_NS_PER_S)

/* What tests/bench/guest prints, and in it what the kernel does. */
#define FIRST "ktstr-bench: first"
#define MARK "ktstr-bench: mark"
#define INIT "as init process"
#define BANNER "Linux version"
#define EARLY "earlyprintk=ttyS0,115200"

enum { TOTAL, SETUP, KERNEL, USER, NR_PHASES };

static const char *const phases[NR_PHASES] = {
	[TOTAL] = "exec to first byte",
	[SETUP] = "set-up",
	[KERNEL] = "kernel",
	[USER] = "init",
};

struct side {
	const char *label;
	const char *const *argv;
	double *ms[NR_PHASES]; /* a run each */
	double median[NR_PHASES];
};

static void die(const struct side *s, const char *what)
{
	fprintf(stderr, "boottime: %s: %s\n", s->label, what);
	exit(1);
}

/* The time in ms that the kernel put before the line of @text with @words. */
static double stamp(const char *text, const char *words)
{
	const char *at = strstr(text, words);

	while (at && at > text && *at != '\n' && *at != '[')
		at--;
	return at && *at == '[' && strchr(at, '\n') ?
		       strtod(at + 1, NULL) * 1000 :
		       -1;
}

/* Read until there is a whole line with @last; when @first was there, or 0. */
static uint64_t listen_for(const struct side *s, int fd, const char *first,
			   const char *last, struct kt_buf *said)
{
	const uint64_t deadline = kt_deadline_in(DEADLINE_NS);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t at = 0;
	char chunk[4096];
	ssize_t n;

	while (!said->len || stamp(said->data, last) < 0) {
		if (poll(&pfd, 1, kt_deadline_poll_ms(deadline)) <= 0 ||
		    (n = read(fd, chunk, sizeof(chunk))) <= 0 ||
		    said->len > MAX_OUTPUT) {
			if (said->len)
				fputs(said->data, stderr);
			die(s, "the guest did not say when it booted");
		}
		kt_buf_add(said, chunk, (size_t)n);
		if (!at && strstr(said->data, first))
			at = kt_clock_ns();
	}
	return at;
}

/* Run it until it has said @last: the time to @first in ms. */
static double time_to(const struct side *s, const char *words,
		      const char *first, const char *last, struct kt_buf *said)
{
	struct kt_spawn how = { .argv = s->argv,
				.in = KT_SPAWN_NULL,
				.group = true,
				.die_with_us = true };
	struct kt_error err = { 0 };
	uint64_t begin, at;
	int pipe_fds[2];
	pid_t pid;

	if (setenv("BOOT_WORDS", words, 1) || pipe2(pipe_fds, O_CLOEXEC))
		die(s, "cannot start");
	how.out = how.err = pipe_fds[1];
	begin = kt_clock_ns();
	if (kt_spawn_start(&how, &pid, &err))
		die(s, err.msg);
	close(pipe_fds[1]);
	at = listen_for(s, pipe_fds[0], first, last, said);
	kill(-pid, SIGKILL);
	kt_spawn_end(pid, true, 0, NULL);
	close(pipe_fds[0]);
	return (double)(at - begin) / 1e6;
}

static void once(struct side *s, size_t i)
{
	struct kt_buf looked KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf said KT_CLEANUP(kt_buf_release) = { 0 };
	double init;

	s->ms[SETUP][i] = time_to(s, EARLY, BANNER, BANNER, &looked);
	s->ms[TOTAL][i] = time_to(s, "", FIRST, MARK, &said);
	init = stamp(said.data, INIT);
	if (!strstr(said.data, FIRST) || init < 0)
		die(s, "the guest did not say when init began");
	s->ms[USER][i] = stamp(said.data, MARK) - init;
	s->ms[KERNEL][i] = s->ms[TOTAL][i] - s->ms[SETUP][i] - s->ms[USER][i];
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print(struct side *s, size_t n)
{
	for (int i = 0; i < NR_PHASES; i++) {
		qsort(s->ms[i], n, sizeof(double), by_size);
		s->median[i] = s->ms[i][n / 2];
		free(s->ms[i]);
	}
	printf("  %-34s", s->label);
	for (int i = 0; i < NR_PHASES; i++)
		printf("%s%.0f ms %s",
		       i == TOTAL ? " " :
		       i == SETUP ? ": " :
				    ", ",
		       s->median[i], phases[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct bench_side from[2];
	struct side sides[2] = { 0 };
	size_t n;

	if (!bench_sides(argc, argv, "--against", MAX_RUNS, &n, from)) {
		fputs("usage: boottime N LABEL COMMAND... --against LABEL "
		      "COMMAND...\n",
		      stderr);
		return 2;
	}
	for (int k = 0; k < 2; k++) {
		sides[k].label = from[k].label;
		sides[k].argv = from[k].argv;
		for (int i = 0; i < NR_PHASES; i++)
			sides[k].ms[i] = kt_xcalloc(n, sizeof(double));
	}
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 2; k++)
			once(&sides[k], i);
	for (int k = 0; k < 2; k++)
		print(&sides[k], n);
	printf("  %-34s %.2f\n", "ratio, exec to first byte",
	       sides[0].median[TOTAL] / sides[1].median[TOTAL]);
	return 0;
}
