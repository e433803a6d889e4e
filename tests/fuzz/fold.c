// SPDX-License-Identifier: GPL-2.0-only
/* fold: any bytes come out, unless something is folded, and then less */
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_lines(const char *text, size_t len)
{
	size_t nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += text[i] == '\n' || i + 1 == len;
	return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct kt_error err;
	char *out = NULL;
	size_t len = 0;
	FILE *mem = open_memstream(&out, &len);

	if (!mem || kt_fold(text, size, mem, &err) || fclose(mem))
		abort();
	if (!memmem(out, len, " identical iterations omitted ---\n", 34)) {
		if (len != size || memcmp(out, text, size) != 0)
			abort();
	} else if (len != size || memcmp(out, text, size) != 0) {
		/* A run of at least fifteen lines has become less. */
		if (count_lines(out, len) >= count_lines(text, size) + 3)
			abort();
		if (!len || out[len - 1] != '\n')
			abort();
	}
	free(out);
	return 0;
}
