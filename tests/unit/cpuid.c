// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid: what Linux makes of it
 *
 * The leaves are read back as Linux 6.12 does it: topology_ext.c and
 * topology_amd.c (and the legacy ways, for who has no leaf 0xB),
 * cacheinfo.c. What it finds must be the topology that was asked for.
 */
#include "lib/vm/cpuid.h"

#include "tests/unit/tap.h"

#define NO_ID 0xffffffffU

struct host {
	const char *name;
	struct kvm_cpuid_entry2 e[24];
	size_t nr;
	bool amd;
};

#define INTEL .ebx = 0x756e6547, .edx = 0x49656e69, .ecx = 0x6c65746e
#define AMD .ebx = 0x68747541, .edx = 0x69746e65, .ecx = 0x444d4163
#define HYGON .ebx = 0x6f677948, .edx = 0x6e65476e, .ecx = 0x656e6975
#define SUB(n) .index = (n), .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX

static const struct host hosts[] = {
	{
		/* A server that tells everything, of itself. */
		"Intel, with all leaves",
		{
			{ 0x0, .eax = 0x1f, INTEL },
			{ 0x1, .eax = 0x606a6, .ebx = 0x17400800,
			  .ecx = 0x7ffefbff, .edx = 0xbfebfbff },
			{ 0x4, SUB(0), .eax = 0xfc004121, .ebx = 0x02c0003f,
			  .ecx = 0x3f },
			{ 0x4, SUB(1), .eax = 0xfc004122, .ebx = 0x01c0003f,
			  .ecx = 0x3f },
			{ 0x4, SUB(2), .eax = 0xfc004143, .ebx = 0x04c0003f,
			  .ecx = 0x3ff },
			{ 0x4, SUB(3), .eax = 0xfc0fc163, .ebx = 0x02c0003f,
			  .ecx = 0xffff, .edx = 4 },
			{ 0x4, SUB(4), .eax = 0 },
			{ 0xa, .eax = 0x07300805, .edx = 0x8603 },
			{ 0xb, SUB(0), .eax = 1, .ebx = 2, .ecx = 0x100,
			  .edx = 0x17 },
			{ 0xb, SUB(1), .eax = 7, .ebx = 80, .ecx = 0x201,
			  .edx = 0x17 },
			{ 0x1f, SUB(0), .eax = 1, .ebx = 2, .ecx = 0x100 },
			{ 0x1f, SUB(1), .eax = 7, .ebx = 80, .ecx = 0x201 },
			{ 0x40000000, .eax = 0x40000001, .ebx = 0x4b4d564b,
			  .ecx = 0x564b4d56, .edx = 0x4d },
			{ 0x40000001, .eax = 0x01007efb },
			{ 0x80000000, .eax = 0x80000008 },
			{ 0x80000001, .ecx = 0x121, .edx = 0x2c100800 },
			{ 0x80000008, .eax = 0x3039, .ecx = 0x77 },
		},
		17,
		false,
	},
	{
		/* As newer KVMs have it: the leaves are there, and empty. */
		"Intel, with empty leaves",
		{
			{ 0x0, .eax = 0xd, INTEL },
			{ 0x1, .eax = 0x306c3, .ecx = 0x00802000,
			  .edx = 0x078bfbff },
			{ 0x4, SUB(0), .eax = 0 },
			{ 0xb, SUB(0), .eax = 0 },
			{ 0x80000000, .eax = 0x80000008 },
			{ 0x80000001, .edx = 0x2c100800 },
			{ 0x80000008, .eax = 0x3027 },
		},
		7,
		false,
	},
	{
		"Intel, of before leaf 0xB",
		{
			{ 0x0, .eax = 0x3, INTEL },
			{ 0x1, .eax = 0x6fb, .edx = 0x078bfbff },
		},
		2,
		false,
	},
	{
		"AMD Zen 3, with all leaves",
		{
			{ 0x0, .eax = 0x10, AMD },
			{ 0x1, .eax = 0x00a00f11, .ebx = 0x09800800,
			  .ecx = 0x7eda320b, .edx = 0x178bfbff },
			{ 0xb, SUB(0), .eax = 1, .ebx = 2, .ecx = 0x100,
			  .edx = 9 },
			{ 0xb, SUB(1), .eax = 7, .ebx = 128, .ecx = 0x201,
			  .edx = 9 },
			{ 0x80000000, .eax = 0x80000023, AMD },
			{ 0x80000001, .eax = 0x00a00f11, .ecx = 0x75c237ff,
			  .edx = 0x2fd3fbff },
			{ 0x80000006, .eax = 0x48006400, .ebx = 0x68006400,
			  .ecx = 0x02006140, .edx = 0x08009140 },
			{ 0x80000008, .eax = 0x3030, .ebx = 0x111ef657,
			  .ecx = 0x707f },
			{ 0x8000001d, SUB(0), .eax = 0x00004121,
			  .ebx = 0x01c0003f, .ecx = 0x3f },
			{ 0x8000001d, SUB(1), .eax = 0x00004122,
			  .ebx = 0x01c0003f, .ecx = 0x3f },
			{ 0x8000001d, SUB(2), .eax = 0x00004143,
			  .ebx = 0x01c0003f, .ecx = 0x3ff, .edx = 2 },
			{ 0x8000001d, SUB(3), .eax = 0x0003c163,
			  .ebx = 0x03c0003f, .ecx = 0x7fff, .edx = 1 },
			{ 0x8000001e, .eax = 9, .ebx = 0x104, .ecx = 0x300 },
			{ 0x80000026, SUB(0), .eax = 1, .ebx = 2,
			  .ecx = 0x100 },
		},
		14,
		true,
	},
	{
		/* QEMU's emulated CPU with SVM, seen by the KVM inside. */
		"AMD of family 15, with empty leaves",
		{
			{ 0x0, .eax = 0xd, AMD },
			{ 0x1, .eax = 0x00060fb1, .edx = 0x078bfbff },
			{ 0xb, SUB(0), .eax = 0 },
			{ 0x80000000, .eax = 0x8000000a, AMD },
			{ 0x80000001, .eax = 0x00060fb1, .edx = 0x2c100800 },
			{ 0x80000008, .eax = 0x3028 },
			{ 0x8000001d, SUB(0), .eax = 0 },
			{ 0x8000001e, .eax = 0 },
		},
		8,
		true,
	},
	{
		"AMD Zen 1",
		{
			{ 0x0, .eax = 0xd, AMD },
			{ 0x1, .eax = 0x00800f12, .edx = 0x178bfbff },
			{ 0x80000000, .eax = 0x8000001f, AMD },
			{ 0x80000001, .eax = 0x00800f12, .ecx = 0x35c233ff },
			{ 0x80000006, .ecx = 0x02006140, .edx = 0x00808140 },
			{ 0x80000008, .eax = 0x3030, .ecx = 0x603f },
		},
		6,
		true,
	},
	{
		"Hygon",
		{
			{ 0x0, .eax = 0xd, HYGON },
			{ 0x1, .eax = 0x00900f02, .edx = 0x178bfbff },
			{ 0x80000000, .eax = 0x8000001f, HYGON },
			{ 0x80000001, .eax = 0x00900f02, .ecx = 0x35c233ff },
			{ 0x80000008, .eax = 0x3030 },
		},
		5,
		true,
	},
};

static const struct kt_topology topologies[] = {
	{ 1, 1, 1 },   { 1, 2, 1 }, { 2, 2, 1 },  { 1, 2, 2 },	 { 3, 3, 1 },
	{ 1, 3, 2 },   { 5, 3, 1 }, { 2, 4, 2 },  { 15, 8, 2 },	 { 14, 9, 2 },
	{ 1, 128, 1 }, { 2, 3, 3 }, { 4, 32, 1 }, { 1, 255, 1 },
};

struct regs {
	unsigned int eax, ebx, ecx, edx;
};

struct table {
	struct kvm_cpuid_entry2 e[KT_CPUID_MAX];
	size_t nr;
};

/* As KVM answers (api.rst 4.46). */
static struct regs cpuid(const struct table *tab, unsigned int leaf,
			 unsigned int index)
{
	for (size_t i = 0; i < tab->nr; i++) {
		const struct kvm_cpuid_entry2 *e = &tab->e[i];

		if (e->function == leaf &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) ||
		     e->index == index))
			return (struct regs){ e->eax, e->ebx, e->ecx, e->edx };
	}
	return (struct regs){ 0 };
}

/* What Linux knows of a CPU at the end. */
struct seen {
	unsigned int apic, smt_shift, pkg_shift, threads, cpus, llc, l2, node;
};

static unsigned int order(unsigned int n)
{
	unsigned int bits = 0;

	while ((1U << bits) < n)
		bits++;
	return bits;
}

/* parse_topology_leaf() */
static bool read_levels(const struct table *tab, unsigned int leaf,
			struct seen *s)
{
	unsigned int sub = 0;

	for (;; sub++) {
		const struct regs r = cpuid(tab, leaf, sub);
		const unsigned int type = r.ecx >> 8 & 0xff;

		if (!(r.ebx & 0xffff) || !type)
			return sub > 0;
		if (type == 1) {
			s->apic = r.edx;
			s->smt_shift = r.eax & 0x1f;
			s->threads = r.ebx & 0xffff;
		}
		s->pkg_shift = r.eax & 0x1f;
		s->cpus = r.ebx & 0xffff;
		if (r.edx != s->apic || (r.ecx & 0xff) != sub)
			return false;
	}
}

static bool topology_ext(const struct table *tab, struct seen *s)
{
	const unsigned int max = cpuid(tab, 0, 0).eax;

	return (max >= 0x1f && read_levels(tab, 0x1f, s)) ||
	       (cpuid(tab, 0x80000000, 0).eax >= 0x80000026 &&
		read_levels(tab, 0x80000026, s)) ||
	       (max >= 0xb && read_levels(tab, 0xb, s));
}

/* parse_legacy(), or of AMD parse_8000_0008() and parse_8000_001e() */
static void topology_legacy(const struct table *tab, bool amd, struct seen *s)
{
	const struct regs one = cpuid(tab, 1, 0);
	unsigned int cores;

	if (amd) {
		const struct regs sizes = cpuid(tab, 0x80000008, 0);

		s->pkg_shift = sizes.ecx >> 12 & 0xf;
		s->cpus = (sizes.ecx & 0xff) + 1;
		s->threads = (cpuid(tab, 0x8000001e, 0).ebx >> 8 & 0xff) + 1;
		s->smt_shift = order(s->threads);
		s->apic = cpuid(tab, 0x8000001e, 0).eax;
		return;
	}
	cores = (cpuid(tab, 4, 0).eax >> 26) + 1;
	s->pkg_shift = order(cores);
	if (one.edx & 1U << 28)
		s->smt_shift = order(one.ebx >> 16 & 0xff) - s->pkg_shift;
	s->pkg_shift += s->smt_shift;
	s->apic = one.ebx >> 24;
}

/* The id of the cache of that level, get_cache_id(). */
static unsigned int cache_id(const struct table *tab, bool amd,
			     unsigned int level, unsigned int apic)
{
	for (unsigned int i = 0; i < 8; i++) {
		const struct regs r = cpuid(tab, amd ? 0x8000001d : 4, i);

		if (!(r.eax & 0x1f))
			break;
		if ((r.eax >> 5 & 7) == level)
			return apic >> order((r.eax >> 14 & 0xfff) + 1);
	}
	return NO_ID;
}

/* cacheinfo_amd_init_llc_id() */
static unsigned int amd_llc(const struct table *tab, const struct seen *s)
{
	const unsigned int sig = cpuid(tab, 1, 0).eax;
	const unsigned int family = (sig >> 8 & 0xf) + (sig >> 20 & 0xff);
	const unsigned int model = (sig >> 4 & 0xf) | (sig >> 12 & 0xf0);
	unsigned int last = 0;

	if (!cpuid(tab, 0x80000006, 0).edx)
		return NO_ID;
	if (family < 0x17)
		return s->node;
	if (family == 0x17 && model <= 0x1f)
		return s->apic >> 3;
	while (cpuid(tab, 0x8000001d, last + 1).eax & 0x1f)
		last++;
	return s->apic >>
	       order((cpuid(tab, 0x8000001d, last).eax >> 14 & 0xfff) + 1);
}

static void decode(const struct table *tab, bool amd, struct seen *s)
{
	*s = (struct seen){ .llc = NO_ID };
	if (!topology_ext(tab, s))
		return;
	s->l2 = cache_id(tab, amd, 2, s->apic);
	if (!amd) {
		s->llc = cache_id(tab, amd, 3, s->apic);
		s->node = s->apic >> s->pkg_shift;
		return;
	}
	if (cpuid(tab, 0x80000000, 0).eax < 0x8000001e ||
	    !(cpuid(tab, 0x80000001, 0).ecx & 1U << 22))
		return;
	s->node = cpuid(tab, 0x8000001e, 0).ecx & 0xff;
	s->llc = amd_llc(tab, s);
}

static bool has_twice(const struct table *tab)
{
	for (size_t i = 0; i < tab->nr; i++)
		for (size_t j = 0; j < i; j++)
			if (tab->e[i].function == tab->e[j].function &&
			    tab->e[i].index == tab->e[j].index)
				return true;
	return false;
}

/* One CPU: the first thing that is wrong with it, or NULL. */
static const char *wrong_with(const struct table *tab, const struct host *h,
			      const struct kt_topology *t, unsigned int cpu)
{
	const struct kt_topology_place at = kt_topology_place(t, cpu);
	const unsigned int cpus = t->cores * t->threads;
	struct seen s, old = { 0 };

	decode(tab, h->amd, &s);
	topology_legacy(tab, h->amd, &old);
	if (s.apic != at.apic_id ||
	    cpuid(tab, 1, 0).ebx >> 24 != (at.apic_id & 0xff))
		return "APIC id";
	if (s.apic >> s.pkg_shift != at.socket || s.node != at.socket)
		return "package or node";
	if (s.cpus != cpus || s.threads != t->threads)
		return "number of CPUs";
	if ((s.apic & ((1U << s.pkg_shift) - 1)) >> s.smt_shift != at.core)
		return "core";
	if (s.llc != at.socket)
		return "last-level cache";
	if (s.l2 != s.apic >> s.smt_shift ||
	    cache_id(tab, h->amd, 1, s.apic) != s.l2)
		return "cache of a core";
	if (cache_id(tab, h->amd, 3, s.apic) != at.socket)
		return "id of the last-level cache";
	/* The legacy fields of leaves 1 and 4 hold 128 CPUs and 64 cores. */
	if ((h->amd || (cpus <= 128 && t->cores <= 64)) &&
	    kt_topology_max_apic_id(t) < 256 &&
	    (old.apic != s.apic || old.pkg_shift != s.pkg_shift ||
	     old.smt_shift != s.smt_shift))
		return "the same, told the legacy way";
	if (!(cpuid(tab, 1, 0).edx & 1U << 28) != (cpus == 1))
		return "HTT";
	return has_twice(tab) ? "an entry that is there twice" : NULL;
}

static void check(const struct host *h, const struct kt_topology *t)
{
	const struct kt_cpuid_config config = { .topology = *t };
	struct table tab;
	struct kt_error err;
	const char *wrong = NULL;
	unsigned int cpu = 0;

	for (; !wrong && cpu < kt_topology_cpus(t); cpu++) {
		if (kt_cpuid_make(h->e, h->nr, &config, cpu, tab.e, &tab.nr,
				  &err))
			wrong = err.msg;
		else
			wrong = wrong_with(&tab, h, t, cpu);
	}
	ok(!wrong, "%s: Linux sees %u,%u,%u", h->name, t->sockets, t->cores,
	   t->threads);
	if (wrong)
		printf("# CPU %u: %s\n", cpu - 1, wrong);
}

static const struct host *host_named(const char *name)
{
	const struct host *h = hosts;

	while (strcmp(h->name, name))
		h++;
	return h;
}

static void make(const char *host, const struct kt_cpuid_config *config,
		 struct table *tab)
{
	const struct host *h = host_named(host);
	struct kt_error err;

	if (!ok(!kt_cpuid_make(h->e, h->nr, config, 0, tab->e, &tab->nr, &err),
		"a table for %s", h->name))
		tab->nr = 0;
}

static void test_kvm_leaves(void)
{
	struct kt_cpuid_config config = { .topology = { 1, 2, 1 } };
	struct table tab;
	struct regs r;

	make("Intel, with all leaves", &config, &tab);
	r = cpuid(&tab, 0x40000001, 0);
	ok(r.eax == 0x01007efb && !r.edx, "KVM's features are the host's");
	r = cpuid(&tab, 1, 0);
	ok(!(r.ecx & 1U << 24), "no TSC deadline timer unless there is one");
	ok(r.ecx & 1U << 31, "a guest knows that it is one");

	config.tsc_deadline = config.realtime = true;
	make("Intel, with empty leaves", &config, &tab);
	r = cpuid(&tab, 0x40000000, 0);
	ok(r.eax == 0x40000001 && r.ebx == 0x4b4d564b && r.ecx == 0x564b4d56 &&
		   r.edx == 0x4d,
	   "KVM's signature is right where the host has none");
	same_u64(cpuid(&tab, 0x40000001, 0).edx, 1, "KVM_HINTS_REALTIME");
	ok(cpuid(&tab, 1, 0).ecx & 1U << 24, "a TSC deadline timer");
}

static void test_features(void)
{
	const struct kt_cpuid_config config = { .topology = { 2, 2, 1 } };
	struct table tab;
	struct regs r;

	make("Intel, with all leaves", &config, &tab);
	r = cpuid(&tab, 0xa, 0);
	ok(!r.eax && !r.ebx && !r.ecx && !r.edx, "there is no PMU");
	ok(!(cpuid(&tab, 1, 0).ecx & 1U << 15), "nor its capabilities");
	r = cpuid(&tab, 0x80000008, 0);
	ok(r.eax == 0x3039 && !r.ecx, "of 0x80000008, Intel has sizes only");
	same_u64(cpuid(&tab, 1, 0).eax, 0x606a6, "the model is the host's");
	same_u64(cpuid(&tab, 0x8000001d, 0).eax, 0, "no leaf of AMD's");

	make("AMD Zen 3, with all leaves", &config, &tab);
	r = cpuid(&tab, 0x80000008, 0);
	ok(r.eax == 0x3030 && r.ebx == 0x111ef657,
	   "of 0x80000008, sizes and features stay");
	same_u64(cpuid(&tab, 0x80000026, 0).ebx, 0,
		 "no topology but the one asked for");
	same_u64(cpuid(&tab, 4, 0).eax, 0, "no leaf of Intel's");
	same_u64(cpuid(&tab, 0x80000001, 0).ecx, 0x75c237ff | 1U << 22 | 2,
		 "AMD's topology extensions");

	make("Hygon", &config, &tab);
	r = cpuid(&tab, 0, 0);
	ok(!memcmp(&r.ebx, "Auth", 4) && !memcmp(&r.edx, "enti", 4) &&
		   !memcmp(&r.ecx, "cAMD", 4),
	   "Hygon's CPU is AMD's");
	r = cpuid(&tab, 0x80000000, 0);
	ok(!memcmp(&r.ebx, "Auth", 4), "throughout");
	ok(cpuid(&tab, 1, 0).eax == cpuid(&tab, 0x80000001, 0).eax,
	   "with one signature");
}

static unsigned long bytes_of(const struct table *tab, unsigned int leaf,
			      unsigned int index)
{
	const struct regs r = cpuid(tab, leaf, index);

	return (r.ecx + 1UL) * ((r.ebx & 0xfff) + 1) *
	       ((r.ebx >> 12 & 0x3ff) + 1) * ((r.ebx >> 22) + 1);
}

static void test_caches(void)
{
	static const struct {
		const char *host;
		unsigned int leaf;
		unsigned long kib[4];
	} cases[] = {
		{ "Intel, with all leaves", 4, { 48, 32, 1280, 49152 } },
		{ "Intel, with empty leaves", 4, { 32, 32, 1024, 16384 } },
		{ "Intel, of before leaf 0xB", 4, { 32, 32, 1024, 16384 } },
		{ "AMD Zen 3, with all leaves",
		  0x8000001d,
		  { 32, 32, 512, 32768 } },
		{ "AMD of family 15, with empty leaves",
		  0x8000001d,
		  { 32, 32, 1024, 16384 } },
	};
	const struct kt_cpuid_config config = { .topology = { 1, 2, 1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct table tab;

		make(cases[i].host, &config, &tab);
		for (unsigned int n = 0; n < 4; n++)
			same_u64(bytes_of(&tab, cases[i].leaf, n) >> 10,
				 cases[i].kib[n], "KiB of a cache");
		same_u64(cpuid(&tab, cases[i].leaf, 4).eax, 0, "and no more");
	}
}

static void test_refused(void)
{
	static const struct kvm_cpuid_entry2 no_zero[] = { { .function = 1 } };
	static const struct kvm_cpuid_entry2 no_one[] = { { .function = 0 } };
	const struct kt_cpuid_config config = { .topology = { 1, 1, 1 } };
	static struct kvm_cpuid_entry2 many[KT_CPUID_MAX];
	struct kvm_cpuid_entry2 out[KT_CPUID_MAX];
	struct kt_error err = { 0 };
	size_t nr = 7;

	ok(kt_cpuid_make(NULL, 0, &config, 0, out, &nr, &err) == KT_DATA &&
		   kt_cpuid_make(no_zero, 1, &config, 0, out, &nr, &err) ==
			   KT_DATA &&
		   kt_cpuid_make(no_one, 1, &config, 0, out, &nr, &err) ==
			   KT_DATA,
	   "a list without leaves 0 and 1 is refused");
	for (unsigned int i = 0; i < KT_CPUID_MAX; i++)
		many[i].function = i < 2 ? i : 0x20000000 + i;
	ok(kt_cpuid_make(many, KT_CPUID_MAX, &config, 0, out, &nr, &err) ==
		   KT_DATA,
	   "and one that leaves no room");
	same_u64(nr, 7, "nothing is changed then");
	ok(!kt_cpuid_make(many, KT_CPUID_MAX - 16, &config, 0, out, &nr, &err),
	   "16 entries less are few enough");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		for (size_t j = 0; j < sizeof(topologies) / sizeof(*topologies);
		     j++)
			check(&hosts[i], &topologies[j]);
	test_kvm_leaves();
	test_features();
	test_caches();
	test_refused();
	return tap_end();
}
