/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/guest.h - the host's side of lib/ctl.h: jobs, from hello to the last eof
 *
 * Only words are handled here; who moves them, and the job's bytes, is
 * lib/vm/session.c. The guest is hostile: whatever it says ends in a stage or
 * in KT_DATA, with bounded memory.
 */
#ifndef KT_VM_GUEST_H
#define KT_VM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_GUEST_MAX_WARNINGS 100 /* passed on; the rest is dropped */
#define KT_GUEST_OPS_SIZE 128	  /* the kernel's SCX_OPS_NAME_LEN */

struct kt_job {
	/* The command, ended by NULL; or NULL for a shell on a terminal. */
	const char *const *argv;
	const char *const *env; /* NAME=VALUE; ends in NULL; may be NULL */
	const char *cwd;	/* may be NULL */
	bool attach;		/* a scheduler: tell when it has attached */
	bool join;		/* stderr is stdout: one stream, in order */
	bool terminal;		/* it gets one, of that size */
	unsigned short cols, rows;
};

enum kt_guest_stage {
	KT_GUEST_BOOTING, /* no hello yet */
	KT_GUEST_ASKED,	  /* a job is sent */
	KT_GUEST_RUNNING, /* it has started */
	KT_GUEST_ENDED,	  /* its status is known */
	KT_GUEST_FAILED,  /* it could not be started */
};

/* A line for people, from the guest; printable. */
typedef void kt_guest_warn_fn(const char *text, void *ctx);

/* To be read by all, written only here. */
struct kt_guest {
	enum kt_guest_stage stage;
	int status; /* ENDED: exit status or 128 + signal; FAILED: 126, 127 */
	bool has_eof[2]; /* stdout, stderr: the end is announced */
	uint64_t eof[2]; /* and after how many bytes it comes */
	bool ponged;	 /* the last ping of this job is answered */
	bool attached;
	char ops[KT_GUEST_OPS_SIZE]; /* attached: to what, printable */
	uint64_t hello_ns, started_ns, ended_ns; /* lib/clock.h; 0: not yet */
	uint64_t eof_ns;			 /* of the last of has_eof */
	char failure[256];			 /* FAILED: why, printable */
	struct kt_buf out; /* for the control port; whoever sends, consumes */

	struct kt_buf job, line;
	bool pinged, attach;
	unsigned int nr_warnings, nr_pings;
	char ping[16]; /* the word of the last of them */
	kt_guest_warn_fn *warn;
	void *ctx;
};

/*
 * A guest that is to run @job, which is sent when it says hello. @warn may be
 * NULL. KT_USAGE: the job does not fit into messages; nothing to release then.
 */
enum kt_status kt_guest_init(struct kt_guest *g, const struct kt_job *job,
			     kt_guest_warn_fn *warn, void *ctx,
			     struct kt_error *err) KT_MUST_CHECK;
void kt_guest_release(struct kt_guest *g);

/*
 * Ask for one more job, when the last one has ended, or failed, and both its
 * eofs have come: all but hello_ns begins anew. KT_USAGE: as above; nothing has
 * changed.
 */
enum kt_status kt_guest_again(struct kt_guest *g, const struct kt_job *job,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * Take in what came on the control port. KT_DATA: the guest does not keep to
 * the protocol; it is not to be fed again.
 */
enum kt_status kt_guest_feed(struct kt_guest *g, const void *data, size_t len,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * Queue: that stdin ends after @bytes in all; a ping; a signal to the job; the
 * size that its terminal has now.
 */
void kt_guest_stdin_eof(struct kt_guest *g, uint64_t bytes);
void kt_guest_ping(struct kt_guest *g);
void kt_guest_signal(struct kt_guest *g, int signo);
void kt_guest_winsize(struct kt_guest *g, unsigned short cols,
		      unsigned short rows);

#endif
