/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/session.h - doing what the host says (lib/ctl.h), until it says bye
 *
 * For ktstr-init: libc only. One command at a time; nothing blocks.
 */
#ifndef KT_GUEST_SESSION_H
#define KT_GUEST_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ctl.h"
#include "lib/guest/attach.h"
#include "lib/guest/job.h"
#include "lib/guest/stream.h"
#include "lib/relay.h"

enum { KT_CONTROL, KT_STDIN, KT_STDOUT, KT_STDERR, KT_NR_PORTS };

struct kt_session {
	int signals; /* a non-blocking signalfd for SIGCHLD */
	struct kt_port ports[KT_NR_PORTS];
	struct kt_relay *relay; /* the ports are its sockets; or NULL */
	struct kt_stream in, out, err;
	struct kt_job_setup setup;
	struct kt_attach attach;
	bool scheduler; /* the command is one */
	bool job;	/* there has been a run whose streams may not be done */
	bool terminal;	/* the command has one, which is not hung up */
	pid_t pid;	/* of the command, 0 once it has ended */
	uint64_t ended_ms, free_ms; /* 0: sched_ext is not waited for */
	bool bye;		    /* the host wants, or has, no more */
	char *reply; /* what the control port has not taken yet */
	size_t reply_len;
	bool skipping; /* the rest of a line that is too long */
	size_t line_len;
	char line[KT_CTL_MAX_LINE + 1];
	char *words[KT_CTL_MAX_WORDS + 1];
};

/* The names of the ports, in that order. */
extern const char *const kt_session_ports[KT_NR_PORTS];

/* Milliseconds on CLOCK_MONOTONIC. */
uint64_t kt_session_now_ms(void);

/* Tell people at the host. Kept until the host listens. */
void kt_session_warn(void *session, const char *text);

/*
 * Say hello, and serve until the host says bye or has left. Of *session, all
 * zeros otherwise, the caller has filled in signals, each port's fd, relay if
 * there is one, setup's path and library_path, and attach's dir; it reaps every child of this
 * process.
 */
void kt_session_run(struct kt_session *session);

#endif
