// SPDX-License-Identifier: GPL-2.0-only
/* lib/bpf: the programs of a guest whose memory was made here, and spoilt */
#include "lib/bpf/programs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/helpers/bpf-image.h"
#include "tests/unit/tap.h"

static enum kt_status list(const struct image *im, struct kt_bpf_programs *out,
			   struct kt_error *err)
{
	return kt_bpf_programs(im->kernel, &im->ram, out, err);
}

static bool is_right(const struct image *im, const struct kt_bpf_program *p,
		     unsigned int i)
{
	uint64_t cnt = 0, missed = 0;
	char func[64];

	image_func(i, func);
	for (unsigned int cpu = 0; cpu < im->how.nr_cpus; cpu++) {
		cnt += image_cnt(i, cpu);
		missed += cpu;
	}
	return p->id == image_id(im, i) && p->type == image_type(i) &&
	       !strncmp(p->name, func, 15) && strlen(p->name) == 15 &&
	       !strcmp(p->func, func) && p->has_verified_insns &&
	       p->verified_insns == 100 + i &&
	       p->xlated_bytes == (10 + i) * 8 &&
	       p->jited_bytes == image_jited(i) &&
	       p->loaded_ns == 1000000 + i && p->tag[0] == (i & 0xff) &&
	       p->tag[1] == i >> 8 && p->has_stats && p->run_cnt == cnt &&
	       p->run_ns == 2 * cnt && p->missed == missed &&
	       !strcmp(p->ops, i % 2 ? "" : "sched_ext_ops") &&
	       !strcmp(p->member, i % 2 ? "" : "enqueue");
}

static size_t nr_right(const struct image *im,
		       const struct kt_bpf_programs *got)
{
	size_t n = 0;

	/* By id: what is spoilt is missing in between. */
	for (size_t k = 0; k < got->nr; k++)
		for (unsigned int i = 0; i < im->how.nr_progs; i++)
			n += is_right(im, &got->list[k], i);
	return n;
}

struct shape {
	const char *what;
	struct image_how how;
};

static const struct shape shapes[] = {
	{ "no programs", { .nr_cpus = 1 } },
	{ "one program", { .nr_progs = 1, .nr_cpus = 1 } },
	{ "four levels", { .nr_progs = 40, .nr_cpus = 2 } },
	{ "five levels", { .levels = 5, .nr_progs = 40, .nr_cpus = 2 } },
	{ "another layout",
	  { .levels = 5, .layout = 1, .nr_progs = 40, .nr_cpus = 3 } },
	{ "nodes of 16 slots",
	  { .layout = 1, .chunk_bits = 4, .nr_progs = 100, .nr_cpus = 1 } },
	{ "a deep tree", { .nr_progs = 30, .nr_cpus = 1, .id_step = 70000 } },
	{ "ids that begin at 1000",
	  { .nr_progs = 90, .nr_cpus = 1, .idr_base = 1000 } },
	{ "64 CPUs", { .nr_progs = 20, .nr_cpus = 64 } },
	{ "a kernel that lies elsewhere",
	  { .nr_progs = 5, .nr_cpus = 2, .phys_base = IMAGE_2M } },
	{ "a kernel that lies lower than it is linked",
	  { .nr_progs = 5, .nr_cpus = 2, .phys_base = -IMAGE_2M } },
	{ "addresses that are randomised",
	  { .levels = 5,
	    .nr_progs = 5,
	    .nr_cpus = 2,
	    .slide = 3 * IMAGE_2M,
	    .phys_base = -IMAGE_2M } },
};

static void whole(const struct shape *s)
{
	struct kt_bpf_programs got = { 0 };
	struct kt_error err = { 0 };
	struct image im;

	image_make(&im, &s->how);
	ok(!list(&im, &got, &err), "%s: the memory is understood %s", s->what,
	   err.msg);
	same_u64(got.nr, s->how.nr_progs, "every program is listed");
	same_u64(nr_right(&im, &got), s->how.nr_progs, "as it is");
	ok(!got.nr_skipped && !got.cut, "nothing is left out");
	for (size_t i = 1; i < got.nr; i++)
		if (got.list[i - 1].id >= got.list[i].id)
			ok(false, "ids ascend");
	kt_bpf_programs_release(&got);
	image_release(&im);
}

/* What a spoilt image still gives. */
struct spoilt {
	const char *what;
	void (*spoil)(struct image *im);
	size_t nr, skipped;
	bool refused; /* as no memory of this kernel */
	bool cut;
};

#define NR 10 /* programs in those images */

static void zero_pgt(struct image *im)
{
	memset(image_at(im, image_var(im, AT_PGT)), 0, 4096);
}

static void wrong_phys_base(struct image *im)
{
	image_put(im, image_var(im, AT_PHYS_BASE), 12345, 8);
}

static void wrong_levels(struct image *im)
{
	image_put(im, image_var(im, AT_L5), 1, 4);
}

static void no_cpus(struct image *im)
{
	image_put(im, image_var(im, AT_NR_CPUS), 0, 4);
}

static void no_ram(struct image *im)
{
	im->ram.nr = 0;
}

/* The direct map is a help and no need. */
static void wrong_page_offset(struct image *im)
{
	image_put(im, image_var(im, AT_PAGE_OFFSET), ~UINT64_C(0), 8);
}

static void impossible_cpu(struct image *im)
{
	/* It has an offset that leads nowhere, and does not count. */
	image_put(im, image_var(im, AT_NR_CPUS), 3, 4);
	image_put(im, image_var(im, AT_PER_CPU) + 16, 0x1234, 8);
}

static void empty_idr(struct image *im)
{
	image_put(im, im->head, 0, 8);
}

static void head_is_entry(struct image *im)
{
	/* A program at index 0, which is nobody's. */
	image_put(im, im->head, im->vmalloc + 4096 - 36, 8);
}

static void head_is_value(struct image *im)
{
	image_put(im, im->head, 7, 8);
}

static void head_is_retry(struct image *im)
{
	image_put(im, im->head, 256 << 2 | 2, 8);
}

static void head_is_nowhere(struct image *im)
{
	image_put(im, im->head, (im->direct + (UINT64_C(1) << 40)) | 2, 8);
}

static void head_is_user(struct image *im)
{
	image_put(im, im->head, 0x400002, 8);
}

static void slot_entries(struct image *im)
{
	/* Of siblings, retries, reserved places and values nothing follows. */
	image_put(im, image_slot(im, im->root_node, 40), 3 << 2 | 2, 8);
	image_put(im, image_slot(im, im->root_node, 41), 256 << 2 | 2, 8);
	image_put(im, image_slot(im, im->root_node, 42), 257 << 2 | 2, 8);
	image_put(im, image_slot(im, im->root_node, 43), 99 << 1 | 1, 8);
}

static void node_in_leaf(struct image *im)
{
	image_put(im, image_slot(im, im->root_node, 40),
		  image_get(im, im->head), 8);
}

/* A tree that leads back into itself at every place. */
static void looping_tree(struct image *im)
{
	image_set(im, im->root_node, M_NODE_SHIFT, 60);
	for (unsigned int i = 0; i < 64; i++)
		image_put(im, image_slot(im, im->root_node, i),
			  image_get(im, im->head), 8);
}

/* The same with a chain of shifts that fit, as wide as it gets. */
static void exploding_tree(struct image *im)
{
	uint64_t below = 0;

	for (unsigned int shift = 0; shift <= 60; shift += 6) {
		const uint64_t node = image_node(im, shift);

		for (unsigned int i = 0; i < 64; i++)
			image_put(im, image_slot(im, node, i),
				  below ? (im->direct + below) | 2 :
					  im->vmalloc + 64,
				  8);
		below = node;
	}
	image_put(im, im->head, (im->direct + below) | 2, 8);
}

/* An index whose low half is that of a program that is there. */
static void index_beyond(struct image *im)
{
	const uint64_t leaf = image_node(im, 0);
	uint64_t low = im->root_node, high = leaf;

	image_put(im, image_slot(im, leaf, 1),
		  image_get(im, image_slot(im, im->root_node, 1)), 8);
	for (unsigned int shift = 6; shift <= 24; shift += 6) {
		const uint64_t a = image_node(im, shift);
		const uint64_t b = image_node(im, shift);

		image_put(im, image_slot(im, a, 0), (im->direct + low) | 2, 8);
		image_put(im, image_slot(im, b, 0), (im->direct + high) | 2, 8);
		low = a;
		high = b;
	}
	im->root_node = image_node(im, 30);
	image_put(im, image_slot(im, im->root_node, 0), (im->direct + low) | 2,
		  8);
	image_put(im, image_slot(im, im->root_node, 4), (im->direct + high) | 2,
		  8);
	image_put(im, im->head, (im->direct + im->root_node) | 2, 8);
}

static void odd_shift(struct image *im)
{
	image_set(im, im->root_node, M_NODE_SHIFT, 5);
}

static void huge_shift(struct image *im)
{
	image_set(im, im->root_node, M_NODE_SHIFT, 252);
}

static void entry_unmapped(struct image *im)
{
	/* The page behind a program's is not there. */
	image_put(im, image_slot(im, im->root_node, 1),
		  im->vmalloc + 0x2000 + 8, 8);
}

static void entry_not_canonical(struct image *im)
{
	image_put(im, image_slot(im, im->root_node, 1),
		  UINT64_C(0x8000000000000000), 8);
}

static void entry_at_the_end(struct image *im)
{
	image_put(im, image_slot(im, im->root_node, 1), ~UINT64_C(15), 8);
}

/* The same program twice: the second place is not its own. */
static void entry_twice(struct image *im)
{
	image_put(im, image_slot(im, im->root_node, 30),
		  image_get(im, image_slot(im, im->root_node, 1)), 8);
}

static void aux_nowhere(struct image *im)
{
	image_prog_set(im, 3, M_PROG_AUX, im->direct + IMAGE_LOW + 4096);
}

static void aux_of_another(struct image *im)
{
	image_set(im, im->aux[3], M_AUX_PROG, im->vmalloc);
}

static void wrong_id(struct image *im)
{
	image_set(im, im->aux[3], M_AUX_ID, 77);
}

static void bad_name(struct image *im)
{
	memcpy(image_at(im, im->aux[3] + image_off(im, M_AUX_NAME)), "a\033[2J",
	       5);
}

static void endless_name(struct image *im)
{
	memset(image_at(im, im->aux[3] + image_off(im, M_AUX_NAME)), 'a', 16);
}

static void bad_type(struct image *im)
{
	image_prog_set(im, 3, M_PROG_TYPE, 0);
}

static void huge_type(struct image *im)
{
	image_prog_set(im, 3, M_PROG_TYPE, 70000);
}

static void no_insns(struct image *im)
{
	image_prog_set(im, 3, M_PROG_LEN, 0);
}

static void many_funcs(struct image *im)
{
	image_set(im, im->aux[3], M_AUX_FUNC_CNT, 1u << 31);
}

static void funcs_nowhere(struct image *im)
{
	image_set(im, im->aux[3], M_AUX_FUNC, im->vmalloc - 4096);
}

static void stats_nowhere(struct image *im)
{
	image_prog_set(im, 3, M_PROG_STATS, UINT64_C(1) << 40);
}

static const struct spoilt spoilt[] = {
	{ "no page tables", zero_pgt, 0, 0, true, false },
	{ "phys_base of nowhere", wrong_phys_base, 0, 0, true, false },
	{ "levels that are not there", wrong_levels, 0, 0, true, false },
	{ "no CPUs", no_cpus, 0, 0, true, false },
	{ "no memory", no_ram, 0, 0, true, false },
	{ "a direct map elsewhere", wrong_page_offset, NR, 0, false, false },
	{ "a CPU that cannot be", impossible_cpu, NR, 0, false, false },
	{ "an empty idr", empty_idr, 0, 0, false, false },
	{ "an entry for a root", head_is_entry, 0, 1, false, false },
	{ "a value for a root", head_is_value, 0, 0, false, false },
	{ "a retry for a root", head_is_retry, 0, 0, false, false },
	{ "a root that is nowhere", head_is_nowhere, 0, 0, false, true },
	{ "a root in user space", head_is_user, 0, 0, false, true },
	{ "entries that are none", slot_entries, NR, 0, false, false },
	{ "a node among entries", node_in_leaf, NR, 0, false, true },
	{ "a tree in itself", looping_tree, 0, 0, false, true },
	{ "a tree of 64^11", exploding_tree, 0, 64 * 1024, false, true },
	{ "a shift of 5", odd_shift, 0, 0, false, true },
	{ "a shift of 252", huge_shift, 0, 0, false, true },
	{ "an entry that is not mapped", entry_unmapped, NR - 1, 1, false,
	  false },
	{ "an entry that is no address", entry_not_canonical, NR - 1, 1, false,
	  false },
	{ "an entry at the end of all", entry_at_the_end, NR - 1, 1, false,
	  false },
	{ "a program in two places", entry_twice, NR, 1, false, false },
	{ "a program in a place that has no id", index_beyond, NR, 1, false,
	  false },
	{ "an aux that is nowhere", aux_nowhere, NR - 1, 1, false, false },
	{ "an aux of another", aux_of_another, NR - 1, 1, false, false },
	{ "an id of another", wrong_id, NR - 1, 1, false, false },
	{ "a name with escapes", bad_name, NR - 1, 1, false, false },
	{ "a name without an end", endless_name, NR - 1, 1, false, false },
	{ "no type", bad_type, NR - 1, 1, false, false },
	{ "a type of 70000", huge_type, NR - 1, 1, false, false },
	{ "no instructions", no_insns, NR - 1, 1, false, false },
	{ "2^31 functions", many_funcs, NR - 1, 1, false, false },
	{ "functions that are nowhere", funcs_nowhere, NR - 1, 1, false,
	  false },
	{ "statistics that are nowhere", stats_nowhere, NR - 1, 1, false,
	  false },
};

static void spoil(const struct spoilt *s)
{
	const struct image_how how = { .nr_progs = NR, .nr_cpus = 2 };
	struct kt_bpf_programs got = { 0 };
	struct kt_error err = { 0 };
	enum kt_status st;
	struct image im;

	image_make(&im, &how);
	s->spoil(&im);
	st = list(&im, &got, &err);
	if (s->refused) {
		ok(st == KT_DATA && err.msg[0] && !got.list, "%s: %s", s->what,
		   err.msg);
	} else {
		ok(!st && got.nr == s->nr && nr_right(&im, &got) == s->nr &&
			   got.nr_skipped == s->skipped && got.cut == s->cut,
		   "%s: %zu are left, %zu left out%s", s->what, got.nr,
		   got.nr_skipped, got.cut ? ", and cut" : "");
		kt_bpf_programs_release(&got);
	}
	image_release(&im);
}

static uint64_t random_u64(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A place that is in use: in the image, the tables, or the objects. */
static uint64_t random_place(const struct image *im, uint64_t *seed)
{
	const uint64_t low = im->next_low - IMAGE_LOW / 2;
	const uint64_t high = im->next_high - IMAGE_HIGH_AT;
	const uint64_t at = random_u64(seed);

	switch (random_u64(seed) % 4) {
	case 0:
		return image_var(im, at % 8192);
	case 1:
		return IMAGE_LOW / 2 + at % low;
	default:
		return IMAGE_HIGH_AT + at % high;
	}
}

/* A word that says something says something else. */
static void flip(struct image *im, uint64_t *seed)
{
	uint64_t at, val = random_u64(seed);

	do {
		at = random_place(im, seed) & ~UINT64_C(7);
	} while (!image_get(im, at));
	switch (val & 3) {
	case 0: /* a bit of it */
		val = image_get(im, at) ^ UINT64_C(1) << (val >> 2 & 63);
		break;
	case 1: /* an address somewhere else */
		val = im->direct + (val >> 2) % IMAGE_LOW;
		break;
	default:
		break;
	}
	image_put(im, at, val, 8);
}

static void random_damage(void)
{
	const struct image_how how = { .nr_progs = 30, .nr_cpus = 2 };
	size_t nr_bad = 0, nr_refused = 0, nr_less = 0;
	uint64_t seed = 88172645463325252;
	struct image im;

	image_make(&im, &how);
	for (int i = 0; i < 3000; i++) {
		struct kt_bpf_programs got = { 0 };
		struct kt_error err;

		/* It gets worse and worse, and then whole again. */
		if (i % 100 == 0) {
			image_release(&im);
			image_make(&im, &how);
		}
		flip(&im, &seed);
		if (list(&im, &got, &err)) {
			nr_refused++;
			continue;
		}
		nr_bad += !image_credible(&got);
		nr_less += got.nr < how.nr_progs;
		kt_bpf_programs_release(&got);
	}
	image_release(&im);
	same_u64(nr_bad, 0, "no damage makes the list incredible");
	ok(nr_less > 100 && nr_refused > 100,
	   "and there was some: %zu lists are shorter, %zu refused", nr_less,
	   nr_refused);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		whole(&shapes[i]);
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++)
		spoil(&spoilt[i]);
	random_damage();
	return tap_end();
}
