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

int main(void)
{
	test_good();
	test_bad();
	test_format();
	return tap_end();
}
