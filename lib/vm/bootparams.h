/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/bootparams.h - what a Linux kernel must find when it is entered
 *
 * In 64-bit mode, by the 64-bit boot protocol
 * (Documentation/arch/x86/boot.rst): boot_params with the memory map, the
 * command line, the initrd; a descriptor table; page tables that map the first
 * 4 GiB to themselves; registers. Nothing here knows KVM.
 */
#ifndef KT_VM_BOOTPARAMS_H
#define KT_VM_BOOTPARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/vm/layout.h"

struct kt_boot_range {
	uint64_t gpa, bytes;
};

/*
 * Where @memory_bytes of RAM (more than KT_GPA_HIGH) lie: [0, KT_GPA_HOLE) at
 * most, and the rest from KT_GPA_ABOVE. Returns how many ranges (1 or 2); these are the slots of KVM.
 */
#define KT_BOOT_MAX_RAM 2
size_t kt_boot_ram(uint64_t memory_bytes,
		   struct kt_boot_range out[KT_BOOT_MAX_RAM]);

/*
 * The same as the kernel is told, without what the slots back but the kernel
 * may not have: type is 1 for RAM, 2 for reserved, 3 for ACPI's tables, as the
 * BIOS call E820 has it. Ascending; returns how many.
 */
#define KT_BOOT_MAX_E820 5
struct kt_boot_e820 {
	uint64_t gpa, bytes;
	uint32_t type;
};
size_t kt_boot_e820(uint64_t memory_bytes,
		    struct kt_boot_e820 out[KT_BOOT_MAX_E820]);

/*
 * Find a place for an initrd: whole pages, at the end of the RAM below the
 * hole and above @kernel_end, which is behind the kernel's .bss; or, where it
 * does not fit there, at the end of the RAM above the hole. @initrd_bytes is
 * not 0. (The limit initrd_addr_max is that of a bzImage's own decompressor.)
 *
 * KT_USAGE: there is too little memory; the message has the sizes.
 */
enum kt_status kt_boot_place_initrd(uint64_t memory_bytes, uint64_t kernel_end,
				    uint64_t initrd_bytes, uint64_t *gpa,
				    struct kt_error *err) KT_MUST_CHECK;

struct kt_boot {
	uint64_t memory_bytes;
	uint64_t initrd_gpa, initrd_bytes; /* 0 bytes: none */
	const char *cmdline;
};

/*
 * Write descriptor table, boot_params, page tables and command line to @low,
 * the guest's memory from 0, of which there are at least KT_GPA_HIGH bytes,
 * all zero before. The setup header is made up, for an ELF kernel has none.
 *
 * KT_USAGE: the command line is longer than lib/vm/cmdline.h's KT_CMDLINE_MAX.
 */
enum kt_status kt_boot_write(const struct kt_boot *boot, unsigned char *low,
			     struct kt_error *err) KT_MUST_CHECK;

/* A segment register and its descriptor; the fields are kvm_segment's. */
struct kt_boot_segment {
	uint64_t base;
	uint32_t limit;
	uint16_t selector;
	uint8_t type, present, dpl, db, s, l, g, avl;
};

/*
 * Of the first CPU; the others wait for INIT and SIPI as they come out of
 * reset. Registers that are not named are 0. idt_limit 0: any exception before
 * the kernel has its own table is a triple fault.
 */
struct kt_boot_regs {
	uint64_t rip, rsp, rbp, rsi, rflags;
	uint64_t cr0, cr3, cr4, efer;
	uint64_t gdt_base, idt_base;
	uint16_t gdt_limit, idt_limit;
	struct kt_boot_segment cs, data, tr; /* data: ds, es, fs, gs, ss */
};

/* As boot.rst demands them, for a kernel whose 64-bit entry is at @entry. */
void kt_boot_regs(uint64_t entry, struct kt_boot_regs *out);

#endif
