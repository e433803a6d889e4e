/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/layout.h - where things are in the kvm engine's machine
 *
 * Guest-physical addresses, I/O ports and interrupts of an x86 machine that
 * was never a PC: what its kernel must find is told by boot_params and ACPI
 * (lib/vm/bootparams.h, lib/vm/acpi.h), what it probes for is where it always
 * was.
 *
 *	0x00000500	descriptor table
 *	0x00007000	boot_params
 *	0x00008ff0	first stack, growing down
 *	0x00009000	page tables: 1 + 1 + 4 pages, the first 4 GiB as they are
 *	0x00020000	kernel command line
 *	0x0009fc00	end of low RAM
 *	0x000e0000	ACPI, the RSDP first
 *	0x00100000	RAM; the kernel is where its ELF headers say
 *	   ...		the initrd ends at the end of this RAM
 *	0xc0000000	devices; RAM goes on at 0x100000000
 *
 * The first slot of RAM is backed from 0 to its end, the hole between 640 KiB
 * and 1 MiB too: ACPI lies in it.
 */
#ifndef KT_VM_LAYOUT_H
#define KT_VM_LAYOUT_H

#include <stdint.h>

#define KT_GPA_GDT UINT64_C(0x500)
#define KT_GPA_BOOT_PARAMS UINT64_C(0x7000)
#define KT_GPA_STACK UINT64_C(0x8ff0)
#define KT_GPA_PAGE_TABLES UINT64_C(0x9000)
#define KT_GPA_CMDLINE UINT64_C(0x20000)
#define KT_GPA_LOW_END UINT64_C(0x9fc00)
#define KT_GPA_ACPI UINT64_C(0xe0000)
#define KT_GPA_HIGH UINT64_C(0x100000)
#define KT_GPA_HOLE UINT64_C(0xc0000000)
#define KT_GPA_ABOVE UINT64_C(0x100000000)

#define KT_ACPI_BYTES ((size_t)(KT_GPA_HIGH - KT_GPA_ACPI))

/* In the hole. The last two are KVM's own (api.rst 4.53, 4.41). */
#define KT_GPA_VIRTIO UINT64_C(0xc0000000)
#define KT_VIRTIO_BYTES UINT64_C(0x1000)
#define KT_GPA_IOAPIC UINT64_C(0xfec00000)
#define KT_GPA_LAPIC UINT64_C(0xfee00000)
#define KT_GPA_KVM_TSS UINT64_C(0xfffbd000)	 /* 3 pages */
#define KT_GPA_KVM_IDENTITY UINT64_C(0xfffc0000) /* 1 page */

/* I/O ports. A port that is not here reads as all ones. */
#define KT_PORT_COM2 0x2f8
#define KT_PORT_COM1 0x3f8
#define KT_PORT_UART_BYTES 8
/*
 * The keyboard controller, or what is left of it: 0 is always read, and a
 * write of KT_RESET_VALUE resets the machine. It is the reset register of
 * ACPI too.
 */
#define KT_PORT_I8042_DATA 0x60
#define KT_PORT_RESET 0x64
#define KT_RESET_VALUE 0xfe
/* ACPI's power management, lib/vm/pm.h; the guest powers itself off there. */
#define KT_PORT_PM 0x600

/* Interrupts: lines of the ISA bus and of the IOAPIC alike; all are edges. */
#define KT_IRQ_COM2 3
#define KT_IRQ_COM1 4
#define KT_IRQ_VIRTIO 5
#define KT_IRQ_SCI 9 /* ACPI wants one; nothing raises it */

#endif
