/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/xarray.h - the entries of an xarray in a guest's kernel
 *
 * Documentation/core-api/xarray.rst and include/linux/xarray.h: a tree whose
 * nodes each hold 64 (or 16) slots. An entry that ends in binary 10 is
 * internal: a node, or by its small value a sibling, a retry or a reserved
 * place. An idr is the same tree.
 */
#ifndef KT_BPF_XARRAY_H
#define KT_BPF_XARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/bpf/btf-offsets.h"
#include "lib/bpf/kmem.h"

#define KT_XARRAY_MAX_NODES 65536	    /* visited in one walk */
#define KT_XARRAY_MAX_NODE ((uint32_t)1024) /* bytes of one */

/* How this kernel lays out struct xa_node. */
struct kt_xarray_layout {
	struct kt_field shift, slots;
	uint32_t node_bytes;	 /* up to the end of the slots */
	unsigned int chunk_bits; /* of the index, that a node takes */
};

/*
 * Find the layout in @btf. False if struct xa_node is not there or is not one
 * that could be walked.
 */
bool kt_xarray_layout(const struct kt_btf *btf, struct kt_xarray_layout *out);

/* False ends the walk. */
typedef bool kt_xarray_fn(uint64_t index, uint64_t entry, void *ctx);

enum kt_xarray_end {
	KT_XARRAY_ALL,	   /* each entry has been seen */
	KT_XARRAY_TORN,	   /* something was no node; a second try may help */
	KT_XARRAY_STOPPED, /* by the function, or by the limit on nodes */
};

/*
 * Call @fn for each pointer stored in the tree below @head, the value of
 * xa_head, by index, ascending: at most once for each index. Other entries
 * (values, internal ones) are passed over, and so is what lies below a node
 * that makes no sense.
 */
enum kt_xarray_end kt_xarray_walk(struct kt_kmem *km,
				  const struct kt_xarray_layout *layout,
				  uint64_t head, kt_xarray_fn *fn, void *ctx);

/* The entry at @index, or 0. */
uint64_t kt_xarray_load(struct kt_kmem *km,
			const struct kt_xarray_layout *layout, uint64_t head,
			uint64_t index);

#endif
