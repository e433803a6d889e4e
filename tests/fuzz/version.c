// SPDX-License-Identifier: GPL-2.0-only
/* version: any text as a version, a series, a Content-Range, a URL */
#include "lib/version.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http.h"
#include "lib/releases.h"
#include "lib/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text KT_CLEANUP(kt_freep) = kt_xstrndup((const char *)data, size);
	char *url KT_CLEANUP(kt_freep) = kt_http_public(text);
	struct kt_version v, again;
	struct kt_series series;
	char out[KT_VERSION_SIZE];
	uint64_t a, b, c;

	if (kt_version_parse(text, &v)) {
		kt_version_format(&v, out);
		if (!kt_version_parse(out, &again) ||
		    kt_version_compare(&v, &again))
			abort();
	}
	if (kt_series_parse(text, &series) && kt_version_parse(text, &v) &&
	    (v.has_patch || v.rc))
		abort();
	if (kt_http_content_range(text, &a, &b, &c) && (a > b || (c && b >= c)))
		abort();
	if (strlen(url) > strlen(text))
		abort();
	return 0;
}
