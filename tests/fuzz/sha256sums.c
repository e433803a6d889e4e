// SPDX-License-Identifier: GPL-2.0-only
/* sha256sums: any bytes as sha256sums.asc */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *body = text;
	char sum[KT_SHA256_SIZE];
	struct kt_error err = { 0 };
	size_t len = size;
	struct kt_version v;
	bool found = false;

	if (!kt_sums_body(text, size, &body, &len, &err) &&
	    (body < text || len > size - (size_t)(body - text)))
		abort();
	if (!kt_sums_find(body, len, "linux-6.14.2.tar.xz", sum, &found,
			  &err) &&
	    found && strspn(sum, "0123456789abcdef") != KT_SHA256_SIZE - 1)
		abort();
	if (kt_sums_newest(body, len, 6, 14, &v) &&
	    (v.major != 6 || v.minor != 14 || v.rc))
		abort();
	return 0;
}
