// SPDX-License-Identifier: GPL-2.0-only
/* list - ktstr-cache list: what is cached */
#include "tools/cache/cache.h"

#include <stdio.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/cache.h"
#include "lib/listing.h"
#include "lib/tool.h"
#include "lib/units.h"

static void list_text(const struct kt_cache *cache,
		      struct kt_record *const *list, size_t nr)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_listing_totals totals;
	char root[4096], size[KT_UNITS_SIZE];

	kt_printable(root, sizeof(root), kt_cache_root(cache));
	if (!kt_tool_quiet())
		fprintf(stderr, "cache: %s\n", root);
	if (!nr) {
		puts("no cached kernels; run: cargo ktstr kernel build");
		return;
	}
	kt_listing_table(list, nr, time(NULL), &totals, &text);
	kt_cache_put(&text);
	fflush(stdout);
	kt_format_size(totals.bytes, size);
	kt_note("%zu entr%s, %s", nr, nr == 1 ? "y" : "ies", size);
	if (totals.nr_stale)
		kt_note("stale entries were built with another ktstr.kconfig; "
			"cargo ktstr kernel build VERSION makes them anew");
	if (totals.nr_corrupt)
		kt_note("cargo ktstr kernel clean --corrupt-only removes the "
			"corrupt entries");
}

static enum kt_status run_list(const struct kt_args *args, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char crc[KT_CRC32_SIZE];
	struct kt_record **list = NULL;
	size_t nr = 0;
	enum kt_status st = kt_cache_of_user(crc, &cache, err);

	if (!st)
		st = kt_cache_list(cache, &list, &nr, err);
	if (st)
		return st;
	if (kt_args_has(args, "json")) {
		kt_listing_json(list, nr, crc, &text);
		kt_cache_put(&text);
	} else if (kt_args_has(args, "text")) {
		list_text(cache, list, nr);
	} else {
		/* Nobody waits for the first of them: one write for all. */
		for (size_t i = 0; i < nr; i++)
			kt_record_line(list[i], &text);
		kt_cache_put(&text);
	}
	kt_cache_list_free(list, nr);
	return st;
}

static const struct kt_option list_options[] = {
	{ .name = "json",
	  .excludes = "text",
	  .help = "print one JSON object with all entries" },
	KT_CACHE_TEXT,
	{ 0 },
};

const struct kt_command kt_tool_cache_list = {
	.name = "list",
	.summary = "list what is cached, newest first",
	.options = list_options,
	.run = run_list,
};
