/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/sum.h - sums of doubles that do not depend on their order
 *
 * A sum is kept exactly, as one wide fixed-point number that covers all of
 * what a double can say (from 2^-1074 up), and rounded once, when it is asked
 * for. So threads may read files in any order and the report is the same to
 * the last bit, and nothing overflows on the way.
 */
#ifndef KT_STATS_SUM_H
#define KT_STATS_SUM_H

#include <stddef.h>
#include <stdint.h>

/* 2^-1074 to 2^1024, and room for 2^60 addends, in digits of 32 bits. */
#define KT_SUM_LIMBS 68

struct kt_sum {
	int64_t limb[KT_SUM_LIMBS]; /* each may carry more than its 32 bits */
	uint32_t low;		    /* the first one in use */
	uint32_t adds;		    /* since carries were last settled */
};

void kt_sum_clear(struct kt_sum *sum);

/* Add @val, which is finite. */
void kt_sum_add(struct kt_sum *sum, double val);

/*
 * The exact sum divided by @n > 0, rounded once, to nearest (below the range
 * of normal numbers it may be the next one): the mean of equal
 * numbers is that number, and the sum need not fit a double.
 */
double kt_sum_mean(struct kt_sum *sum, uint32_t n);

#endif
