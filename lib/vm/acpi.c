// SPDX-License-Identifier: GPL-2.0-only
/* acpi - ACPI tables of the kvm engine's machine; "5.2" is a section of them */
#include "lib/vm/acpi.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/vm/layout.h"
#include "lib/vm/pm.h"

#define PAGE UINT64_C(0x1000)
#define SHARE UINT64_C(0x200000)

#define HEADER_BYTES 36
#define RSDP_BYTES 36
#define FACS_BYTES 64
#define FADT_BYTES 276

/* An APIC id that does not fit into a byte, or means everybody there. */
#define IS_X2APIC(id) ((id) >= 255)

/* What the XSDT leads to. */
enum {
	FADT,
	MADT,
	SRAT,
	SLIT,
	NR_TABLES,
};

static void put(unsigned char *p, uint64_t val, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(val >> (8 * i));
}

static void add(struct kt_buf *b, uint64_t val, int bytes)
{
	unsigned char le[8];

	put(le, val, bytes);
	kt_buf_add(b, le, (size_t)bytes);
}

static void add_zeros(struct kt_buf *b, size_t nr)
{
	while (nr--)
		kt_buf_addc(b, '\0');
}

static unsigned char *at(struct kt_buf *b, size_t offset)
{
	return (unsigned char *)b->data + offset;
}

static uint64_t gpa(size_t offset)
{
	return KT_GPA_ACPI + offset;
}

/* So that the sum of all bytes is 0. */
static unsigned char checksum(const unsigned char *p, size_t len)
{
	unsigned char sum = 0;

	while (len--)
		sum = (unsigned char)(sum + *p++);
	return (unsigned char)-sum;
}

/* 5.2.6; returns where it begins. */
static size_t begin(struct kt_buf *b, const char *signature, unsigned char rev)
{
	size_t start;

	add_zeros(b, -b->len & 63);
	start = b->len;
	kt_buf_add(b, signature, 4);
	add(b, 0, 4); /* length */
	add(b, rev, 1);
	add(b, 0, 1); /* checksum */
	kt_buf_add(b, "KTSTR\0KTSTRVM\0", 14);
	add(b, 1, 4);
	kt_buf_add(b, "KTST", 4);
	add(b, 1, 4);
	return start;
}

static void end(struct kt_buf *b, size_t start)
{
	const size_t len = b->len - start;

	put(at(b, start + 4), len, 4);
	*at(b, start + 9) = checksum(at(b, start), len);
}

/* 5.2.10. Nothing of it is used, but ACPICA would miss it. */
static size_t add_facs(struct kt_buf *b)
{
	size_t start;

	add_zeros(b, -b->len & 63);
	start = b->len;
	kt_buf_add(b, "FACS", 4);
	add(b, FACS_BYTES, 4);
	add_zeros(b, FACS_BYTES - 8);
	*at(b, start + 32) = 2; /* version */
	return start;
}

/* A length in AML (20.2.4) of two bytes, which counts itself. */
static void put_aml_length(struct kt_buf *b, size_t where)
{
	const size_t len = b->len - where;

	*at(b, where) = (unsigned char)(0x40 | (len & 0xf));
	*at(b, where + 1) = (unsigned char)(len >> 4);
}

static size_t add_aml_length(struct kt_buf *b)
{
	add(b, 0, 2);
	return b->len - 2;
}

static void add_aml_name(struct kt_buf *b, const char *name)
{
	kt_buf_addc(b, 0x08);
	kt_buf_add(b, name, 4);
}

/* _CRS: 6.4.3.4 (fixed memory), 6.4.3.6 (interrupt), 6.4.2.9 (end). */
static void add_virtio_resources(struct kt_buf *b)
{
	size_t buffer;

	add_aml_name(b, "_CRS");
	kt_buf_addc(b, 0x11); /* Buffer */
	buffer = add_aml_length(b);
	kt_buf_add(b, "\x0a\x17", 2); /* of 23 bytes */
	kt_buf_add(b, "\x86\x09\x00\x01", 4);
	add(b, KT_GPA_VIRTIO, 4);
	add(b, KT_VIRTIO_BYTES, 4);
	/* Consumed; by its edge, active high, not shared; one of them. */
	kt_buf_add(b, "\x89\x06\x00\x03\x01", 5);
	add(b, KT_IRQ_VIRTIO, 4);
	kt_buf_add(b, "\x79\x00", 2);
	put_aml_length(b, buffer);
}

/*
 *	Name (\_S5, Package () { 5, 0, 0, 0 })
 *	Device (\_SB.VCON) {
 *		Name (_HID, "LNRO0005")
 *		Name (_UID, 0)
 *		Name (_CRS, ResourceTemplate () { ... })
 *	}
 */
static size_t add_dsdt(struct kt_buf *b)
{
	const size_t start = begin(b, "DSDT", 2);
	size_t length;

	add_aml_name(b, "_S5_");
	kt_buf_addc(b, 0x12); /* Package */
	length = add_aml_length(b);
	kt_buf_add(b, "\x04\x0a", 2);
	kt_buf_addc(b, KT_PM_SLEEP_OFF);
	add_zeros(b, 3);
	put_aml_length(b, length);

	kt_buf_add(b, "\x5b\x82", 2); /* Device */
	length = add_aml_length(b);
	kt_buf_adds(b, "\\._SB_VCON");
	add_aml_name(b, "_HID");
	kt_buf_add(b, "\x0dLNRO0005", sizeof("\x0dLNRO0005"));
	add_aml_name(b, "_UID");
	kt_buf_addc(b, 0);
	add_virtio_resources(b);
	put_aml_length(b, length);
	end(b, start);
	return start;
}

/* A register in I/O space as the FADT has it (5.2.3.2). */
static void put_register(unsigned char *p, unsigned int port, int bytes,
			 unsigned char access)
{
	p[0] = 1;
	p[1] = (unsigned char)(bytes * 8);
	p[3] = access;
	put(p + 4, port, 8);
}

/* 5.2.9 */
static size_t add_fadt(struct kt_buf *b, size_t facs, size_t dsdt)
{
	const size_t start = begin(b, "FACP", 6);
	unsigned char *p;

	add_zeros(b, FADT_BYTES - HEADER_BYTES);
	p = at(b, start);
	put(p + 36, gpa(facs), 4);
	put(p + 40, gpa(dsdt), 4);
	put(p + 46, KT_IRQ_SCI, 2);
	put(p + 56, KT_PORT_PM, 4);
	put(p + 64, KT_PORT_PM + KT_PM_EVENT_BYTES, 4);
	p[88] = KT_PM_EVENT_BYTES;
	p[89] = KT_PM_CONTROL_BYTES;
	put(p + 96, 0xfff, 2); /* no C2, no C3 */
	put(p + 98, 0xffff, 2);
	/* ISA devices, but neither keyboard, VGA nor clock. */
	put(p + 109, 1U << 0 | 1U << 2 | 1U << 5, 2);
	/* WBINVD; no buttons; a reset register. */
	put(p + 112, 1U << 0 | 1U << 4 | 1U << 5 | 1U << 10, 4);
	put_register(p + 116, KT_PORT_RESET, 1, 1);
	p[128] = KT_RESET_VALUE;
	p[131] = 3; /* 6.3 */
	put(p + 140, gpa(dsdt), 8);
	put_register(p + 148, KT_PORT_PM, KT_PM_EVENT_BYTES, 0);
	put_register(p + 172, KT_PORT_PM + KT_PM_EVENT_BYTES,
		     KT_PM_CONTROL_BYTES, 0);
	end(b, start);
	return start;
}

/* 5.2.12.2 and 5.2.12.12 */
static void add_cpu(struct kt_buf *b, unsigned int cpu, unsigned int id)
{
	if (IS_X2APIC(id)) {
		add(b, 9 | 16 << 8, 4);
		add(b, id, 4);
		add(b, 1, 4); /* enabled */
		add(b, cpu, 4);
	} else {
		add(b, 0 | 8 << 8, 2);
		add(b, cpu, 1);
		add(b, id, 1);
		add(b, 1, 4);
	}
}

/* 5.2.12.7 and 5.2.12.13: the NMI is at LINT1 of every CPU. */
static void add_nmi(struct kt_buf *b, bool x2apic)
{
	if (x2apic) {
		add(b, 0xa | 12 << 8, 4);
		add(b, UINT32_MAX, 4);
		add(b, 1, 4);
	} else {
		add(b, 4 | 6 << 8, 2);
		add(b, 0xff, 1);
		add(b, 0, 2);
		add(b, 1, 1);
	}
}

/* 5.2.12 */
static size_t add_madt(struct kt_buf *b, const struct kt_topology *t)
{
	const size_t start = begin(b, "APIC", 5);

	add(b, KT_GPA_LAPIC, 4);
	add(b, 1, 4); /* there are 8259s too */
	for (unsigned int i = 0; i < kt_topology_cpus(t); i++)
		add_cpu(b, i, kt_topology_place(t, i).apic_id);
	add(b, 1 | 12 << 8, 4); /* IOAPIC 0 */
	add(b, KT_GPA_IOAPIC, 4);
	add(b, 0, 4);
	/* By its level, active high, as 5.2.12.5 wants it said. */
	add(b, 2 | 10 << 8, 3);
	add(b, KT_IRQ_SCI, 1);
	add(b, KT_IRQ_SCI, 4);
	add(b, 0xd, 2);
	add_nmi(b, false);
	if (IS_X2APIC(kt_topology_max_apic_id(t)))
		add_nmi(b, true);
	end(b, start);
	return start;
}

/* 5.2.16.1 and 5.2.16.3 */
static void add_cpu_node(struct kt_buf *b, unsigned int id, unsigned int node)
{
	if (IS_X2APIC(id)) {
		add(b, 2 | 24 << 8, 4);
		add(b, node, 4);
		add(b, id, 4);
		add(b, 1, 4); /* enabled */
		add_zeros(b, 8);
	} else {
		add(b, 0 | 16 << 8, 2);
		add(b, node & 0xff, 1);
		add(b, id, 1);
		add(b, 1, 4);
		add(b, 0, 1);
		add(b, node >> 8, 3);
		add(b, 0, 4);
	}
}

size_t kt_acpi_node_ram(const struct kt_topology *t, uint64_t memory_bytes,
			unsigned int node,
			struct kt_boot_range out[KT_NODE_MAX_RANGES])
{
	uint64_t share = memory_bytes / t->sockets, from, to;
	size_t nr = 0;

	share -= share % (share < SHARE ? PAGE : SHARE);
	from = share * node;
	to = node == t->sockets - 1 ? memory_bytes : from + share;
	if (from < KT_GPA_HOLE) {
		const uint64_t low = to < KT_GPA_HOLE ? to : KT_GPA_HOLE;

		out[nr++] = (struct kt_boot_range){ from, low - from };
		from = low;
	}
	if (from < to)
		out[nr++] = (struct kt_boot_range){
			from - KT_GPA_HOLE + KT_GPA_ABOVE, to - from
		};
	return nr;
}

/* 5.2.16 */
static size_t add_srat(struct kt_buf *b, const struct kt_topology *t,
		       uint64_t memory_bytes)
{
	const size_t start = begin(b, "SRAT", 3);

	add(b, 1, 4);
	add_zeros(b, 8);
	for (unsigned int i = 0; i < kt_topology_cpus(t); i++) {
		const struct kt_topology_place cpu = kt_topology_place(t, i);

		add_cpu_node(b, cpu.apic_id, cpu.socket);
	}
	for (unsigned int node = 0; node < t->sockets; node++) {
		struct kt_boot_range r[KT_NODE_MAX_RANGES];
		const size_t nr = kt_acpi_node_ram(t, memory_bytes, node, r);

		/* 5.2.16.2 */
		for (size_t i = 0; i < nr; i++) {
			add(b, 1 | 40 << 8, 2);
			add(b, node, 4);
			add(b, 0, 2);
			add(b, r[i].gpa, 8);
			add(b, r[i].bytes, 8);
			add(b, 0, 4);
			add(b, 1, 4); /* enabled */
			add(b, 0, 8);
		}
	}
	end(b, start);
	return start;
}

/* 5.2.17 */
static size_t add_slit(struct kt_buf *b, const struct kt_topology *t)
{
	const size_t start = begin(b, "SLIT", 1);

	add(b, t->sockets, 8);
	for (unsigned int from = 0; from < t->sockets; from++)
		for (unsigned int to = 0; to < t->sockets; to++)
			add(b, from == to ? 10 : 20, 1);
	end(b, start);
	return start;
}

/* 5.2.8, and the RSDP (5.2.5.3) that leads to it. */
static void add_roots(struct kt_buf *b, const size_t tables[NR_TABLES])
{
	const size_t start = begin(b, "XSDT", 1);
	unsigned char *p;

	for (int i = 0; i < NR_TABLES; i++)
		add(b, gpa(tables[i]), 8);
	end(b, start);

	p = at(b, 0);
	memcpy(p, "RSD PTR ", 8);
	memcpy(p + 9, "KTSTR", 5);
	p[15] = 2;
	put(p + 20, RSDP_BYTES, 4);
	put(p + 24, gpa(start), 8);
	p[8] = checksum(p, 20);
	p[32] = checksum(p, RSDP_BYTES);
}

enum kt_status kt_acpi_write(const struct kt_topology *topology,
			     uint64_t memory_bytes, unsigned char *out,
			     struct kt_error *err)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	size_t tables[NR_TABLES], facs, dsdt;

	add_zeros(&b, RSDP_BYTES);
	facs = add_facs(&b);
	dsdt = add_dsdt(&b);
	tables[FADT] = add_fadt(&b, facs, dsdt);
	tables[MADT] = add_madt(&b, topology);
	tables[SRAT] = add_srat(&b, topology, memory_bytes);
	tables[SLIT] = add_slit(&b, topology);
	add_roots(&b, tables);
	if (b.len > KT_ACPI_BYTES)
		return kt_fail(err, KT_SKIP,
			       "topology %u,%u,%u needs %zu bytes of ACPI "
			       "tables, and there is room for %zu",
			       topology->sockets, topology->cores,
			       topology->threads, b.len, KT_ACPI_BYTES);
	memset(out, 0, KT_ACPI_BYTES);
	memcpy(out, b.data, b.len);
	return KT_OK;
}
