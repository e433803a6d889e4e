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
 * Divide the settled, non-negative @sum by @n, in place, as far down as three
 * limbs from the first that is not 0, which is more than the 53 bits of a
 * double. True if that was not all of it.
 */
static bool divide(struct kt_sum *sum, uint32_t n, uint32_t *top)
{
	uint32_t i = KT_SUM_LIMBS, last = 0;
	uint64_t rem = 0;
	bool rest = false;

	*top = 0;
	while (i-- > last) {
		const uint64_t val = rem << 32 | (uint64_t)sum->limb[i];

		sum->limb[i] = (int64_t)(val / n);
		rem = val % n;
		if (!*top && sum->limb[i]) {
			*top = i;
			last = i > 2 ? i - 2 : 0;
		}
	}
	for (i = sum->low; i < last; i++)
		rest |= sum->limb[i] != 0;
	return rest || rem;
}

double kt_sum_mean(struct kt_sum *sum, uint32_t n)
{
	struct kt_sum abs;
	unsigned __int128 head, half;
	bool negative, rest;
	uint64_t frac;
	uint32_t top;
	double mean;
	int drop, least;

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
	rest = divide(&abs, n, &top);
	head = (uint64_t)abs.limb[top];
	for (uint32_t k = 1; k <= 2; k++)
		head = head << 32 |
		       (top >= k ? (uint64_t)abs.limb[top - k] : 0);
	if (!(head >> 64)) /* nothing left but what is less than any double */
		return negative ? -0.0 : 0;

	drop = 128 - 53 - __builtin_clzll((uint64_t)(head >> 64));
	/* A result below the normal range has fewer bits to keep. */
	least = top < 2 ? 32 * (2 - (int)top) : 1;
	if (drop < least)
		drop = least;
	half = (unsigned __int128)1 << (drop - 1);
	frac = (uint64_t)(head >> drop);
	head &= 2 * half - 1;
	if (head > half || (head == half && (rest || frac & 1)))
		frac++;
	mean = ldexp((double)frac, BASE_EXP + 32 * ((int)top - 2) + drop);
	return negative ? -mean : mean;
}
