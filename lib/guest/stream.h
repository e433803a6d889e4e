/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/stream.h - bytes between a port of the guest and a command's pipe
 *
 * For ktstr-init: libc only. Nothing here blocks and nothing is dropped that
 * somebody still wants: a full buffer stops the reading. Ports and pipes are
 * O_NONBLOCK.
 */
#ifndef KT_GUEST_STREAM_H
#define KT_GUEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_STREAM_BYTES ((size_t)64 << 10)

struct kt_port {
	int fd;
	bool connected; /* the host has been seen at the other end */
	bool waiting;	/* it has not: look again in a while */
	bool lost;	/* it was there, and has gone */
};

struct kt_stream {
	struct kt_port *port;
	int pipe; /* our end; -1: closed */
	size_t off, len;
	uint64_t total; /* that went through the port in this job */
	uint64_t limit; /* input: as told by "eof"; UINT64_MAX before */
	size_t left;	/* output: bytes still to be read, once capped */
	bool capped;	/* output: the command has ended, and so does this */
	bool done;	/* output: all of it is with the port */
	char buf[KT_STREAM_BYTES];
};

/*
 * A new job: its counts begin. @pipe becomes the stream's; -1 is a job that
 * could not be started, which has no output to wait for. What an earlier job
 * left is closed.
 */
void kt_stream_open(struct kt_stream *s, int pipe);
void kt_stream_close_pipe(struct kt_stream *s);

/*
 * Move what can be moved from port to pipe; @more: the port may be read. What
 * the command will not read is read all the same, up to the limit: the next
 * job's input comes after it. The pipe is closed at the limit.
 */
void kt_stream_pump_in(struct kt_stream *s, bool more);

/*
 * Move what can be moved from pipe to port. True if it is done just now. If the
 * host takes no more, the pipe is closed, and its writers get SIGPIPE.
 */
bool kt_stream_pump_out(struct kt_stream *s);

/*
 * The command has ended, and somebody it left behind holds its output open:
 * all that the command itself wrote is in the pipe now, and no more is read.
 * True if that is news.
 */
bool kt_stream_cap(struct kt_stream *s);

#endif
