/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/virtq.h - a split virtqueue, the device's side (virtio 1.2, 2.7)
 *
 * The rings lie in the guest's memory, and the guest may write anything there
 * at any time: each index, descriptor and length is read once, checked, and
 * only the copy is used. What breaks the rules breaks the queue, and nothing
 * else. Neither indirect descriptors nor event indices are offered.
 */
#ifndef KT_VM_VIRTQ_H
#define KT_VM_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define KT_VIRTQ_MAX_SIZE 256 /* entries */

/* The guest's memory, as devices reach it; the maps are writable. */
#define KT_DMA_MAX_PARTS 2
struct kt_dma {
	size_t nr;
	struct {
		uint64_t gpa, bytes;
		unsigned char *map;
	} part[KT_DMA_MAX_PARTS];
};

/* Bytes [@gpa, @gpa + @len), all in one part, or NULL. @len 0 is none. */
unsigned char *kt_dma_at(const struct kt_dma *dma, uint64_t gpa, uint64_t len);

struct kt_virtq {
	uint16_t max; /* entries it may have; 0: there is no such queue */
	/* What the driver sets, and nothing trusts before start: */
	uint16_t size;
	uint64_t desc, avail, used; /* guest-physical */

	bool ready, broken;
	const struct kt_dma *dma;
	unsigned char *desc_map, *avail_map, *used_map;
	uint16_t next_avail, next_used;
};

/* A chain of buffers: what the device may read, then what it may write. */
struct kt_chain {
	uint16_t head;
	unsigned int nr_out, nr_in; /* out: from the guest */
	uint64_t out_bytes, in_bytes;
	struct iovec iov[KT_VIRTQ_MAX_SIZE]; /* the nr_out first */
};

/* Not ready, and without addresses; max is kept. */
void kt_virtq_reset(struct kt_virtq *q);

/*
 * Make @q ready. False, and broken, if size is no power of two up to max or
 * the rings are not aligned (2.7) and in RAM as a whole.
 */
bool kt_virtq_start(struct kt_virtq *q, const struct kt_dma *dma);

/* Is there a chain to be taken? Never for a queue that is not ready. */
bool kt_virtq_has(const struct kt_virtq *q);

/*
 * Look at the next chain. It stays the next one until kt_virtq_push(). False:
 * there is none, or the queue is broken now.
 */
bool kt_virtq_peek(struct kt_virtq *q, struct kt_chain *out);

/* Hand back the chain with @head, which was peeked at; @len was written to it. */
void kt_virtq_push(struct kt_virtq *q, uint16_t head, uint32_t len);

/* Does the driver want an interrupt for what has been pushed? */
bool kt_virtq_wants_irq(const struct kt_virtq *q);

#endif
