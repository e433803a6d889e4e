// SPDX-License-Identifier: GPL-2.0-only
/* fuzz ctl: a line that is a message is the one that its words are written as */
#include "lib/ctl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1), *out = malloc(size + 1);
	char *words[64];
	size_t nr;

	if (!line || !out)
		abort();
	memcpy(line, data, size);
	nr = kt_ctl_parse(line, size, words, 64);
	if (nr && (nr >= 64 || words[nr] ||
		   kt_ctl_format((const char *const *)words, out, size + 1) !=
			   size + 1 ||
		   memcmp(out, data, size)))
		abort();
	free(line);
	free(out);
	return 0;
}
