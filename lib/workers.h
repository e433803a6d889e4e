/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/workers.h - the same work in several threads */
#ifndef KT_WORKERS_H
#define KT_WORKERS_H

#define KT_WORKERS_MAX 16

/*
 * Call @work(@ctx) in @max threads, this one included, but in no more than
 * there are processors for us, nor than KT_WORKERS_MAX; return when all have.
 * A thread that cannot be started is not missed: @work takes its next piece
 * from @ctx until there is none left.
 */
void kt_workers_run(unsigned int max, void (*work)(void *ctx), void *ctx);

#endif
