// SPDX-License-Identifier: GPL-2.0-only
/* lib/bpf: the programs of a guest whose memory was made here, and spoilt */
#include "lib/bpf/programs.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/bpf-image.h"
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

/* A guest that goes on working meanwhile. */
struct busy {
	struct image *im;
	atomic_bool stop;
	atomic_ulong begun, ended;
};

/*
 * The program at one place of the idr is now this one, now that, and the one
 * that is not listed becomes something else. No real kernel reuses memory as
 * soon as this.
 */
static void *load_and_unload(void *ctx)
{
	struct busy *b = ctx;
	struct image *im = b->im;
	const uint64_t slot = image_slot(im, im->root_node, image_id(im, 4));
	const uint64_t other = im->vmalloc + 4 * UINT64_C(0x3000) + 0x100;
	const uint64_t va[2] = { image_get(im, slot), other };
	_Atomic uint64_t *listed = (void *)image_at(im, slot);
	const uint64_t page = im->prog[4] - (4096 - 36);
	const uint64_t aux = im->direct + image_new(im, 256);

	/* A second program of the same contents, on the first one's page. */
	for (int m = M_PROG_TYPE; m <= M_PROG_AUX; m++)
		for (uint32_t n = 0; n < image_members[m].bytes; n++)
			*image_at(im, page + 0x100 + image_off(im, m) + n) =
				image_prog_byte(im, 4, image_off(im, m) + n);
	memcpy(image_at(im, aux - im->direct), image_at(im, im->aux[4]), 256);
	image_set(im, aux - im->direct, M_AUX_PROG, other);
	image_set(im, aux - im->direct, M_AUX_FUNC_CNT, 0);
	image_set(im, page + 0x100, M_PROG_AUX, aux);
	for (int i = 1; !atomic_load(&b->stop); i ^= 1) {
		const uint64_t was[2] = { im->aux[4], aux - im->direct };

		atomic_fetch_add(&b->begun, 1);
		image_set(im, was[i], M_AUX_INSNS, 104);
		atomic_store(listed, va[i]);
		image_set(im, was[!i], M_AUX_INSNS, 999);
		atomic_fetch_add(&b->ended, 1);
		usleep(50);
	}
	return NULL;
}

/*
 * A walk in which the place changed at most once must have seen it before or
 * after; if it changed twice it may have been the same again.
 */
static void while_it_works(void)
{
	const struct image_how how = { .nr_progs = NR, .nr_cpus = 1 };
	size_t nr_wrong = 0, nr_seen = 0, nr_changed = 0;
	struct image im;
	struct busy b = { .im = &im };
	pthread_t thread;

	image_make(&im, &how);
	if (pthread_create(&thread, NULL, load_and_unload, &b))
		abort();
	while (!atomic_load(&b.ended))
		usleep(100);
	while (nr_changed < 2000 && nr_seen < 200000) {
		const unsigned long ended = atomic_load(&b.ended);
		struct kt_bpf_programs got = { 0 };
		struct kt_error err;
		unsigned long changes;

		if (list(&im, &got, &err))
			nr_wrong++;
		changes = atomic_load(&b.begun) - ended;
		nr_changed += changes == 1;
		nr_seen++;
		if (changes <= 1)
			nr_wrong += got.nr != NR || got.list[4].id != 5 ||
				    got.list[4].verified_insns != 104;
		kt_bpf_programs_release(&got);
	}
	atomic_store(&b.stop, true);
	pthread_join(thread, NULL);
	ok(!nr_wrong && nr_changed,
	   "what changes while it is read is whole: %zu of %zu times it did",
	   nr_changed, nr_seen);
	image_release(&im);
}

static void scheduler(void)
{
	const struct image_how how = { .nr_progs = 1, .nr_cpus = 1 };
	struct kt_bpf_scx scx;
	struct kt_error err;
	struct image im;

	image_make(&im, &how);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err),
	   "sched_ext can be asked");
	same_str(scx.state, "enabled", "its state is that of the enum");
	same_str(scx.ops, "mini", "its scheduler has a name");
	ok(scx.has_enable_seq && scx.enable_seq == 3, "and a number");
	image_put(&im, image_var(&im, AT_SCX_STATE), 99, 4);
	memcpy(image_at(&im, image_var(&im, AT_SCX_OPS) + 16), "\033[2J", 5);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err) && !*scx.state &&
		   !*scx.ops,
	   "a state and a name that are none are not shown");
	memset(image_at(&im, image_var(&im, AT_SCX_OPS) + 16), 'a', 128);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err) &&
		   strlen(scx.ops) == 127,
	   "a name without an end has one");
	zero_pgt(&im);
	ok(kt_bpf_scx(im.kernel, &im.ram, &scx, &err) == KT_DATA,
	   "without a kernel there is no sched_ext");
	image_release(&im);
}

/* A vmlinux that lacks something says what, and what to do. */
static void lacking(const char *symbol, bool types, const char *says)
{
	const struct image_how how = { 0 };
	struct kt_bpf_kernel *k = NULL;
	struct kt_error err = { 0 };
	struct btf *btf;
	uint32_t bytes, ops;
	const void *raw = image_types(&how, &bytes, &ops, &btf);
	const int fd = image_vmlinux(raw, types ? bytes : 0, symbol);

	ok(image_open(fd, &k, &err) == KT_DATA && !k && err.hint[0] &&
		   strstr(err.msg, says),
	   "%s", err.msg);
	close(fd);
	btf__free(btf);
}

static void vmlinux(void)
{
	static const char *const needed[] = { "phys_base", "init_top_pgt",
					      "__per_cpu_offset", "prog_idr" };
	struct kt_bpf_kernel *k = NULL;
	struct kt_error err;
	int fd = memfd_create("empty", MFD_CLOEXEC);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		lacking(needed[i], true, needed[i]);
	lacking(NULL, false, "has no types");
	ok(image_open(fd, &k, &err) == KT_DATA && !k, "%s", err.msg);
	close(fd);
	ok(kt_bpf_kernel_open("/nonexistent", &k, &err) == KT_SYS, "%s",
	   err.msg);
	ok(kt_bpf_kernel_open("/", &k, &err) == KT_DATA, "%s", err.msg);
	kt_bpf_kernel_free(NULL);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		whole(&shapes[i]);
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++)
		spoil(&spoilt[i]);
	random_damage();
	while_it_works();
	scheduler();
	vmlinux();
	same_str(kt_bpf_type_name(KT_BPF_STRUCT_OPS), "struct_ops",
		 "types have names");
	ok(!kt_bpf_type_name(100000), "but for those that are none");
	return tap_end();
}
