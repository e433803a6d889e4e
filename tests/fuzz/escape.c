// SPDX-License-Identifier: GPL-2.0-only
/* fuzz escape: where a stream is cut makes no difference to what passes */
#include "lib/vm/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *typed = (const char *)data;
	const size_t cut = size ? data[0] % size : 0;
	struct kt_escape one = { 0 }, two = { 0 };
	char *whole = malloc(size + 1), *parts = malloc(size + 2);
	size_t len, nr;

	if (!whole || !parts)
		abort();
	len = kt_escape_feed(&one, typed, size, whole);
	nr = kt_escape_feed(&two, typed, cut, parts);
	nr += kt_escape_feed(&two, typed + cut, size - cut, parts + nr);
	if (len != nr || memcmp(whole, parts, nr) || one.held != two.held ||
	    one.left != two.left)
		abort();
	free(whole);
	free(parts);
	return 0;
}
