/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/session.h - a guest at work: one loop that moves bytes and watches
 *
 * Moves the job's stdin, stdout and stderr, the control words and the console;
 * watches the engine, the clock and our own signals; and says how it ended.
 * Nothing is buffered without bound: a stream is read again only when what it
 * gave is written.
 */
#ifndef KT_VM_SESSION_H
#define KT_VM_SESSION_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/vm/guest.h"
#include "lib/vm/machine.h"

enum kt_reason {
	KT_REASON_EXIT,	    /* the command's status is known, its output here */
	KT_REASON_POWEROFF, /* the guest switched off before that */
	KT_REASON_RESET,
	KT_REASON_PANIC,
	KT_REASON_TRIPLE_FAULT,
	KT_REASON_HANG,		/* no hello, or no answer at the deadline */
	KT_REASON_TIMEOUT,	/* it answered, but the command had not ended */
	KT_REASON_SIGNAL,	/* we were told to stop */
	KT_REASON_ENGINE_ERROR, /* the engine failed, or init went mad */
};

/* As "reason" of ktstr.run/1 has it. */
const char *kt_reason_name(enum kt_reason reason);

/* How long things may take, in nanoseconds. */
struct kt_limits {
	uint64_t hello_ns;   /* from the start to init's hello */
	uint64_t timeout_ns; /* from the start to the command's end; 0: any */
	uint64_t pong_ns;    /* to answer the ping that follows a timeout */
	uint64_t linger_ns;  /* between signs of life after the command's end */
};

/*
 * What is usual for a guest of @cpus CPUs, without a timeout: a minute to come
 * up, and a second more for each further CPU, since they may be emulated one
 * after another.
 */
struct kt_limits kt_limits_default(unsigned int cpus);

struct kt_session {
	const struct kt_engine *engine;
	struct kt_vm *vm;	/* running; consumed */
	uint64_t started_ns;	/* when that was, by lib/clock.h */
	int console;		/* our end of ttyS0, a socket */
	int ports[KT_NR_PORTS]; /* likewise */
	int in;	      /* the command's stdin, or -1 for an empty one */
	int out, err; /* where its output goes */
	int dmesg;    /* where the console goes live, or -1 */
	int log;      /* the console log, or -1 */
	const struct kt_job *job;
	struct kt_limits limits;
	kt_guest_warn_fn *warn; /* may be NULL */
	void *ctx;
};

struct kt_outcome {
	enum kt_reason reason;
	int exit_code;	     /* REASON_EXIT: 0 to 255; else -1 */
	uint64_t boot_ns;    /* start to hello; 0: it never came */
	uint64_t run_ns;     /* started to exited; 0: unknown */
	struct kt_error why; /* what to tell people; msg is empty for an exit */
	struct kt_buf tail;  /* the end of the console, for a panic or a hang */
};

/* For KT_CLEANUP(). */
void kt_outcome_release(struct kt_outcome *o);

/*
 * Run the session to its end and end the machine. KT_OK: *out says how it
 * went, which the caller releases. KT_USAGE: the job does not fit into
 * messages. KT_SYS: one of in, out, err, dmesg or log failed.
 */
enum kt_status kt_session_run(const struct kt_session *how,
			      struct kt_outcome *out,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
