/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/stats.h - what KVM has counted, CPU by CPU and by name
 *
 * The names are the kernel's (Documentation/virt/kvm/api.rst, 4.134, and
 * /sys/kernel/debug/kvm): "exits", "halt_exits", ... Which there are depends
 * on its version, so nothing here knows any of them.
 */
#ifndef KT_VM_STATS_H
#define KT_VM_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_STAT_NAME 64	 /* with its NUL */
#define KT_STATS_MAX 256 /* names of a CPU */
#define KT_STATS_MAX_BYTES ((size_t)64 << 10)

struct kt_stat {
	char name[KT_STAT_NAME]; /* letters, digits and '_' */
	uint64_t value;
};

struct kt_vm_stats {
	unsigned int nr_cpus;
	size_t nr;	      /* of each CPU, in the same order */
	struct kt_stat *stat; /* of CPU i from i * nr on; or NULL */
};

/* For KT_CLEANUP(). */
void kt_vm_stats_release(struct kt_vm_stats *stats);

/*
 * Read the file behind KVM_GET_STATS_FD, all @len bytes of it. Single numbers
 * are taken, histograms left out. KT_DATA: it is not what it should be;
 * *nr is then untouched.
 */
enum kt_status kt_stats_parse(const void *data, size_t len,
			      struct kt_stat out[KT_STATS_MAX], size_t *nr,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
