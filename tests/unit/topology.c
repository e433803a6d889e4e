// SPDX-License-Identifier: GPL-2.0-only
/* topology: what is one, what is not, and what it comes to */
#include "lib/vm/topology.h"

#include "tests/unit/tap.h"

static void test_good(void)
{
	static const struct {
		const char *text;
		unsigned int cpus, max_apic_id;
	} cases[] = {
		{ "1,1,1", 1, 0 },	 { "1,2,1", 2, 1 },
		{ "2,2,1", 4, 3 },	 { "1,2,2", 4, 3 },
		{ "3,3,1", 9, 10 },	 { "1,3,2", 6, 5 },
		{ "14,9,2", 252, 433 },	 { "512,1,1", 512, 511 },
		{ "1,512,1", 512, 511 }, { "01,2,1", 2, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_topology t = { 0 };
		struct kt_error err = { 0 };

		ok(!kt_topology_parse(cases[i].text, &t, &err),
		   "\"%s\" is a topology", cases[i].text);
		same_u64(kt_topology_cpus(&t), cases[i].cpus, "its CPUs");
		same_u64(kt_topology_max_apic_id(&t), cases[i].max_apic_id,
			 "its highest APIC id");
	}
}

static void test_check(void)
{
	static const struct {
		struct kt_topology t;
		enum kt_status want;
	} cases[] = {
		{ { 1, 1, 1 }, KT_OK },	    { { 4, 5, 5 }, KT_OK },
		{ { 5, 5, 5 }, KT_SKIP },   { { 255, 1, 1 }, KT_OK },
		{ { 256, 1, 1 }, KT_SKIP }, { { 1, 1, 255 }, KT_OK },
		{ { 16, 8, 2 }, KT_SKIP },  { { 15, 8, 2 }, KT_OK },
		{ { 14, 9, 2 }, KT_SKIP },  { { 1, 512, 1 }, KT_SKIP },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_error err = { 0 };

		ok(kt_topology_check(&cases[i].t, &err) == cases[i].want,
		   "%u,%u,%u %s within what APIC ids reach", cases[i].t.sockets,
		   cases[i].t.cores, cases[i].t.threads,
		   cases[i].want ? "is not" : "is");
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "not three numbers" },
		{ "1", "not three numbers" },
		{ "1,1", "not three numbers" },
		{ "1,1,1,1", "not three numbers" },
		{ "1,1,1,", "not three numbers" },
		{ ",,", "sockets of the topology" },
		{ "0,1,1", "sockets of the topology" },
		{ "1,x,1", "cores of the topology: \"x\"" },
		{ "1,1,-1", "threads of the topology" },
		{ "1, 1,1", "cores of the topology" },
		{ "1,1,1 ", "threads of the topology" },
		{ "1,1,0x1", "threads of the topology" },
		{ "99999999999999999999,1,1", "sockets of the topology" },
		{ "513,1,1", "sockets of the topology" },
		{ "2,2,200", "800 CPUs" },
		{ "512,512,512", "134217728 CPUs" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_topology t = { 7, 7, 7 };
		struct kt_error err = { 0 };
		const enum kt_status st =
			kt_topology_parse(cases[i].text, &t, &err);

		ok(st == KT_USAGE && strstr(err.msg, cases[i].says),
		   "\"%s\" is refused: %s", cases[i].text, cases[i].says);
		if (!strstr(err.msg, cases[i].says))
			printf("# got: %s\n", err.msg);
		ok(t.sockets == 7 && t.cores == 7 && t.threads == 7,
		   "and nothing is changed");
	}
}

static void test_format(void)
{
	const struct kt_topology t = { 512, 512, 512 };
	char text[KT_TOPOLOGY_SIZE];

	kt_topology_format(&t, text);
	same_str(text, "512,512,512", "the longest fits");
}

static void test_place(void)
{
	static const struct {
		struct kt_topology t;
		unsigned int cpu;
		struct kt_topology_place at;
	} cases[] = {
		{ { 1, 1, 1 }, 0, { 0, 0, 0, 0 } },
		{ { 1, 2, 2 }, 3, { 0, 1, 1, 3 } },
		{ { 3, 3, 1 }, 2, { 0, 2, 0, 2 } },
		{ { 3, 3, 1 }, 3, { 1, 0, 0, 4 } },
		{ { 3, 3, 1 }, 8, { 2, 2, 0, 10 } },
		{ { 1, 3, 2 }, 5, { 0, 2, 1, 5 } },
		{ { 2, 3, 3 }, 3, { 0, 1, 0, 4 } },
		{ { 2, 3, 3 }, 9, { 1, 0, 0, 16 } },
		{ { 15, 8, 2 }, 239, { 14, 7, 1, 239 } },
		{ { 14, 9, 2 }, 18, { 1, 0, 0, 32 } },
		{ { 14, 9, 2 }, 251, { 13, 8, 1, 433 } },
		{ { 512, 1, 1 }, 511, { 511, 0, 0, 511 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kt_topology_place at =
			kt_topology_place(&cases[i].t, cases[i].cpu);

		ok(at.socket == cases[i].at.socket &&
			   at.core == cases[i].at.core &&
			   at.thread == cases[i].at.thread,
		   "CPU %u of %u,%u,%u is where it should be", cases[i].cpu,
		   cases[i].t.sockets, cases[i].t.cores, cases[i].t.threads);
		same_u64(at.apic_id, cases[i].at.apic_id, "and so is its id");
	}
}

static bool ids_are_right(const struct kt_topology *t)
{
	const unsigned int low = kt_topology_thread_bits(t);
	const unsigned int high = kt_topology_socket_bits(t);
	unsigned int last = 0;

	for (unsigned int n = 0; n < kt_topology_cpus(t); n++) {
		const struct kt_topology_place at = kt_topology_place(t, n);
		const unsigned int id = at.apic_id;

		if ((n && id <= last) || id >> high != at.socket ||
		    (id & ((1U << low) - 1)) != at.thread ||
		    (id & ((1U << high) - 1)) >> low != at.core ||
		    (at.socket * t->cores + at.core) * t->threads + at.thread !=
			    n)
			return false;
		last = id;
	}
	return last == kt_topology_max_apic_id(t);
}

/* Of every topology there is: ids ascend, and their parts can be read back. */
static void test_all_places(void)
{
	unsigned int wrong = 0, nr = 0;

	for (unsigned int s = 1; s <= KT_TOPOLOGY_MAX_CPUS; s++)
		for (unsigned int c = 1; s * c <= KT_TOPOLOGY_MAX_CPUS; c++)
			for (unsigned int h = 1;
			     s * c * h <= KT_TOPOLOGY_MAX_CPUS; h++) {
				const struct kt_topology t = { s, c, h };

				nr++;
				wrong += !ids_are_right(&t);
			}
	ok(nr > 10000 && !wrong, "%u topologies: %u with a wrong id", nr,
	   wrong);
}

int main(void)
{
	test_place();
	test_all_places();
	test_good();
	test_check();
	test_bad();
	test_format();
	return tap_end();
}
