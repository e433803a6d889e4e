/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/helpers/bpf-image.h - a kernel and the memory of its guest, made from nothing
 *
 * A vmlinux with symbols and types, and RAM with page tables, an idr, programs,
 * their types and per-CPU counters, as x86-64 Linux has them; small enough for
 * a unit test, a fuzz target and a benchmark to make and to spoil. Where the
 * members of a struct are differs by layout, and is never what a real kernel
 * has. What cannot be made ends the program.
 */
#ifndef KT_TESTS_HELPERS_BPF_IMAGE_H
#define KT_TESTS_HELPERS_BPF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

extern const struct image_member image_members[NR_MEMBERS];

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

struct btf;

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

/* Make one; image_release() frees what it holds. */
void image_make(struct image *im, const struct image_how *how);
void image_release(struct image *im);

/*
 * Physical memory: where it is here, a value of @bytes put there, a word of it.
 * What is beyond RAM aborts.
 */
unsigned char *image_at(const struct image *im, uint64_t pa);
void image_put(const struct image *im, uint64_t pa, uint64_t val, size_t bytes);
uint64_t image_get(const struct image *im, uint64_t pa);

/* Where @member (M_...) is in its struct; and set that of the struct at @pa. */
uint32_t image_off(const struct image *im, int member);
void image_set(const struct image *im, uint64_t pa, int member, uint64_t val);

/*
 * Physical addresses: of the variable at @at (AT_...) of the image, of the
 * per-CPU variable at @offset on @cpu, of a new object, aligned to a cache line,
 * and of a new page.
 */
uint64_t image_var(const struct image *im, uint64_t at);
uint64_t image_cpu_var(unsigned int cpu, uint64_t offset);
uint64_t image_new(struct image *im, uint64_t bytes);
uint64_t image_page(struct image *im);

/* Map the page of 1 << @bits bytes at @va to @pa. */
void image_map(struct image *im, uint64_t va, uint64_t pa, unsigned int bits);

/* Program @i: what its function is called, and what it is made with. */
const char *image_func(unsigned int i, char buf[64]);
uint32_t image_id(const struct image *im, unsigned int i);
uint32_t image_type(unsigned int i);
uint32_t image_jited(unsigned int i);
uint64_t image_cnt(unsigned int i, unsigned int cpu);

/* A member, or a byte, of it, on whichever of its two pages that is. */
void image_prog_set(const struct image *im, unsigned int i, int member,
		    uint64_t val);
unsigned char image_prog_byte(const struct image *im, unsigned int i,
			      uint32_t off);

/* The idr: a new node, empty, and its slot @i; both by physical address. */
uint64_t image_node(struct image *im, unsigned int shift);
uint64_t image_slot(const struct image *im, uint64_t node, uint64_t i);

/* Whatever the memory holds, this is true of what is made of it. */
bool image_credible(const struct kt_bpf_programs *got);

/*
 * The types of the kernel, as raw BTF, which lives as long as *out; *ops is the
 * id of sched_ext_ops.
 */
const void *image_types(const struct image_how *how, uint32_t *bytes,
			uint32_t *ops, struct btf **out);

/*
 * A vmlinux with @types, and all symbols but those that begin with @without
 * (which may be NULL), as a memfd; and opening it.
 */
int image_vmlinux(const void *types, size_t bytes, const char *without);
enum kt_status image_open(int fd, struct kt_bpf_kernel **out,
			  struct kt_error *err);

/*
 * What follows are the parts of image_make(): open im->kernel, and fill memory
 * with programs.
 */
void image_kernel(struct image *im);
void image_programs(struct image *im);

#endif
