/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/relay.h - between a serial line and four sockets that stand for ports
 *
 * What lib/mux.h makes of bytes, with descriptors: the same on both sides, so
 * that the sessions of host and guest read and write ports as they always do.
 * For ktstr-init too: libc only. Nothing here blocks.
 */
#ifndef KT_RELAY_H
#define KT_RELAY_H

#include <poll.h>
#include <stdbool.h>

#include "lib/mux.h"

#define KT_RELAY_FDS (1 + KT_MUX_NR)

struct kt_relay {
	struct kt_mux mux;    /* initialised by kt_mux_init() */
	int line;	      /* O_NONBLOCK; a tty or a socket; borrowed */
	bool ended;	      /* it has no more */
	bool connected;	      /* there are ports */
	int ports[KT_MUX_NR]; /* our end of each, or -1 if it is closed */
	unsigned int turn;    /* which port but control is first */
};

/*
 * Make sockets, of which ours[] are the caller's ends, O_NONBLOCK. What has
 * come for the ports waited for this. False: errno says why.
 */
bool kt_relay_connect(struct kt_relay *r, int ours[KT_MUX_NR]);

/* What to poll for; an fd of -1 is not waited for. */
void kt_relay_events(const struct kt_relay *r, struct pollfd fds[KT_RELAY_FDS]);

/*
 * Move what can be moved. When the line has ended, or is broken, the ports are
 * closed as soon as what came for them is delivered.
 */
void kt_relay_pump(struct kt_relay *r);

/* Is something on its way from the ports to the line? */
bool kt_relay_busy(const struct kt_relay *r);

void kt_relay_close(struct kt_relay *r);

#endif
