/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stop.h - being told to stop: SIGINT, SIGTERM, SIGHUP and SIGQUIT
 *
 * A tool that leaves things behind when it is killed (children, temporary
 * trees, a terminal in raw mode) catches these, unwinds like after any other
 * error, and dies of the signal at the very end (lib/tool.c sees to that), so
 * that its parent sees the truth. Everything that waits polls kt_stop_fd().
 *
 * A signal handler needs something static: this module is where it lives.
 */
#ifndef KT_STOP_H
#define KT_STOP_H

#include "lib/error.h"

/* Start catching. Signals ignored from birth (nohup) stay ignored. Idempotent. */
enum kt_status kt_stop_catch(struct kt_error *err) KT_MUST_CHECK;

/* Readable from the first such signal on; -1 if nothing is caught. */
int kt_stop_fd(void);

/* The first such signal, or 0. */
int kt_stop_signal(void);

/* KT_FAIL "interrupted by SIGxxx" once a signal has come, else KT_OK. */
enum kt_status kt_stop_check(struct kt_error *err) KT_MUST_CHECK;

/*
 * In a child between fork and exec: the dispositions kt_stop_catch() found.
 * Async-signal-safe.
 */
void kt_stop_reset(void);

#endif
