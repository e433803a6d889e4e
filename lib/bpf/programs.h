/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/programs.h - the BPF programs of a running guest, from outside
 *
 * The kernel lists its programs in prog_idr, an xarray of struct bpf_prog. With
 * the symbols and the types of that very kernel (its vmlinux) the list is read
 * out of the guest's memory, with no help from the guest and while it runs.
 *
 * The guest may write any memory at any time. Nothing that is read is trusted:
 * each pointer is translated and bounded, each program must agree with itself
 * (its id, the pointer back from its bpf_prog_aux) and must still be listed
 * when all of it has been read, else it is read again and at last left out. The
 * time that takes is bounded by the limits below, whatever the memory holds.
 */
#ifndef KT_BPF_PROGRAMS_H
#define KT_BPF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/vm/ram.h"

#define KT_BPF_MAX_PROGRAMS 65536 /* of one guest; more are not looked at */
#define KT_BPF_MAX_CPUS 8192	  /* what CONFIG_MAXSMP has */
#define KT_BPF_NAME_SIZE 16	  /* BPF_OBJ_NAME_LEN; NUL included */
#define KT_BPF_FUNC_SIZE 128	  /* bytes of a longer name that are kept */
#define KT_BPF_OPS_NAME_SIZE 128  /* SCX_OPS_NAME_LEN; NUL included */
#define KT_BPF_TAG_BYTES 8	  /* BPF_TAG_SIZE */

#define KT_BPF_STRUCT_OPS 27 /* BPF_PROG_TYPE_STRUCT_OPS of linux/bpf.h */

/* What is known of one kernel: where things are, and how they are laid out. */
struct kt_bpf_kernel;

/*
 * Read symbols and types from the ELF file @vmlinux: the kernel itself or what
 * lib/vmlinux.h leaves of it. Once for each kernel; the result is only read
 * afterwards and may serve many guests.
 *
 * KT_OK: *out is the caller's. KT_DATA: the file is damaged, is of no x86-64
 * kernel, or lacks symbols, types, or one of those that are needed; the message
 * names the first that is missing and the hint says where to get it. KT_SYS: it
 * cannot be read.
 */
enum kt_status kt_bpf_kernel_open(const char *vmlinux,
				  struct kt_bpf_kernel **out,
				  struct kt_error *err) KT_MUST_CHECK;

/* NULL is fine. kt_bpf_kernel_freep() is the same, for KT_CLEANUP(). */
void kt_bpf_kernel_free(struct kt_bpf_kernel *k);
void kt_bpf_kernel_freep(struct kt_bpf_kernel **k);

/*
 * One program. Numbers are those of bpf_prog_get_info_by_fd() at some moment
 * during the call; a has_ says whether this kernel keeps the number at all.
 * Text is printable ASCII: a guest that lies cannot send anything else.
 */
struct kt_bpf_program {
	uint32_t id;
	uint32_t type;		     /* enum bpf_prog_type */
	char name[KT_BPF_NAME_SIZE]; /* cut at 15 bytes; may be empty */

	/*
	 * The whole name of its function, by the types that came with it, of
	 * which name is the beginning; the same as name if it has none.
	 */
	char func[KT_BPF_FUNC_SIZE];

	/*
	 * STRUCT_OPS: the struct it implements and the member of it, such as
	 * "sched_ext_ops" and "select_cpu". Empty if that is unknown.
	 */
	char ops[KT_BPF_FUNC_SIZE], member[KT_BPF_FUNC_SIZE];
	uint32_t verified_insns; /* what the verifier looked at */
	bool has_verified_insns; /* since Linux 5.16 */
	uint32_t xlated_bytes;	 /* of BPF code, when it has been rewritten */
	uint32_t jited_bytes;	 /* of machine code; 0: interpreted */
	uint64_t loaded_ns;	 /* since the guest's boot */
	unsigned char tag[KT_BPF_TAG_BYTES];

	/*
	 * Over all CPUs, and only counted while kernel.bpf_stats_enabled is 1.
	 * A sum that exceeds 64 bits stays at UINT64_MAX.
	 */
	bool has_stats;
	uint64_t run_cnt, run_ns;
	uint64_t missed; /* runs that recursion forbade */
};

/* By id, ascending; no id is there twice. */
struct kt_bpf_programs {
	size_t nr;
	struct kt_bpf_program *list;
	size_t nr_skipped; /* entries that did not make sense */
	bool cut;	   /* a limit ended the walk: there may be more */
};

/*
 * List the programs that the guest behind @ram has loaded now, of every type.
 *
 * KT_OK: *out is filled in, and to be released by the caller. An empty list is
 * a guest without programs. KT_DATA: the memory does not hold this kernel: it
 * has not come up so far, or it is another one.
 */
enum kt_status kt_bpf_programs(const struct kt_bpf_kernel *k,
			       const struct kt_ram *ram,
			       struct kt_bpf_programs *out,
			       struct kt_error *err) KT_MUST_CHECK;

/* Free the list; *out is empty afterwards. Serves as KT_CLEANUP(). */
void kt_bpf_programs_release(struct kt_bpf_programs *out);

/* "struct_ops" and the like, as bpftool has it; NULL for a type not known. */
const char *kt_bpf_type_name(uint32_t type);

/* What sched_ext says of itself, as far as this kernel keeps it. */
struct kt_bpf_scx {
	char state[32]; /* "enabled", "disabled", ... as in sysfs; or empty */
	char ops[KT_BPF_OPS_NAME_SIZE]; /* the scheduler's name, or empty */
	bool has_enable_seq;
	uint64_t enable_seq; /* how often one has been enabled */
};

/*
 * Ask for it. KT_OK: *out is filled in. KT_DATA: as kt_bpf_programs(), or this
 * kernel has no sched_ext.
 */
enum kt_status kt_bpf_scx(const struct kt_bpf_kernel *k,
			  const struct kt_ram *ram, struct kt_bpf_scx *out,
			  struct kt_error *err) KT_MUST_CHECK;

#endif
