// SPDX-License-Identifier: GPL-2.0-only
/* virtq - a split virtqueue, the device's side */
#include "lib/vm/virtq.h"

#include <endian.h>
#include <stdatomic.h>
#include <string.h>

/* Sizes and alignments of 2.7; indices in the rings are le16. */
#define DESC_BYTES 16
#define AVAIL_BYTES(size) (4 + 2 * (uint64_t)(size))
#define USED_BYTES(size) (4 + 8 * (uint64_t)(size))
#define AVAIL_NO_INTERRUPT 1

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

unsigned char *kt_dma_at(const struct kt_dma *dma, uint64_t gpa, uint64_t len)
{
	for (size_t i = 0; i < dma->nr; i++) {
		const uint64_t at = gpa - dma->part[i].gpa;

		if (gpa >= dma->part[i].gpa && at < dma->part[i].bytes && len &&
		    len <= dma->part[i].bytes - at)
			return dma->part[i].map + at;
	}
	return NULL;
}

/* The guest writes these meanwhile: one access each, in order. */
static uint16_t load16(const unsigned char *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)(const void *)p,
				       __ATOMIC_ACQUIRE));
}

static void store16(unsigned char *p, uint16_t val)
{
	__atomic_store_n((uint16_t *)(void *)p, htole16(val), __ATOMIC_RELEASE);
}

void kt_virtq_reset(struct kt_virtq *q)
{
	*q = (struct kt_virtq){ .max = q->max };
}

static bool aligned(uint64_t gpa, uint64_t to)
{
	return !(gpa & (to - 1));
}

bool kt_virtq_start(struct kt_virtq *q, const struct kt_dma *dma)
{
	const uint16_t size = q->size;

	q->broken = true;
	if (!size || size > q->max || (size & (size - 1)) ||
	    !aligned(q->desc, 16) || !aligned(q->avail, 2) ||
	    !aligned(q->used, 4))
		return false;
	q->desc_map = kt_dma_at(dma, q->desc, DESC_BYTES * (uint64_t)size);
	q->avail_map = kt_dma_at(dma, q->avail, AVAIL_BYTES(size));
	q->used_map = kt_dma_at(dma, q->used, USED_BYTES(size));
	if (!q->desc_map || !q->avail_map || !q->used_map)
		return false;
	q->dma = dma;
	q->next_avail = q->next_used = 0;
	q->broken = false;
	q->ready = true;
	return true;
}

bool kt_virtq_has(const struct kt_virtq *q)
{
	return q->ready && !q->broken &&
	       load16(q->avail_map + 2) != q->next_avail;
}

/* One copy, so that what was checked is what is used. */
static struct desc read_desc(const struct kt_virtq *q, uint16_t i)
{
	struct desc d;

	memcpy(&d, q->desc_map + (size_t)i * DESC_BYTES, sizeof(d));
	/* Nor may the compiler read it a second time. */
	atomic_signal_fence(memory_order_seq_cst);
	return (struct desc){
		.addr = le64toh(d.addr),
		.len = le32toh(d.len),
		.flags = le16toh(d.flags),
		.next = le16toh(d.next),
	};
}

/* 2.7.4.2: what the device writes comes behind all that it reads. */
static bool add_buffer(const struct kt_virtq *q, struct kt_chain *c,
		       const struct desc *d)
{
	const unsigned int n = c->nr_out + c->nr_in;
	unsigned char *map = kt_dma_at(q->dma, d->addr, d->len);

	if (!map || (d->flags & DESC_INDIRECT) ||
	    (c->nr_in && !(d->flags & DESC_WRITE)))
		return false;
	c->iov[n] = (struct iovec){ .iov_base = map, .iov_len = d->len };
	if (d->flags & DESC_WRITE) {
		c->nr_in++;
		c->in_bytes += d->len;
	} else {
		c->nr_out++;
		c->out_bytes += d->len;
	}
	return true;
}

static bool read_chain(const struct kt_virtq *q, struct kt_chain *c)
{
	const uint16_t slot = q->next_avail % q->size;
	uint16_t i = load16(q->avail_map + 4 + (size_t)slot * 2);

	c->head = i;
	c->nr_out = c->nr_in = 0;
	c->out_bytes = c->in_bytes = 0;
	/* A chain has each descriptor once, so it ends within size of them. */
	for (uint16_t n = 0; n < q->size; n++) {
		struct desc d;

		if (i >= q->size)
			return false;
		d = read_desc(q, i);
		if (!add_buffer(q, c, &d))
			return false;
		if (!(d.flags & DESC_NEXT))
			return true;
		i = d.next;
	}
	return false;
}

bool kt_virtq_peek(struct kt_virtq *q, struct kt_chain *out)
{
	uint16_t ahead;

	if (!kt_virtq_has(q))
		return false;
	ahead = (uint16_t)(load16(q->avail_map + 2) - q->next_avail);
	if (ahead > q->size || !read_chain(q, out)) {
		q->broken = true;
		return false;
	}
	return ahead > 0;
}

void kt_virtq_push(struct kt_virtq *q, uint16_t head, uint32_t len)
{
	unsigned char *elem =
		q->used_map + 4 + (size_t)(q->next_used % q->size) * 8;
	const uint32_t id = htole32(head), le_len = htole32(len);

	memcpy(elem, &id, sizeof(id));
	memcpy(elem + 4, &le_len, sizeof(le_len));
	q->next_avail++;
	q->next_used++;
	store16(q->used_map + 2, q->next_used);
}

bool kt_virtq_wants_irq(const struct kt_virtq *q)
{
	/* The used index must be out before the flag is looked at (2.7.7.1). */
	atomic_thread_fence(memory_order_seq_cst);
	return q->ready && !(load16(q->avail_map) & AVAIL_NO_INTERRUPT);
}
