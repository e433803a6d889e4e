// SPDX-License-Identifier: GPL-2.0-only
/* import - ktstr-cache import: entries from what export has written */
#include "tools/cache/cache.h"

#include <fcntl.h>

#include "lib/dirs.h"
#include "lib/entry-archive.h"
#include "lib/fd.h"
#include "lib/key.h"
#include "lib/listing.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

static enum kt_status import(const struct kt_entry_import *how,
			     const char *path, bool text, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = open(path, O_RDONLY | O_CLOEXEC);
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	st = kt_entry_import(how, fd, path, &rec, err);
	if (st)
		return st;
	if (!text)
		return kt_tool_put(rec, err);
	kt_listing_one(rec, &out);
	kt_cache_put(&out);
	return KT_OK;
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_entry_import how = { .key = kt_args_str(args, "key"),
				       .force = kt_args_has(args, "force") };
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *base KT_CLEANUP(kt_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	struct kt_env_dirs dirs;
	enum kt_status st = kt_stop_catch(err);

	if (!st && how.key && kt_key_check(how.key, err))
		st = err->status = KT_USAGE;
	if (!st)
		st = kt_cache_of_user(crc, &cache, err);
	kt_tool_dirs(&dirs);
	if (!st)
		st = kt_dir_build(&dirs, &dir, err);
	if (!st)
		st = kt_mkdirs_real(dir, &base, err);
	if (st)
		return st;
	how.cache = cache;
	how.base = base;
	how.kconfig_crc32 = crc;
	return import(&how, kt_args_operand(args, 0), kt_args_has(args, "text"),
		      err);
}

static const struct kt_option options[] = {
	{ .name = "key",
	  .arg = KT_ARG_STRING,
	  .value = "KEY",
	  .help = "store under this key, whatever the archive says" },
	{ .name = "force", .help = "replace an entry of that key" },
	KT_CACHE_TEXT,
	{ 0 },
};

const struct kt_command kt_tool_cache_import = {
	.name = "import",
	.summary = "store the entry that export has written to a file",
	.operands = "FILE",
	.min_operands = 1,
	.max_operands = 1,
	.options = options,
	.run = run,
};
