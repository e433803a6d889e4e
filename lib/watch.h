/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/watch.h - whom a long piece of work tells how it goes */
#ifndef KT_WATCH_H
#define KT_WATCH_H

#include <stdint.h>

#include "lib/error.h"

/* A line for people; kt_note() and kt_detail() are two. */
typedef void kt_say_fn(const char *fmt, ...) KT_PRINTF(1, 2);

/*
 * A step of @total units (0: unknown) begins; is @done units far; is done. One
 * that fails is begun and not ended.
 */
struct kt_watch {
	void (*begin)(const char *what, uint64_t total, void *ctx);
	void (*at)(uint64_t done, void *ctx);
	void (*end)(void *ctx);
	void *ctx;
};

#endif
