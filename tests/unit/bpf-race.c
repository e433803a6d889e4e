// SPDX-License-Identifier: GPL-2.0-only
/* lib/bpf: the programs of a guest that loads and unloads them meanwhile */
#include "lib/bpf/programs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/helpers/bpf-image.h"
#include "tests/unit/tap.h"

#define NR 10 /* programs */

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
int main(void)
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

		if (kt_bpf_programs(im.kernel, &im.ram, &got, &err))
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
	return tap_end();
}
