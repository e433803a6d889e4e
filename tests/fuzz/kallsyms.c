// SPDX-License-Identifier: GPL-2.0-only
/* kallsyms: whatever is found in some bytes is within its limits */
#include "lib/kallsyms.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	uint64_t steps = 1 << 16; /* good ones take 5000 */
	struct kt_error err;

	if (kt_kallsyms_find(data, size, UINT64_C(0xffffffff81000000), "fuzz",
			     &steps, &k, &err))
		return 0;
	if (k.nr < KT_KALLSYMS_MIN || k.nr > KT_KALLSYMS_MAX)
		abort();
	for (size_t i = 0; i < k.nr; i++)
		if (k.syms[i].name >= k.names_len || !k.names[k.syms[i].name] ||
		    strlen(k.names + k.syms[i].name) > KT_KALLSYMS_MAX_NAME ||
		    (i && k.syms[i].addr < k.syms[i - 1].addr))
			abort();
	return 0;
}
