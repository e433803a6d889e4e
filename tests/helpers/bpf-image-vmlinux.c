// SPDX-License-Identifier: GPL-2.0-only
/* bpf-image-vmlinux - a kernel's file: its types, its symbols, and the ELF */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/btf.h>

#include "tests/helpers/bpf-image.h"

/* Add those members of struct @name whose number modulo @of is @rest. */
static void add_fields(struct btf *btf, unsigned int layout, const char *name,
		       const int ids[], int of, int rest)
{
	for (int i = 0; i < NR_MEMBERS; i++) {
		const struct image_member *m = &image_members[i];

		if (!strcmp(m->type, name) && i % of == rest)
			btf__add_field(btf, m->name, ids[i], m->at[layout] * 8,
				       0);
	}
}

/* Layout 1 has every second member in an unnamed struct in an unnamed union. */
static void add_struct(struct btf *btf, unsigned int layout, const char *name,
		       const int ids[])
{
	int inner, outer;

	if (!layout) {
		btf__add_struct(btf, name, 4096);
		add_fields(btf, layout, name, ids, 1, 0);
		return;
	}
	inner = btf__add_struct(btf, NULL, 4096);
	add_fields(btf, layout, name, ids, 2, 1);
	outer = btf__add_union(btf, NULL, 4096);
	btf__add_field(btf, NULL, inner, 0, 0);
	btf__add_struct(btf, name, 4096);
	btf__add_field(btf, NULL, outer, 0, 0);
	add_fields(btf, layout, name, ids, 2, 0);
}

const void *image_types(const struct image_how *how, uint32_t *bytes,
			uint32_t *ops, struct btf **out)
{
	struct btf *btf = btf__new_empty();
	const int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	const int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	const int u64 = btf__add_int(btf, "unsigned long", 8, 0);
	const int ptr = btf__add_ptr(btf, 0);
	const int name16 = btf__add_array(btf, u64, u8, 16);
	const int tag = btf__add_array(btf, u64, u8, 8);
	const int slots =
		btf__add_array(btf, u64, ptr, how->chunk_bits == 4 ? 16 : 64);
	const int name128 = btf__add_array(btf, u64, u8, 128);
	const int local = btf__add_struct(btf, NULL, 8);
	int ids[NR_MEMBERS], xarray, counter, hdr;

	btf__add_field(btf, "v", u64, 0, 0);
	counter = btf__add_typedef(btf, "u64_stats_t", local);
	hdr = btf__add_struct(btf, "btf_header", sizeof(struct btf_header));
	btf__add_field(btf, "str_len", u32,
		       offsetof(struct btf_header, str_len) * 8, 0);
	for (int i = 0; i < NR_MEMBERS; i++) {
		const uint32_t n = image_members[i].bytes;

		ids[i] = n == 1 ? u8 : n == 4 ? u32 : n == 16 ? name16 : ptr;
	}
	ids[M_PROG_TAG] = tag;
	ids[M_NODE_SLOTS] = slots;
	ids[M_BTF_HDR] = hdr;
	ids[M_AUX_LOADED] = u64;
	ids[M_STATS_CNT] = ids[M_STATS_NSECS] = ids[M_STATS_MISSES] = counter;
	add_struct(btf, how->layout, "bpf_prog", ids);
	add_struct(btf, how->layout, "bpf_prog_aux", ids);
	add_struct(btf, how->layout, "bpf_prog_stats", ids);
	add_struct(btf, how->layout, "xa_node", ids);
	add_struct(btf, how->layout, "btf", ids);
	xarray = btf__add_struct(btf, "xarray", 16);
	btf__add_field(btf, "xa_head", ptr,
		       image_members[M_XA_HEAD].at[how->layout] * 8, 0);
	btf__add_struct(btf, "idr", 24);
	btf__add_field(btf, "idr_rt", xarray, 0, 0);
	btf__add_field(btf, "idr_base", u32, 16 * 8, 0);
	*ops = (uint32_t)btf__add_struct(btf, "sched_ext_ops", 256);
	btf__add_field(btf, "select_cpu", ptr, 0, 0);
	btf__add_field(btf, "enqueue", ptr, 64, 0);
	btf__add_field(btf, "name", name128, 128, 0);
	btf__add_enum(btf, "scx_ops_enable_state", 4);
	btf__add_enum_value(btf, "SCX_OPS_ENABLING", 0);
	btf__add_enum_value(btf, "SCX_OPS_ENABLED", 1);
	*out = btf;
	return btf__raw_data(btf, bytes);
}

struct symbol {
	const char *name;
	uint64_t at, bytes;
};

static const struct symbol symbols[] = {
	{ "phys_base", AT_PHYS_BASE, 8 },
	{ "page_offset_base", AT_PAGE_OFFSET, 8 },
	{ "__pgtable_l5_enabled", AT_L5, 4 },
	{ "nr_cpu_ids", AT_NR_CPUS, 4 },
	{ "prog_idr.llvm.17", AT_IDR, 24 },
	{ "btf_vmlinux", AT_BTF_VMLINUX, 8 },
	{ "__cpu_possible_mask", AT_POSSIBLE, IMAGE_MAX_CPUS / 8 },
	{ "__per_cpu_offset", AT_PER_CPU, IMAGE_MAX_CPUS * 8 },
	{ "scx_ops", AT_SCX_OPS, 256 },
	{ "scx_ops_enable_state_var", AT_SCX_STATE, 4 },
	{ "scx_enable_seq", AT_SCX_SEQ, 8 },
	{ "init_top_pgt", AT_PGT, 4096 },
};

#define NR_SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

/* All symbols but @without: how many there are, the first, of nothing, too. */
static size_t add_symbols(Elf64_Sym *syms, char *strings, const char *without)
{
	size_t len = 1, nr = 1;

	for (size_t i = 0; i < NR_SYMBOLS; i++) {
		const struct symbol *s = &symbols[i];

		if (without && !strncmp(s->name, without, strlen(without)))
			continue;
		syms[nr++] = (Elf64_Sym){
			.st_name = (Elf64_Word)len,
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
			.st_shndx = SHN_ABS,
			.st_value = IMAGE_MAP + IMAGE_2M + s->at,
			.st_size = s->bytes,
		};
		memcpy(strings + len, s->name, strlen(s->name));
		len += strlen(s->name) + 1;
	}
	return nr;
}

int image_vmlinux(const void *types, size_t bytes, const char *without)
{
	static const char names[] = "\0.BTF\0.symtab\0.strtab";
	Elf64_Sym syms[NR_SYMBOLS + 1] = { 0 };
	char strings[1024] = { 0 };
	const size_t nr = add_symbols(syms, strings, without);
	const int fd = memfd_create("vmlinux", MFD_CLOEXEC);
	Elf64_Ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = 1,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 5,
		.e_shstrndx = 4,
	};
	Elf64_Shdr sh[5] = { 0 };
	uint64_t off = sizeof(ehdr);

	sh[1] = (Elf64_Shdr){ .sh_name = 1,
			      .sh_type = SHT_PROGBITS,
			      .sh_offset = off,
			      .sh_size = bytes,
			      .sh_addralign = 1 };
	off += (bytes + 7) / 8 * 8;
	sh[2] = (Elf64_Shdr){ .sh_name = 6,
			      .sh_type = SHT_SYMTAB,
			      .sh_offset = off,
			      .sh_size = nr * sizeof(*syms),
			      .sh_link = 3,
			      .sh_info = (Elf64_Word)nr,
			      .sh_entsize = sizeof(*syms),
			      .sh_addralign = 8 };
	off += sh[2].sh_size;
	sh[3] = (Elf64_Shdr){ .sh_name = 14,
			      .sh_type = SHT_STRTAB,
			      .sh_offset = off,
			      .sh_size = sizeof(strings),
			      .sh_addralign = 1 };
	off += sizeof(strings);
	sh[4] = (Elf64_Shdr){ .sh_name = 14,
			      .sh_type = SHT_STRTAB,
			      .sh_offset = off,
			      .sh_size = sizeof(names),
			      .sh_addralign = 1 };
	off += (sizeof(names) + 7) / 8 * 8;
	ehdr.e_shoff = off;
	if (!bytes)
		sh[1].sh_name = 0; /* no types */
	if (fd < 0 || pwrite(fd, &ehdr, sizeof(ehdr), 0) < 0 ||
	    pwrite(fd, types, bytes, (off_t)sh[1].sh_offset) < 0 ||
	    pwrite(fd, syms, sh[2].sh_size, (off_t)sh[2].sh_offset) < 0 ||
	    pwrite(fd, strings, sizeof(strings), (off_t)sh[3].sh_offset) < 0 ||
	    pwrite(fd, names, sizeof(names), (off_t)sh[4].sh_offset) < 0 ||
	    pwrite(fd, sh, sizeof(sh), (off_t)ehdr.e_shoff) < 0)
		abort();
	return fd;
}

enum kt_status image_open(int fd, struct kt_bpf_kernel **out,
			  struct kt_error *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return kt_bpf_kernel_open(path, out, err);
}

void image_kernel(struct image *im)
{
	struct btf *btf;
	struct kt_error err;
	uint32_t bytes;
	const void *types = image_types(&im->how, &bytes, &im->ops_type, &btf);
	const int fd = image_vmlinux(types, bytes, NULL);

	if (image_open(fd, &im->kernel, &err)) {
		fprintf(stderr, "the image: %s\n", err.msg);
		abort();
	}
	close(fd);
	btf__free(btf);
}
