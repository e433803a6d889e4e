// SPDX-License-Identifier: GPL-2.0-only
/* symbols - where a kernel keeps its variables */
#include "lib/bpf/symbols.h"

#include <string.h>

enum match { NOT, RENAMED, EXACT };

/* Static symbols get a suffix when several units are optimised as one. */
static enum match match(const char *symbol, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(symbol, name, len) != 0)
		return NOT;
	if (!symbol[len])
		return EXACT;
	return !strncmp(symbol + len, ".llvm.", strlen(".llvm.")) ||
			       !strncmp(symbol + len, ".lto_priv.",
					strlen(".lto_priv.")) ?
		       RENAMED :
		       NOT;
}

void kt_symbols_find(const struct kt_kernel_elf *elf, const char *const *names,
		     size_t nr, struct kt_symbol *out)
{
	const char *strings = elf->strings->d_buf;

	memset(out, 0, nr * sizeof(*out));
	for (enum match pass = EXACT; pass != NOT; pass--)
		for (size_t i = 0; i < elf->nr_syms; i++) {
			const Elf64_Sym *sym = &elf->syms[i];
			const char *symbol = strings + sym->st_name;

			if (!sym->st_value || sym->st_shndx == SHN_UNDEF)
				continue;
			for (size_t n = 0; n < nr; n++) {
				/* Most differ in the first letter. */
				if (*symbol != *names[n] || out[n].found ||
				    match(symbol, names[n]) != pass)
					continue;
				out[n] = (struct kt_symbol){
					.found = true,
					.addr = sym->st_value,
					.bytes = sym->st_size,
				};
			}
		}
}
