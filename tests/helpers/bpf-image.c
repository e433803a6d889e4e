// SPDX-License-Identifier: GPL-2.0-only
/* bpf-image - the memory of a guest: its pages, and how they are mapped */
#include "tests/helpers/bpf-image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/btf.h>

const struct image_member image_members[NR_MEMBERS] = {
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

unsigned char *image_at(const struct image *im, uint64_t pa)
{
	if (pa >= IMAGE_HIGH_AT && pa < IMAGE_HIGH_AT + IMAGE_HIGH)
		return im->high + (pa - IMAGE_HIGH_AT);
	if (pa >= IMAGE_LOW)
		abort();
	return im->low + pa;
}

void image_put(const struct image *im, uint64_t pa, uint64_t val, size_t bytes)
{
	memcpy(image_at(im, pa), &val, bytes);
}

uint64_t image_get(const struct image *im, uint64_t pa)
{
	uint64_t val;

	memcpy(&val, image_at(im, pa), sizeof(val));
	return val;
}

uint32_t image_off(const struct image *im, int member)
{
	return image_members[member].at[im->how.layout];
}

void image_set(const struct image *im, uint64_t pa, int member, uint64_t val)
{
	image_put(im, pa + image_off(im, member), val,
		  image_members[member].bytes);
}

uint64_t image_var(const struct image *im, uint64_t at)
{
	return IMAGE_2M + at + im->how.slide + im->how.phys_base;
}

uint64_t image_new(struct image *im, uint64_t bytes)
{
	const uint64_t pa = im->next_high;

	im->next_high += (bytes + 63) / 64 * 64;
	/* The per-CPU chunks lie at the end. */
	if (im->next_high > IMAGE_HIGH_AT + IMAGE_HIGH - 2 * IMAGE_2M)
		abort();
	return pa;
}

uint64_t image_page(struct image *im)
{
	const uint64_t pa = im->next_low;

	im->next_low += 4096;
	if (im->next_low > IMAGE_LOW)
		abort();
	return pa;
}

void image_map(struct image *im, uint64_t va, uint64_t pa, unsigned int bits)
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

static void map_kernel(struct image *im)
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
static void map_percpu(struct image *im)
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

uint64_t image_cpu_var(unsigned int cpu, uint64_t offset)
{
	return IMAGE_HIGH_AT + IMAGE_HIGH - 2 * IMAGE_2M +
	       cpu * IMAGE_PERCPU_UNIT + offset;
}

static unsigned char *new_ram(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

void image_make(struct image *im, const struct image_how *how)
{
	memset(im, 0, sizeof(*im));
	im->how = *how;
	im->low = new_ram(IMAGE_LOW);
	im->high = new_ram(IMAGE_HIGH);
	im->next_low = IMAGE_LOW / 2;
	im->next_high = IMAGE_HIGH_AT;
	im->ram.nr = 2;
	im->ram.part[0] = (struct kt_ram_part){ 0, IMAGE_LOW, im->low };
	im->ram.part[1] =
		(struct kt_ram_part){ IMAGE_HIGH_AT, IMAGE_HIGH, im->high };
	image_kernel(im);
	map_kernel(im);
	map_percpu(im);
	image_programs(im);
	image_put(im, image_var(im, AT_SCX_STATE), 1, 4);
	image_put(im, image_var(im, AT_SCX_SEQ), 3, 8);
	memcpy(image_at(im, image_var(im, AT_SCX_OPS) + 16), "mini", 5);
}

void image_release(struct image *im)
{
	kt_bpf_kernel_free(im->kernel);
	munmap(im->low, IMAGE_LOW);
	munmap(im->high, IMAGE_HIGH);
	free(im->prog);
	free(im->aux);
	free(im->stats);
}
