// SPDX-License-Identifier: GPL-2.0-only
/* stats - what KVM has counted, CPU by CPU and by name */
#include "lib/vm/stats.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* api.rst 4.134; all in the machine's own byte order. */
struct header {
	uint32_t flags, name_bytes, nr, id_at, desc_at, data_at;
};

struct descriptor {
	uint32_t flags;
	int16_t exponent;
	uint16_t nr;
	uint32_t at, bucket_bytes;
};

void kt_vm_stats_release(struct kt_vm_stats *stats)
{
	free(stats->stat);
	*stats = (struct kt_vm_stats){ 0 };
}

/* Copy the @size bytes at @at, if they are there. */
static bool fetch(const void *data, size_t len, uint64_t at, void *out,
		  size_t size)
{
	if (at > len || size > len - at)
		return false;
	memcpy(out, (const char *)data + at, size);
	return true;
}

static bool is_name(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return *name && !name[strspn(name, chars)];
}

enum kt_status kt_stats_parse(const void *data, size_t len,
			      struct kt_stat out[KT_STATS_MAX], size_t *nr,
			      struct kt_error *err)
{
	struct header head;
	size_t n = 0;

	if (!fetch(data, len, 0, &head, sizeof(head)) ||
	    head.nr > KT_STATS_MAX || !head.name_bytes ||
	    head.name_bytes > KT_STAT_NAME)
		return kt_fail(err, KT_DATA, "bad header of KVM's statistics");
	for (uint32_t i = 0; i < head.nr; i++) {
		const uint64_t at = head.desc_at +
				    (uint64_t)i * (sizeof(struct descriptor) +
						   head.name_bytes);
		struct descriptor desc;
		struct kt_stat *stat = &out[n];

		if (!fetch(data, len, at, &desc, sizeof(desc)) ||
		    !fetch(data, len, at + sizeof(desc), stat->name,
			   head.name_bytes) ||
		    !memchr(stat->name, '\0', head.name_bytes) ||
		    !is_name(stat->name) ||
		    !fetch(data, len, (uint64_t)head.data_at + desc.at,
			   &stat->value, sizeof(stat->value)))
			return kt_fail(err, KT_DATA,
				       "bad entry %u of KVM's statistics", i);
		n += desc.nr == 1;
	}
	*nr = n;
	return KT_OK;
}
