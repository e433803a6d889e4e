// SPDX-License-Identifier: GPL-2.0-only
/* kmem: a guest's memory by the addresses its kernel uses */
#include "lib/bpf/kmem.h"

#include "tests/helpers/bpf-image.h"
#include "tests/unit/tap.h"

static void reads(struct image *im)
{
	const uint64_t user = 0x400000, last = ~UINT64_C(0xfff);
	const struct kt_symbol idr = { true, IMAGE_MAP + IMAGE_2M + AT_IDR, 8 };
	struct kt_error err;
	struct kt_kmem km;
	uint64_t val;
	char buf[64];

	/* A page of user space, and the last there is. */
	image_map(im, user, IMAGE_HIGH_AT, 12);
	image_map(im, last, IMAGE_HIGH_AT, 12);
	if (!ok(!kt_kmem_open(&im->ram, &im->kernel->where, &km, &err),
		"the kernel is found"))
		return;
	same_u64(km.direct_end, IMAGE_HIGH_AT + IMAGE_HIGH,
		 "the direct map shows all memory");
	ok(kt_kmem_u64(&km,
		       kt_kmem_symbol(&km, &idr) + image_off(im, M_XA_HEAD),
		       &val) &&
		   val == image_get(im, im->head),
	   "a variable of the image is read");
	ok(kt_kmem_u64(&km, im->direct + im->head, &val) &&
		   val == image_get(im, im->head),
	   "and by the direct map");
	ok(!kt_kmem_u64(&km, user, &val), "user space is not read");
	ok(kt_kmem_u64(&km, last + 0xff8, &val), "the last word is");
	ok(!kt_kmem_read(&km, last + 0xff9, buf, 8),
	   "what goes on beyond it is not");
	ok(!kt_kmem_u64(&km, im->direct + IMAGE_LOW - 4, &val) &&
		   !kt_kmem_u64(&km, im->direct + IMAGE_HIGH_AT - 8, &val) &&
		   !kt_kmem_u64(&km,
				im->direct + IMAGE_HIGH_AT + IMAGE_HIGH - 4,
				&val),
	   "nor what is no memory");
	km.reads_left = 2;
	ok(kt_kmem_u64(&km, im->direct, &val) &&
		   kt_kmem_u64(&km, im->direct, &val) &&
		   !kt_kmem_u64(&km, im->direct, &val),
	   "reads are counted, and end");
}

static void strings(struct image *im)
{
	const uint64_t page = im->vmalloc + 0x800000;
	const uint64_t pa = image_new(im, 8192) + 4095;
	struct kt_error err;
	struct kt_kmem km;
	char buf[16];

	/* One page, and nothing behind it. */
	image_map(im, page, pa & ~UINT64_C(0xfff), 12);
	memcpy(image_at(im, pa & ~UINT64_C(0xfff)) + 4092, "abc", 4);
	if (kt_kmem_open(&im->ram, &im->kernel->where, &km, &err))
		return;
	ok(kt_kmem_str(&km, page + 4092, buf, sizeof(buf)) &&
		   !strcmp(buf, "abc"),
	   "a string at the end of a page is read");
	ok(kt_kmem_str(&km, page + 4092, buf, 3) && !strcmp(buf, "ab"),
	   "one that is too long is cut");
	memset(image_at(im, pa & ~UINT64_C(0xfff)) + 4092, 'x', 4);
	ok(!kt_kmem_str(&km, page + 4092, buf, sizeof(buf)),
	   "one that does not end there is none");
	ok(kt_kmem_str(&km, page + 4092, buf, 5) && !strcmp(buf, "xxxx"),
	   "unless no more is wanted");
}

/* It is believed only if the page tables say the same. */
static void direct_map(struct image *im)
{
	static const int64_t wrong[] = { 4096, -4096, (int64_t)IMAGE_2M,
					 INT64_MIN };
	struct kt_error err;
	struct kt_kmem km;
	uint64_t val;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		image_put(im, image_var(im, AT_PAGE_OFFSET),
			  im->direct + (uint64_t)wrong[i], 8);
		ok(!kt_kmem_open(&im->ram, &im->kernel->where, &km, &err) &&
			   !km.direct_end &&
			   kt_kmem_u64(&km, im->direct + im->head, &val) &&
			   val == image_get(im, im->head),
		   "a direct map that is %lld bytes off is not used",
		   (long long)wrong[i]);
	}
	image_put(im, image_var(im, AT_PAGE_OFFSET), im->direct, 8);
}

static void cpus(struct image *im)
{
	const struct kt_kmem_symbols *syms = &im->kernel->where;
	struct kt_percpu pc = { 0 };
	struct kt_error err;
	struct kt_kmem km;

	if (kt_kmem_open(&im->ram, syms, &km, &err))
		return;
	ok(kt_percpu_read(&km, syms, &pc) && pc.nr == 3 &&
		   pc.offset[2] == im->percpu + 2 * IMAGE_PERCPU_UNIT,
	   "each CPU has an offset");
	kt_percpu_release(&pc);
	/* The one in the middle can never run. */
	*image_at(im, image_var(im, AT_POSSIBLE)) = 5;
	ok(kt_percpu_read(&km, syms, &pc) && pc.nr == 2 &&
		   pc.offset[1] == im->percpu + 2 * IMAGE_PERCPU_UNIT,
	   "but one that is not possible");
	kt_percpu_release(&pc);
	image_put(im, image_var(im, AT_NR_CPUS), 0xffffffff, 4);
	ok(kt_percpu_read(&km, syms, &pc) && pc.nr == 2,
	   "as many as there are, however many they are said to be");
	kt_percpu_release(&pc);
}

int main(void)
{
	const struct image_how how = { .nr_progs = 4, .nr_cpus = 3 };
	struct image im;

	image_make(&im, &how);
	reads(&im);
	strings(&im);
	direct_map(&im);
	cpus(&im);
	image_release(&im);
	return tap_end();
}
