// SPDX-License-Identifier: GPL-2.0-only
/* fuzz vm-stats: whatever parses has names that a record can have */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vm/stats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_stat *stats = calloc(KT_STATS_MAX, sizeof(*stats));
	struct kt_error err;
	size_t nr = 0;

	if (!stats)
		abort();
	if (!kt_stats_parse(data, size, stats, &nr, &err))
		for (size_t i = 0; i < nr; i++)
			if (!stats[i].name[0] ||
			    !memchr(stats[i].name, '\0', KT_STAT_NAME))
				abort();
	free(stats);
	return nr > KT_STATS_MAX;
}
