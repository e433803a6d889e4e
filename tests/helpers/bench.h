/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/helpers/bench.h - what programs share that take the time of others */
#ifndef KT_TESTS_HELPERS_BENCH_H
#define KT_TESTS_HELPERS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_side {
	const char *label;
	const char *const *argv; /* ends in NULL */
};

/*
 * Read "PROGRAM N LABEL COMMAND... @between LABEL COMMAND..."; false if it is
 * not that, or *n not from 1 to @max. The sides borrow @argv, which is cut.
 */
bool bench_sides(int argc, char **argv, const char *between, size_t max,
		 size_t *n, struct bench_side sides[2]);

/* The median of @n > 0 values, which are sorted. */
uint64_t bench_median(uint64_t *v, size_t n);

#endif
