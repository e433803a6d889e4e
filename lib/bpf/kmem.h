/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/kmem.h - a guest's memory by the addresses its kernel uses
 *
 * x86-64 (Documentation/arch/x86/x86_64/mm.rst): the kernel's image, which is
 * where the symbols are, lies at a fixed distance from its place in physical
 * memory; the direct map shows all of that memory from page_offset_base on;
 * everything else (vmalloc, per-CPU chunks) is where the kernel's own page
 * tables, init_top_pgt, say.
 *
 * With KASLR the image is moved by a slide, and so are its symbols. Both the
 * slide and the distance are found by looking for the one place in memory where
 * phys_base and the page tables agree with each other.
 */
#ifndef KT_BPF_KMEM_H
#define KT_BPF_KMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/bpf/pagewalk.h"
#include "lib/bpf/symbols.h"
#include "lib/error.h"
#include "lib/vm/ram.h"

#define KT_KMEM_MAX_PLACES ((uint64_t)1 << 20) /* where a kernel may lie */
#define KT_KMEM_MAX_READS ((uint64_t)1 << 22)  /* from one struct kt_kmem */
#define KT_KMEM_MAX_CPUS 8192

/* The symbols that say where things are, as the file has them. */
struct kt_kmem_symbols {
	struct kt_symbol phys_base, init_top_pgt;
	struct kt_symbol page_offset_base, pgtable_l5_enabled; /* optional */
	struct kt_symbol per_cpu_offset;
	struct kt_symbol nr_cpu_ids, cpu_possible_mask; /* optional */
};

struct kt_kmem {
	struct kt_page_tables pt;
	uint64_t slide;	      /* of the image, to be added to symbols */
	uint64_t page_offset; /* where the direct map begins */
	uint64_t direct_end;  /* guest-physical, of what it shows; 0: unknown */
	uint64_t reads_left;
};

/*
 * Find the kernel in @ram, which *out borrows. KT_DATA: it is not there.
 */
enum kt_status kt_kmem_open(const struct kt_ram *ram,
			    const struct kt_kmem_symbols *syms,
			    struct kt_kmem *out,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * Copy @len bytes at kernel address @va to @out. False, and @out undefined, if
 * a byte of them is not there or KT_KMEM_MAX_READS are used up: a guest that
 * lies cannot keep us busy.
 */
bool kt_kmem_read(struct kt_kmem *km, uint64_t va, void *out, size_t len);
bool kt_kmem_u32(struct kt_kmem *km, uint64_t va, uint32_t *out);
bool kt_kmem_u64(struct kt_kmem *km, uint64_t va, uint64_t *out);

/* Where symbol @sym of the image is in this guest. */
uint64_t kt_kmem_symbol(const struct kt_kmem *km, const struct kt_symbol *sym);

/*
 * Copy the string at @va to @out, @size bytes with the NUL; what is longer is
 * cut. False if it is not there.
 */
bool kt_kmem_str(struct kt_kmem *km, uint64_t va, char *out, size_t size);

/*
 * What to add to the address of a per-CPU variable, modulo 2^64, for each CPU
 * that may ever run.
 */
struct kt_percpu {
	size_t nr;
	uint64_t *offset;
};

/* False if the kernel has not set them up. The caller releases *out. */
bool kt_percpu_read(struct kt_kmem *km, const struct kt_kmem_symbols *syms,
		    struct kt_percpu *out);
void kt_percpu_release(struct kt_percpu *pc);

#endif
