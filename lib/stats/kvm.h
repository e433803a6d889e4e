/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/kvm.h - what KVM has counted, averaged over machines
 *
 * ktstr-record(5) says what the numbers mean: of each counter the mean of a
 * machine's vCPUs, rounded down, and the mean of those, rounded down.
 */
#ifndef KT_STATS_KVM_H
#define KT_STATS_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/record.h"
#include "lib/sidecar.h"

/* { 0 } is of no machine. */
struct kt_kvm_sums {
	uint64_t vms;
	unsigned __int128 avg[KT_NR_KVM_STATS]; /* of each VM's vCPUs */
	unsigned __int128 sum[KT_NR_KVM_STATS]; /* over all vCPUs */
};

/* Count in a machine of @nr_vcpus, whose counters together are @counted. */
void kt_kvm_add(struct kt_kvm_sums *s,
		const unsigned __int128 counted[KT_NR_KVM_STATS],
		size_t nr_vcpus);

/*
 * Read the machine of a "ktstr.run/1", which *there says has "kvm_stats", for
 * kt_kvm_add(). KT_DATA if it is malformed.
 */
enum kt_status kt_kvm_read(const struct kt_record *run, bool *there,
			   unsigned __int128 counted[KT_NR_KVM_STATS],
			   size_t *nr_vcpus,
			   struct kt_error *err) KT_MUST_CHECK;

struct kt_kvm_report {
	uint64_t vms;
	uint64_t avg[KT_NR_KVM_STATS]; /* a vCPU, averaged over the VMs */
	double poll_ok_percent;
	uint64_t preemptions; /* of all vCPUs, saturating */
};

void kt_kvm_tally(const struct kt_kvm_sums *s, struct kt_kvm_report *out);

/* The member "kvm" of a summary, which the caller owns. */
struct kt_record *kt_kvm_object(const struct kt_kvm_sums *s);

#endif
