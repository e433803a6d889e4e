// SPDX-License-Identifier: GPL-2.0-only
/* scx-dump: any trace has a dump in whole lines, or none */
#include <stdint.h>
#include <stdlib.h>

#include "lib/verifier/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	const bool found = kt_dump_last((const char *)data, size, &out);

	if (found != (out.len > 0) || out.len > size + 1 ||
	    (found && out.data[out.len - 1] != '\n'))
		abort();
	return 0;
}
