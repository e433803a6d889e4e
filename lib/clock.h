/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/clock.h - time: a monotonic clock for waiting, a UTC one for the record
 *
 * A deadline is a point on the monotonic clock in nanoseconds; 0 is never.
 */
#ifndef KT_CLOCK_H
#define KT_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define KT_NS_PER_MS UINT64_C(1000000)
#define KT_NS_PER_S UINT64_C(1000000000)
#define KT_UTC_SIZE sizeof("2026-01-01T00:00:00Z")

/* Nanoseconds on CLOCK_MONOTONIC. */
uint64_t kt_clock_ns(void);

/* The deadline @ns from now. */
uint64_t kt_deadline_in(uint64_t ns);

/*
 * Milliseconds until @deadline, rounded up, for poll(2): -1 if it is 0 (never),
 * 0 once it has passed, at most INT_MAX.
 */
int kt_deadline_poll_ms(uint64_t deadline);

/* The earlier of two deadlines, either of which may be 0. */
uint64_t kt_deadline_min(uint64_t a, uint64_t b);

/* @t as RFC 3339 in UTC, "2026-04-15T20:01:02Z". */
void kt_clock_utc(time_t t, char out[KT_UTC_SIZE]);

/* Back from that very form; false, and *out untouched, if @text has another. */
bool kt_clock_parse_utc(const char *text, time_t *out);

#endif
