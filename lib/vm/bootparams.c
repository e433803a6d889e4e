// SPDX-License-Identifier: GPL-2.0-only
/* bootparams - what a Linux kernel must find when it is entered */
#include "lib/vm/bootparams.h"

#include <string.h>

#include "lib/vm/cmdline.h"

#define PAGE UINT64_C(0x1000)
#define MIB(bytes) ((unsigned long long)(((bytes) + 0xfffff) >> 20))

/* E820, as the BIOS call numbers it. */
#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define E820_BYTES 20

/* Offsets in boot_params (zero-page.rst; from 0x1f1 on, boot.rst). */
#define EXT_RAMDISK_IMAGE 0x0c0
#define ACPI_RSDP_ADDR 0x070
#define E820_ENTRIES 0x1e8
#define BOOT_FLAG 0x1fe
#define HEADER 0x202
#define VERSION 0x206
#define TYPE_OF_LOADER 0x210
#define LOADFLAGS 0x211
#define RAMDISK_IMAGE 0x218
#define RAMDISK_SIZE 0x21c
#define CMD_LINE_PTR 0x228
#define XLOADFLAGS 0x236
#define E820_TABLE 0x2d0

/* Descriptors (Intel SDM volume 3, 3.4.5), at the selectors of boot.rst. */
#define SEL_CODE 0x10
#define SEL_DATA 0x18
#define SEL_TSS 0x20
#define GDT_BYTES (SEL_TSS + 16) /* of a TSS the descriptor is twice as long */
#define TSS_LIMIT 0x67

#define CR0_PE (1U << 0)
#define CR0_PG (1U << 31)
#define CR4_PAE (1U << 5)
#define EFER_LME (1U << 8)
#define EFER_LMA (1U << 10)

#define PTE_TABLE 3U	/* present, writable */
#define PTE_LARGE 0x83U /* and 2 MiB */
#define NR_DIRECTORIES 4

static void put(unsigned char *p, uint64_t val, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(val >> (8 * i));
}

size_t kt_boot_ram(uint64_t memory_bytes,
		   struct kt_boot_range out[KT_BOOT_MAX_RAM])
{
	if (memory_bytes <= KT_GPA_HOLE) {
		out[0] = (struct kt_boot_range){ 0, memory_bytes };
		return 1;
	}
	out[0] = (struct kt_boot_range){ 0, KT_GPA_HOLE };
	out[1] = (struct kt_boot_range){ KT_GPA_ABOVE,
					 memory_bytes - KT_GPA_HOLE };
	return 2;
}

size_t kt_boot_e820(uint64_t memory_bytes,
		    struct kt_boot_e820 out[KT_BOOT_MAX_E820])
{
	struct kt_boot_range ram[KT_BOOT_MAX_RAM];
	const size_t nr_ram = kt_boot_ram(memory_bytes, ram);
	size_t nr = 0;

	out[nr++] = (struct kt_boot_e820){ 0, KT_GPA_LOW_END, E820_RAM };
	out[nr++] = (struct kt_boot_e820){ KT_GPA_LOW_END,
					   KT_GPA_ACPI - KT_GPA_LOW_END,
					   E820_RESERVED };
	out[nr++] =
		(struct kt_boot_e820){ KT_GPA_ACPI, KT_ACPI_BYTES, E820_ACPI };
	out[nr++] =
		(struct kt_boot_e820){ KT_GPA_HIGH, ram[0].bytes - KT_GPA_HIGH,
				       E820_RAM };
	if (nr_ram > 1)
		out[nr++] = (struct kt_boot_e820){ ram[1].gpa, ram[1].bytes,
						   E820_RAM };
	return nr;
}

enum kt_status kt_boot_place_initrd(uint64_t memory_bytes, uint64_t kernel_end,
				    uint64_t initrd_bytes, uint64_t *gpa,
				    struct kt_error *err)
{
	struct kt_boot_range ram[KT_BOOT_MAX_RAM];
	const size_t nr = kt_boot_ram(memory_bytes, ram);

	if (initrd_bytes <= memory_bytes && kernel_end <= KT_GPA_HOLE) {
		const uint64_t bytes = (initrd_bytes + PAGE - 1) & -PAGE;
		const uint64_t above = kernel_end + PAGE - 1;
		const uint64_t low_end = ram[0].bytes & -PAGE;

		if (above < low_end && bytes <= low_end - (above & -PAGE)) {
			*gpa = low_end - bytes;
			return KT_OK;
		}
		if (nr > 1 && bytes <= (ram[1].bytes & -PAGE)) {
			*gpa = ram[1].gpa + (ram[1].bytes & -PAGE) - bytes;
			return KT_OK;
		}
	}
	return kt_hint(err,
		       kt_fail(err, KT_USAGE,
			       "%llu MiB of memory have no room for an initrd "
			       "of %llu MiB behind a kernel that ends at %llu "
			       "MiB",
			       MIB(memory_bytes), MIB(initrd_bytes),
			       MIB(kernel_end)),
		       "give it more with --memory-mb");
}

static void write_gdt(unsigned char *low)
{
	unsigned char *gdt = low + KT_GPA_GDT;

	/* Flat; 64-bit code, data, and a busy TSS that nobody uses. */
	put(gdt + SEL_CODE, UINT64_C(0x00af9b000000ffff), 8);
	put(gdt + SEL_DATA, UINT64_C(0x00cf93000000ffff), 8);
	put(gdt + SEL_TSS, UINT64_C(0x00008b0000000000) | TSS_LIMIT, 8);
}

/* Four levels, 2 MiB a page. */
static void write_page_tables(unsigned char *low)
{
	const uint64_t pml4 = KT_GPA_PAGE_TABLES;
	const uint64_t pdpt = pml4 + PAGE;
	const uint64_t dirs = pdpt + PAGE;

	put(low + pml4, pdpt | PTE_TABLE, 8);
	for (uint64_t i = 0; i < NR_DIRECTORIES; i++)
		put(low + pdpt + i * 8, (dirs + i * PAGE) | PTE_TABLE, 8);
	for (uint64_t i = 0; i < NR_DIRECTORIES * UINT64_C(512); i++)
		put(low + dirs + i * 8, i << 21 | PTE_LARGE, 8);
}

static void write_params(const struct kt_boot *boot, unsigned char *low)
{
	unsigned char *zero = low + KT_GPA_BOOT_PARAMS;
	struct kt_boot_e820 e820[KT_BOOT_MAX_E820];
	const size_t nr = kt_boot_e820(boot->memory_bytes, e820);

	put(zero + ACPI_RSDP_ADDR, KT_GPA_ACPI, 8);
	put(zero + BOOT_FLAG, 0xaa55, 2);
	memcpy(zero + HEADER, "HdrS", 4);
	put(zero + VERSION, 0x20f, 2);
	zero[TYPE_OF_LOADER] = 0xff;  /* none that has a number */
	zero[LOADFLAGS] = 1;	      /* loaded high */
	put(zero + XLOADFLAGS, 1, 2); /* there is a 64-bit entry */
	put(zero + CMD_LINE_PTR, KT_GPA_CMDLINE, 4);
	if (boot->initrd_bytes) {
		put(zero + RAMDISK_IMAGE, boot->initrd_gpa, 4);
		put(zero + RAMDISK_SIZE, boot->initrd_bytes, 4);
		/* The upper halves: image, then size. */
		put(zero + EXT_RAMDISK_IMAGE, boot->initrd_gpa >> 32, 4);
		put(zero + EXT_RAMDISK_IMAGE + 4, boot->initrd_bytes >> 32, 4);
	}
	zero[E820_ENTRIES] = (unsigned char)nr;
	for (size_t i = 0; i < nr; i++) {
		unsigned char *e = zero + E820_TABLE + i * E820_BYTES;

		put(e, e820[i].gpa, 8);
		put(e + 8, e820[i].bytes, 8);
		put(e + 16, e820[i].type, 4);
	}
}

enum kt_status kt_boot_write(const struct kt_boot *boot, unsigned char *low,
			     struct kt_error *err)
{
	const size_t len = strlen(boot->cmdline);

	if (len > KT_CMDLINE_MAX)
		return kt_fail(err, KT_USAGE,
			       "the kernel's command line has %zu bytes, and "
			       "its limit is %d",
			       len, KT_CMDLINE_MAX);
	write_gdt(low);
	write_params(boot, low);
	write_page_tables(low);
	memcpy(low + KT_GPA_CMDLINE, boot->cmdline, len + 1);
	return KT_OK;
}

void kt_boot_regs(uint64_t entry, struct kt_boot_regs *out)
{
	*out = (struct kt_boot_regs){
		.rip = entry,
		.rsp = KT_GPA_STACK,
		.rbp = KT_GPA_STACK,
		.rsi = KT_GPA_BOOT_PARAMS,
		.rflags = 2, /* a bit that is always set; interrupts are off */
		.cr0 = CR0_PE | CR0_PG,
		.cr3 = KT_GPA_PAGE_TABLES,
		.cr4 = CR4_PAE,
		.efer = EFER_LME | EFER_LMA,
		.gdt_base = KT_GPA_GDT,
		.gdt_limit = GDT_BYTES - 1,
		.cs = { .limit = UINT32_MAX,
			.selector = SEL_CODE,
			.type = 0xb,
			.present = 1,
			.s = 1,
			.l = 1,
			.g = 1 },
		.data = { .limit = UINT32_MAX,
			  .selector = SEL_DATA,
			  .type = 3,
			  .present = 1,
			  .db = 1,
			  .s = 1,
			  .g = 1 },
		.tr = { .limit = TSS_LIMIT,
			.selector = SEL_TSS,
			.type = 0xb,
			.present = 1 },
	};
}
