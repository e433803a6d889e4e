/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/func-name.h - what a BPF program's function is really called
 *
 * The kernel keeps 15 bytes of a program's name, and a scheduler's programs may
 * begin alike. The types it was loaded with have the whole name, and the
 * kernel keeps them in memory (struct btf, struct bpf_func_info).
 */
#ifndef KT_BPF_FUNC_NAME_H
#define KT_BPF_FUNC_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bpf/kernel.h"
#include "lib/bpf/kmem.h"
#include "lib/bpf/programs.h"

/* Of a program's bpf_prog_aux: btf, func_info and func_info_cnt. */
struct kt_func_info {
	uint64_t btf, funcs;
	uint32_t nr;
};

/*
 * Read the name of the function that comes first, which is the program itself.
 * True: it begins with @name, as it must, and stands in @out, cut if it is too
 * long. False: nothing credible is there, and @out is untouched.
 */
bool kt_func_name(struct kt_kmem *km, const struct kt_bpf_kernel *k,
		  const struct kt_func_info *info, const char *name,
		  char out[KT_BPF_FUNC_SIZE]);

#endif
