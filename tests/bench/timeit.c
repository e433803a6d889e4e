// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeit - two commands side by side, by turns
 *
 *   timeit N LABEL COMMAND... -- LABEL COMMAND...
 *
 * Runs each N times, alternating, so that whatever else the machine does
 * touches both alike. Prints the median wall time and CPU time of each and the
 * ratio of the first to the second. stdout of the commands goes to /dev/null.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"
#include "tests/helpers/bench.h"

#define MAX_RUNS 10000

struct side {
	const char *label;
	const char *const *argv;
	uint64_t *wall, *cpu; /* ns, a run each */
};

static uint64_t tv_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * KT_NS_PER_S +
	       (uint64_t)tv->tv_usec * 1000;
}

static void once(const struct side *s, size_t i)
{
	const struct kt_spawn how = { .argv = s->argv,
				      .in = KT_SPAWN_NULL,
				      .out = KT_SPAWN_NULL,
				      .err = KT_SPAWN_INHERIT };
	const uint64_t begin = kt_clock_ns();
	struct kt_error err = { 0 };
	struct rusage use;
	int ws;
	pid_t pid;

	if (kt_spawn_start(&how, &pid, &err) || wait4(pid, &ws, 0, &use) < 0) {
		fprintf(stderr, "timeit: %s\n", err.msg);
		exit(1);
	}
	if (kt_spawn_exit_status(ws)) {
		fprintf(stderr, "timeit: %s: exit status %d\n", s->label,
			kt_spawn_exit_status(ws));
		exit(1);
	}
	s->wall[i] = kt_clock_ns() - begin;
	s->cpu[i] = tv_ns(&use.ru_utime) + tv_ns(&use.ru_stime);
}

static void print(const struct side *s, size_t n, uint64_t wall)
{
	printf("  %-34s %10.2f ms wall %10.2f ms CPU\n", s->label,
	       (double)wall / 1e6, (double)bench_median(s->cpu, n) / 1e6);
}

int main(int argc, char **argv)
{
	struct bench_side from[2];
	struct side sides[2] = { 0 };
	uint64_t wall[2];
	size_t n;

	if (!bench_sides(argc, argv, "--", MAX_RUNS, &n, from)) {
		fputs("usage: timeit N LABEL COMMAND... -- LABEL COMMAND...\n",
		      stderr);
		return 2;
	}
	for (int k = 0; k < 2; k++) {
		sides[k].label = from[k].label;
		sides[k].argv = from[k].argv;
		sides[k].wall = kt_xcalloc(n, sizeof(uint64_t));
		sides[k].cpu = kt_xcalloc(n, sizeof(uint64_t));
	}
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 2; k++)
			once(&sides[k], i);
	for (int k = 0; k < 2; k++) {
		wall[k] = bench_median(sides[k].wall, n);
		print(&sides[k], n, wall[k]);
	}
	printf("  %-34s %10.2f\n", "ratio of wall times",
	       (double)wall[0] / (double)wall[1]);
	for (int k = 0; k < 2; k++) {
		free(sides[k].wall);
		free(sides[k].cpu);
	}
	return 0;
}
