// SPDX-License-Identifier: GPL-2.0-only
/* export - ktstr-cache export: an entry as one file */
#include "tools/cache/cache.h"

#include <unistd.h>

#include "lib/entry-archive.h"
#include "lib/kernel-id.h"
#include "lib/stop.h"
#include "lib/tool.h"

/* The key of the entry that @id names; borrowed from *rec, the caller's. */
static enum kt_status find_key(struct kt_cache *cache, const char *id,
			       struct kt_record **rec, const char **key,
			       struct kt_error *err)
{
	const struct kt_id_env env = { .prefix = "" };
	enum kt_status st = kt_id_find(cache, id, &env, rec, err);

	if (st)
		return st;
	*key = kt_record_text(*rec, "key");
	if (!kt_record_flag(*rec, "cached") || !*key)
		return kt_fail(err, KT_FAIL, "\"%s\" is not in the cache", id);
	return KT_OK;
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	const char *key = NULL;
	enum kt_status st = kt_stop_catch(err);

	if (!st && isatty(STDOUT_FILENO))
		st = kt_hint(err,
			     kt_fail(err, KT_USAGE,
				     "not writing an archive to a terminal"),
			     "ktstr-cache export %s >FILE" KT_ENTRY_SUFFIX,
			     kt_args_operand(args, 0));
	if (!st)
		st = kt_cache_of_user(crc, &cache, err);
	if (!st)
		st = find_key(cache, kt_args_operand(args, 0), &rec, &key, err);
	return st ? st :
		    kt_entry_export(cache, key, STDOUT_FILENO,
				    "standard output", err);
}

const struct kt_command kt_tool_cache_export = {
	.name = "export",
	.summary = "write an entry to standard output, as a .tar.zst",
	.operands = "ID",
	.operand = KT_ARG_KERNEL,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
