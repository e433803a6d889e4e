// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi: from the RSDP on, everything is found, adds up, and is the machine
 *
 * "acpi DIR S,C,T MIB" writes each table of such a machine to a file in DIR,
 * for a disassembler to read.
 */
#include "lib/vm/acpi.h"

#include <stdlib.h>

#include "lib/options.h"
#include "lib/vm/layout.h"
#include "lib/vm/pm.h"
#include "tests/unit/tap.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define MAX_TABLES 8

struct acpi {
	unsigned char mem[0x20000];
	struct {
		const unsigned char *p;
		size_t len;
	} table[MAX_TABLES];
	size_t nr;
};

static uint64_t get(const unsigned char *p, int bytes)
{
	uint64_t val = 0;

	for (int i = 0; i < bytes; i++)
		val |= (uint64_t)p[i] << (8 * i);
	return val;
}

static bool adds_up(const unsigned char *p, size_t len)
{
	unsigned char sum = 0;

	while (len--)
		sum = (unsigned char)(sum + *p++);
	return !sum;
}

/* Take in the table at @gpa; false if it is none, or damaged. */
static bool take(struct acpi *a, uint64_t gpa)
{
	const unsigned char *p = a->mem + (gpa - KT_GPA_ACPI);
	uint64_t len;

	if (gpa < KT_GPA_ACPI || gpa > KT_GPA_HIGH - 36 || gpa & 7 ||
	    a->nr == MAX_TABLES)
		return false;
	len = get(p + 4, 4);
	if (len < 36 || len > KT_GPA_HIGH - gpa)
		return false;
	a->table[a->nr].p = p;
	a->table[a->nr++].len = len;
	return !memcmp(p, "FACS", 4) || adds_up(p, len);
}

static const unsigned char *table(const struct acpi *a, const char *signature,
				  size_t *len)
{
	for (size_t i = 0; i < a->nr; i++)
		if (!memcmp(a->table[i].p, signature, 4)) {
			*len = a->table[i].len;
			return a->table[i].p;
		}
	return NULL;
}

/* Follow all pointers, as an operating system does. */
static bool walk(struct acpi *a)
{
	const unsigned char *rsdp = a->mem, *xsdt, *fadt;
	size_t len;

	if (memcmp(rsdp, "RSD PTR ", 8) || !adds_up(rsdp, 20) ||
	    !adds_up(rsdp, 36) || get(rsdp + 33, 3) || rsdp[15] != 2 ||
	    get(rsdp + 20, 4) != 36 || !take(a, get(rsdp + 24, 8)))
		return false;
	xsdt = table(a, "XSDT", &len);
	if (!xsdt)
		return false;
	for (size_t at = 36; at < len; at += 8)
		if (!take(a, get(xsdt + at, 8)))
			return false;
	fadt = table(a, "FACP", &len);
	return fadt && len == 276 && get(fadt + 40, 4) == get(fadt + 140, 8) &&
	       take(a, get(fadt + 40, 4)) && take(a, get(fadt + 36, 4));
}

static bool make(struct acpi *a, const struct kt_topology *t, uint64_t memory)
{
	struct kt_error err = { 0 };

	memset(a, 0, sizeof(*a));
	return ok(!kt_acpi_write(t, memory, a->mem, &err) && walk(a) &&
			  a->nr == 7,
		  "%u,%u,%u with %llu MiB: tables that lead to one another",
		  t->sockets, t->cores, t->threads,
		  (unsigned long long)(memory / MIB));
}

/* The CPUs of the MADT, in order, are those of the topology. */
static bool madt_is_right(const struct acpi *a, const struct kt_topology *t)
{
	size_t len, at = 44;
	const unsigned char *p = table(a, "APIC", &len);
	unsigned int cpus = 0, ioapics = 0, nmis = 0, overrides = 0;

	if (!p || get(p + 36, 4) != KT_GPA_LAPIC || get(p + 40, 4) != 1)
		return false;
	for (; at + 2 <= len && p[at + 1]; at += p[at + 1]) {
		const unsigned char *e = p + at;
		const bool x2 = e[0] == 9;

		if (e[0] == 0 || x2) {
			const uint64_t id = x2 ? get(e + 4, 4) : e[3];
			const uint64_t uid = x2 ? get(e + 12, 4) : e[2];

			if (e[1] != (x2 ? 16 : 8) || x2 != (id >= 255) ||
			    get(e + (x2 ? 8 : 4), 4) != 1 || uid != cpus ||
			    id != kt_topology_place(t, cpus).apic_id)
				return false;
			cpus++;
		}
		ioapics += e[0] == 1 && e[1] == 12 &&
			   get(e + 4, 4) == KT_GPA_IOAPIC && !get(e + 8, 4);
		overrides += e[0] == 2 && e[1] == 10 && e[3] == KT_IRQ_SCI &&
			     get(e + 4, 4) == KT_IRQ_SCI;
		nmis += (e[0] == 4 && e[1] == 6 && e[2] == 0xff && e[5] == 1) ||
			(e[0] == 0xa && e[1] == 12 && e[8] == 1 &&
			 get(e + 4, 4) == UINT32_MAX);
	}
	return at == len && cpus == kt_topology_cpus(t) && ioapics == 1 &&
	       overrides == 1 &&
	       nmis == 1U + (kt_topology_max_apic_id(t) >= 255);
}

/* The CPUs of the SRAT are in the nodes of their sockets. */
static bool srat_cpus_are_right(const struct acpi *a,
				const struct kt_topology *t)
{
	size_t len, at = 48;
	const unsigned char *p = table(a, "SRAT", &len);
	unsigned int cpus = 0;

	if (!p || get(p + 36, 4) != 1)
		return false;
	for (; at + 2 <= len && p[at + 1]; at += p[at + 1]) {
		const struct kt_topology_place cpu = kt_topology_place(t, cpus);
		const unsigned char *e = p + at;

		if (e[0] == 0) {
			if (e[1] != 16 || e[3] != cpu.apic_id ||
			    (e[2] | get(e + 9, 3) << 8) != cpu.socket ||
			    get(e + 4, 4) != 1)
				return false;
			cpus++;
		} else if (e[0] == 2) {
			if (e[1] != 24 || get(e + 8, 4) != cpu.apic_id ||
			    get(e + 4, 4) != cpu.socket || get(e + 12, 4) != 1)
				return false;
			cpus++;
		}
	}
	return at == len && cpus == kt_topology_cpus(t);
}

/* Each node's memory, in ascending order, is the memory. */
static bool srat_memory_is_right(const struct acpi *a,
				 const struct kt_topology *t, uint64_t memory)
{
	const uint64_t align = memory / t->sockets < 2 * MIB ? 0x1000 : 2 * MIB;
	size_t len, at = 48;
	const unsigned char *p = table(a, "SRAT", &len);
	uint64_t sum = 0, end = 0, node = 0;

	if (!p)
		return false;
	for (; at + 2 <= len && p[at + 1]; at += p[at + 1]) {
		const unsigned char *e = p + at;
		const uint64_t base = get(e + 8, 8), bytes = get(e + 16, 8);

		if (e[0] != 1)
			continue;
		if (e[1] != 40 || get(e + 28, 4) != 1 || !bytes)
			return false;
		/* The same node again (behind the hole), or the next. */
		if (get(e + 2, 4) != node && get(e + 2, 4) != ++node)
			return false;
		if (base != (end == KT_GPA_HOLE ? KT_GPA_ABOVE : end) ||
		    base % align)
			return false;
		sum += bytes;
		end = base + bytes;
		if (base < KT_GPA_ABOVE && end > KT_GPA_HOLE)
			return false;
	}
	return sum == memory && node == t->sockets - 1;
}

static bool slit_is_right(const struct acpi *a, const struct kt_topology *t)
{
	size_t len;
	const unsigned char *p = table(a, "SLIT", &len);
	const uint64_t n = t->sockets;

	if (!p || get(p + 36, 8) != n || len != 44 + n * n)
		return false;
	for (uint64_t i = 0; i < n * n; i++)
		if (p[44 + i] != (i / n == i % n ? 10 : 20))
			return false;
	return true;
}

static void test_machines(void)
{
	static const struct kt_topology topologies[] = {
		{ 1, 1, 1 },   { 1, 2, 1 },  { 2, 2, 1 },   { 1, 2, 2 },
		{ 3, 3, 1 },   { 1, 3, 2 },  { 5, 3, 1 },   { 2, 4, 2 },
		{ 15, 8, 2 },  { 14, 9, 2 }, { 255, 1, 1 }, { 1, 512, 1 },
		{ 300, 1, 1 },
	};
	static const uint64_t sizes_mib[] = { 128,  256,  3071, 3072,
					      3073, 4096, 6144 };
	static struct acpi a;

	for (size_t i = 0; i < sizeof(topologies) / sizeof(topologies[0]); i++)
		for (size_t j = 0; j < sizeof(sizes_mib) / sizeof(*sizes_mib);
		     j++) {
			const struct kt_topology *t = &topologies[i];
			const uint64_t memory = sizes_mib[j] * MIB;

			if (!make(&a, t, memory))
				continue;
			ok(madt_is_right(&a, t), "MADT: each CPU once");
			ok(srat_cpus_are_right(&a, t), "SRAT: its node");
			ok(srat_memory_is_right(&a, t, memory),
			   "SRAT: all of the memory");
			ok(slit_is_right(&a, t), "SLIT: near and far");
		}
}

static void test_node_ram(void)
{
	static const struct {
		struct kt_topology t;
		uint64_t mib;
		unsigned int node;
		struct kt_boot_range r[2]; /* in MiB */
	} cases[] = {
		{ { 1, 1, 1 }, 256, 0, { { 0, 256 } } },
		{ { 1, 1, 1 }, 4096, 0, { { 0, 3072 }, { 4096, 1024 } } },
		{ { 2, 1, 1 }, 3071, 0, { { 0, 1534 } } },
		{ { 2, 1, 1 }, 3071, 1, { { 1534, 1537 } } },
		{ { 2, 1, 1 }, 6144, 0, { { 0, 3072 } } },
		{ { 2, 1, 1 }, 6144, 1, { { 4096, 3072 } } },
		{ { 3, 1, 1 }, 6144, 1, { { 2048, 1024 }, { 4096, 1024 } } },
		{ { 3, 1, 1 }, 6144, 2, { { 5120, 2048 } } },
		{ { 128, 1, 1 }, 128, 3, { { 3, 1 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_boot_range r[KT_NODE_MAX_RANGES];
		const size_t nr = kt_acpi_node_ram(
			&cases[i].t, cases[i].mib * MIB, cases[i].node, r);
		bool good = nr == (cases[i].r[1].bytes ? 2 : 1);

		for (size_t j = 0; good && j < nr; j++)
			good = r[j].gpa == cases[i].r[j].gpa * MIB &&
			       r[j].bytes == cases[i].r[j].bytes * MIB;
		ok(good, "node %u of %u with %d MiB", cases[i].node,
		   cases[i].t.sockets, (int)cases[i].mib);
	}
}

static bool has(const unsigned char *p, size_t len, const char *bytes,
		size_t nr)
{
	return memmem(p, len, bytes, nr) != NULL;
}

static void test_power(void)
{
	const struct kt_topology t = { 1, 1, 1 };
	static struct acpi a;
	const unsigned char *p;
	size_t len = 0;

	if (!make(&a, &t, 256 * MIB))
		return;
	p = table(&a, "FACP", &len);
	same_u64(get(p + 112, 4) >> 20 & 1, 0, "hardware is not reduced");
	same_u64(get(p + 112, 4) >> 10 & 1, 1, "there is a reset register");
	ok(p[116] == 1 && get(p + 120, 8) == KT_PORT_RESET &&
		   p[128] == KT_RESET_VALUE,
	   "which is the keyboard controller's");
	ok(get(p + 56, 4) == KT_PORT_PM && p[88] == 4 &&
		   get(p + 152, 8) == KT_PORT_PM,
	   "the event block, twice the same");
	ok(get(p + 64, 4) == KT_PORT_PM + 4 && p[89] == 2 &&
		   get(p + 176, 8) == KT_PORT_PM + 4,
	   "the control block, twice the same");
	same_u64(get(p + 48, 4), 0, "no way into or out of ACPI mode");
	same_u64(get(p + 76, 4), 0, "no timer");

	p = table(&a, "DSDT", &len);
	ok(has(p, len, "_S5_\x12", 5), "the DSDT has \\_S5");
	ok(has(p, len, "\x0dLNRO0005", 10), "and the virtio device");
	p = table(&a, "FACS", &len);
	ok(len == 64 && !((p - a.mem) & 63), "FACS is where it must be");
}

static void test_too_large(void)
{
	const struct kt_topology t = { 512, 1, 1 };
	static unsigned char mem[0x20000];
	struct kt_error err = { 0 };

	mem[0] = 7;
	ok(kt_acpi_write(&t, GIB, mem, &err) == KT_SKIP &&
		   strstr(err.msg, "512,1,1"),
	   "512 nodes are too many, and the message says so");
	same_u64(mem[0], 7, "nothing is written then");
}

static int dump(const char *dir, const char *topology, const char *mib)
{
	static struct acpi a;
	struct kt_topology t;
	struct kt_error err;
	uint64_t n;

	if (kt_topology_parse(topology, &t, &err) ||
	    kt_parse_u64(mib, 1, 1 << 20, "MIB", &n, &err) ||
	    kt_acpi_write(&t, n * MIB, a.mem, &err)) {
		fprintf(stderr, "acpi: %s\n", err.msg);
		return 1;
	}
	if (!walk(&a))
		return 1;
	for (size_t i = 0; i < a.nr; i++) {
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%.4s.dat", dir,
			 (const char *)a.table[i].p);
		f = fopen(path, "we");
		if (!f || fwrite(a.table[i].p, a.table[i].len, 1, f) != 1 ||
		    fclose(f))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return dump(argv[1], argv[2], argv[3]);
	test_machines();
	test_node_ram();
	test_power();
	test_too_large();
	return tap_end();
}
