// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz bpf-walk: a guest's memory with words that lie
 *
 * The input is a list of patches to memory that is good (bpf-image.h):
 * where, what kind of value, the value. Each ends in an error or in a list of
 * programs that could be, within the limits on work.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/helpers/bpf-image.h"

#define MAX_PATCHES 64
#define NR_PROGS 12

struct patch {
	uint32_t at;
	uint32_t kind;
	uint64_t val;
};

struct undo {
	uint64_t at, val;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the image, of the tables or of the objects: all that is in use. */
static uint64_t place(const struct image *im, uint32_t at)
{
	const uint64_t low = im->next_low - IMAGE_LOW / 2;
	const uint64_t high = im->next_high - IMAGE_HIGH_AT;

	switch (at & 3) {
	case 0:
		return image_var(im, (at >> 2) % 8192) & ~UINT64_C(3);
	case 1:
		return (IMAGE_LOW / 2 + (at >> 2) % low) & ~UINT64_C(3);
	default:
		return (IMAGE_HIGH_AT + (at >> 2) % high) & ~UINT64_C(3);
	}
}

static uint64_t value(const struct image *im, const struct patch *p,
		      uint64_t was)
{
	switch (p->kind & 7) {
	case 0:
		return was ^ UINT64_C(1) << (p->val & 63);
	case 1:
		return was + p->val;
	case 2: /* an address, maybe of a node */
		return im->direct + p->val % (IMAGE_HIGH_AT + IMAGE_HIGH);
	case 3:
		return im->direct + place(im, (uint32_t)p->val);
	case 4:
		return im->vmalloc + p->val % 0x40000;
	case 5: /* an entry of a page table */
		return place(im, (uint32_t)p->val) | 0x63;
	case 6:
		return (im->direct + place(im, (uint32_t)p->val)) | 2;
	default:
		return p->val;
	}
}

static void look(const struct image *im)
{
	struct kt_bpf_programs got = { 0 };
	struct kt_bpf_scx scx;
	struct kt_error err;

	if (!kt_bpf_programs(im->kernel, &im->ram, &got, &err)) {
		if (!image_credible(&got))
			abort();
		kt_bpf_programs_release(&got);
	}
	if (!kt_bpf_scx(im->kernel, &im->ram, &scx, &err) &&
	    (!kt_bpf_name_ok(scx.ops) || !kt_bpf_name_ok(scx.state)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_how hows[2] = {
		{ .nr_progs = NR_PROGS, .nr_cpus = 2 },
		{ .levels = 5,
		  .layout = 1,
		  .chunk_bits = 4,
		  .nr_progs = NR_PROGS,
		  .nr_cpus = 3,
		  .id_step = 20 },
	};
	static struct image images[2];
	struct undo undo[MAX_PATCHES];
	struct image *im;
	size_t nr = 0;

	if (size < 1)
		return 0;
	im = &images[*data & 1];
	if (!im->kernel)
		image_make(im, &hows[*data & 1]);
	for (data++, size--; size >= sizeof(struct patch) && nr < MAX_PATCHES;
	     data += sizeof(struct patch), size -= sizeof(struct patch)) {
		struct patch p;

		memcpy(&p, data, sizeof(p));
		undo[nr].at = place(im, p.at);
		/* At the end of memory there is no room for a word. */
		if (undo[nr].at % IMAGE_LOW > IMAGE_LOW - 8)
			continue;
		undo[nr].val = image_get(im, undo[nr].at);
		image_put(im, undo[nr].at, value(im, &p, undo[nr].val), 8);
		nr++;
	}
	look(im);
	while (nr--)
		image_put(im, undo[nr].at, undo[nr].val, 8);
	return 0;
}
