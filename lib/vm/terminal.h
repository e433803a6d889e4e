/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/terminal.h - the person's terminal while it is the guest's
 *
 * Whatever ends or stops this process gives the terminal back as it was: a
 * return, exit(3), quick_exit(3), a signal that lib/stop.h turns into a return,
 * SIGTSTP (and SIGCONT takes it again), and the signals of a crash, abort(3)
 * among them. Only SIGKILL, a filter of seccomp(2) that kills, and _exit(2) do
 * not. A terminal that another job has in the foreground by then is left alone:
 * it is that job's to set.
 *
 * A signal handler needs something static, and a process has one terminal: so
 * there is one owner at a time. Threads other than the one that calls these are
 * to have signals blocked, but not those of a crash: a fault in a thread that
 * blocks them ends the process and no handler runs.
 */
#ifndef KT_VM_TERMINAL_H
#define KT_VM_TERMINAL_H

#include <signal.h>
#include <stdbool.h>

#include "lib/error.h"

enum kt_terminal_mode {
	/*
	 * Keys are read as they are typed and are not shown, but Ctrl-C and
	 * Ctrl-Z are still signals to us and lines are still ended on output:
	 * for a guest that does not listen yet.
	 */
	KT_TERMINAL_KEYS,
	/* Every byte passes, both ways (cfmakeraw(3)). */
	KT_TERMINAL_RAW,
};

struct kt_terminal_size {
	unsigned short cols, rows; /* 0: unknown */
};

/*
 * Take the terminal @fd, which stays the caller's and open until release, in
 * mode KT_TERMINAL_KEYS. KT_USAGE: it is no terminal. KT_SYS: it cannot be set,
 * or there is an owner already.
 */
enum kt_status kt_terminal_take(int fd, struct kt_error *err) KT_MUST_CHECK;

/* KT_SYS: it cannot be set. Only between take and release. */
enum kt_status kt_terminal_set(enum kt_terminal_mode mode,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * To be polled for POLLIN: readable when the size may have changed. -1 without
 * an owner.
 */
int kt_terminal_fd(void);

/* The terminal itself, or -1 without an owner: for what handlers do with it. */
int kt_terminal_tty(void);

/* Take the signals of a crash out of @set, which a thread is going to block. */
void kt_terminal_spare(sigset_t *set);

/* The size as it is now; what made kt_terminal_fd() readable is taken in. */
struct kt_terminal_size kt_terminal_size(void);

/* Give it back, and put the dispositions of signals back. Idempotent. */
void kt_terminal_release(void);

#endif
