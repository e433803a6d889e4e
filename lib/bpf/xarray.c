// SPDX-License-Identifier: GPL-2.0-only
/*
 * xarray - the entries of an xarray in a guest's kernel
 *
 * The shift of a node must be what its place in the tree asks for, so a tree
 * that leads back into itself ends within its depth; how wide it is, the limits
 * on nodes and on reads bound.
 */
#include "lib/bpf/xarray.h"

#include <string.h>

#define ENTRY_BYTES 8
#define TAG_MASK UINT64_C(3)
#define TAG_INTERNAL UINT64_C(2) /* xa_is_internal() */
#define TAG_VALUE UINT64_C(1)	 /* xa_is_value(), of which that is one bit */
#define MIN_NODE 4096		 /* xa_is_node() */
#define INDEX_BITS 64

bool kt_xarray_layout(const struct kt_btf *btf, struct kt_xarray_layout *out)
{
	struct kt_xarray_layout l = { 0 };

	if (!kt_btf_field(btf, "xa_node", "shift", &l.shift) ||
	    !kt_btf_field(btf, "xa_node", "slots", &l.slots))
		return false;
	/* XA_CHUNK_SHIFT is 6, or 4 with CONFIG_BASE_SMALL. */
	l.chunk_bits = l.slots.nr == 64 ? 6 : l.slots.nr == 16 ? 4 : 0;
	l.node_bytes = l.slots.at + l.slots.bytes;
	if (!l.chunk_bits || l.slots.bytes != l.slots.nr * ENTRY_BYTES ||
	    l.shift.bytes != 1 || l.shift.bits ||
	    l.node_bytes > KT_XARRAY_MAX_NODE || l.shift.at >= l.node_bytes)
		return false;
	*out = l;
	return true;
}

static bool is_node(uint64_t entry)
{
	return (entry & TAG_MASK) == TAG_INTERNAL && entry > MIN_NODE;
}

static bool is_pointer(uint64_t entry)
{
	return entry && !(entry & TAG_INTERNAL) && !(entry & TAG_VALUE);
}

struct walk {
	struct kt_kmem *km;
	const struct kt_xarray_layout *l;
	kt_xarray_fn *fn;
	void *ctx;
	size_t nr_nodes;
	bool torn, stopped;
};

static uint64_t slot(const struct kt_xarray_layout *l, const void *node,
		     uint64_t i)
{
	const unsigned char *p = node;
	uint64_t entry;

	memcpy(&entry, p + l->slots.at + i * ENTRY_BYTES, sizeof(entry));
	return entry;
}

/*
 * Read the node @entry. *shift is what it must have, or INDEX_BITS for that of
 * the root, whose own shift it then becomes.
 */
static bool read_node(struct kt_kmem *km, const struct kt_xarray_layout *l,
		      uint64_t entry, unsigned int *shift,
		      unsigned char node[KT_XARRAY_MAX_NODE])
{
	unsigned int its;

	if (!kt_kmem_read(km, entry & ~TAG_MASK, node, l->node_bytes))
		return false;
	its = (unsigned int)kt_field_value(&l->shift, node);
	if (*shift != INDEX_BITS && its != *shift)
		return false;
	if (its >= INDEX_BITS || its % l->chunk_bits)
		return false;
	*shift = its;
	return true;
}

/* Depth is bounded: each level's shift is less than that of the one above. */
static void walk_node(struct walk *w, uint64_t entry, unsigned int shift,
		      uint64_t base)
{
	unsigned char node[KT_XARRAY_MAX_NODE];

	if (w->nr_nodes++ >= KT_XARRAY_MAX_NODES) {
		w->stopped = true;
		return;
	}
	if (!read_node(w->km, w->l, entry, &shift, node)) {
		w->torn = true;
		return;
	}
	for (uint64_t i = 0; i < w->l->slots.nr && !w->stopped; i++) {
		const uint64_t e = slot(w->l, node, i);
		const uint64_t index = base + (i << shift);

		/* At the top of 64 bits not each slot has an index. */
		if (index < base || (i << shift) >> shift != i)
			return;
		if (is_node(e) && shift)
			walk_node(w, e, shift - w->l->chunk_bits, index);
		else if (is_node(e))
			w->torn = true;
		else if (is_pointer(e))
			w->stopped = !w->fn(index, e, w->ctx);
	}
}

enum kt_xarray_end kt_xarray_walk(struct kt_kmem *km,
				  const struct kt_xarray_layout *layout,
				  uint64_t head, kt_xarray_fn *fn, void *ctx)
{
	struct walk w = { .km = km, .l = layout, .fn = fn, .ctx = ctx };

	if (is_node(head))
		walk_node(&w, head, INDEX_BITS, 0);
	else if (is_pointer(head))
		w.stopped = !fn(0, head, ctx);
	if (w.stopped)
		return KT_XARRAY_STOPPED;
	return w.torn ? KT_XARRAY_TORN : KT_XARRAY_ALL;
}

uint64_t kt_xarray_load(struct kt_kmem *km,
			const struct kt_xarray_layout *layout, uint64_t head,
			uint64_t index)
{
	unsigned int shift = INDEX_BITS;
	uint64_t entry = head;

	if (!is_node(head))
		return index ? 0 : is_pointer(head) ? head : 0;
	for (;;) {
		unsigned char node[KT_XARRAY_MAX_NODE];
		uint64_t i;

		if (!read_node(km, layout, entry, &shift, node))
			return 0;
		i = index >> shift;
		/* The root's slots end before the index does. */
		if (entry == head && i >= layout->slots.nr)
			return 0;
		entry = slot(layout, node, i % layout->slots.nr);
		if (!is_node(entry))
			return is_pointer(entry) ? entry : 0;
		if (!shift)
			return 0;
		shift -= layout->chunk_bits;
	}
}
