/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/bpf-image.h - a kernel and the memory of its guest, made from nothing
 *
 * A vmlinux with symbols and types, and RAM with page tables, an idr, programs,
 * their types and per-CPU counters, as x86-64 Linux has them; small enough for
 * a unit test, a fuzz target and a benchmark to make and to spoil. Where the
 * members of a struct are differs by layout, and is never what a real kernel
 * has.
 */
#ifndef KT_TEST_BPF_IMAGE_H
#define KT_TEST_BPF_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "lib/bpf/kernel.h"
#include "lib/bpf/programs.h"
#include "lib/vm/ram.h"

#define IMAGE_MAP UINT64_C(0xffffffff80000000)	   /* __START_KERNEL_map */
#define IMAGE_DIRECT4 UINT64_C(0xffff888000000000) /* page_offset_base */
#define IMAGE_DIRECT5 UINT64_C(0xff11000000000000)
#define IMAGE_VMALLOC4 UINT64_C(0xffffc90000000000)
#define IMAGE_VMALLOC5 UINT64_C(0xffa0000000000000)
#define IMAGE_2M (UINT64_C(2) << 20)
#define IMAGE_LOW (UINT64_C(16) << 20) /* bytes of RAM below the hole */
#define IMAGE_HIGH (UINT64_C(8) << 20) /* and from 4 GiB on */
#define IMAGE_HIGH_AT (UINT64_C(4) << 30)
#define IMAGE_MAX_CPUS 64
#define IMAGE_PERCPU_UNIT 0x10000

/* Where the variables are in the image, which is linked at 2 MiB. */
enum {
	AT_PHYS_BASE = 0x10,
	AT_PAGE_OFFSET = 0x20,
	AT_L5 = 0x30,
	AT_NR_CPUS = 0x34,
	AT_IDR = 0x40,
	AT_BTF_VMLINUX = 0x60,
	AT_POSSIBLE = 0x80,
	AT_PER_CPU = 0x100,
	AT_SCX_OPS = 0x400,
	AT_SCX_STATE = 0x600,
	AT_SCX_SEQ = 0x608,
	AT_PGT = 0x1000,
};

/* Members the image has, and where they are in their struct. */
struct image_member {
	const char *type, *name;
	uint32_t bytes; /* 8: a pointer or u64 */
	uint32_t at[2]; /* by layout */
};

enum {
	M_PROG_TYPE,
	M_PROG_LEN,
	M_PROG_JITED,
	M_PROG_TAG,
	M_PROG_ATTACH,
	M_PROG_STATS,
	M_PROG_AUX,
	M_AUX_ID,
	M_AUX_PROG,
	M_AUX_NAME,
	M_AUX_LOADED,
	M_AUX_INSNS,
	M_AUX_FUNC,
	M_AUX_FUNC_CNT,
	M_AUX_ATTACH_BTF,
	M_AUX_ATTACH_ID,
	M_AUX_BTF,
	M_AUX_FUNC_INFO,
	M_AUX_FUNC_INFO_CNT,
	M_STATS_CNT,
	M_STATS_NSECS,
	M_STATS_MISSES,
	M_NODE_SHIFT,
	M_NODE_SLOTS,
	M_BTF_TYPES,
	M_BTF_NR,
	M_BTF_STRINGS,
	M_BTF_BASE,
	M_BTF_HDR,
	M_XA_HEAD,
	M_IDR_BASE,
	NR_MEMBERS,
};

static const struct image_member image_members[NR_MEMBERS] = {
	[M_PROG_TYPE] = { "bpf_prog", "type", 4, { 4, 60 } },
	[M_PROG_LEN] = { "bpf_prog", "len", 4, { 12, 56 } },
	[M_PROG_JITED] = { "bpf_prog", "jited_len", 4, { 16, 52 } },
	[M_PROG_TAG] = { "bpf_prog", "tag", 8, { 20, 40 } },
	[M_PROG_ATTACH] = { "bpf_prog", "expected_attach_type", 4, { 8, 32 } },
	[M_PROG_STATS] = { "bpf_prog", "stats", 8, { 32, 16 } },
	[M_PROG_AUX] = { "bpf_prog", "aux", 8, { 56, 0 } },
	[M_AUX_ID] = { "bpf_prog_aux", "id", 4, { 32, 0 } },
	[M_AUX_PROG] = { "bpf_prog_aux", "prog", 8, { 40, 200 } },
	[M_AUX_NAME] = { "bpf_prog_aux", "name", 16, { 48, 176 } },
	[M_AUX_LOADED] = { "bpf_prog_aux", "load_time", 8, { 64, 168 } },
	[M_AUX_INSNS] = { "bpf_prog_aux", "verified_insns", 4, { 72, 160 } },
	[M_AUX_FUNC] = { "bpf_prog_aux", "func", 8, { 80, 152 } },
	[M_AUX_FUNC_CNT] = { "bpf_prog_aux", "func_cnt", 4, { 88, 148 } },
	[M_AUX_ATTACH_BTF] = { "bpf_prog_aux", "attach_btf", 8, { 96, 136 } },
	[M_AUX_ATTACH_ID] = { "bpf_prog_aux",
			      "attach_btf_id",
			      4,
			      { 104, 132 } },
	[M_AUX_BTF] = { "bpf_prog_aux", "btf", 8, { 112, 120 } },
	[M_AUX_FUNC_INFO] = { "bpf_prog_aux", "func_info", 8, { 120, 112 } },
	[M_AUX_FUNC_INFO_CNT] = { "bpf_prog_aux",
				  "func_info_cnt",
				  4,
				  { 128, 104 } },
	[M_STATS_CNT] = { "bpf_prog_stats", "cnt", 8, { 0, 16 } },
	[M_STATS_NSECS] = { "bpf_prog_stats", "nsecs", 8, { 8, 8 } },
	[M_STATS_MISSES] = { "bpf_prog_stats", "misses", 8, { 16, 0 } },
	[M_NODE_SHIFT] = { "xa_node", "shift", 1, { 0, 3 } },
	[M_NODE_SLOTS] = { "xa_node", "slots", 0, { 40, 8 } },
	[M_BTF_TYPES] = { "btf", "types", 8, { 8, 0 } },
	[M_BTF_NR] = { "btf", "nr_types", 4, { 16, 12 } },
	[M_BTF_STRINGS] = { "btf", "strings", 8, { 24, 16 } },
	[M_BTF_BASE] = { "btf", "base_btf", 8, { 32, 24 } },
	[M_BTF_HDR] = { "btf", "hdr", sizeof(struct btf_header), { 40, 32 } },
	[M_XA_HEAD] = { "xarray", "xa_head", 8, { 8, 0 } },
	[M_IDR_BASE] = { "idr", "idr_base", 4, { 16, 16 } },
};

/* What is wanted. All zero but nr_progs and nr_cpus is a plain kernel. */
struct image_how {
	unsigned int levels;	   /* 5, or else 4 */
	unsigned int layout;	   /* 0 or 1 */
	unsigned int chunk_bits;   /* of the xarray: 4, or else 6 */
	uint64_t phys_base, slide; /* multiples of 2 MiB */
	unsigned int nr_progs, nr_cpus;
	uint32_t id_step; /* between programs; 0: 1 */
	uint32_t idr_base;
};

struct image {
	struct image_how how;
	unsigned char *low, *high;    /* the two parts of RAM */
	uint64_t next_low, next_high; /* physical: what is free */
	struct kt_ram ram;
	struct kt_bpf_kernel *kernel;
	uint64_t direct, vmalloc, percpu; /* virtual */
	uint64_t btf;			  /* of the programs, virtual */
	uint32_t ops_type;		  /* BTF id of sched_ext_ops */
	uint64_t *prog, *aux, *stats;	  /* physical, of each program */
	uint64_t root_node;		  /* physical */
	uint64_t head;			  /* physical, of xa_head */
};

static inline unsigned char *image_at(const struct image *im, uint64_t pa)
{
	if (pa >= IMAGE_HIGH_AT && pa < IMAGE_HIGH_AT + IMAGE_HIGH)
		return im->high + (pa - IMAGE_HIGH_AT);
	if (pa >= IMAGE_LOW)
		abort();
	return im->low + pa;
}

static inline void image_put(const struct image *im, uint64_t pa, uint64_t val,
			     size_t bytes)
{
	memcpy(image_at(im, pa), &val, bytes);
}

static inline uint64_t image_get(const struct image *im, uint64_t pa)
{
	uint64_t val;

	memcpy(&val, image_at(im, pa), sizeof(val));
	return val;
}

static inline uint32_t image_off(const struct image *im, int member)
{
	return image_members[member].at[im->how.layout];
}

/* Set a member of the struct at @pa. */
static inline void image_set(const struct image *im, uint64_t pa, int member,
			     uint64_t val)
{
	image_put(im, pa + image_off(im, member), val,
		  image_members[member].bytes);
}

/* Where the variable at @at of the image is in physical memory. */
static inline uint64_t image_var(const struct image *im, uint64_t at)
{
	return IMAGE_2M + at + im->how.slide + im->how.phys_base;
}

/* A new object, aligned to a cache line, by its physical address. */
static inline uint64_t image_new(struct image *im, uint64_t bytes)
{
	const uint64_t pa = im->next_high;

	im->next_high += (bytes + 63) / 64 * 64;
	/* The per-CPU chunks lie at the end. */
	if (im->next_high > IMAGE_HIGH_AT + IMAGE_HIGH - 2 * IMAGE_2M)
		abort();
	return pa;
}

static inline uint64_t image_page(struct image *im)
{
	const uint64_t pa = im->next_low;

	im->next_low += 4096;
	if (im->next_low > IMAGE_LOW)
		abort();
	return pa;
}

/* Map the page of 1 << @bits bytes at @va to @pa. */
static inline void image_map(struct image *im, uint64_t va, uint64_t pa,
			     unsigned int bits)
{
	unsigned int shift = im->how.levels == 5 ? 48 : 39;
	uint64_t table = image_var(im, AT_PGT);

	for (; shift > bits; shift -= 9) {
		const uint64_t slot = table + (va >> shift & 511) * 8;
		uint64_t entry = image_get(im, slot);

		if (!entry) {
			/* Present, writable, accessed, dirty. */
			entry = image_page(im) | 0x63;
			image_put(im, slot, entry, 8);
		}
		table = entry & ~UINT64_C(0xfff);
	}
	/* The highest bit is NX, which is no part of the address. */
	image_put(im, table + (va >> shift & 511) * 8,
		  pa | 0x63 | (bits > 12 ? 0x80 : 0) | UINT64_C(1) << 63, 8);
}

static inline void image_tables(struct image *im)
{
	const uint64_t text = IMAGE_MAP + im->how.slide + IMAGE_2M;

	im->direct = im->how.levels == 5 ? IMAGE_DIRECT5 : IMAGE_DIRECT4;
	im->vmalloc = im->how.levels == 5 ? IMAGE_VMALLOC5 : IMAGE_VMALLOC4;
	image_map(im, text, image_var(im, 0), 21);
	for (uint64_t pa = 0; pa <= IMAGE_HIGH_AT; pa += UINT64_C(1) << 30)
		image_map(im, im->direct + pa, pa, 30);
	image_put(im, image_var(im, AT_PHYS_BASE), im->how.phys_base, 8);
	image_put(im, image_var(im, AT_PAGE_OFFSET), im->direct, 8);
	image_put(im, image_var(im, AT_L5), im->how.levels == 5, 4);
}

/* The first chunk in the direct map, the others in vmalloc, by large pages. */
static inline void image_percpu(struct image *im)
{
	const uint64_t chunk = IMAGE_HIGH_AT + IMAGE_HIGH - 2 * IMAGE_2M;

	im->percpu = im->vmalloc + (UINT64_C(1) << 30);
	image_map(im, im->percpu, chunk, 21);
	image_map(im, im->percpu + IMAGE_2M, chunk + IMAGE_2M, 21);
	image_put(im, image_var(im, AT_NR_CPUS), im->how.nr_cpus, 4);
	for (unsigned int cpu = 0; cpu < im->how.nr_cpus; cpu++) {
		const uint64_t pa = image_var(im, AT_POSSIBLE) + cpu / 8;

		*image_at(im, pa) |= (unsigned char)(1 << cpu % 8);
		image_put(im, image_var(im, AT_PER_CPU) + cpu * 8,
			  im->percpu + cpu * IMAGE_PERCPU_UNIT, 8);
	}
}

/* The physical address of the per-CPU variable at @offset on @cpu. */
static inline uint64_t image_cpu_var(unsigned int cpu, uint64_t offset)
{
	return IMAGE_HIGH_AT + IMAGE_HIGH - 2 * IMAGE_2M +
	       cpu * IMAGE_PERCPU_UNIT + offset;
}

static inline const char *image_func(unsigned int i, char buf[64])
{
	snprintf(buf, 64, "program_of_number_%u", i);
	return buf;
}

/* The types that came with the programs: a function for each, in struct btf. */
static inline void image_prog_btf(struct image *im)
{
	const unsigned int nr = im->how.nr_progs;
	const uint64_t types = image_new(im, (nr + 1) * 8);
	const uint64_t strings = image_new(im, (nr + 1) * 32);
	const uint64_t btf = image_new(im, 256);
	uint32_t off = 1;

	for (unsigned int i = 0; i < nr; i++) {
		const uint64_t pa = image_new(im, sizeof(struct btf_type));
		struct btf_type t = { .name_off = off,
				      .info = BTF_KIND_FUNC << 24 };
		char name[64];

		image_func(i, name);
		memcpy(image_at(im, pa), &t, sizeof(t));
		memcpy(image_at(im, strings + off), name, strlen(name) + 1);
		off += (uint32_t)strlen(name) + 1;
		image_put(im, types + (i + 1) * 8, im->direct + pa, 8);
	}
	im->btf = im->direct + btf;
	image_set(im, btf, M_BTF_TYPES, im->direct + types);
	image_set(im, btf, M_BTF_NR, nr);
	image_set(im, btf, M_BTF_STRINGS, im->direct + strings);
	image_put(im,
		  btf + image_off(im, M_BTF_HDR) +
			  offsetof(struct btf_header, str_len),
		  off, 4);
}

static inline uint32_t image_id(const struct image *im, unsigned int i)
{
	const uint32_t step = im->how.id_step ? im->how.id_step : 1;

	return im->how.idr_base + 1 + i * step;
}

/* Every second program implements a member of sched_ext_ops. */
static inline uint32_t image_type(unsigned int i)
{
	return i % 2 ? 1 : KT_BPF_STRUCT_OPS;
}

static inline uint64_t image_cnt(unsigned int i, unsigned int cpu)
{
	return (UINT64_C(1) << 33) + i * 100 + cpu;
}

static inline void image_aux(struct image *im, unsigned int i, uint64_t va)
{
	const uint64_t pa = im->aux[i];
	const uint64_t info = image_new(im, sizeof(struct bpf_func_info));
	char name[64];

	image_func(i, name);
	image_set(im, pa, M_AUX_ID, image_id(im, i));
	image_set(im, pa, M_AUX_PROG, va);
	memcpy(image_at(im, pa + image_off(im, M_AUX_NAME)), name, 15);
	image_set(im, pa, M_AUX_LOADED, 1000000 + i);
	image_set(im, pa, M_AUX_INSNS, 100 + i);
	image_set(im, pa, M_AUX_ATTACH_BTF,
		  image_get(im, image_var(im, AT_BTF_VMLINUX)));
	image_set(im, pa, M_AUX_ATTACH_ID, im->ops_type);
	image_set(im, pa, M_AUX_BTF, im->btf);
	image_set(im, pa, M_AUX_FUNC_INFO, im->direct + info);
	image_set(im, pa, M_AUX_FUNC_INFO_CNT, 1);
	image_put(im, info + offsetof(struct bpf_func_info, type_id), i + 1, 4);
	if (i % 3 == 0) {
		/* Two functions: itself, and one as long. */
		const uint64_t funcs = image_new(im, 16);

		image_put(im, funcs, va, 8);
		image_put(im, funcs + 8, va, 8);
		image_set(im, pa, M_AUX_FUNC, im->direct + funcs);
		image_set(im, pa, M_AUX_FUNC_CNT, 2);
	}
}

static inline uint32_t image_jited(unsigned int i)
{
	return (200 + i) * (i % 3 ? 1 : 2);
}

/*
 * The struct lies across two pages that do not meet in physical memory. Three
 * pages a program: one stays free, so that a read beyond faults.
 */
static inline uint64_t image_prog(struct image *im, unsigned int i)
{
	const uint64_t page = im->vmalloc + i * UINT64_C(0x3000);
	const uint64_t va = page + 4096 - 36;
	const uint64_t second = image_page(im), first = image_page(im);
	unsigned char prog[256] = { 0 };
	const uint64_t values[] = {
		[M_PROG_TYPE] = image_type(i),
		[M_PROG_LEN] = 10 + i,
		[M_PROG_JITED] = 200 + i,
		[M_PROG_TAG] = i,
		[M_PROG_ATTACH] = 1,
		[M_PROG_STATS] = 64 + i * 64,
		[M_PROG_AUX] = im->direct + im->aux[i],
	};

	image_map(im, page, first, 12);
	image_map(im, page + 4096, second, 12);
	for (int m = M_PROG_TYPE; m <= M_PROG_AUX; m++)
		memcpy(prog + image_off(im, m), &values[m],
		       image_members[m].bytes);
	memcpy(image_at(im, first + 4096 - 36), prog, 36);
	memcpy(image_at(im, second), prog + 36, sizeof(prog) - 36);
	im->prog[i] = first + 4096 - 36;
	return va;
}

/* Set a member of program @i, on whichever of its two pages its bytes are. */
static inline void image_prog_set(const struct image *im, unsigned int i,
				  int member, uint64_t val)
{
	const uint64_t second = im->prog[i] - (4096 - 36) - 4096;

	for (uint32_t n = 0; n < image_members[member].bytes; n++) {
		const uint32_t off = image_off(im, member) + n;

		*image_at(im,
			  off < 36 ? im->prog[i] + off : second + off - 36) =
			(unsigned char)(val >> n * 8);
	}
}

static inline unsigned char image_prog_byte(const struct image *im,
					    unsigned int i, uint32_t off)
{
	const uint64_t second = im->prog[i] - (4096 - 36) - 4096;

	return *image_at(im, off < 36 ? im->prog[i] + off : second + off - 36);
}

static inline void image_stats(struct image *im, unsigned int i)
{
	for (unsigned int cpu = 0; cpu < im->how.nr_cpus; cpu++) {
		const uint64_t pa = image_cpu_var(cpu, 64 + i * 64);

		image_set(im, pa, M_STATS_CNT, image_cnt(i, cpu));
		image_set(im, pa, M_STATS_NSECS, image_cnt(i, cpu) * 2);
		image_set(im, pa, M_STATS_MISSES, cpu);
	}
	im->stats[i] = image_cpu_var(0, 64 + i * 64);
}

static inline unsigned int image_chunk(const struct image *im)
{
	return im->how.chunk_bits == 4 ? 4 : 6;
}

static inline uint64_t image_node(struct image *im, unsigned int shift)
{
	const uint64_t pa = image_new(im, image_off(im, M_NODE_SLOTS) +
						  (8u << image_chunk(im)));

	image_set(im, pa, M_NODE_SHIFT, shift);
	return pa;
}

static inline uint64_t image_slot(const struct image *im, uint64_t node,
				  uint64_t i)
{
	return node + image_off(im, M_NODE_SLOTS) + i * 8;
}

/* Store @entry at @index, below a root whose shift is large enough. */
static inline void image_store(struct image *im, uint64_t index, uint64_t entry,
			       unsigned int shift)
{
	const unsigned int bits = image_chunk(im);
	uint64_t node = im->root_node;

	for (;; shift -= bits) {
		const uint64_t slot = image_slot(
			im, node, index >> shift & ((1u << bits) - 1));

		if (!shift) {
			image_put(im, slot, entry, 8);
			return;
		}
		if (!image_get(im, slot))
			image_put(im, slot,
				  (im->direct + image_node(im, shift - bits)) |
					  2,
				  8);
		node = (image_get(im, slot) & ~UINT64_C(3)) - im->direct;
	}
}

static inline void image_programs(struct image *im)
{
	const unsigned int nr = im->how.nr_progs;
	const uint64_t last = nr ? image_id(im, nr - 1) - im->how.idr_base : 0;
	unsigned int shift = 0;

	im->prog = calloc(nr + 1, sizeof(*im->prog));
	im->aux = calloc(nr + 1, sizeof(*im->aux));
	im->stats = calloc(nr + 1, sizeof(*im->stats));
	if (!im->prog || !im->aux || !im->stats)
		abort();
	image_put(im, image_var(im, AT_BTF_VMLINUX), im->direct + 4096, 8);
	image_prog_btf(im);
	while (last >> shift >> image_chunk(im))
		shift += image_chunk(im);
	im->root_node = image_node(im, shift);
	im->head = image_var(im, AT_IDR) + image_off(im, M_XA_HEAD);
	image_put(im, im->head, (im->direct + im->root_node) | 2, 8);
	image_set(im, image_var(im, AT_IDR), M_IDR_BASE, im->how.idr_base);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t va;

		im->aux[i] = image_new(im, 256);
		va = image_prog(im, i);
		image_aux(im, i, va);
		image_stats(im, i);
		image_store(im, image_id(im, i) - im->how.idr_base, va, shift);
	}
}

/* Add those members of struct @name whose number modulo @of is @rest. */
static inline void image_fields(struct btf *btf, unsigned int layout,
				const char *name, const int ids[], int of,
				int rest)
{
	for (int i = 0; i < NR_MEMBERS; i++) {
		const struct image_member *m = &image_members[i];

		if (!strcmp(m->type, name) && i % of == rest)
			btf__add_field(btf, m->name, ids[i], m->at[layout] * 8,
				       0);
	}
}

/* Layout 1 has every second member in an unnamed struct in an unnamed union. */
static inline void image_struct(struct btf *btf, unsigned int layout,
				const char *name, const int ids[])
{
	int inner, outer;

	if (!layout) {
		btf__add_struct(btf, name, 4096);
		image_fields(btf, layout, name, ids, 1, 0);
		return;
	}
	inner = btf__add_struct(btf, NULL, 4096);
	image_fields(btf, layout, name, ids, 2, 1);
	outer = btf__add_union(btf, NULL, 4096);
	btf__add_field(btf, NULL, inner, 0, 0);
	btf__add_struct(btf, name, 4096);
	btf__add_field(btf, NULL, outer, 0, 0);
	image_fields(btf, layout, name, ids, 2, 0);
}

/* The types of the kernel, as raw BTF, which lives as long as *out. */
static inline const void *image_types(const struct image_how *how,
				      uint32_t *bytes, uint32_t *ops,
				      struct btf **out)
{
	struct btf *btf = btf__new_empty();
	const int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	const int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	const int u64 = btf__add_int(btf, "unsigned long", 8, 0);
	const int ptr = btf__add_ptr(btf, 0);
	const int name16 = btf__add_array(btf, u64, u8, 16);
	const int tag = btf__add_array(btf, u64, u8, 8);
	const int slots =
		btf__add_array(btf, u64, ptr, how->chunk_bits == 4 ? 16 : 64);
	const int name128 = btf__add_array(btf, u64, u8, 128);
	const int local = btf__add_struct(btf, NULL, 8);
	int ids[NR_MEMBERS], xarray, counter, hdr;

	btf__add_field(btf, "v", u64, 0, 0);
	counter = btf__add_typedef(btf, "u64_stats_t", local);
	hdr = btf__add_struct(btf, "btf_header", sizeof(struct btf_header));
	btf__add_field(btf, "str_len", u32,
		       offsetof(struct btf_header, str_len) * 8, 0);
	for (int i = 0; i < NR_MEMBERS; i++) {
		const uint32_t n = image_members[i].bytes;

		ids[i] = n == 1 ? u8 : n == 4 ? u32 : n == 16 ? name16 : ptr;
	}
	ids[M_PROG_TAG] = tag;
	ids[M_NODE_SLOTS] = slots;
	ids[M_BTF_HDR] = hdr;
	ids[M_AUX_LOADED] = u64;
	ids[M_STATS_CNT] = ids[M_STATS_NSECS] = ids[M_STATS_MISSES] = counter;
	image_struct(btf, how->layout, "bpf_prog", ids);
	image_struct(btf, how->layout, "bpf_prog_aux", ids);
	image_struct(btf, how->layout, "bpf_prog_stats", ids);
	image_struct(btf, how->layout, "xa_node", ids);
	image_struct(btf, how->layout, "btf", ids);
	xarray = btf__add_struct(btf, "xarray", 16);
	btf__add_field(btf, "xa_head", ptr,
		       image_members[M_XA_HEAD].at[how->layout] * 8, 0);
	btf__add_struct(btf, "idr", 24);
	btf__add_field(btf, "idr_rt", xarray, 0, 0);
	btf__add_field(btf, "idr_base", u32, 16 * 8, 0);
	*ops = (uint32_t)btf__add_struct(btf, "sched_ext_ops", 256);
	btf__add_field(btf, "select_cpu", ptr, 0, 0);
	btf__add_field(btf, "enqueue", ptr, 64, 0);
	btf__add_field(btf, "name", name128, 128, 0);
	btf__add_enum(btf, "scx_ops_enable_state", 4);
	btf__add_enum_value(btf, "SCX_OPS_ENABLING", 0);
	btf__add_enum_value(btf, "SCX_OPS_ENABLED", 1);
	*out = btf;
	return btf__raw_data(btf, bytes);
}

struct image_symbol {
	const char *name;
	uint64_t at, bytes;
};

static const struct image_symbol image_symbols[] = {
	{ "phys_base", AT_PHYS_BASE, 8 },
	{ "page_offset_base", AT_PAGE_OFFSET, 8 },
	{ "__pgtable_l5_enabled", AT_L5, 4 },
	{ "nr_cpu_ids", AT_NR_CPUS, 4 },
	{ "prog_idr.llvm.17", AT_IDR, 24 },
	{ "btf_vmlinux", AT_BTF_VMLINUX, 8 },
	{ "__cpu_possible_mask", AT_POSSIBLE, IMAGE_MAX_CPUS / 8 },
	{ "__per_cpu_offset", AT_PER_CPU, IMAGE_MAX_CPUS * 8 },
	{ "scx_ops", AT_SCX_OPS, 256 },
	{ "scx_ops_enable_state_var", AT_SCX_STATE, 4 },
	{ "scx_enable_seq", AT_SCX_SEQ, 8 },
	{ "init_top_pgt", AT_PGT, 4096 },
};

#define IMAGE_NR_SYMBOLS (sizeof(image_symbols) / sizeof(image_symbols[0]))

/*
 * A vmlinux with @types, and all symbols but @without (which may be NULL), as a
 * memfd.
 */
static inline int image_vmlinux(const void *types, size_t bytes,
				const char *without)
{
	static const char names[] = "\0.BTF\0.symtab\0.strtab";
	Elf64_Sym syms[IMAGE_NR_SYMBOLS + 1] = { 0 };
	char strings[1024] = { 0 };
	size_t len = 1, nr = 1;
	const int fd = memfd_create("vmlinux", MFD_CLOEXEC);
	Elf64_Ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = 1,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 5,
		.e_shstrndx = 4,
	};
	Elf64_Shdr sh[5] = { 0 };
	uint64_t off = sizeof(ehdr);

	for (size_t i = 0; i < IMAGE_NR_SYMBOLS; i++) {
		const struct image_symbol *s = &image_symbols[i];

		if (without && !strncmp(s->name, without, strlen(without)))
			continue;
		syms[nr++] = (Elf64_Sym){
			.st_name = (Elf64_Word)len,
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
			.st_shndx = SHN_ABS,
			.st_value = IMAGE_MAP + IMAGE_2M + s->at,
			.st_size = s->bytes,
		};
		memcpy(strings + len, s->name, strlen(s->name));
		len += strlen(s->name) + 1;
	}
	sh[1] = (Elf64_Shdr){ .sh_name = 1,
			      .sh_type = SHT_PROGBITS,
			      .sh_offset = off,
			      .sh_size = bytes,
			      .sh_addralign = 1 };
	off += (bytes + 7) / 8 * 8;
	sh[2] = (Elf64_Shdr){ .sh_name = 6,
			      .sh_type = SHT_SYMTAB,
			      .sh_offset = off,
			      .sh_size = nr * sizeof(*syms),
			      .sh_link = 3,
			      .sh_info = (Elf64_Word)nr,
			      .sh_entsize = sizeof(*syms),
			      .sh_addralign = 8 };
	off += sh[2].sh_size;
	sh[3] = (Elf64_Shdr){ .sh_name = 14,
			      .sh_type = SHT_STRTAB,
			      .sh_offset = off,
			      .sh_size = sizeof(strings),
			      .sh_addralign = 1 };
	off += sizeof(strings);
	sh[4] = (Elf64_Shdr){ .sh_name = 14,
			      .sh_type = SHT_STRTAB,
			      .sh_offset = off,
			      .sh_size = sizeof(names),
			      .sh_addralign = 1 };
	off += (sizeof(names) + 7) / 8 * 8;
	ehdr.e_shoff = off;
	if (!bytes)
		sh[1].sh_name = 0; /* no types */
	if (fd < 0 || pwrite(fd, &ehdr, sizeof(ehdr), 0) < 0 ||
	    pwrite(fd, types, bytes, (off_t)sh[1].sh_offset) < 0 ||
	    pwrite(fd, syms, sh[2].sh_size, (off_t)sh[2].sh_offset) < 0 ||
	    pwrite(fd, strings, sizeof(strings), (off_t)sh[3].sh_offset) < 0 ||
	    pwrite(fd, names, sizeof(names), (off_t)sh[4].sh_offset) < 0 ||
	    pwrite(fd, sh, sizeof(sh), (off_t)ehdr.e_shoff) < 0)
		abort();
	return fd;
}

static inline enum kt_status image_open(int fd, struct kt_bpf_kernel **out,
					struct kt_error *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return kt_bpf_kernel_open(path, out, err);
}

static inline void image_kernel(struct image *im)
{
	struct btf *btf;
	struct kt_error err;
	uint32_t bytes;
	const void *types = image_types(&im->how, &bytes, &im->ops_type, &btf);
	const int fd = image_vmlinux(types, bytes, NULL);

	if (image_open(fd, &im->kernel, &err)) {
		fprintf(stderr, "the image: %s\n", err.msg);
		abort();
	}
	close(fd);
	btf__free(btf);
}

static inline unsigned char *image_ram(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* Make it; image_release() frees what it holds. */
static inline void image_make(struct image *im, const struct image_how *how)
{
	memset(im, 0, sizeof(*im));
	im->how = *how;
	im->low = image_ram(IMAGE_LOW);
	im->high = image_ram(IMAGE_HIGH);
	im->next_low = IMAGE_LOW / 2;
	im->next_high = IMAGE_HIGH_AT;
	im->ram.nr = 2;
	im->ram.part[0] = (struct kt_ram_part){ 0, IMAGE_LOW, im->low };
	im->ram.part[1] =
		(struct kt_ram_part){ IMAGE_HIGH_AT, IMAGE_HIGH, im->high };
	image_kernel(im);
	image_tables(im);
	image_percpu(im);
	image_programs(im);
	image_put(im, image_var(im, AT_SCX_STATE), 1, 4);
	image_put(im, image_var(im, AT_SCX_SEQ), 3, 8);
	memcpy(image_at(im, image_var(im, AT_SCX_OPS) + 16), "mini", 5);
}

static inline void image_release(struct image *im)
{
	kt_bpf_kernel_free(im->kernel);
	munmap(im->low, IMAGE_LOW);
	munmap(im->high, IMAGE_HIGH);
	free(im->prog);
	free(im->aux);
	free(im->stats);
}

/* Whatever the memory holds, this is true of what is made of it. */
static inline bool image_credible(const struct kt_bpf_programs *got)
{
	bool good = got->nr <= KT_BPF_MAX_PROGRAMS;

	for (size_t i = 0; i < got->nr && good; i++) {
		const struct kt_bpf_program *p = &got->list[i];

		good = (!i || got->list[i - 1].id < p->id) && p->type &&
		       memchr(p->name, 0, sizeof(p->name)) &&
		       memchr(p->func, 0, sizeof(p->func)) &&
		       kt_bpf_name_ok(p->name) && kt_bpf_name_ok(p->func) &&
		       kt_bpf_name_ok(p->ops) && kt_bpf_name_ok(p->member) &&
		       !strncmp(p->func, p->name, strlen(p->name));
	}
	return good;
}

#endif
