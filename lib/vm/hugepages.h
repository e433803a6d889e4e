/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/hugepages.h - the host's pool of huge pages
 *
 * That of 2 MiB, which need not be the host's default size. What is written to
 * its nr_hugepages is how many pages it is to have in all, those in use too
 * (Documentation/admin-guide/mm/hugetlbpage.rst).
 */
#ifndef KT_VM_HUGEPAGES_H
#define KT_VM_HUGEPAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_HUGEPAGES_BYTES ((size_t)2 << 20) /* of one */
#define KT_HUGEPAGES_DIR "/sys/kernel/mm/hugepages/hugepages-2048kB"

struct kt_hugepages {
	uint64_t nr;   /* in the pool */
	uint64_t free; /* of those, not in use */
	uint64_t resv; /* of the free, promised to somebody */
};

/* Read the pool in @dir; false, and *out is untouched, if it cannot be told. */
bool kt_hugepages_read(const char *dir, struct kt_hugepages *out);

/*
 * How many pages such a pool needs so that @pages are there for the asking:
 * more than it has, or as many if they are.
 */
uint64_t kt_hugepages_needed(const struct kt_hugepages *pool, uint64_t pages);

#endif
