// SPDX-License-Identifier: GPL-2.0-only
/* bench - what programs share that take the time of others */
#include "tests/helpers/bench.h"

#include <stdlib.h>
#include <string.h>

bool bench_sides(int argc, char **argv, const char *between, size_t max,
		 size_t *n, struct bench_side sides[2])
{
	const long nr = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	int at = 2;

	for (int k = 0; k < 2; k++) {
		if (at + 1 >= argc || nr < 1 || (size_t)nr > max)
			return false;
		sides[k].label = argv[at];
		sides[k].argv = (const char *const *)argv + at + 1;
		while (at < argc && (k || strcmp(argv[at], between) != 0))
			at++;
		argv[at] = NULL;
		at++;
	}
	*n = (size_t)nr;
	return true;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t bench_median(uint64_t *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}
