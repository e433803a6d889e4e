/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/mux.h - the ports of a guest without a virtio console, on one serial line
 *
 * Host and guest link this, ktstr-init too, so it uses libc and lib/ctl.c and
 * lib/base64.c, which do the same. It is pure: bytes go in and come out, and
 * whoever calls moves them (lib/relay.h).
 *
 * The line is the guest's second 16550, ttyS1, and carries lines of lib/ctl.h:
 *   serial PROTOCOL [driver] [device]
 *			once, from the guest: this is how it speaks, since it
 *			has no driver of a virtio console, or no such device
 *   data PORT BYTES BASE64
 *			for the port ktstr.PORT: control, stdin, stdout, stderr
 *   more PORT BYTES	the other side may send so many more to that port
 * What comes before the first of them is nobody's, and passed over: firmware
 * and kernel may have written there. After it every other line is an error, and
 * so are data that are not as many as they say: who else writes to that line
 * spoils it, and nobody can tell by how much.
 *
 * Each side may send KT_MUX_WINDOW bytes to a port before it is granted more,
 * and that is as the other side gets rid of them. So memory is bounded; a port
 * that nobody reads does not hold the others up; and what is on its way to the
 * guest at one time is less than the 64 KiB that its tty layer holds before it
 * drops bytes (drivers/tty/tty_buffer.c), with no lines for a handshake.
 */
#ifndef KT_MUX_H
#define KT_MUX_H

#include <stdbool.h>
#include <stddef.h>

#define KT_MUX_PROTOCOL "1"
#define KT_MUX_WINDOW ((size_t)16 << 10)
#define KT_MUX_CHUNK ((size_t)1536)    /* of data in one line, at most */
#define KT_MUX_MAX_LINE ((size_t)2304) /* LF excluded */
#define KT_MUX_OUT_BYTES ((size_t)8 << 10)

enum kt_mux_port {
	KT_MUX_CONTROL,
	KT_MUX_STDIN,
	KT_MUX_STDOUT,
	KT_MUX_STDERR,
	KT_MUX_NR,
};

/* What the guest lacks. */
enum { KT_MUX_NO_DRIVER = 1, KT_MUX_NO_DEVICE = 2 };

struct kt_mux_stream {
	size_t credit; /* bytes that may be put */
	size_t owed;   /* that have been taken, and not been granted anew */
	size_t off, len;
	char buf[KT_MUX_WINDOW]; /* what came: len bytes from off */
};

/* To be read by all; written here only, but for what is said below. */
struct kt_mux {
	bool guest;
	bool open;	    /* the guest has said that it speaks so */
	unsigned int lacks; /* KT_MUX_NO_*, as it has said */
	const char *broken; /* what of the line is no message; or NULL */
	struct kt_mux_stream stream[KT_MUX_NR];
	size_t out_len; /* for the line: see kt_mux_sent() */
	char out[KT_MUX_OUT_BYTES];
	bool skipping; /* the rest of a line that is too long */
	size_t line_len;
	char line[KT_MUX_MAX_LINE + 1];
};

/*
 * Begin, on the host's side, or on the @guest's, which says then what it @lacks.
 */
void kt_mux_init(struct kt_mux *m, bool guest, unsigned int lacks);

/*
 * Take in what came on the line. False: it is broken, for good, and nothing is
 * to be fed, put or taken any more.
 */
bool kt_mux_feed(struct kt_mux *m, const char *data, size_t len);

/* May this side send to that port at all? */
bool kt_mux_sends(const struct kt_mux *m, enum kt_mux_port port);

/* How many bytes can be put now for @port; and put so many, at least one. */
size_t kt_mux_room(const struct kt_mux *m, enum kt_mux_port port);
void kt_mux_put(struct kt_mux *m, enum kt_mux_port port, const char *data,
		size_t len);

/* The first @len bytes that came for @port are where they belong. */
void kt_mux_take(struct kt_mux *m, enum kt_mux_port port, size_t len);

/* The first @len bytes of out are on the line. */
void kt_mux_sent(struct kt_mux *m, size_t len);

#endif
