// SPDX-License-Identifier: GPL-2.0-only
/* bpf-image-programs - programs in a guest's memory, and the idr they are in */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/btf.h>

#include "tests/helpers/bpf-image.h"

const char *image_func(unsigned int i, char buf[64])
{
	snprintf(buf, 64, "program_of_number_%u", i);
	return buf;
}

/* The types that came with the programs: a function for each, in struct btf. */
static void add_btf(struct image *im)
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

uint32_t image_id(const struct image *im, unsigned int i)
{
	const uint32_t step = im->how.id_step ? im->how.id_step : 1;

	return im->how.idr_base + 1 + i * step;
}

/* Every second program implements a member of sched_ext_ops. */
uint32_t image_type(unsigned int i)
{
	return i % 2 ? 1 : KT_BPF_STRUCT_OPS;
}

uint64_t image_cnt(unsigned int i, unsigned int cpu)
{
	return (UINT64_C(1) << 33) + i * 100 + cpu;
}

static void add_aux(struct image *im, unsigned int i, uint64_t va)
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

uint32_t image_jited(unsigned int i)
{
	return (200 + i) * (i % 3 ? 1 : 2);
}

/*
 * The struct lies across two pages that do not meet in physical memory. Three
 * pages a program: one stays free, so that a read beyond faults.
 */
static uint64_t add_prog(struct image *im, unsigned int i)
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

void image_prog_set(const struct image *im, unsigned int i, int member,
		    uint64_t val)
{
	const uint64_t second = im->prog[i] - (4096 - 36) - 4096;

	for (uint32_t n = 0; n < image_members[member].bytes; n++) {
		const uint32_t off = image_off(im, member) + n;

		*image_at(im,
			  off < 36 ? im->prog[i] + off : second + off - 36) =
			(unsigned char)(val >> n * 8);
	}
}

unsigned char image_prog_byte(const struct image *im, unsigned int i,
			      uint32_t off)
{
	const uint64_t second = im->prog[i] - (4096 - 36) - 4096;

	return *image_at(im, off < 36 ? im->prog[i] + off : second + off - 36);
}

static void add_stats(struct image *im, unsigned int i)
{
	for (unsigned int cpu = 0; cpu < im->how.nr_cpus; cpu++) {
		const uint64_t pa = image_cpu_var(cpu, 64 + i * 64);

		image_set(im, pa, M_STATS_CNT, image_cnt(i, cpu));
		image_set(im, pa, M_STATS_NSECS, image_cnt(i, cpu) * 2);
		image_set(im, pa, M_STATS_MISSES, cpu);
	}
	im->stats[i] = image_cpu_var(0, 64 + i * 64);
}

static unsigned int chunk_bits(const struct image *im)
{
	return im->how.chunk_bits == 4 ? 4 : 6;
}

uint64_t image_node(struct image *im, unsigned int shift)
{
	const uint64_t pa = image_new(im, image_off(im, M_NODE_SLOTS) +
						  (8u << chunk_bits(im)));

	image_set(im, pa, M_NODE_SHIFT, shift);
	return pa;
}

uint64_t image_slot(const struct image *im, uint64_t node, uint64_t i)
{
	return node + image_off(im, M_NODE_SLOTS) + i * 8;
}

/* Store @entry at @index, below a root whose shift is large enough. */
static void store(struct image *im, uint64_t index, uint64_t entry,
		  unsigned int shift)
{
	const unsigned int bits = chunk_bits(im);
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

void image_programs(struct image *im)
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
	add_btf(im);
	while (last >> shift >> chunk_bits(im))
		shift += chunk_bits(im);
	im->root_node = image_node(im, shift);
	im->head = image_var(im, AT_IDR) + image_off(im, M_XA_HEAD);
	image_put(im, im->head, (im->direct + im->root_node) | 2, 8);
	image_set(im, image_var(im, AT_IDR), M_IDR_BASE, im->how.idr_base);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t va;

		im->aux[i] = image_new(im, 256);
		va = add_prog(im, i);
		add_aux(im, i, va);
		add_stats(im, i);
		store(im, image_id(im, i) - im->how.idr_base, va, shift);
	}
}

bool image_credible(const struct kt_bpf_programs *got)
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
