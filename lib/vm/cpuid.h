/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/cpuid.h - what CPUID answers on each CPU of a topology
 *
 * KVM tells which features it can give a guest (KVM_GET_SUPPORTED_CPUID,
 * api.rst 4.46); of how CPUs hang together that list holds the host's truth or
 * nothing at all. So the leaves that describe topology and caches are taken out
 * and written anew: each socket is a package, a last-level cache and a node,
 * and its CPUs are where kt_topology_place() has them.
 *
 * These are 0xB and, where the host has so many, 0x1F; 4 of Intel (and whoever
 * is not AMD or Hygon); 0x80000006, 0x80000008, 0x8000001D and 0x8000001E of
 * AMD. Cache sizes are the host's where it tells them, and else 32 KiB, 1 MiB
 * and 16 MiB; which CPUs share a cache is ours: the threads of a core levels 1
 * and 2, a socket level 3. There always is a level 3.
 *
 * A Hygon CPU appears as AMD's, and so does AMD's first Zen as the second: of
 * these two Linux takes the last-level cache from bit 3 of the APIC id,
 * whatever CPUID says (cacheinfo_amd_init_llc_id()).
 *
 * x86 only: <linux/kvm.h> has these structures there alone.
 */
#ifndef KT_VM_CPUID_H
#define KT_VM_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/vm/topology.h"

#define KT_CPUID_MAX 256 /* KVM_MAX_CPUID_ENTRIES of Linux 5.11 and later */

struct kt_cpuid_config {
	struct kt_topology topology;
	/* KVM_CAP_TSC_DEADLINE_TIMER is there; the list does not say. */
	bool tsc_deadline;
	/* vCPUs have host CPUs of their own: KVM_HINTS_REALTIME. */
	bool realtime;
};

/*
 * The table for CPU @cpu (its number, not its APIC id) from the @nr entries of
 * @host: what KVM_SET_CPUID2 is to be given. Leaf 0xA is zero, for there is no
 * PMU, and KVM's leaves 0x40000000 and 0x40000001 are there. *nr_out entries of
 * @out are filled, and the rest is undefined.
 *
 * KT_DATA: @host has no leaf 0 or 1, or there are more than KT_CPUID_MAX.
 * *nr_out is then untouched.
 */
enum kt_status kt_cpuid_make(const struct kvm_cpuid_entry2 *host, size_t nr,
			     const struct kt_cpuid_config *config,
			     unsigned int cpu,
			     struct kvm_cpuid_entry2 out[KT_CPUID_MAX],
			     size_t *nr_out,
			     struct kt_error *err) KT_MUST_CHECK;

#endif
