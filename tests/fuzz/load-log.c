// SPDX-License-Identifier: GPL-2.0-only
/* load-log: logs lie in what was printed, one behind the other */
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;
	size_t before = 0;

	while (kt_load_log_next(text, size, &at, &log)) {
		if (at.byte <= before || at.byte > size ||
		    log.text < text + before ||
		    log.text + log.len > text + at.byte)
			abort();
		if (strlen(log.program) >= sizeof(log.program) ||
		    strlen(log.stack) >= sizeof(log.stack))
			abort();
		before = at.byte;
	}
	kt_load_log_first(text, size, &log);
	if (log.text < text || log.text + log.len > text + size)
		abort();
	return 0;
}
