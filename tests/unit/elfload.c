// SPDX-License-Identifier: GPL-2.0-only
/*
 * elfload: kernels are loaded where they say, and nothing else is
 *
 * "elfload FILE" prints the plan of a real one: entry, then a line a segment of
 * address, offset, size in the file, size in memory.
 */
#include "lib/vm/elfload.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/layout.h"
#include "tests/unit/tap.h"

#define MIB UINT64_C(0x100000)
#define NR 4

/* A kernel of 3 KiB: text, data, a .bss, and a note. */
struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[NR];
	unsigned char body[3072];
};
#define BODY offsetof(struct image, body)

static void fill(struct image *k)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->eh.e_ident, ELFMAG, SELFMAG);
	k->eh.e_ident[EI_CLASS] = ELFCLASS64;
	k->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	k->eh.e_type = ET_EXEC;
	k->eh.e_machine = EM_X86_64;
	k->eh.e_entry = 0x1000123;
	k->eh.e_phoff = offsetof(struct image, ph);
	k->eh.e_phentsize = sizeof(k->ph[0]);
	k->eh.e_phnum = NR;
	/* Not in the order of addresses. */
	k->ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_paddr = 18 * MIB,
				 .p_offset = BODY + 2048,
				 .p_filesz = 1000,
				 .p_memsz = 2 * MIB };
	k->ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_paddr = 16 * MIB,
				 .p_vaddr = UINT64_C(0xffffffff81000000),
				 .p_offset = BODY,
				 .p_filesz = 1024,
				 .p_memsz = 1024 };
	k->ph[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_paddr = 17 * MIB,
				 .p_offset = BODY + 1024,
				 .p_filesz = 1024,
				 .p_memsz = MIB };
	k->ph[3] = (Elf64_Phdr){ .p_type = PT_NOTE,
				 .p_paddr = 1,
				 .p_offset = 1,
				 .p_filesz = UINT64_MAX };
	for (size_t i = 0; i < sizeof(k->body); i++)
		k->body[i] = (unsigned char)(i * 7 + 1);
}

static int temporary(const void *data, size_t len)
{
	char name[] = "/tmp/ktstr-elfload.XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);
	struct kt_error err;

	if (fd < 0 || unlink(name) || kt_fd_write(fd, data, len, name, &err))
		abort();
	return fd;
}

static void test_good(void)
{
	const uint64_t ram_bytes = 20 * MIB;
	unsigned char *ram = calloc(1, ram_bytes);
	struct kt_elf_plan p = { 0 };
	struct kt_error err = { 0 };
	struct image k;

	fill(&k);
	int fd KT_CLEANUP(kt_closep) = temporary(&k, sizeof(k));

	if (!ok(ram && !kt_elf_plan(fd, "k", &p, &err), "a kernel is one"))
		return;
	ok(p.entry == 0x1000123 && p.start == 16 * MIB && p.end == 20 * MIB &&
		   p.nr == 3,
	   "its entry and bounds are right");
	ok(p.segment[0].gpa == 16 * MIB && p.segment[1].gpa == 17 * MIB &&
		   p.segment[2].gpa == 18 * MIB,
	   "segments come in the order of addresses");
	ok(!kt_elf_load(fd, "k", &p, ram, ram_bytes, &err), "it is loaded");
	ok(!memcmp(ram + 16 * MIB, k.body, 1024) &&
		   !memcmp(ram + 17 * MIB, k.body + 1024, 1024) &&
		   !memcmp(ram + 18 * MIB, k.body + 2048, 1000),
	   "each segment to its place");
	ok(!ram[16 * MIB + 1024] && !ram[18 * MIB + 1000] && !ram[16 * MIB - 1],
	   "and nothing beside them");

	memset(ram, 0, ram_bytes);
	ok(kt_elf_load(fd, "k", &p, ram, ram_bytes - 1, &err) == KT_USAGE &&
		   !ram[16 * MIB] && strstr(err.hint, "--memory-mb"),
	   "too little memory is noticed before anything is written");
	ok(!ftruncate(fd, BODY + 100) &&
		   kt_elf_load(fd, "k", &p, ram, ram_bytes, &err) == KT_DATA,
	   "a file that has become shorter is noticed");
	free(ram);
}

#define EH(member) \
	offsetof(struct image, eh.member), sizeof(((Elf64_Ehdr *)0)->member)
#define PH(n, member) \
	offsetof(struct image, ph[n].member), sizeof(((Elf64_Phdr *)0)->member)

static void test_bad(void)
{
	static const struct {
		const char *what, *says;
		size_t at, len;
		uint64_t val;
	} cases[] = {
		{ "no magic", "is no uncompressed", 0, 1, 'x' },
		{ "32 bits", "is no uncompressed", EI_CLASS, 1, ELFCLASS32 },
		{ "big-endian", "is no uncompressed", EI_DATA, 1, ELFDATA2MSB },
		{ "of aarch64", "is no uncompressed", EH(e_machine),
		  EM_AARCH64 },
		{ "an object file", "is no uncompressed", EH(e_type), ET_REL },
		{ "no headers", "no program headers", EH(e_phnum), 0 },
		{ "too many headers", "no program headers", EH(e_phnum), 65 },
		{ "headers of another size", "no program headers",
		  EH(e_phentsize), 32 },
		{ "headers behind the end", "ends too soon", EH(e_phoff),
		  sizeof(struct image) - 8 },
		{ "headers far behind it", "ends too soon", EH(e_phoff),
		  UINT64_MAX - 16 },
		{ "an entry in .bss", "cannot be entered", EH(e_entry),
		  18 * MIB + 1000 },
		{ "an entry before all", "cannot be entered", EH(e_entry),
		  16 * MIB - 1 },
		{ "a virtual entry", "cannot be entered", EH(e_entry),
		  UINT64_C(0xffffffff81000123) },
		{ "a larger file than memory", "segment 1 is larger",
		  PH(1, p_filesz), 1025 },
		{ "a size beyond the file", "segment 0 is not in the file",
		  PH(0, p_filesz), 1025 },
		{ "an offset beyond the file", "segment 2 is not in the file",
		  PH(2, p_offset), UINT64_MAX },
		{ "an offset that wraps", "segment 2 is not in the file",
		  PH(2, p_offset), UINT64_MAX - 1023 },
		{ "low memory", "segment 1 lies outside", PH(1, p_paddr),
		  0x9000 },
		{ "among the devices", "segment 0 lies outside", PH(0, p_paddr),
		  0xbfffffff },
		{ "above the hole", "segment 0 lies outside", PH(0, p_paddr),
		  KT_GPA_ABOVE },
		{ "an address that wraps", "segment 0 lies outside",
		  PH(0, p_paddr), UINT64_MAX - 2 },
		{ "a size that wraps", "segment 0 lies outside", PH(0, p_memsz),
		  UINT64_MAX },
		{ "the same place twice", "segment 1 overlaps", PH(1, p_paddr),
		  18 * MIB },
		{ "an overlap by one", "segment 2 overlaps", PH(2, p_memsz),
		  MIB + 1 },
		{ "an overlap from below", "segment 2 overlaps", PH(2, p_paddr),
		  16 * MIB + 1023 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_elf_plan p = { .nr = 77 };
		struct kt_error err = { 0 };
		enum kt_status st;
		struct image k;

		fill(&k);
		memcpy((unsigned char *)&k + cases[i].at, &cases[i].val,
		       cases[i].len);
		int fd KT_CLEANUP(kt_closep) = temporary(&k, sizeof(k));

		st = kt_elf_plan(fd, "k", &p, &err);
		ok(st == KT_DATA && strstr(err.msg, cases[i].says) &&
			   p.nr == 77,
		   "refused: %s", cases[i].what);
		if (!strstr(err.msg, cases[i].says))
			printf("# got: %s\n", err.msg);
	}
}

/* Of every prefix of a kernel, only those with all segments are one. */
static void test_prefixes(void)
{
	size_t wrong = 0;
	struct image k;

	fill(&k);
	for (size_t len = 0; len < sizeof(k); len += len < BODY ? 1 : 97) {
		int fd KT_CLEANUP(kt_closep) = temporary(&k, len);
		struct kt_elf_plan p;
		struct kt_error err;
		const bool whole = len >= BODY + 3048;

		wrong += (kt_elf_plan(fd, "k", &p, &err) == KT_OK) != whole;
	}
	ok(!wrong, "a kernel that is cut short is refused");
}

static void test_many_segments(void)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[KT_ELF_MAX_SEGMENTS + 1];
	} k = { 0 };
	struct kt_elf_plan p;
	struct kt_error err = { 0 };
	struct image one;

	fill(&one);
	k.eh = one.eh;
	k.eh.e_phnum = KT_ELF_MAX_SEGMENTS;
	k.eh.e_entry = 16 * MIB;
	for (unsigned int i = 0; i <= KT_ELF_MAX_SEGMENTS; i++)
		k.ph[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_paddr = (16 + i) * MIB,
					.p_filesz = 1,
					.p_memsz = MIB };
	int most KT_CLEANUP(kt_closep) = temporary(&k, sizeof(k));

	k.eh.e_phnum++;
	int more KT_CLEANUP(kt_closep) = temporary(&k, sizeof(k));

	ok(!kt_elf_plan(most, "k", &p, &err) && p.nr == KT_ELF_MAX_SEGMENTS,
	   "%d segments that touch are fine", KT_ELF_MAX_SEGMENTS);
	ok(kt_elf_plan(more, "k", &p, &err) == KT_DATA &&
		   strstr(err.msg, "one too many"),
	   "one more is too many");
}

static int show(const char *path)
{
	int fd KT_CLEANUP(kt_closep) = open(path, O_RDONLY | O_CLOEXEC);
	struct kt_elf_plan p;
	struct kt_error err;

	if (fd < 0 || kt_elf_plan(fd, path, &p, &err)) {
		fprintf(stderr, "elfload: %s\n", fd < 0 ? path : err.msg);
		return 1;
	}
	printf("0x%llx\n", (unsigned long long)p.entry);
	for (size_t i = 0; i < p.nr; i++)
		printf("0x%llx 0x%llx 0x%llx 0x%llx\n",
		       (unsigned long long)p.segment[i].gpa,
		       (unsigned long long)p.segment[i].offset,
		       (unsigned long long)p.segment[i].file_bytes,
		       (unsigned long long)p.segment[i].mem_bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return show(argv[1]);
	test_good();
	test_bad();
	test_prefixes();
	test_many_segments();
	return tap_end();
}
