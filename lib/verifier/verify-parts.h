/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/verify-parts.h - what the files of lib/verifier/verify*.c share
 *
 *	verify.c       what is to be run, and telling what came of it
 *	verify-boot.c  boots, one after another, until it is all run
 *	verify-end.c   what it means how a scheduler ended
 */
#ifndef KT_VERIFIER_VERIFY_PARTS_H
#define KT_VERIFIER_VERIFY_PARTS_H

#include <pthread.h>

#include "lib/verifier/verify.h"

struct kt_verify_item {
	uint64_t profile;
	char *name, *log_path;
	struct kt_verified v;
	bool done;
	unsigned int tries;
};

/* Common to all boots; what changes, behind the lock. */
struct kt_verify_state {
	const struct kt_verify *how;
	struct kt_bpf_kernel *kernel;
	struct kt_flags flags;

	pthread_mutex_t lock;
	bool asked; /* the items are known */
	struct kt_verify_item *item;
	size_t nr, next, told, nr_done, nr_boots;
	struct kt_verify_item *retry[KT_VERIFIER_MAX_JOBS]; /* one a boot */
	size_t nr_retry;
	bool ended; /* for this: begin no more */
	enum kt_status status;
	struct kt_error err;
	pthread_t thread[KT_VERIFIER_MAX_JOBS];
	size_t nr_threads;
};

/* End it all with @st and @err, unless that has been done. */
void kt_verify_end(struct kt_verify_state *s, enum kt_status st,
		   const struct kt_error *err);

/*
 * The scheduler has answered @text when it was asked for its flags, or not, and
 * then it is NULL: make the items and let others begin with them.
 */
void kt_verify_answered(struct kt_verify_state *s, const char *text,
			size_t len);

/* The next item to run, or NULL; is there none; and what has been run. */
struct kt_verify_item *kt_verify_next(struct kt_verify_state *s);
bool kt_verify_is_over(struct kt_verify_state *s);
void kt_verify_done(struct kt_verify_state *s, struct kt_verify_item *item);

/* Once more, from the beginning: it was not what broke the guest. */
void kt_verify_again(struct kt_verify_state *s, struct kt_verify_item *item);

/* Boot until there is nothing left to run. */
void kt_verify_boots(struct kt_verify_state *s);

/*
 * Fill in @v's verdict and why of a scheduler that ended as @o says; @sample is
 * the error that reading its programs had, or has status KT_OK.
 */
void kt_verify_judge(struct kt_verified *v, const struct kt_outcome *o,
		     uint64_t timeout_ns, const struct kt_error *sample);

/* Tell people. */
void kt_verify_note(struct kt_verify_state *s, const char *fmt, ...)
	KT_PRINTF(2, 3);

#endif
