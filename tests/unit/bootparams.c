// SPDX-License-Identifier: GPL-2.0-only
/* bootparams: nothing of the memory is lost, and the kernel finds all of it */
#include "lib/vm/bootparams.h"

#include <stdlib.h>

#include "lib/vm/cmdline.h"
#include "tests/unit/tap.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static uint64_t get(const unsigned char *p, int bytes)
{
	uint64_t val = 0;

	for (int i = 0; i < bytes; i++)
		val |= (uint64_t)p[i] << (8 * i);
	return val;
}

static const uint64_t sizes_mib[] = { 2,    128,  256,	3071, 3072,
				      3073, 4095, 4096, 6144, 1 << 20 };
#define NR_SIZES (sizeof(sizes_mib) / sizeof(sizes_mib[0]))

static void test_ram(void)
{
	static const struct {
		uint64_t mib, low, high;
	} cases[] = {
		{ 256, 256, 0 },   { 3071, 3071, 0 },	 { 3072, 3072, 0 },
		{ 3073, 3072, 1 }, { 4096, 3072, 1024 }, { 6144, 3072, 3072 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_boot_range r[KT_BOOT_MAX_RAM];
		const size_t nr = kt_boot_ram(cases[i].mib * MIB, r);

		ok(nr == (cases[i].high ? 2 : 1) && !r[0].gpa &&
			   r[0].bytes == cases[i].low * MIB,
		   "%d MiB: %d of them below the hole", (int)cases[i].mib,
		   (int)cases[i].low);
		if (cases[i].high)
			ok(r[1].gpa == 4 * GIB &&
				   r[1].bytes == cases[i].high * MIB,
			   "and %d from 4 GiB", (int)cases[i].high);
	}
}

static void test_e820(void)
{
	for (size_t i = 0; i < NR_SIZES; i++) {
		struct kt_boot_e820 e[KT_BOOT_MAX_E820];
		const size_t nr = kt_boot_e820(sizes_mib[i] * MIB, e);
		uint64_t ram = 0, end = 0;
		bool sorted = true, holes = true;

		for (size_t j = 0; j < nr; j++) {
			sorted &= e[j].gpa >= end && e[j].bytes;
			end = e[j].gpa + e[j].bytes;
			if (e[j].type != 1)
				continue;
			ram += e[j].bytes;
			holes &= (end <= KT_GPA_LOW_END ||
				  e[j].gpa >= KT_GPA_HIGH) &&
				 (end <= KT_GPA_HOLE ||
				  e[j].gpa >= KT_GPA_ABOVE);
		}
		ok(nr <= KT_BOOT_MAX_E820 && sorted,
		   "%d MiB: a map in order, without overlaps",
		   (int)sizes_mib[i]);
		ok(holes, "RAM is neither below 1 MiB nor among the devices");
		same_u64(ram + KT_GPA_HIGH - KT_GPA_LOW_END, sizes_mib[i] * MIB,
			 "and all of it is there");
	}
}

static void test_initrd(void)
{
	static const struct {
		const char *what;
		uint64_t memory, kernel_end, bytes, gpa; /* gpa 0: no room */
	} cases[] = {
		{ "at the end", 256 * MIB, 40 * MIB, MIB, 255 * MIB },
		{ "in whole pages", 256 * MIB, 40 * MIB, 1,
		  256 * MIB - 0x1000 },
		{ "right behind the kernel", 64 * MIB, 40 * MIB, 24 * MIB,
		  40 * MIB },
		{ "not in it", 64 * MIB, 40 * MIB + 1, 24 * MIB, 0 },
		{ "not half outside", 64 * MIB, 40 * MIB, 24 * MIB + 1, 0 },
		{ "below the hole", 6 * GIB, 40 * MIB, GIB, 2 * GIB },
		{ "above it, if it is large", 8 * GIB, 40 * MIB, 3 * GIB,
		  6 * GIB },
		{ "nowhere, if it is larger", 6 * GIB, 40 * MIB, 4 * GIB, 0 },
		{ "larger than memory", 256 * MIB, 40 * MIB, 257 * MIB, 0 },
		{ "larger than anything", 6 * GIB, 40 * MIB, UINT64_MAX, 0 },
		{ "a kernel that ends nowhere", 2 * GIB, UINT64_MAX, MIB, 0 },
		{ "a kernel that ends with memory", 64 * MIB, 64 * MIB, 1, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_error err = { 0 };
		uint64_t gpa = 7;
		const enum kt_status st = kt_boot_place_initrd(
			cases[i].memory, cases[i].kernel_end, cases[i].bytes,
			&gpa, &err);

		ok(st == (cases[i].gpa ? KT_OK : KT_USAGE), "an initrd: %s",
		   cases[i].what);
		same_u64(gpa, cases[i].gpa ? cases[i].gpa : 7, "its place");
		if (st)
			ok(strstr(err.hint, "--memory-mb") != NULL,
			   "the hint names the option");
	}
}

/* Where an address leads, by the tables at CR3; UINT64_MAX: nowhere. */
static uint64_t walk(const unsigned char *low, uint64_t cr3, uint64_t addr)
{
	uint64_t table = cr3;

	for (int shift = 39; shift >= 21; shift -= 9) {
		const uint64_t e =
			get(low + table + (addr >> shift & 511) * 8, 8);

		if ((e & 3) != 3)
			return UINT64_MAX;
		table = e & UINT64_C(0x000ffffffffff000);
		if (e & 0x80)
			return shift == 21 ? table | (addr & 0x1fffff) :
					     UINT64_MAX;
		if (table >= KT_GPA_HIGH)
			return UINT64_MAX;
	}
	return UINT64_MAX;
}

static void test_page_tables(const unsigned char *low)
{
	static const uint64_t in[] = {
		0,	 0x7000, KT_GPA_CMDLINE, 16 * MIB,
		GIB - 1, GIB,	 3 * GIB + 17,	 4 * GIB - 1,
	};
	static const uint64_t out[] = { 4 * GIB, 512 * GIB,
					UINT64_C(0xffffffff81000000) };
	struct kt_boot_regs r;

	kt_boot_regs(0x1000123, &r);
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		same_u64(walk(low, r.cr3, in[i]), in[i],
			 "an address leads to itself");
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		same_u64(walk(low, r.cr3, out[i]), UINT64_MAX,
			 "one outside leads nowhere");
}

/* What the CPU would load for the selector of @s is what @s says. */
static void test_segment(const unsigned char *low, const struct kt_boot_regs *r,
			 const struct kt_boot_segment *s, const char *name)
{
	const uint64_t d = get(low + r->gdt_base + s->selector, 8);
	uint32_t limit = (d & 0xffff) | (d >> 32 & 0xf0000);

	if (d >> 55 & 1)
		limit = limit << 12 | 0xfff;
	ok(s->selector + 7 <= r->gdt_limit && !(s->selector & 7),
	   "%s is in the table", name);
	ok(limit == s->limit && (d >> 40 & 0xf) == s->type &&
		   (d >> 44 & 1) == s->s && (d >> 45 & 3) == s->dpl &&
		   (d >> 47 & 1) == s->present && (d >> 53 & 1) == s->l &&
		   (d >> 54 & 1) == s->db && (d >> 55 & 1) == s->g && !s->base,
	   "and is what the table says");
}

static void test_regs(const unsigned char *low)
{
	struct kt_boot_regs r;

	kt_boot_regs(0x1000123, &r);
	same_u64(r.rip, 0x1000123, "RIP is the entry");
	same_u64(r.rsi, KT_GPA_BOOT_PARAMS, "RSI is boot_params");
	same_u64(r.cr0, 0x80000001, "CR0: protection and paging");
	same_u64(r.cr4, 0x20, "CR4: PAE");
	same_u64(r.efer, 0x500, "EFER: long mode");
	same_u64(r.rflags, 2, "interrupts are off");
	ok(r.cs.selector == 0x10 && r.data.selector == 0x18,
	   "__BOOT_CS and __BOOT_DS");
	ok(r.cs.l && !r.cs.db, "64-bit code");
	test_segment(low, &r, &r.cs, "CS");
	test_segment(low, &r, &r.data, "DS");
	test_segment(low, &r, &r.tr, "TR");
}

static void test_params(const unsigned char *low, const struct kt_boot *boot)
{
	const unsigned char *z = low + KT_GPA_BOOT_PARAMS;
	struct kt_boot_e820 e[KT_BOOT_MAX_E820];
	const size_t nr = kt_boot_e820(boot->memory_bytes, e);
	bool same = true;

	same_u64(get(z + 0x1fe, 2), 0xaa55, "boot_flag");
	same_u64(get(z + 0x202, 4), 0x53726448, "header");
	same_u64(z[0x210], 0xff, "type_of_loader");
	same_u64(z[0x211] & 1, 1, "LOADED_HIGH");
	same_u64(z[0x1ef], 0, "the sentinel is clear");
	same_u64(get(z + 0x218, 4) | get(z + 0x0c0, 4) << 32, boot->initrd_gpa,
		 "ramdisk_image");
	same_u64(get(z + 0x21c, 4) | get(z + 0x0c4, 4) << 32,
		 boot->initrd_bytes, "ramdisk_size");
	same_u64(get(z + 0x070, 8), KT_GPA_ACPI, "acpi_rsdp_addr");
	same_str((const char *)low + get(z + 0x228, 4), boot->cmdline,
		 "cmd_line_ptr leads to the command line");
	same_u64(z[0x1e8], nr, "e820_entries");
	for (size_t i = 0; i < nr; i++) {
		const unsigned char *p = z + 0x2d0 + i * 20;

		same &= get(p, 8) == e[i].gpa && get(p + 8, 8) == e[i].bytes &&
			get(p + 16, 4) == e[i].type;
	}
	ok(same, "e820_table is the map");
}

static void test_write(void)
{
	const struct kt_boot with = {
		.memory_bytes = 16 * GIB,
		.initrd_gpa = 6 * GIB,
		.initrd_bytes = 5 * GIB - 5,
		.cmdline = "console=ttyS0",
	};
	const struct kt_boot without = { .memory_bytes = 256 * MIB,
					 .initrd_gpa = 0,
					 .cmdline = "" };
	unsigned char *low = calloc(1, KT_GPA_HIGH);
	struct kt_error err;

	if (!ok(low && !kt_boot_write(&with, low, &err), "all is written"))
		return;
	test_params(low, &with);
	test_page_tables(low);
	test_regs(low);
	memset(low, 0, KT_GPA_HIGH);
	ok(!kt_boot_write(&without, low, &err), "without an initrd too");
	test_params(low, &without);
	free(low);
}

static void test_long_cmdline(void)
{
	unsigned char *low = calloc(1, KT_GPA_HIGH);
	char line[KT_CMDLINE_MAX + 2];
	const struct kt_boot boot = { .memory_bytes = 256 * MIB,
				      .cmdline = line };
	struct kt_error err = { 0 };

	memset(line, 'x', sizeof(line));
	line[KT_CMDLINE_MAX + 1] = '\0';
	ok(low && kt_boot_write(&boot, low, &err) == KT_USAGE &&
		   strstr(err.msg, "2048 bytes"),
	   "a command line of 2048 bytes is refused, with its length");
	line[KT_CMDLINE_MAX] = '\0';
	ok(low && !kt_boot_write(&boot, low, &err), "one less is taken");
	free(low);
}

int main(void)
{
	test_ram();
	test_e820();
	test_initrd();
	test_write();
	test_long_cmdline();
	return tap_end();
}
