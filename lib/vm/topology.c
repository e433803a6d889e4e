// SPDX-License-Identifier: GPL-2.0-only
/* topology - how many CPUs a machine has, and how they hang together */
#include "lib/vm/topology.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/options.h"
#include "lib/xalloc.h"

static const char *const names[] = { "sockets", "cores", "threads" };

enum kt_status kt_topology_parse(const char *text, struct kt_topology *out,
				 struct kt_error *err)
{
	uint64_t parts[3], cpus = 1;
	const char *p = text;

	for (int i = 0; i < 3; i++) {
		const size_t len = strcspn(p, ",");
		char *word KT_CLEANUP(kt_freep) = kt_xstrndup(p, len);
		char what[64];
		enum kt_status st;

		if ((p[len] == ',') != (i < 2))
			return kt_hint(err,
				       kt_fail(err, KT_USAGE,
					       "topology \"%s\" is not three "
					       "numbers",
					       text),
				       "write SOCKETS,CORES,THREADS: \"2,4,1\" "
				       "is 8 CPUs on 2 sockets");
		snprintf(what, sizeof(what), "%s of the topology", names[i]);
		st = kt_parse_u64(word, 1, KT_TOPOLOGY_MAX_CPUS, what,
				  &parts[i], err);
		if (st)
			return st;
		p += len + 1;
		cpus *= parts[i];
	}
	if (cpus > KT_TOPOLOGY_MAX_CPUS)
		return kt_fail(err, KT_USAGE,
			       "topology \"%s\" has %llu CPUs, and %d is the "
			       "limit",
			       text, (unsigned long long)cpus,
			       KT_TOPOLOGY_MAX_CPUS);
	out->sockets = (unsigned int)parts[0];
	out->cores = (unsigned int)parts[1];
	out->threads = (unsigned int)parts[2];
	return KT_OK;
}

unsigned int kt_topology_cpus(const struct kt_topology *t)
{
	return t->sockets * t->cores * t->threads;
}

void kt_topology_format(const struct kt_topology *t, char out[KT_TOPOLOGY_SIZE])
{
	snprintf(out, KT_TOPOLOGY_SIZE, "%u,%u,%u", t->sockets, t->cores,
		 t->threads);
}

static unsigned int bits_for(unsigned int count)
{
	unsigned int bits = 0;

	while ((1U << bits) < count)
		bits++;
	return bits;
}

unsigned int kt_topology_thread_bits(const struct kt_topology *t)
{
	return bits_for(t->threads);
}

unsigned int kt_topology_socket_bits(const struct kt_topology *t)
{
	return bits_for(t->cores) + bits_for(t->threads);
}

struct kt_topology_place kt_topology_place(const struct kt_topology *t,
					   unsigned int cpu)
{
	struct kt_topology_place at = {
		.socket = cpu / t->threads / t->cores,
		.core = cpu / t->threads % t->cores,
		.thread = cpu % t->threads,
	};

	at.apic_id = at.socket << kt_topology_socket_bits(t) |
		     at.core << kt_topology_thread_bits(t) | at.thread;
	return at;
}

unsigned int kt_topology_max_apic_id(const struct kt_topology *t)
{
	return kt_topology_place(t, kt_topology_cpus(t) - 1).apic_id;
}

enum kt_status kt_topology_check(const struct kt_topology *t,
				 struct kt_error *err)
{
	const unsigned int id = kt_topology_max_apic_id(t);

	if (id <= KT_TOPOLOGY_MAX_APIC_ID)
		return KT_OK;
	return kt_fail(err, KT_SKIP,
		       "no engine has APIC ids above %d, and this topology "
		       "needs %u",
		       KT_TOPOLOGY_MAX_APIC_ID, id);
}
