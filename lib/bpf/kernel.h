/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/kernel.h - what is known of one kernel; for the modules of lib/bpf
 */
#ifndef KT_BPF_KERNEL_H
#define KT_BPF_KERNEL_H

#include "lib/bpf/btf-offsets.h"
#include "lib/bpf/kmem.h"
#include "lib/bpf/symbols.h"
#include "lib/bpf/xarray.h"

/* The most that is read of one struct of the guest. */
#define KT_BPF_MAX_STRUCT ((uint32_t)4096)

/* struct.member; what a kernel need not have is marked as optional. */
enum kt_bpf_field {
	KT_F_IDR_HEAD,	/* idr.idr_rt.xa_head */
	KT_F_IDR_BASE,	/* optional: idr.idr_base */
	KT_F_PROG_TYPE, /* bpf_prog */
	KT_F_PROG_LEN,
	KT_F_PROG_JITED_LEN,
	KT_F_PROG_TAG,
	KT_F_PROG_ATTACH_TYPE, /* optional: expected_attach_type */
	KT_F_PROG_STATS,       /* optional */
	KT_F_PROG_AUX,
	KT_F_AUX_ID, /* bpf_prog_aux */
	KT_F_AUX_PROG,
	KT_F_AUX_NAME,
	KT_F_AUX_LOAD_TIME,
	KT_F_AUX_VERIFIED_INSNS, /* from here on optional */
	KT_F_AUX_FUNC,
	KT_F_AUX_FUNC_CNT,
	KT_F_AUX_ATTACH_BTF,
	KT_F_AUX_ATTACH_BTF_ID,
	KT_F_AUX_BTF,
	KT_F_AUX_FUNC_INFO,
	KT_F_AUX_FUNC_INFO_CNT,
	KT_F_STATS_CNT, /* bpf_prog_stats */
	KT_F_STATS_NSECS,
	KT_F_STATS_MISSES,
	KT_F_BTF_TYPES, /* btf */
	KT_F_BTF_NR_TYPES,
	KT_F_BTF_STRINGS,
	KT_F_BTF_STR_LEN,
	KT_F_BTF_BASE,
	KT_F_OPS_NAME, /* sched_ext_ops */
	KT_F_SCX_OPS,  /* scx_sched */
	KT_NR_FIELDS,
};

enum kt_bpf_symbol {
	KT_S_PHYS_BASE,
	KT_S_INIT_TOP_PGT,
	KT_S_PER_CPU_OFFSET,
	KT_S_PROG_IDR,
	KT_S_SWAPPER_PG_DIR, /* optional: what init_top_pgt was called */
	KT_S_PAGE_OFFSET_BASE,
	KT_S_PGTABLE_L5_ENABLED,
	KT_S_NR_CPU_IDS,
	KT_S_CPU_POSSIBLE_MASK,
	KT_S_BTF_VMLINUX,
	KT_S_SCX_OPS,
	KT_S_SCX_ROOT,
	KT_S_SCX_STATE,	    /* scx_enable_state_var */
	KT_S_SCX_STATE_OLD, /* scx_ops_enable_state_var */
	KT_S_SCX_ENABLE_SEQ,
	KT_NR_SYMBOLS,
};

struct kt_bpf_kernel {
	struct kt_symbol sym[KT_NR_SYMBOLS];
	struct kt_field field[KT_NR_FIELDS];
	struct kt_kmem_symbols where;
	struct kt_xarray_layout xarray;
	struct kt_btf *btf;
	/* What is read of each struct. */
	uint32_t prog_bytes, aux_bytes, stats_bytes, btf_bytes;
};

/*
 * Is @name of the characters that the kernel allows in names of BPF objects,
 * which are letters, digits, "_" and "."? Empty is fine.
 */
bool kt_bpf_name_ok(const char *name);

#endif
