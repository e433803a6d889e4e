/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/topology.h - how many CPUs a machine has, and how they hang together
 *
 * "S,C,T": sockets, cores a socket, threads a core. A socket is a last-level
 * cache and a NUMA node too.
 */
#ifndef KT_VM_TOPOLOGY_H
#define KT_VM_TOPOLOGY_H

#include "lib/error.h"

#define KT_TOPOLOGY_MAX_CPUS 512 /* NR_CPUS of the kernels we build */
#define KT_TOPOLOGY_SIZE sizeof("512,512,512")
/*
 * Eight bits, of which 255 is everybody. QEMU emulates no more before version 9,
 * KVM's IOAPIC interrupts no others, and Linux leaves out a CPU with a higher id
 * unless it begins as an x2APIC.
 */
#define KT_TOPOLOGY_MAX_APIC_ID 254

struct kt_topology {
	unsigned int sockets, cores, threads;
};

/*
 * Parse all of @text. KT_USAGE, naming the part that is wrong: three decimal
 * numbers of at least 1, whose product is at most KT_TOPOLOGY_MAX_CPUS.
 */
enum kt_status kt_topology_parse(const char *text, struct kt_topology *out,
				 struct kt_error *err) KT_MUST_CHECK;

unsigned int kt_topology_cpus(const struct kt_topology *t);

/* As kt_topology_parse() reads it. */
void kt_topology_format(const struct kt_topology *t,
			char out[KT_TOPOLOGY_SIZE]);

/*
 * The highest APIC id of such a machine: threads, cores and sockets each take
 * a whole number of bits in an id (Intel SDM volume 3, "Hierarchical Mapping
 * of Shared Resources"), so ids have gaps where a count is no power of two.
 */
unsigned int kt_topology_max_apic_id(const struct kt_topology *t);

/* KT_SKIP, with the reason, if that is above KT_TOPOLOGY_MAX_APIC_ID. */
enum kt_status kt_topology_check(const struct kt_topology *t,
				 struct kt_error *err) KT_MUST_CHECK;

/*
 * Where CPU @cpu (from 0, less than kt_topology_cpus()) is: its thread changes
 * first, then its core, then its socket. @apic_id is what the hardware calls
 * it, and never more than kt_topology_max_apic_id().
 */
struct kt_topology_place {
	unsigned int socket, core, thread; /* core: of the socket */
	unsigned int apic_id;
};
struct kt_topology_place kt_topology_place(const struct kt_topology *t,
					   unsigned int cpu);

/*
 * How many bits at the bottom of an APIC id tell the threads of a core apart,
 * and how many the CPUs of a socket: what is above numbers the sockets.
 */
unsigned int kt_topology_thread_bits(const struct kt_topology *t);
unsigned int kt_topology_socket_bits(const struct kt_topology *t);

#endif
