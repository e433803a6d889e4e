/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/progress.h - how far a long job is, on stderr
 *
 * One of the three files under lib/ that may print. On a terminal a line that
 * redraws itself, with a bar, rate and time left where the total is known;
 * elsewhere one terse line when a step begins and one when it is done. --quiet
 * silences both. NO_COLOR and TERM=dumb make it plain lines, and the terminal
 * itself is never changed.
 */
#ifndef KT_PROGRESS_H
#define KT_PROGRESS_H

#include <stdint.h>

#include "lib/watch.h"

struct kt_progress;

/*
 * Begin a step called @what ("building 6.12.117"), of @total units, or 0 if
 * that is not known; @unit names them ("files"), or "B" for bytes, which are
 * scaled. Never NULL; the caller ends it with kt_progress_done() or lets
 * kt_progress_freep() wipe the line after a failure.
 */
struct kt_progress *kt_progress_new(const char *what, uint64_t total,
				    const char *unit);

/* @done of the total are behind us. Cheap: it draws ten times a second. */
void kt_progress_set(struct kt_progress *p, uint64_t done);

/*
 * The step is done: "what: 1345 files in 9m12s", or "what: done in 9m12s" if
 * nothing was counted. Consumes @p.
 */
void kt_progress_done(struct kt_progress *p);

/* For KT_CLEANUP(): wipe the line and free. NULL is fine. */
void kt_progress_freep(struct kt_progress **p);

/* Steps one after another, each shown as above: of @unit, the last at @now. */
struct kt_progress_steps {
	const char *unit;
	struct kt_progress *now; /* NULL: none; owned */
};

/* For KT_CLEANUP(): wipe the line of a step that has not ended. */
void kt_progress_steps_release(struct kt_progress_steps *steps);

/* What tells @steps of them; it borrows that. */
struct kt_watch kt_progress_watch(struct kt_progress_steps *steps);

#endif
