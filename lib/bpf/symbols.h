/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/symbols.h - where a kernel keeps its variables
 */
#ifndef KT_BPF_SYMBOLS_H
#define KT_BPF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kernel-elf.h"

struct kt_symbol {
	bool found; /* 0 is a good address: that of a per-CPU variable */
	uint64_t addr;
	uint64_t bytes; /* as the symbol table has it; may be 0 */
};

/*
 * Look up the @nr names in one pass over the symbol table: the first symbol of
 * that very name which has an address, else the first that link-time
 * optimisation has renamed ("NAME.llvm.123", "NAME.lto_priv.0"). out[i] is
 * set for each names[i].
 */
void kt_symbols_find(const struct kt_kernel_elf *elf, const char *const *names,
		     size_t nr, struct kt_symbol *out);

#endif
