// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-fetch - find a kernel's source, or its cache entry */
#include "lib/fetch.h"

#include <unistd.h>

#include "lib/jobs.h"
#include "lib/progress.h"
#include "lib/stop.h"
#include "lib/tool.h"

static void on_begin(const char *what, uint64_t total, void *ctx)
{
	struct kt_progress **progress = ctx;

	kt_progress_freep(progress);
	*progress = kt_progress_new(what, total, "B");
}

static void on_bytes(uint64_t done, void *ctx)
{
	struct kt_progress **progress = ctx;

	kt_progress_set(*progress, done);
}

static void on_end(void *ctx)
{
	struct kt_progress **progress = ctx;

	kt_progress_done(*progress);
	*progress = NULL;
}

/* The one place that knows which options mean which source. */
static enum kt_status fetch(const struct kt_fetch *how,
			    const struct kt_args *args, struct kt_record **out,
			    struct kt_error *err)
{
	const char *source = kt_args_str(args, "source");

	if (source && *source)
		return kt_fetch_source(how, source, out, err);
	return kt_hint(err, kt_fail(err, KT_USAGE, "no source is named"),
		       "--source DIR or --source TARBALL");
}

/* Who owns the tree is decided by whether the record got out. */
static enum kt_status put(const struct kt_fetch *how,
			  const struct kt_record *rec, struct kt_error *err)
{
	enum kt_status st = kt_stop_check(err);

	if (!st)
		st = kt_tool_put(rec, err);
	if (!st && fflush(stdout))
		st = kt_fail_errno(err, "cannot write to standard output");
	if (st)
		kt_fetch_discard(how, rec);
	return st;
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct kt_progress *progress KT_CLEANUP(kt_progress_freep) = NULL;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_env_dirs dirs;
	const struct kt_fetch how = {
		.dirs = &dirs,
		.env = (const char *const *)environ,
		.force = kt_args_has(args, "force"),
		.keep_tree = kt_args_has(args, "keep-tree"),
		.threads = kt_jobs("/sys/fs/cgroup", "/proc/self/cgroup"),
		.note = kt_note,
		.detail = kt_detail,
		.watch = { .begin = on_begin,
			   .at = on_bytes,
			   .end = on_end,
			   .ctx = &progress },
	};
	enum kt_status st = kt_stop_catch(err);

	kt_tool_dirs(&dirs);
	if (!st)
		st = fetch(&how, args, &rec, err);
	if (st == KT_USAGE)
		return st;
	if (!st)
		st = put(&how, rec, err);
	return st ? kt_tool_put_error(st, err) : KT_OK;
}

static const struct kt_option options[] = {
	{ .name = "source",
	  .letter = 's',
	  .arg = KT_ARG_PATH,
	  .value = "DIR|TARBALL",
	  .help = "take this kernel source tree, or unpack this tarball" },
	{ .name = "force", .letter = 'f', .help = "do not look in the cache" },
	{ .name = "keep-tree",
	  .help = "leave the unpacked tree in place after the build" },
	{ 0 },
};

const struct kt_command kt_tool_fetch = {
	.name = "ktstr-fetch",
	.summary = "find a kernel's source, or its cache entry",
	.options = options,
	.run = run,
};

int main(int argc, char **argv)
{
	return kt_tool_main(&kt_tool_fetch, argc, argv);
}
