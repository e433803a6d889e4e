// SPDX-License-Identifier: GPL-2.0-only
/* kernel - what is known of one kernel, from its vmlinux */
#include "lib/bpf/kernel.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bpf/programs.h"
#include "lib/fd.h"
#include "lib/xalloc.h"

struct symbol_name {
	const char *name;
	bool needed;
};

static const struct symbol_name symbol_names[KT_NR_SYMBOLS] = {
	[KT_S_PHYS_BASE] = { "phys_base", true },
	[KT_S_INIT_TOP_PGT] = { "init_top_pgt", true },
	[KT_S_PER_CPU_OFFSET] = { "__per_cpu_offset", true },
	[KT_S_PROG_IDR] = { "prog_idr", true },
	[KT_S_SWAPPER_PG_DIR] = { "swapper_pg_dir", false },
	[KT_S_PAGE_OFFSET_BASE] = { "page_offset_base", false },
	[KT_S_PGTABLE_L5_ENABLED] = { "__pgtable_l5_enabled", false },
	[KT_S_NR_CPU_IDS] = { "nr_cpu_ids", false },
	[KT_S_CPU_POSSIBLE_MASK] = { "__cpu_possible_mask", false },
	[KT_S_BTF_VMLINUX] = { "btf_vmlinux", false },
	[KT_S_SCX_OPS] = { "scx_ops", false },
	[KT_S_SCX_ROOT] = { "scx_root", false },
	[KT_S_SCX_STATE] = { "scx_enable_state_var", false },
	[KT_S_SCX_STATE_OLD] = { "scx_ops_enable_state_var", false },
	[KT_S_SCX_ENABLE_SEQ] = { "scx_enable_seq", false },
};

struct field_name {
	const char *type, *path;
	uint32_t bytes; /* that it must have; 0: any */
	bool needed;
};

static const struct field_name field_names[KT_NR_FIELDS] = {
	[KT_F_IDR_HEAD] = { "idr", "idr_rt.xa_head", 8, true },
	[KT_F_IDR_BASE] = { "idr", "idr_base", 4, false },
	[KT_F_PROG_TYPE] = { "bpf_prog", "type", 4, true },
	[KT_F_PROG_LEN] = { "bpf_prog", "len", 4, true },
	[KT_F_PROG_JITED_LEN] = { "bpf_prog", "jited_len", 4, true },
	[KT_F_PROG_TAG] = { "bpf_prog", "tag", KT_BPF_TAG_BYTES, true },
	[KT_F_PROG_ATTACH_TYPE] = { "bpf_prog", "expected_attach_type", 4,
				    false },
	[KT_F_PROG_STATS] = { "bpf_prog", "stats", 8, false },
	[KT_F_PROG_AUX] = { "bpf_prog", "aux", 8, true },
	[KT_F_AUX_ID] = { "bpf_prog_aux", "id", 4, true },
	[KT_F_AUX_PROG] = { "bpf_prog_aux", "prog", 8, true },
	[KT_F_AUX_NAME] = { "bpf_prog_aux", "name", KT_BPF_NAME_SIZE, true },
	[KT_F_AUX_LOAD_TIME] = { "bpf_prog_aux", "load_time", 8, true },
	[KT_F_AUX_VERIFIED_INSNS] = { "bpf_prog_aux", "verified_insns", 4,
				      false },
	[KT_F_AUX_FUNC] = { "bpf_prog_aux", "func", 8, false },
	[KT_F_AUX_FUNC_CNT] = { "bpf_prog_aux", "func_cnt", 4, false },
	[KT_F_AUX_ATTACH_BTF] = { "bpf_prog_aux", "attach_btf", 8, false },
	[KT_F_AUX_ATTACH_BTF_ID] = { "bpf_prog_aux", "attach_btf_id", 4,
				     false },
	[KT_F_AUX_BTF] = { "bpf_prog_aux", "btf", 8, false },
	[KT_F_AUX_FUNC_INFO] = { "bpf_prog_aux", "func_info", 8, false },
	[KT_F_AUX_FUNC_INFO_CNT] = { "bpf_prog_aux", "func_info_cnt", 4,
				     false },
	[KT_F_STATS_CNT] = { "bpf_prog_stats", "cnt", 8, false },
	[KT_F_STATS_NSECS] = { "bpf_prog_stats", "nsecs", 8, false },
	[KT_F_STATS_MISSES] = { "bpf_prog_stats", "misses", 8, false },
	[KT_F_BTF_TYPES] = { "btf", "types", 8, false },
	[KT_F_BTF_NR_TYPES] = { "btf", "nr_types", 4, false },
	[KT_F_BTF_STRINGS] = { "btf", "strings", 8, false },
	[KT_F_BTF_STR_LEN] = { "btf", "hdr.str_len", 4, false },
	[KT_F_BTF_BASE] = { "btf", "base_btf", 8, false },
	[KT_F_OPS_NAME] = { "sched_ext_ops", "name", 0, false },
	[KT_F_SCX_OPS] = { "scx_sched", "ops", 0, false },
};

bool kt_bpf_name_ok(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' &&
		    *name != '.')
			return false;
	return true;
}

void kt_bpf_kernel_free(struct kt_bpf_kernel *k)
{
	if (!k)
		return;
	kt_btf_free(k->btf);
	free(k);
}

void kt_bpf_kernel_freep(struct kt_bpf_kernel **k)
{
	kt_bpf_kernel_free(*k);
}

static enum kt_status find_symbols(struct kt_bpf_kernel *k,
				   const struct kt_kernel_elf *elf,
				   const char *path, struct kt_error *err)
{
	const char *names[KT_NR_SYMBOLS];

	for (int i = 0; i < KT_NR_SYMBOLS; i++)
		names[i] = symbol_names[i].name;
	kt_symbols_find(elf, names, KT_NR_SYMBOLS, k->sym);
	if (!k->sym[KT_S_INIT_TOP_PGT].found)
		k->sym[KT_S_INIT_TOP_PGT] = k->sym[KT_S_SWAPPER_PG_DIR];
	for (int i = 0; i < KT_NR_SYMBOLS; i++)
		if (symbol_names[i].needed && !k->sym[i].found)
			return kt_hint(
				err,
				kt_fail(err, KT_DATA,
					"\"%s\" has no symbol \"%s\"", path,
					names[i]),
				"use a vmlinux that has not been stripped, of "
				"a kernel with CONFIG_BPF_SYSCALL");
	k->where = (struct kt_kmem_symbols){
		.phys_base = k->sym[KT_S_PHYS_BASE],
		.init_top_pgt = k->sym[KT_S_INIT_TOP_PGT],
		.page_offset_base = k->sym[KT_S_PAGE_OFFSET_BASE],
		.pgtable_l5_enabled = k->sym[KT_S_PGTABLE_L5_ENABLED],
		.per_cpu_offset = k->sym[KT_S_PER_CPU_OFFSET],
		.nr_cpu_ids = k->sym[KT_S_NR_CPU_IDS],
		.cpu_possible_mask = k->sym[KT_S_CPU_POSSIBLE_MASK],
	};
	return KT_OK;
}

static enum kt_status bad_field(const struct field_name *f, const char *path,
				struct kt_error *err)
{
	return kt_hint(
		err,
		kt_fail(err, KT_DATA,
			"\"%s\": struct \"%s\" has no \"%s\" of %u bytes", path,
			f->type, f->path, f->bytes),
		"this kernel keeps its BPF programs in a way that is "
		"not known here");
}

static enum kt_status find_fields(struct kt_bpf_kernel *k, const char *path,
				  struct kt_error *err)
{
	for (int i = 0; i < KT_NR_FIELDS; i++) {
		const struct field_name *f = &field_names[i];
		struct kt_field *field = &k->field[i];

		kt_btf_field(k->btf, f->type, f->path, field);
		if (field->found && f->bytes &&
		    (field->bytes != f->bytes || field->bits))
			*field = (struct kt_field){ 0 };
		if (f->needed && !field->found)
			return bad_field(f, path, err);
	}
	if (!kt_xarray_layout(k->btf, &k->xarray))
		return kt_fail(err, KT_DATA,
			       "\"%s\": struct \"xa_node\" is not known here",
			       path);
	return KT_OK;
}

/* How far the fields from @first to @last reach into their struct. */
static uint32_t extent(const struct kt_bpf_kernel *k, enum kt_bpf_field first,
		       enum kt_bpf_field last)
{
	uint32_t end = 0;

	for (enum kt_bpf_field i = first; i <= last; i++) {
		const struct kt_field *f = &k->field[i];

		if (f->found && f->at + f->bytes > end)
			end = f->at + f->bytes;
	}
	return end;
}

static enum kt_status measure(struct kt_bpf_kernel *k, const char *path,
			      struct kt_error *err)
{
	k->prog_bytes = extent(k, KT_F_PROG_TYPE, KT_F_PROG_AUX);
	k->aux_bytes = extent(k, KT_F_AUX_ID, KT_F_AUX_FUNC_INFO_CNT);
	k->stats_bytes = extent(k, KT_F_STATS_CNT, KT_F_STATS_MISSES);
	k->btf_bytes = extent(k, KT_F_BTF_TYPES, KT_F_BTF_BASE);
	if (k->prog_bytes > KT_BPF_MAX_STRUCT ||
	    k->aux_bytes > KT_BPF_MAX_STRUCT ||
	    k->stats_bytes > KT_BPF_MAX_STRUCT ||
	    k->btf_bytes > KT_BPF_MAX_STRUCT)
		return kt_fail(err, KT_DATA,
			       "\"%s\": a struct of more than %u bytes", path,
			       KT_BPF_MAX_STRUCT);
	return KT_OK;
}

static enum kt_status read_types(struct kt_bpf_kernel *k,
				 const struct kt_kernel_elf *elf,
				 const char *path, struct kt_error *err)
{
	enum kt_status st;

	if (!elf->btf_data)
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "\"%s\" has no types "
				       "(section \".BTF\")",
				       path),
			       "build the kernel with CONFIG_DEBUG_INFO_BTF; "
			       "that takes pahole, of Debian's dwarves");
	st = kt_btf_new(elf->btf_data->d_buf, elf->btf_data->d_size, path,
			&k->btf, err);
	if (!st)
		st = find_fields(k, path, err);
	return st ? st : measure(k, path, err);
}

enum kt_status kt_bpf_kernel_open(const char *vmlinux,
				  struct kt_bpf_kernel **out,
				  struct kt_error *err)
{
	struct kt_bpf_kernel *k KT_CLEANUP(kt_bpf_kernel_freep) = NULL;
	int fd KT_CLEANUP(kt_closep) =
		open(vmlinux, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct kt_kernel_elf elf KT_CLEANUP(kt_kernel_elf_close) = { 0 };
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", vmlinux);
	st = kt_kernel_elf_open(&elf, fd, vmlinux, err);
	if (st)
		return st == KT_DATA && !elf.symtab ?
			       kt_hint(err, st,
				       "a vmlinux with symbols is needed: take "
				       "one from the cache with ktstr-cache "
				       "get") :
			       st;
	if (elf.ehdr.e_machine != EM_X86_64 ||
	    elf.ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return kt_fail(err, KT_DATA, "\"%s\" is of no x86-64 kernel",
			       vmlinux);
	k = kt_xcalloc(1, sizeof(*k));
	st = find_symbols(k, &elf, vmlinux, err);
	if (!st)
		st = read_types(k, &elf, vmlinux, err);
	if (st)
		return st;
	*out = k;
	k = NULL;
	return KT_OK;
}
