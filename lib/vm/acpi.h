/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/acpi.h - ACPI tables (specification 6.3) of the kvm engine's machine
 *
 * RSDP, XSDT, FADT with FACS and DSDT, MADT, SRAT, SLIT. CPUs, their nodes, and
 * the interrupt controllers are found by these tables alone.
 *
 * Reset and power-off are told apart: the FADT's reset register is port
 * KT_PORT_RESET, where "reboot=k" and the end of a panic write too; power-off
 * is the PM1a control register of lib/vm/pm.h with the type that \_S5 names.
 * The hardware is not "reduced": Linux would leave out the ISA interrupts, and
 * the UARTs with them.
 *
 * The virtio device is in the DSDT (LNRO0005), not on the kernel's command
 * line: distributions build VIRTIO_MMIO, but seldom
 * VIRTIO_MMIO_CMDLINE_DEVICES; and no word is left over where there is none.
 */
#ifndef KT_VM_ACPI_H
#define KT_VM_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/vm/bootparams.h"
#include "lib/vm/topology.h"

/*
 * Node @node's part of the memory of such a machine: 1 or 2 ranges, for the
 * hole may lie in it. Equal shares, in whole 2 MiB if they are so large, else
 * in pages; the last node has what is left over too. Together the nodes have
 * all of kt_boot_ram(), in ascending order. Returns how many ranges.
 */
#define KT_NODE_MAX_RANGES 2
size_t kt_acpi_node_ram(const struct kt_topology *t, uint64_t memory_bytes,
			unsigned int node,
			struct kt_boot_range out[KT_NODE_MAX_RANGES]);

/*
 * IRQ n of the ISA bus is pin n of the IOAPIC, the timer's too: that is how KVM
 * routes them if it is not told otherwise.
 *
 * Write the tables of such a machine, which go to KT_GPA_ACPI, to @out; what
 * they do not fill of it is zero. The RSDP comes first.
 *
 * CPUs whose APIC id is above 254 are there as x2APICs. KT_SKIP: the tables are
 * more than KT_ACPI_BYTES; the message names the topology. @out is then
 * untouched.
 */
enum kt_status kt_acpi_write(const struct kt_topology *t, uint64_t memory_bytes,
			     unsigned char *out,
			     struct kt_error *err) KT_MUST_CHECK;

#endif
