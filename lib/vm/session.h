/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/session.h - a guest at work: one loop that moves bytes and watches
 *
 * Moves each job's stdin, stdout and stderr, the control words and the console;
 * watches the engine, the clock and our own signals; and says how each ended.
 * Nothing is buffered without bound: a stream is read again only when what it
 * gave is written.
 */
#ifndef KT_VM_SESSION_H
#define KT_VM_SESSION_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/vm/console.h"
#include "lib/vm/guest.h"
#include "lib/vm/machine.h"

enum kt_reason {
	KT_REASON_EXIT,	    /* the command's status is known, its output here */
	KT_REASON_POWEROFF, /* the guest switched off before that */
	KT_REASON_RESET,
	KT_REASON_PANIC,
	KT_REASON_TRIPLE_FAULT,
	KT_REASON_HANG,		/* no hello, or no answer at the deadline */
	KT_REASON_TIMEOUT,	/* it answered, but something had not ended */
	KT_REASON_ESCAPE,	/* the person left it (lib/vm/escape.h) */
	KT_REASON_SIGNAL,	/* we were told to stop */
	KT_REASON_ENGINE_ERROR, /* the engine failed, or init went mad */
};

/* As "reason" of ktstr.run/1 has it. */
const char *kt_reason_name(enum kt_reason reason);

/* How long things may take, in nanoseconds. */
struct kt_limits {
	uint64_t hello_ns;  /* from the start to init's hello */
	uint64_t pong_ns;   /* to answer a ping; on a serial port 5 times it */
	uint64_t linger_ns; /* between bytes of output after a command's end */
};

/*
 * What is usual for a guest of @cpus CPUs: a minute to come up, and a second
 * more for each further CPU, since they may be emulated one after another.
 */
struct kt_limits kt_limits_default(unsigned int cpus);

/*
 * What a command that nobody waits for at a terminal may take with its guest's
 * coming up: two minutes, and no less than one minute more than that alone may.
 */
uint64_t kt_limits_timeout(const struct kt_limits *l);

/* One command in the session, and what is its own. */
struct kt_task {
	struct kt_job job;
	/*
	 * The command's stdin, or -1 for an empty one. If the job is to have a
	 * terminal, this is the one that is taken (lib/vm/terminal.h): it is
	 * raw while the command runs, and its size is passed on.
	 */
	int in;
	int out, err; /* where its output goes, or -1 */
	/* What these are, for errors; NULL: standard output, standard error. */
	const char *out_name, *err_name;
	uint64_t keep_out; /* bytes of each, more are dropped; 0: all */
	uint64_t max_out;  /* bytes to out, more is an error; 0: any */
	/*
	 * From next() to the command's end; 0: any. All of its output has as
	 * long again then, not counting how long we wait for who reads it.
	 */
	uint64_t timeout_ns;
	bool after_boot;  /* timeout_ns begins when the guest is up */
	uint64_t idle_ns; /* in place of that: without any output; 0: any */
	/*
	 * How long a command that is to stop has from SIGTERM to SIGKILL; from
	 * that to be called a hang it has as long as the guest had to come up.
	 * 0: nobody stops it, and its timeout ends the session.
	 */
	uint64_t grace_ns;
};

struct kt_outcome {
	enum kt_reason reason;
	int exit_code; /* REASON_EXIT: 0 to 255; else -1 */
	bool started;  /* the command has run */
	bool attached; /* sched_ext took it, under the name in ops */
	bool stopped;  /* the end was our wish */
	bool serial;   /* its data went through a serial port (lib/mux.h) */
	char ops[KT_GUEST_OPS_SIZE];
	uint64_t boot_ns;    /* start to hello; 0: it never came */
	uint64_t run_ns;     /* started to exited; 0: unknown */
	struct kt_error why; /* what to tell people; msg is empty for an exit */
	char scx_exit
		[KT_CONSOLE_SCX_SIZE]; /* what sched_ext said when it gave one up, or "" */
	struct kt_buf tail; /* the end of the console, for a panic or a hang */
};

/* What a session asks its owner; nothing of it may wait for long. */
struct kt_session_hooks {
	/*
	 * The next command, or NULL: that was all. First called before the
	 * guest is up, then after each ended(), which it lives until.
	 */
	const struct kt_task *(*next)(void *ctx);

	/*
	 * The command asked for it (struct kt_job), and sched_ext has taken
	 * it. The machine runs on. The answer is when to call again while the
	 * command runs, by lib/clock.h, or 0: stop it. The task's timeout_ns
	 * may be raised meanwhile. May be NULL, if no command asks.
	 */
	uint64_t (*attached)(const char *ops, struct kt_vm *vm, void *ctx);

	/*
	 * How the command ended, borrowed. The machine is up, with nothing
	 * running in it, or is gone, and then @vm is NULL. If the session ends with it, this
	 * is the last word on it, and kt_session_run()'s too. May be NULL.
	 */
	void (*ended)(const struct kt_outcome *o, struct kt_vm *vm, void *ctx);
};

struct kt_session {
	const struct kt_engine *engine;
	struct kt_vm *vm;	/* running; consumed */
	uint64_t started_ns;	/* when that was, by lib/clock.h */
	int console;		/* our end of ttyS0, a socket */
	int serial;		/* of ttyS1, likewise, O_NONBLOCK; or -1 */
	int ports[KT_NR_PORTS]; /* likewise */
	int dmesg;		/* where the console goes live, or -1 */
	int log;		/* the console log, or -1 */
	const struct kt_session_hooks *hooks;
	void *hooks_ctx;
	struct kt_limits limits;
	kt_guest_warn_fn *warn; /* may be NULL */
	void *ctx;		/* warn's */
};

/* For KT_CLEANUP(). */
void kt_outcome_release(struct kt_outcome *o);

/*
 * Run commands one after another until there are no more or the machine has
 * ended, and end that. KT_OK: *out says how the last of them went, which the
 * caller releases; a command that a crash ended is the last. KT_USAGE: a job
 * does not fit into messages. KT_SYS: one of the descriptors failed.
 */
enum kt_status kt_session_run(const struct kt_session *how,
			      struct kt_outcome *out,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
