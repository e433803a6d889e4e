// SPDX-License-Identifier: GPL-2.0-only
/* script: whatever a first line holds, it is names of some length or no script */
#include "lib/script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_script script;

	memset(&script, 'x', sizeof(script));
	if (!kt_script_parse((const char *)data, size, &script))
		return 0;
	if (memcmp(data, "#!", 2) || !strnlen(script.interp, KT_SCRIPT_BYTES) ||
	    strnlen(script.interp, KT_SCRIPT_BYTES) == KT_SCRIPT_BYTES ||
	    strnlen(script.program, KT_SCRIPT_BYTES) == KT_SCRIPT_BYTES)
		abort();
	return 0;
}
