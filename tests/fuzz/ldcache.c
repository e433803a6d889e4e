// SPDX-License-Identifier: GPL-2.0-only
/* ldcache: whatever an ld.so.cache holds, paths are strings within it */
#include "lib/ldconfig.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const char *data;
	size_t size, left;
};

static bool see(void *ctx, const char *path)
{
	struct seen *seen = ctx;

	if (path < seen->data || path >= seen->data + seen->size ||
	    path[0] != '/' || path + strlen(path) >= seen->data + seen->size)
		abort();
	return !--seen->left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { (const char *)data, size, 3 };
	const bool stopped =
		kt_ldcache_each((const char *)data, size, "a.so", see, &seen);

	if (stopped != !seen.left)
		abort();
	return 0;
}
