// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk N CPUS - how long it takes to list N programs of a guest of CPUS CPUs
 * walk VMLINUX - how long it takes to learn where that kernel has things
 *
 * The median of many times, and the slowest; the guest is memory made for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "tests/helpers/bench.h"
#include "tests/helpers/bpf-image.h"

#define TIMES 101

static uint64_t walk(const struct image *im)
{
	const uint64_t begin = kt_clock_ns();
	struct kt_bpf_programs got;
	struct kt_error err;
	uint64_t ns;

	if (kt_bpf_programs(im->kernel, &im->ram, &got, &err) ||
	    got.nr != im->how.nr_progs || got.cut)
		abort();
	ns = kt_clock_ns() - begin;
	kt_bpf_programs_release(&got);
	return ns;
}

static uint64_t learn(const char *vmlinux)
{
	const uint64_t begin = kt_clock_ns();
	struct kt_bpf_kernel *k;
	struct kt_error err;

	if (kt_bpf_kernel_open(vmlinux, &k, &err)) {
		fprintf(stderr, "walk: %s\n", err.msg);
		exit(1);
	}
	kt_bpf_kernel_free(k);
	return kt_clock_ns() - begin;
}

static void show(const char *label, uint64_t *ns, size_t nr)
{
	const uint64_t median = bench_median(ns, nr);

	printf("  %-34s %10.3f ms %10.3f ms at most\n", label,
	       (double)median / 1e6, (double)ns[nr - 1] / 1e6);
}

int main(int argc, char **argv)
{
	struct image_how how = { .levels = 5 };
	uint64_t ns[TIMES];
	struct image im;
	char label[64];

	if (argc == 2) {
		for (int i = 0; i < TIMES; i++)
			ns[i] = learn(argv[1]);
		show("symbols and types of a vmlinux", ns, TIMES);
		return 0;
	}
	if (argc != 3)
		return 2;
	how.nr_progs = (unsigned int)atoi(argv[1]);
	how.nr_cpus = (unsigned int)atoi(argv[2]);
	if (!how.nr_progs || how.nr_progs > 900 || !how.nr_cpus ||
	    how.nr_cpus > IMAGE_MAX_CPUS)
		return 2;
	image_make(&im, &how);
	for (int i = 0; i < TIMES; i++)
		ns[i] = walk(&im);
	image_release(&im);
	snprintf(label, sizeof(label), "%u programs, %u CPUs", how.nr_progs,
		 how.nr_cpus);
	show(label, ns, TIMES);
	return 0;
}
