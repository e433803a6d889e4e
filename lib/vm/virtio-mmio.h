/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/virtio-mmio.h - how a driver talks to a virtio device (virtio 1.2,
 * 4.2, "Virtio Over MMIO", version 2 alone)
 *
 * Registers, the negotiation and the queues' addresses; what the device is for
 * is in the struct that describes it. Pure: interrupts go through a callback,
 * and whoever calls holds the lock. A driver that breaks the rules finds its
 * write ignored, or the device in need of a reset (2.1.2), and hurts nobody.
 */
#ifndef KT_VM_VIRTIO_MMIO_H
#define KT_VM_VIRTIO_MMIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/vm/virtq.h"

#define KT_VIRTIO_MAX_QUEUES 16
#define KT_VIRTIO_NOTIFY 0x50 /* the register, for who listens to it alone */

enum {
	KT_VIRTIO_ACKNOWLEDGE = 1,
	KT_VIRTIO_DRIVER = 2,
	KT_VIRTIO_DRIVER_OK = 4,
	KT_VIRTIO_FEATURES_OK = 8,
	KT_VIRTIO_NEEDS_RESET = 64,
	KT_VIRTIO_FAILED = 128,
};

struct kt_virtio {
	/* Set by the device before the reset, and kept: */
	uint32_t device_id;
	uint64_t features; /* offered, VERSION_1 among them */
	const struct kt_dma *dma;
	const unsigned char *config; /* the device's own space */
	size_t config_bytes;
	void (*irq)(void *ctx);
	void (*on_reset)(void *ctx);  /* the driver starts anew */
	void (*on_notify)(void *ctx); /* a queue may have something */
	void *ctx;
	unsigned int nr_queues;

	struct kt_virtq queue[KT_VIRTIO_MAX_QUEUES];
	uint64_t driver_features;
	uint32_t features_sel, driver_sel, queue_sel;
	uint32_t status, interrupts, generation;
};

/* As it is after a reset. on_reset is called. */
void kt_virtio_reset(struct kt_virtio *v);

/*
 * An access of @len bytes at @offset of the device's page. Registers have four
 * bytes (4.2.2.2): other accesses read as all ones and write nothing. The
 * device's own space takes any width.
 */
void kt_virtio_read(struct kt_virtio *v, uint64_t offset, void *data,
		    size_t len);
void kt_virtio_write(struct kt_virtio *v, uint64_t offset, const void *data,
		     size_t len);

/* May queues be worked on? */
bool kt_virtio_running(const struct kt_virtio *v);
bool kt_virtio_accepted(const struct kt_virtio *v, uint64_t feature);

/* Tell the driver that queues have something for it. */
void kt_virtio_interrupt(struct kt_virtio *v);

/* The configuration has changed. */
void kt_virtio_changed(struct kt_virtio *v);

/* A queue is broken: nothing goes on until the driver resets the device. */
void kt_virtio_break(struct kt_virtio *v);

#endif
