// SPDX-License-Identifier: GPL-2.0-only
/* kmem - a guest's memory by the addresses its kernel uses */
#include "lib/bpf/kmem.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)
#define MAX_SLIDE (UINT64_C(1) << 30)	/* KERNEL_IMAGE_SIZE */
#define IMAGE_ALIGN (UINT64_C(2) << 20) /* the least CONFIG_PHYSICAL_ALIGN */
#define PAGE_OFFSET_L4 UINT64_C(0xffff888000000000) /* __PAGE_OFFSET_BASE_L4 */
#define PAGE_OFFSET_L5 UINT64_C(0xff11000000000000)
#define PAGE_BYTES 4096
#define CPUS_A_WORD 64 /* of a cpumask */

/* A place where the image may lie: what was added to its addresses. */
struct place {
	uint64_t slide, phys_base;
};

static uint64_t image_pa(const struct place *at, const struct kt_symbol *sym)
{
	return sym->addr + at->slide - START_KERNEL_MAP + at->phys_base;
}

static uint64_t ram_end(const struct kt_ram *ram)
{
	const struct kt_ram_part *last;

	if (!ram->nr)
		return 0;
	last = &ram->part[ram->nr - 1];
	return last->gpa + last->bytes;
}

/* Do the page tables of a kernel at @at say that it is there? */
static bool is_here(const struct kt_ram *ram,
		    const struct kt_kmem_symbols *syms, const struct place *at,
		    struct kt_page_tables *pt)
{
	uint32_t l5 = 0;
	uint64_t pa, room;

	if (syms->pgtable_l5_enabled.found &&
	    !kt_ram_read(ram, image_pa(at, &syms->pgtable_l5_enabled), &l5,
			 sizeof(l5)))
		return false;
	*pt = (struct kt_page_tables){
		.ram = ram,
		.root = image_pa(at, &syms->init_top_pgt),
		.levels = l5 ? 5 : 4,
	};
	return kt_page_walk(pt, syms->phys_base.addr + at->slide, &pa, &room) &&
	       pa == image_pa(at, &syms->phys_base);
}

/* Would the variable phys_base, if it lay at @pa, say so itself? */
static bool may_be_here(const struct kt_ram *ram,
			const struct kt_kmem_symbols *syms, uint64_t pa,
			struct place *at)
{
	const uint64_t unmoved = syms->phys_base.addr - START_KERNEL_MAP;

	if (!kt_ram_read(ram, pa, &at->phys_base, sizeof(at->phys_base)))
		return false;
	at->slide = pa - unmoved - at->phys_base;
	return at->slide < MAX_SLIDE && at->slide % IMAGE_ALIGN == 0;
}

static bool find_image(const struct kt_ram *ram,
		       const struct kt_kmem_symbols *syms, struct place *at,
		       struct kt_page_tables *pt)
{
	const uint64_t unmoved = syms->phys_base.addr - START_KERNEL_MAP;
	uint64_t nr = ram_end(ram) / IMAGE_ALIGN;

	/* Where it is linked to be, as nearly always. */
	if (may_be_here(ram, syms, unmoved, at) && is_here(ram, syms, at, pt))
		return true;
	if (nr > KT_KMEM_MAX_PLACES)
		nr = KT_KMEM_MAX_PLACES;
	for (uint64_t i = 0; i <= nr; i++) {
		const uint64_t pa = unmoved % IMAGE_ALIGN + i * IMAGE_ALIGN;

		if (may_be_here(ram, syms, pa, at) &&
		    is_here(ram, syms, at, pt))
			return true;
	}
	return false;
}

/*
 * The direct map saves walks, and only that: what it would show is taken from
 * it if the page tables agree about one address, their own.
 */
static void find_direct_map(struct kt_kmem *km,
			    const struct kt_kmem_symbols *syms)
{
	const uint64_t root = km->pt.root & KT_PAGE_PHYS_MASK;
	uint64_t pa, room;

	km->page_offset = km->pt.levels == 5 ? PAGE_OFFSET_L5 : PAGE_OFFSET_L4;
	if (syms->page_offset_base.found &&
	    !kt_kmem_u64(km, kt_kmem_symbol(km, &syms->page_offset_base),
			 &km->page_offset))
		return;
	if (kt_page_walk(&km->pt, km->page_offset + root, &pa, &room) &&
	    pa == root)
		km->direct_end = ram_end(km->pt.ram);
}

enum kt_status kt_kmem_open(const struct kt_ram *ram,
			    const struct kt_kmem_symbols *syms,
			    struct kt_kmem *out, struct kt_error *err)
{
	struct kt_kmem km = { .reads_left = KT_KMEM_MAX_READS };
	struct place at;

	if (!find_image(ram, syms, &at, &km.pt))
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "the guest's memory does not hold the "
				       "kernel of this vmlinux"),
			       "vmlinux must be of the very build that runs, "
			       "and the kernel must have come up");
	km.slide = at.slide;
	find_direct_map(&km, syms);
	*out = km;
	return KT_OK;
}

/* Where @va is in physical memory, and how far it goes on from there. */
static bool translate(const struct kt_kmem *km, uint64_t va, uint64_t *pa,
		      uint64_t *room)
{
	const uint64_t direct = va - km->page_offset;

	if (va >= km->page_offset && direct < km->direct_end) {
		*pa = direct;
		*room = km->direct_end - direct;
		return true;
	}
	/* The lower half is user space, which none of ours is in. */
	return (int64_t)va < 0 && kt_page_walk(&km->pt, va, pa, room);
}

bool kt_kmem_read(struct kt_kmem *km, uint64_t va, void *out, size_t len)
{
	unsigned char *to = out;

	while (len) {
		uint64_t pa, room;
		size_t n;

		if (!km->reads_left)
			return false;
		km->reads_left--;
		if (!translate(km, va, &pa, &room))
			return false;
		n = len < room ? len : (size_t)room;
		if (!kt_ram_read(km->pt.ram, pa, to, n))
			return false;
		/* At the end of the address space it is user space. */
		va += n;
		to += n;
		len -= n;
	}
	return true;
}

bool kt_kmem_u32(struct kt_kmem *km, uint64_t va, uint32_t *out)
{
	return kt_kmem_read(km, va, out, sizeof(*out));
}

bool kt_kmem_u64(struct kt_kmem *km, uint64_t va, uint64_t *out)
{
	return kt_kmem_read(km, va, out, sizeof(*out));
}

uint64_t kt_kmem_symbol(const struct kt_kmem *km, const struct kt_symbol *sym)
{
	return sym->addr + km->slide;
}

bool kt_kmem_str(struct kt_kmem *km, uint64_t va, char *out, size_t size)
{
	size_t len = 0;

	/* What follows the string may be a page that is not there. */
	while (len + 1 < size) {
		size_t n = PAGE_BYTES - (va + len) % PAGE_BYTES;
		const char *nul;

		if (n > size - 1 - len)
			n = size - 1 - len;
		if (!kt_kmem_read(km, va + len, out + len, n))
			return false;
		nul = memchr(out + len, '\0', n);
		if (nul)
			return true;
		len += n;
	}
	out[len] = '\0';
	return true;
}

static size_t nr_cpus(struct kt_kmem *km, const struct kt_kmem_symbols *syms)
{
	uint64_t nr = syms->per_cpu_offset.bytes / sizeof(uint64_t);
	uint32_t ids;

	if (syms->nr_cpu_ids.found &&
	    kt_kmem_u32(km, kt_kmem_symbol(km, &syms->nr_cpu_ids), &ids) &&
	    (!nr || ids < nr))
		nr = ids;
	return nr < KT_KMEM_MAX_CPUS ? (size_t)nr : KT_KMEM_MAX_CPUS;
}

/* A CPU that is not possible has an offset that leads nowhere. */
static bool is_possible(struct kt_kmem *km, const struct kt_symbol *mask,
			size_t cpu)
{
	const uint64_t at = cpu / CPUS_A_WORD * sizeof(uint64_t);
	uint64_t word;

	if (!mask->found || at >= mask->bytes)
		return true;
	return kt_kmem_u64(km, kt_kmem_symbol(km, mask) + at, &word) &&
	       (word >> cpu % CPUS_A_WORD & 1);
}

bool kt_percpu_read(struct kt_kmem *km, const struct kt_kmem_symbols *syms,
		    struct kt_percpu *out)
{
	const uint64_t va = kt_kmem_symbol(km, &syms->per_cpu_offset);
	const size_t nr = nr_cpus(km, syms);
	struct kt_percpu pc = { 0 };

	pc.offset = kt_xcalloc(nr ? nr : 1, sizeof(*pc.offset));
	for (size_t cpu = 0; cpu < nr; cpu++) {
		uint64_t *offset = &pc.offset[pc.nr];

		if (!is_possible(km, &syms->cpu_possible_mask, cpu))
			continue;
		if (!kt_kmem_u64(km, va + cpu * sizeof(*offset), offset)) {
			kt_percpu_release(&pc);
			return false;
		}
		pc.nr++;
	}
	if (!pc.nr)
		kt_percpu_release(&pc);
	else
		*out = pc;
	return pc.nr > 0;
}

void kt_percpu_release(struct kt_percpu *pc)
{
	free(pc->offset);
	*pc = (struct kt_percpu){ 0 };
}
