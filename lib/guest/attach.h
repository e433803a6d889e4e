/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/attach.h - has sched_ext taken the command's scheduler?
 *
 * For ktstr-init: libc only. What is read is /sys/kernel/sched_ext (the
 * kernel's Documentation/scheduler/sched-ext.rst).
 */
#ifndef KT_GUEST_ATTACH_H
#define KT_GUEST_ATTACH_H

#include <stdbool.h>

#define KT_ATTACH_DIR "/sys/kernel/sched_ext"
#define KT_ATTACH_POLL_MS 10 /* these files cannot be waited for */

struct kt_attach {
	const char *dir; /* KT_ATTACH_DIR, or the tests' */
	bool asked;	 /* the next command is a scheduler */
	bool waiting;	 /* it runs, and has not attached */
	char seq[24];	 /* enable_seq before that */
	char ops[128];	 /* what has attached */
};

/* Nothing is attached, or about to be; or there is no sched_ext. */
bool kt_attach_free(const struct kt_attach *a);

/* The scheduler is about to be started. */
void kt_attach_begin(struct kt_attach *a);

/* True, once: it has attached, and ops names it. */
bool kt_attach_done(struct kt_attach *a);

#endif
