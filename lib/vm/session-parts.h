/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/session-parts.h - what the files of lib/vm/session*.c share
 *
 *	session.c         the loop, and the jobs
 *	session-stream.c  bytes between descriptors
 *	session-serial.c  the ports of a guest without a virtio console
 *	session-tty.c     the terminal of a job that has one
 *	session-clock.c   deadlines
 *	session-end.c     telling how it ended
 */
#ifndef KT_VM_SESSION_PARTS_H
#define KT_VM_SESSION_PARTS_H

#include <poll.h>
#include <stdbool.h>

#include "lib/relay.h"
#include "lib/vm/console.h"
#include "lib/vm/escape.h"
#include "lib/vm/session.h"

#define KT_STREAM_BYTES ((size_t)64 << 10)
#define KT_SESSION_MAX_POLL 32

/* Bytes on their way from one descriptor to another. */
struct kt_stream {
	int from, to; /* to -1: nobody wants them */
	short in;     /* what poll() said of from */
	bool ended;   /* from has no more */
	bool whole;   /* to never waits for a reader */
	uint64_t total;
	uint64_t room; /* bytes that may still be written */
	size_t off, len;
	const char *what;
	char buf[KT_STREAM_BYTES];
};

enum { KT_OUT, KT_ERR };

/* What begins anew with each job. */
struct kt_session_job {
	const struct kt_task *task; /* NULL: there is none */
	uint64_t asked_ns, pinged_ns;
	uint64_t again_ns;   /* when to call attached() again */
	uint64_t stopped_ns; /* SIGTERM is on its way since */
	uint64_t killed_ns;  /* likewise SIGKILL */
	bool attached, asked_eof, timed_out;
	bool raw; /* it has the terminal, which is */
	struct kt_escape escape;
};

struct kt_session_state {
	const struct kt_session *how;
	struct kt_vm *vm; /* NULL: it has ended */
	enum kt_vm_state ended;
	struct kt_error why;
	struct kt_guest guest;
	struct kt_console *con;
	struct kt_console_begun begun; /* on its way to the terminal */
	struct kt_session_job job;
	struct kt_outcome last; /* of the job before */
	int ports[KT_NR_PORTS]; /* those of the machine, or the relay's */
	struct kt_relay serial; /* connected: the ports are its own */
	struct kt_stream in, output[2], console;
	short serial_in[KT_RELAY_FDS];
	short control_in, hvc0_in, resized, ignored;
	bool control_ended, hvc0_ended;
	bool decided; /* the session ends, for this reason */
	enum kt_reason reason;
	uint64_t progress_ns; /* the last byte that moved, of any stream */
	uint64_t output_ns;   /* likewise, of a command's output */
	uint64_t reader_ns;   /* its reader was slow until then */
	uint64_t panic_ns;
	struct pollfd fds[KT_SESSION_MAX_POLL];
	short *got[KT_SESSION_MAX_POLL];
	nfds_t nr;
};

/* The first decision stays. */
void kt_session_decide(struct kt_session_state *s, enum kt_reason reason);

/* Streams of the job begin, from and to what its task says. */
void kt_session_open_streams(struct kt_session_state *s);

/*
 * Of a job with a terminal: keys have been typed; its size may have changed; it
 * has begun and the terminal is the guest's, or it has ended and it is not.
 */
void kt_session_read_keys(struct kt_session_state *s);
void kt_session_resize(struct kt_session_state *s);
enum kt_status kt_session_give_terminal(struct kt_session_state *s,
					struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_session_take_terminal(struct kt_session_state *s,
					struct kt_error *err) KT_MUST_CHECK;

/*
 * ttyS1: a guest may say there that it has no virtio console, and then the
 * ports are what comes on that line.
 */
void kt_session_watch_serial(struct kt_session_state *s);
void kt_session_pump_serial(struct kt_session_state *s);
void kt_session_close_serial(struct kt_session_state *s);

/* Poll @fd and put what came into *got, which is 0 until then. */
void kt_session_watch(struct kt_session_state *s, int fd, short events,
		      short *got);

/* Is there room for keys? */
bool kt_session_wants_keys(const struct kt_session_state *s);

/* A terminal that is raw wants CR before LF; returns the new length. */
size_t kt_session_end_lines(char *data, size_t len);

/* Tell the guest how much of stdin was the job's, once. */
void kt_session_end_stdin(struct kt_session_state *s);

/* Wait for something to move until @deadline (0: none), and move it. */
enum kt_status kt_session_pump(struct kt_session_state *s, uint64_t deadline,
			       struct kt_error *err) KT_MUST_CHECK;

/* All output of the job that was announced is here, and is written. */
bool kt_session_output_done(const struct kt_session_state *s);

/* What the machine sent before it ended is all here, and is written. */
bool kt_session_all_done(const struct kt_session_state *s);

/* Act on deadlines that have passed; and the next one there is, or 0. */
void kt_session_check_clock(struct kt_session_state *s);
uint64_t kt_session_deadline(const struct kt_session_state *s);

/* Ask the job to end; again does nothing. */
void kt_session_stop_job(struct kt_session_state *s);

/* Make *out, which the caller releases, of a job that ended for @reason. */
void kt_session_report(const struct kt_session_state *s, enum kt_reason reason,
		       struct kt_outcome *out);

#endif
