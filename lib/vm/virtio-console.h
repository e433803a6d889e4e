/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/virtio-console.h - a console with several ports (virtio 1.2, 5.3)
 *
 * Pure: bytes go from and to the guest's buffers through callbacks that never
 * wait, and whoever calls holds the lock. Nothing is stored here but what a
 * port has still to be told, which is a few bits: a port whose far end takes
 * nothing leaves its buffers with the guest, and one whose guest offers no
 * buffers leaves the bytes where they are.
 *
 * Port 0 is a console (hvc0), the others have names and are there only for a
 * driver that knows MULTIPORT. What arrives for a port that the guest has not
 * opened would be thrown away by Linux, so it waits.
 */
#ifndef KT_VM_VIRTIO_CONSOLE_H
#define KT_VM_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "lib/vm/virtio-mmio.h"

#define KT_VCON_MAX_PORTS 7 /* so that the queues are at most 16 */

/*
 * Both yield how many bytes were moved, 0 if none can be now, and -1 if there
 * are none any more, or nobody to take them.
 */
struct kt_vcon_io {
	long (*send)(unsigned int port, const struct iovec *iov,
		     unsigned int nr, void *ctx);
	long (*recv)(unsigned int port, const struct iovec *iov,
		     unsigned int nr, void *ctx);
	void (*irq)(void *ctx);
	void (*notify)(void *ctx); /* kt_vcon_pump() has something to do */
	void *ctx;
};

struct kt_vcon_port {
	const char *name;  /* NULL: a console */
	unsigned int tell; /* bits of what the guest has to be told */
	bool guest_open;   /* it listens */
	bool ended, gone;  /* the far end: no more to come; takes no more */
	uint64_t sent;	   /* of that chain */
	bool blocked;	   /* the far end takes nothing now */
};

struct kt_vcon {
	struct kt_virtio virtio;
	struct kt_vcon_io io;
	unsigned int nr_ports;
	struct kt_vcon_port port[KT_VCON_MAX_PORTS];
	unsigned char config[12];
	uint16_t cols, rows;
	struct kt_chain
		chain; /* too large for a stack, used by one at a time */
};

/*
 * A device with @nr ports of these @names (borrowed; NULL: a console). @dma and
 * @io are borrowed and copied.
 */
void kt_vcon_init(struct kt_vcon *con, const char *const *names,
		  unsigned int nr, const struct kt_dma *dma,
		  const struct kt_vcon_io *io);

/*
 * Move what can be moved, up to a limit, so that nobody waits long for the
 * lock. True: there is more to do at once.
 */
bool kt_vcon_pump(struct kt_vcon *con);

/* Is the far end of @port to be watched for room, or for bytes? */
bool kt_vcon_wants_out(const struct kt_vcon *con, unsigned int port);
bool kt_vcon_wants_in(const struct kt_vcon *con, unsigned int port);

/* The far end of @port may have room again. */
void kt_vcon_unblock(struct kt_vcon *con, unsigned int port);

/* Has the guest bytes that are not sent and could be? */
bool kt_vcon_pending(const struct kt_vcon *con);

/* The terminal at the far end of the consoles has another size now. */
void kt_vcon_resize(struct kt_vcon *con, unsigned int cols, unsigned int rows);

#endif
