// SPDX-License-Identifier: GPL-2.0-only
/* sum - sums of doubles that do not depend on their order */
#include "lib/stats/sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define BASE_EXP (-1074)	/* of bit 0 of limb 0 */
#define SETTLE_EVERY (1U << 28) /* adds of less than 2^33 into 63 bits */

void kt_sum_clear(struct kt_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
	sum->low = KT_SUM_LIMBS;
}

/* Carry, so that every limb but the last, which has the sign, is 32 bits. */
static void settle(struct kt_sum *sum)
{
	sum->adds = 0;
	for (uint32_t i = sum->low; i < KT_SUM_LIMBS - 1; i++) {
		/* An arithmetic shift: what stays is never negative. */
		sum->limb[i + 1] += sum->limb[i] >> 32;
		sum->limb[i] &= 0xffffffff;
	}
}

void kt_sum_add(struct kt_sum *sum, double val)
{
	uint64_t bits, frac;
	uint32_t exp, at, shift;
	unsigned __int128 wide;
	int64_t sign;

	memcpy(&bits, &val, sizeof(bits));
	frac = bits & ((UINT64_C(1) << 52) - 1);
	exp = (bits >> 52) & 0x7ff;
	sign = bits >> 63 ? -1 : 1;
	if (exp)
		frac |= UINT64_C(1) << 52;
	else
		exp = 1;
	if (!frac)
		return;

	/* val = frac * 2^(exp - 1075): bit 0 of frac is bit exp - 1. */
	at = (exp - 1) / 32;
	shift = (exp - 1) % 32;
	wide = (unsigned __int128)frac << shift;
	sum->limb[at] += sign * (int64_t)(uint32_t)wide;
	sum->limb[at + 1] += sign * (int64_t)(uint32_t)(wide >> 32);
	sum->limb[at + 2] += sign * (int64_t)(uint32_t)(wide >> 64);
	if (at < sum->low)
		sum->low = at;
	if (++sum->adds == SETTLE_EVERY)
		settle(sum);
}

/*
 * Round the settled, non-negative @sum to 53 bits: the value is the result
 * times 2^*exp.
 */
static double rounded(const struct kt_sum *sum, int *exp)
{
	uint32_t top = KT_SUM_LIMBS - 1;
	unsigned __int128 head, half;
	bool rest = false;
	uint64_t frac;
	int drop;

	while (top > sum->low && !sum->limb[top])
		top--;
	/* Three limbs from the first that is not 0: more than 64 bits. */
	head = (uint64_t)sum->limb[top];
	for (uint32_t k = 1; k <= 2; k++)
		head = head << 32 |
		       (top >= k ? (uint64_t)sum->limb[top - k] : 0);
	for (uint32_t i = sum->low; i + 2 < top; i++)
		rest |= sum->limb[i] != 0;
	*exp = BASE_EXP + 32 * ((int)top - 2);
	if (!head)
		return 0;

	drop = 128 - __builtin_clzll((uint64_t)(head >> 64)) - 53;
	half = (unsigned __int128)1 << (drop - 1);
	frac = (uint64_t)(head >> drop);
	head &= 2 * half - 1;
	if (head > half || (head == half && (rest || frac & 1)))
		frac++;
	*exp += drop;
	return (double)frac;
}

double kt_sum_mean(struct kt_sum *sum, double n)
{
	struct kt_sum abs;
	bool negative;
	double mean;
	int exp;

	if (sum->low == KT_SUM_LIMBS)
		return 0;
	settle(sum);
	abs = *sum;
	negative = abs.limb[KT_SUM_LIMBS - 1] < 0;
	if (negative) {
		for (uint32_t i = abs.low; i < KT_SUM_LIMBS; i++)
			abs.limb[i] = -abs.limb[i];
		settle(&abs);
	}
	mean = rounded(&abs, &exp) / n;
	mean = ldexp(mean, exp);
	return negative ? -mean : mean;
}
