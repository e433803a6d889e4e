// SPDX-License-Identifier: GPL-2.0-only
/* releases: any bytes as releases.json */
#include "lib/releases.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kt_series series = { .major = 6, .minor = 12 };
	struct kt_releases *r KT_CLEANUP(kt_releases_freep) = NULL;
	struct kt_error err = { 0 };
	struct kt_version v;

	if (kt_releases_parse((const char *)data, size, &r, &err))
		return 0;
	if (kt_releases_newest(r, &v) &&
	    (v.patch < KT_RELEASES_MIN_PATCH || v.rc))
		abort();
	if (kt_releases_of_series(r, &series, &v) &&
	    (v.major != 6 || v.minor != 12 || v.rc))
		abort();
	return 0;
}
