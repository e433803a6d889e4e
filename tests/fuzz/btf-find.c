// SPDX-License-Identifier: GPL-2.0-only
/* btf-find: what is found lies within what was searched */
#include "lib/btf-find.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at, len;

	if (!kt_btf_find(data, size, &at, &len))
		return 0;
	if (at > size || len > size - at ||
	    kt_btf_bytes(data + at, size - at) != len)
		abort();
	if (kt_btf_names(data + at, len, "sched_ext_ops") && len < 24)
		abort();
	return 0;
}
