// SPDX-License-Identifier: GPL-2.0-only
/* stats: exact sums, names, and how many bytes a row takes */
#include <math.h>
#include <stdlib.h>

#include "lib/stats/stats.h"
#include "lib/stats/sum.h"
#include "tests/unit/tap.h"

static void same_double(double got, double want, const char *what)
{
	if (!ok(!(got < want) && !(got > want) && !isnan(got), "%s", what))
		printf("# got:  %.17g\n# want: %.17g\n", got, want);
}

static void test_mean(void)
{
	static const struct {
		double val[6];
		size_t nr;
		uint32_t n;
		double want;
		const char *what;
	} cases[] = {
		{ { 0 }, 0, 1, 0, "nothing is 0" },
		{ { 1, 2, 3 }, 3, 3, 2, "a mean" },
		{ { 12.4, 12.4, 12.4 }, 3, 3, 12.4, "of equals, themselves" },
		{ { 1.7e308, 1.7e308, 1.7e308 },
		  3,
		  3,
		  1.7e308,
		  "of what does not fit when added" },
		{ { 1e308, -1e308, 1 }, 3, 1, 1, "nothing small gets lost" },
		{ { 0x1p53, 1, 0x1p-60 }, 3, 1, 0x1p53 + 2, "above a tie, up" },
		{ { 0x1p53, 1 }, 2, 1, 0x1p53, "a tie, to even" },
		{ { 0x1p53, 3 }, 2, 1, 0x1p53 + 4, "a tie, to even, up" },
		{ { -0x1p53, -1, -0x1p-60 },
		  3,
		  1,
		  -0x1p53 - 2,
		  "the same below 0" },
		{ { 5e-324, 5e-324 }, 2, 1, 1e-323, "the least there is" },
		{ { 5e-324, -5e-324 }, 2, 7, 0, "and its end" },
		{ { 1, -3 }, 2, 4, -0.5, "a negative mean" },
		{ { 1.7976931348623157e308 },
		  1,
		  1,
		  1.7976931348623157e308,
		  "the greatest there is" },
		{ { 1 }, 1, 3, 1.0 / 3, "a third" },
		{ { -2 }, 1, UINT32_MAX, -2.0 / UINT32_MAX, "a great many" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_sum sum;

		kt_sum_clear(&sum);
		for (size_t k = 0; k < cases[i].nr; k++)
			kt_sum_add(&sum, cases[i].val[k]);
		same_double(kt_sum_mean(&sum, cases[i].n), cases[i].want,
			    cases[i].what);
		kt_sum_clear(&sum);
		for (size_t k = cases[i].nr; k-- > 0;)
			kt_sum_add(&sum, cases[i].val[k]);
		same_double(kt_sum_mean(&sum, cases[i].n), cases[i].want,
			    "and the other way round");
	}
}

/* A million numbers of all sizes, in two orders. */
static void test_order(void)
{
	enum { NR = 1000000 };
	uint64_t state = 1;
	double *val = calloc(NR, sizeof(*val));
	struct kt_sum there, back;

	if (!val)
		abort();
	kt_sum_clear(&there);
	kt_sum_clear(&back);
	for (size_t i = 0; i < NR; i++) {
		state = state * UINT64_C(6364136223846793005) + 1;
		val[i] = ldexp((double)(int64_t)state,
			       (int)(state >> 54) % 200 - 100);
		kt_sum_add(&there, val[i]);
	}
	for (size_t i = NR; i-- > 0;)
		kt_sum_add(&back, val[i]);
	same_double(kt_sum_mean(&there, NR), kt_sum_mean(&back, NR),
		    "the order of a million numbers does not matter");
	for (size_t i = 0; i < NR; i++)
		kt_sum_add(&there, -val[i]);
	same_double(kt_sum_mean(&there, 1), 0, "and taken away, they are gone");
	free(val);
}

static void test_names(void)
{
	struct kt_names n = { 0 };
	char text[16];
	bool good = true;

	ok(kt_names_find(&n, "a") == UINT32_MAX, "no names, none found");
	ok(kt_names_add(&n, "") == 0, "an empty name is a name");
	for (uint32_t i = 1; i <= 100000; i++) {
		snprintf(text, sizeof(text), "n%06u", 100000 - i);
		good &= kt_names_add(&n, text) == i;
	}
	ok(good, "new names count up");
	good = true;
	for (uint32_t i = 1; i <= 100000; i++) {
		snprintf(text, sizeof(text), "n%06u", 100000 - i);
		good &= kt_names_add(&n, text) == i &&
			kt_names_find(&n, text) == i &&
			!strcmp(kt_names_get(&n, i), text);
	}
	ok(good, "and keep their numbers");
	ok(kt_names_find(&n, "n") == UINT32_MAX, "what is not there is not");
	kt_names_rank(&n);
	ok(n.rank[0] == 0 && n.rank[100000] == 1 && n.rank[1] == 100000,
	   "ranks are in byte order");
	kt_names_release(&n);
}

int main(void)
{
	test_mean();
	test_order();
	test_names();
	ok(sizeof(struct kt_row) <= 200, "a row takes %zu bytes of 200",
	   sizeof(struct kt_row));
	return tap_end();
}
