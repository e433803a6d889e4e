/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/once.h - one command in a guest, and the files that are wanted of it
 *
 * The jobs of a session (lib/vm/session.h): the command; and when that has
 * ended, whatever its status, one for each file or directory (lib/vm/out.h).
 * What those write is kept until the machine is gone, and unpacked then.
 */
#ifndef KT_VM_ONCE_H
#define KT_VM_ONCE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/vm/out.h"
#include "lib/vm/session.h"

#define KT_ONCE_MAX_OUTS 64
/* If files are wanted: for a command whose time is up, until SIGKILL. */
#define KT_ONCE_GRACE_NS (UINT64_C(2) * 1000000000)
/* How long the guest may send nothing of a file, however large that is. */
#define KT_ONCE_IDLE_NS (UINT64_C(60) * 1000000000)

struct kt_once {
	struct kt_task task;	   /* the command */
	const struct kt_out *outs; /* borrowed */
	size_t nr_outs;

	/* The rest is for the hooks, zero at first. */
	size_t asked;	/* tasks that were given out */
	bool well;	/* the last one given out did not end the session */
	bool has_ended; /* the command, and this is how */
	struct kt_outcome end;
	int *archives;	      /* one an out */
	int *statuses;	      /* and how its job ended */
	const char *argv[4];  /* of the job at hand */
	struct kt_task fetch; /* that is it */
};

/* With the kt_once as their context. */
extern const struct kt_session_hooks kt_once_hooks;

/* Archives are kept in @dir. KT_SYS: they cannot be made. */
enum kt_status kt_once_init(struct kt_once *o, const char *dir,
			    struct kt_error *err) KT_MUST_CHECK;

/* For KT_CLEANUP(); { 0 } is fine. */
void kt_once_release(struct kt_once *o);

/*
 * Was the session, which could not go on, at a file? How the command went is
 * known then.
 */
bool kt_once_is_fetching(const struct kt_once *o);

/*
 * @end is how the session went. If it went well to its end, how the command
 * went takes its place.
 */
void kt_once_settle(struct kt_once *o, struct kt_outcome *end);

/*
 * After the session: put what came in its place, and count what did not, telling
 * @report why. KT_FAIL: told to stop.
 */
typedef void kt_once_report_fn(const struct kt_error *why, void *ctx);
enum kt_status kt_once_store(const struct kt_once *o, kt_once_report_fn *report,
			     void *ctx, size_t *nr_failed,
			     struct kt_error *err) KT_MUST_CHECK;

#endif
