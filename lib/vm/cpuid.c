// SPDX-License-Identifier: GPL-2.0-only
/* cpuid - what CPUID answers on each CPU of a topology */
#include "lib/vm/cpuid.h"

#include <linux/kvm_para.h>
#include <string.h>

/* Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.3 and E.4. */
#define LEAF_MAX 0x0
#define LEAF_FEATURES 0x1
#define LEAF_INTEL_CACHES 0x4
#define LEAF_PMU 0xa
#define LEAF_TOPOLOGY 0xb
#define LEAF_TOPOLOGY_V2 0x1f
#define LEAF_EXT_MAX 0x80000000
#define LEAF_EXT_FEATURES 0x80000001
#define LEAF_AMD_L2_L3 0x80000006
#define LEAF_AMD_SIZES 0x80000008
#define LEAF_AMD_CACHES 0x8000001d
#define LEAF_AMD_PLACE 0x8000001e
#define LEAF_AMD_TOPOLOGY 0x80000026

#define ECX_PDCM (1U << 15) /* of LEAF_FEATURES */
#define ECX_X2APIC (1U << 21)
#define ECX_TSC_DEADLINE (1U << 24)
#define ECX_HYPERVISOR (1U << 31)
#define EDX_HTT (1U << 28)
#define EXT_ECX_CMP_LEGACY (1U << 1) /* of LEAF_EXT_FEATURES */
#define EXT_ECX_TOPOLOGY (1U << 22)

/* 48 of virtual and 40 of physical addresses: LEAF_AMD_SIZES, if it is new. */
#define ADDRESS_BITS (48U << 8 | 40U)

/* Family 17h, model 31h: Zen 2. */
#define SIGNATURE_ZEN2 0x00830f10

enum cache {
	L1D,
	L1I,
	L2,
	L3,
	NR_CACHES,
};

/* As the leaf says it, without who shares it; the order is Linux's. */
struct cache_leaf {
	unsigned int eax, ebx, ecx, edx;
};

#define CACHE(type, level) ((type) | (level) << 5 | 1U << 8)
#define CACHE_IS 0x000000ffU   /* type and level */
#define CACHE_KEPT 0x000003ffU /* and the two flags that follow */
#define LINES(ways) (63U | ((ways)-1U) << 22) /* of 64 bytes */

static const struct cache_leaf caches[NR_CACHES] = {
	[L1D] = { CACHE(1, 1), LINES(8), 64 - 1, 0 },	 /* 32 KiB */
	[L1I] = { CACHE(2, 1), LINES(8), 64 - 1, 0 },	 /* 32 KiB */
	[L2] = { CACHE(3, 2), LINES(8), 2048 - 1, 0 },	 /* 1 MiB */
	[L3] = { CACHE(3, 3), LINES(16), 16384 - 1, 0 }, /* 16 MiB */
};

struct table {
	struct kvm_cpuid_entry2 *entry;
	size_t nr;
	bool full;
	struct kvm_cpuid_entry2 spare; /* takes what does not fit */
	bool amd;
	const struct kt_topology *t;
	struct kt_topology_place at;
};

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid_entry2 *list,
					   size_t nr, __u32 function)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i].function == function)
			return &list[i];
	return NULL;
}

static struct kvm_cpuid_entry2 *add(struct table *tab, __u32 function)
{
	struct kvm_cpuid_entry2 *e = &tab->spare;

	if (tab->nr < KT_CPUID_MAX)
		e = &tab->entry[tab->nr++];
	else
		tab->full = true;
	memset(e, 0, sizeof(*e));
	e->function = function;
	return e;
}

static struct kvm_cpuid_entry2 *add_index(struct table *tab, __u32 function,
					  __u32 index)
{
	struct kvm_cpuid_entry2 *e = add(tab, function);

	e->index = index;
	e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return e;
}

/* The entry that was copied from the host, or a new one of zeros. */
static struct kvm_cpuid_entry2 *get(struct table *tab, __u32 function)
{
	for (size_t i = 0; i < tab->nr; i++)
		if (tab->entry[i].function == function)
			return &tab->entry[i];
	return add(tab, function);
}

/* Written anew, whatever the host says. */
static bool is_ours(__u32 function)
{
	static const __u32 leaves[] = {
		LEAF_INTEL_CACHES, LEAF_PMU,	    LEAF_TOPOLOGY,
		LEAF_TOPOLOGY_V2,  LEAF_AMD_CACHES, LEAF_AMD_PLACE,
		LEAF_AMD_TOPOLOGY,
	};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (leaves[i] == function)
			return true;
	return false;
}

static bool vendor_is(const struct kvm_cpuid_entry2 *e, const char *name)
{
	return !memcmp(&e->ebx, name, 4) && !memcmp(&e->edx, name + 4, 4) &&
	       !memcmp(&e->ecx, name + 8, 4);
}

static void set_vendor(struct kvm_cpuid_entry2 *e, const char *name)
{
	memcpy(&e->ebx, name, 4);
	memcpy(&e->edx, name + 4, 4);
	memcpy(&e->ecx, name + 8, 4);
}

/* Zen as Linux numbers it: family 17h, models up to 1Fh. */
static bool is_first_zen(__u32 signature)
{
	const unsigned int family =
		(signature >> 8 & 0xf) + (signature >> 20 & 0xff);
	const unsigned int model =
		(signature >> 4 & 0xf) | (signature >> 16 & 0xf) << 4;

	return family == 0x17 && model <= 0x1f;
}

/* Whose CPU it is, and which: see the header on Hygon and the first Zen. */
static void set_identity(struct table *tab)
{
	struct kvm_cpuid_entry2 *max = get(tab, LEAF_MAX);
	const bool hygon = vendor_is(max, "HygonGenuine");

	tab->amd = hygon || vendor_is(max, "AuthenticAMD");
	if (hygon) {
		set_vendor(max, "AuthenticAMD");
		set_vendor(get(tab, LEAF_EXT_MAX), "AuthenticAMD");
	}
	if (hygon || (tab->amd && is_first_zen(get(tab, LEAF_FEATURES)->eax))) {
		get(tab, LEAF_FEATURES)->eax = SIGNATURE_ZEN2;
		get(tab, LEAF_EXT_FEATURES)->eax = SIGNATURE_ZEN2;
	}
}

static void raise_to(__u32 *max, __u32 at_least)
{
	if (*max < at_least)
		*max = at_least;
}

static unsigned int socket_cpus(const struct table *tab)
{
	return tab->t->cores * tab->t->threads;
}

static unsigned int at_most(unsigned int n, unsigned int limit)
{
	return n < limit ? n : limit;
}

static void set_features(struct table *tab, const struct kt_cpuid_config *c)
{
	struct kvm_cpuid_entry2 *e = get(tab, LEAF_FEATURES);
	const unsigned int ids = 1U << kt_topology_socket_bits(tab->t);

	e->ebx &= 0xffff;
	e->ebx |= (tab->at.apic_id & 0xff) << 24 | at_most(ids, 255) << 16;
	e->ecx |= ECX_X2APIC | ECX_HYPERVISOR;
	e->ecx &= ~(ECX_PDCM | ECX_TSC_DEADLINE);
	if (c->tsc_deadline)
		e->ecx |= ECX_TSC_DEADLINE;
	e->edx &= ~EDX_HTT;
	if (socket_cpus(tab) > 1)
		e->edx |= EDX_HTT;
}

/* Leaves 0xB and 0x1F have the same levels: threads, cores, and no more. */
static void add_topology(struct table *tab, __u32 function)
{
	const struct {
		unsigned int shift, cpus, type;
	} levels[] = {
		{ kt_topology_thread_bits(tab->t), tab->t->threads, 1 },
		{ kt_topology_socket_bits(tab->t), socket_cpus(tab), 2 },
		{ 0, 0, 0 },
	};

	for (unsigned int i = 0; i < 3; i++) {
		struct kvm_cpuid_entry2 *e = add_index(tab, function, i);

		e->eax = levels[i].shift;
		e->ebx = levels[i].cpus;
		e->ecx = levels[i].type << 8 | i;
		e->edx = tab->at.apic_id;
	}
}

/* What the host tells of cache @which, if it does, or the default. */
static struct cache_leaf cache_of(const struct kvm_cpuid_entry2 *host,
				  size_t nr, __u32 function, enum cache which)
{
	for (size_t i = 0; i < nr; i++) {
		const struct kvm_cpuid_entry2 *e = &host[i];

		if (e->function == function && e->ebx && e->ecx &&
		    (e->eax & CACHE_IS) == (caches[which].eax & CACHE_IS))
			return (struct cache_leaf){ e->eax & CACHE_KEPT, e->ebx,
						    e->ecx, e->edx };
	}
	return caches[which];
}

static void add_caches(struct table *tab, const struct kvm_cpuid_entry2 *host,
		       size_t nr)
{
	const __u32 function = tab->amd ? LEAF_AMD_CACHES : LEAF_INTEL_CACHES;
	const unsigned int cores = 1U << (kt_topology_socket_bits(tab->t) -
					  kt_topology_thread_bits(tab->t));

	for (unsigned int i = 0; i < NR_CACHES; i++) {
		const struct cache_leaf c =
			cache_of(host, nr, function, (enum cache)i);
		const unsigned int bits =
			i == L3 ? kt_topology_socket_bits(tab->t) :
				  kt_topology_thread_bits(tab->t);
		struct kvm_cpuid_entry2 *e = add_index(tab, function, i);

		e->eax = c.eax | ((1U << bits) - 1) << 14;
		/* Reserved on AMD; six bits are all there are. */
		if (!tab->amd)
			e->eax |= (at_most(cores, 64) - 1) << 26;
		e->ebx = c.ebx;
		e->ecx = c.ecx;
		e->edx = c.edx;
	}
	/* A cache of type 0 ends the list. */
	add_index(tab, function, NR_CACHES);
}

static void set_amd(struct table *tab)
{
	struct kvm_cpuid_entry2 *e = get(tab, LEAF_EXT_FEATURES);
	const unsigned int cpus = socket_cpus(tab);

	e->ecx |= EXT_ECX_TOPOLOGY;
	e->ecx &= ~EXT_ECX_CMP_LEGACY;
	if (cpus > 1)
		e->ecx |= EXT_ECX_CMP_LEGACY;

	/* Linux takes a 0 in EDX for "no L3": 16 MiB, 16 ways, 64 bytes. */
	e = get(tab, LEAF_AMD_L2_L3);
	if (!e->edx)
		e->edx = 32U << 18 | 8U << 12 | 1U << 8 | 64;

	e = get(tab, LEAF_AMD_SIZES);
	if (!e->eax)
		e->eax = ADDRESS_BITS;
	e->ecx = kt_topology_socket_bits(tab->t) << 12 |
		 (at_most(cpus, 256) - 1);

	e = add(tab, LEAF_AMD_PLACE);
	e->eax = tab->at.apic_id;
	e->ebx = (tab->t->threads - 1) << 8 | (tab->at.core & 0xff);
	e->ecx = tab->at.socket & 0xff; /* one node a package */
}

static void set_kvm(struct table *tab, bool realtime)
{
	struct kvm_cpuid_entry2 *e = get(tab, KVM_CPUID_SIGNATURE);

	raise_to(&e->eax, KVM_CPUID_FEATURES);
	/* Twelve bytes, EBX, ECX, EDX: not in the order of a vendor. */
	memcpy(&e->ebx, "KVMK", 4);
	memcpy(&e->ecx, "VMKV", 4);
	memcpy(&e->edx, "M\0\0\0", 4);

	e = get(tab, KVM_CPUID_FEATURES);
	if (realtime)
		e->edx |= 1U << KVM_HINTS_REALTIME;
}

enum kt_status kt_cpuid_make(const struct kvm_cpuid_entry2 *host, size_t nr,
			     const struct kt_cpuid_config *config,
			     unsigned int cpu,
			     struct kvm_cpuid_entry2 out[KT_CPUID_MAX],
			     size_t *nr_out, struct kt_error *err)
{
	struct table tab = {
		.entry = out,
		.t = &config->topology,
		.at = kt_topology_place(&config->topology, cpu),
	};

	if (!find(host, nr, LEAF_MAX) || !find(host, nr, LEAF_FEATURES))
		return kt_fail(err, KT_DATA,
			       "KVM does not say which CPU a guest can have");
	for (size_t i = 0; i < nr; i++)
		if (!is_ours(host[i].function))
			*add(&tab, host[i].function) = host[i];

	set_identity(&tab);
	raise_to(&get(&tab, LEAF_MAX)->eax, LEAF_TOPOLOGY);
	set_features(&tab, config);
	add(&tab, LEAF_PMU);
	add_topology(&tab, LEAF_TOPOLOGY);
	if (get(&tab, LEAF_MAX)->eax >= LEAF_TOPOLOGY_V2)
		add_topology(&tab, LEAF_TOPOLOGY_V2);
	add_caches(&tab, host, nr);
	if (tab.amd) {
		raise_to(&get(&tab, LEAF_EXT_MAX)->eax, LEAF_AMD_PLACE);
		set_amd(&tab);
	} else if (find(host, nr, LEAF_AMD_SIZES)) {
		get(&tab, LEAF_AMD_SIZES)->ecx = 0;
	}
	set_kvm(&tab, config->realtime);

	if (tab.full)
		return kt_fail(err, KT_DATA,
			       "KVM tells more than %d CPUID leaves",
			       KT_CPUID_MAX);
	*nr_out = tab.nr;
	return KT_OK;
}
