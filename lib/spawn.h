/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/spawn.h - child processes that never outlive us unasked
 *
 * A child in a group of its own is ended with all its descendants that stayed
 * in the group. Every wait has a deadline and ends early when a signal tells
 * us to stop (lib/stop.h).
 */
#ifndef KT_SPAWN_H
#define KT_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_SPAWN_NULL (-1)    /* /dev/null in the child */
#define KT_SPAWN_INHERIT (-2) /* the child gets ours */

struct kt_spawn {
	const char *const *argv; /* argv[0] is searched on PATH; ends in NULL */
	const char *const *env;	 /* NULL: ours */
	const char *cwd;	 /* NULL: ours */
	int in, out, err;	 /* a descriptor of ours, or KT_SPAWN_... */
	const int *keep;	 /* descriptors that survive exec, ends in -1 */
	bool group;		 /* lead a process group of its own */
	bool die_with_us;	 /* SIGKILL to it when this thread ends */

	/* Told what kt_spawn_capture() has so far, each time; may be NULL. */
	void (*heard)(const struct kt_buf *out, void *ctx);
	void *ctx;
};

/*
 * Start it. KT_SYS if fork or exec fails (errno as exec left it, so ENOENT is
 * a program that is not there): the caller has no child then. *pid is the
 * child's, which the caller must wait for.
 */
enum kt_status kt_spawn_start(const struct kt_spawn *how, pid_t *pid,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * Become the program @argv, searched on PATH, as a child would find the world:
 * signals as we found them. It returns on failure only, with KT_SYS (errno as
 * exec left it).
 */
enum kt_status kt_spawn_become(const char *const *argv,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Wait for @pid until @deadline (lib/clock.h). *wstatus is as waitpid(2) gives
 * it. KT_AGAIN at the deadline and KT_FAIL when told to stop: the child then
 * still runs and is still the caller's.
 */
enum kt_status kt_spawn_wait(pid_t pid, uint64_t deadline, int *wstatus,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * End @pid: SIGTERM, up to @grace_ns for it to go, SIGKILL, and wait. @group
 * says that it leads a group, which is then ended with it. *wstatus may be
 * NULL.
 */
void kt_spawn_end(pid_t pid, bool group, uint64_t grace_ns, int *wstatus);

/*
 * Run to the end with stdout (and stderr too, if how->err is KT_SPAWN_NULL
 * and @merge) captured. KT_DATA above @max bytes, KT_AGAIN at the deadline,
 * KT_FAIL when told to stop; the child is ended in all these cases.
 * how->out is not used.
 */
enum kt_status kt_spawn_capture(const struct kt_spawn *how, bool merge,
				size_t max, uint64_t deadline,
				struct kt_buf *out, int *wstatus,
				struct kt_error *err) KT_MUST_CHECK;

/* A shell's view of @wstatus: exit status, or 128 + signal. */
int kt_spawn_exit_status(int wstatus);

#endif
