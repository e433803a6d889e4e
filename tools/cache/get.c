// SPDX-License-Identifier: GPL-2.0-only
/* get - ktstr-cache get and path: find a kernel */
#include "tools/cache/cache.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/buf.h"
#include "lib/cache.h"
#include "lib/filter.h"
#include "lib/kernel-id.h"
#include "lib/listing.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

static enum kt_status find(const struct kt_args *args, struct kt_record **out,
			   struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	char *origin KT_CLEANUP(kt_freep) = kt_getenv_origin("KTSTR_KERNEL");
	struct kt_id_env env = { .home = kt_getenv("HOME"),
				 .kernel = kt_getenv("KTSTR_KERNEL"),
				 .origin = origin,
				 .prefix = "" };
	char crc[KT_CRC32_SIZE];
	struct utsname uts;
	enum kt_status st = kt_cache_of_user(crc, &cache, err);

	if (st)
		return st;
	if (uname(&uts))
		return kt_fail_errno(err, "cannot ask for the kernel release");
	env.release = uts.release;
	return kt_id_find(cache, kt_args_operand(args, 0), &env, out, err);
}

static enum kt_status run_get(const struct kt_args *args, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = find(args, &rec, err);

	if (st)
		return kt_tool_put_error(st, err);
	if (!kt_args_has(args, "text"))
		return kt_tool_put(rec, err);
	kt_listing_one(rec, &text);
	kt_cache_put(&text);
	return KT_OK;
}

static enum kt_status put_path(struct kt_record *rec, FILE *out,
			       void *ctx KT_UNUSED, struct kt_error *err)
{
	static const char *const places[] = { "entry", "tree", "image" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *path = kt_record_text(rec, places[i]);

		if (!path)
			continue;
		if (fprintf(out, "%s\n", path) < 0)
			return kt_fail_errno(err, "cannot write to standard "
						  "output");
		return KT_OK;
	}
	return kt_fail(err, KT_DATA, "the record names no kernel");
}

/* Records in, paths out. */
static enum kt_status filter_paths(struct kt_error *err)
{
	const struct kt_filter filter = { .tool = kt_tool_name(),
					  .schema = KT_SCHEMA_KERNEL,
					  .fn = put_path,
					  .report = kt_tool_report,
					  .text = true };

	return kt_filter(&filter, stdin, stdout, err);
}

static enum kt_status run_path(const struct kt_args *args, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st;

	if (!strcmp(kt_args_operand(args, 0), "-"))
		return filter_paths(err);
	st = find(args, &rec, err);
	return st ? st : put_path(rec, stdout, NULL, err);
}

static const struct kt_option get_options[] = { KT_CACHE_TEXT, { 0 } };

const struct kt_command kt_tool_cache_get = {
	.name = "get",
	.summary = "find a kernel, in the cache or by its path",
	.operands = "[ID]",
	.operand = KT_ARG_KERNEL,
	.max_operands = 1,
	.options = get_options,
	.run = run_get,
};

const struct kt_command kt_tool_cache_path = {
	.name = "path",
	.summary = "print the directory of a kernel",
	.operands = "ID",
	.operand = KT_ARG_KERNEL,
	.min_operands = 1,
	.max_operands = 1,
	.run = run_path,
};
