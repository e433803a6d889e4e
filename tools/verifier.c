// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-verifier - what the BPF verifier paid for each program of a scheduler */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/initramfs-parts.h"
#include "lib/progress.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/verifier/fold.h"
#include "lib/verifier/known.h"
#include "lib/verifier/report.h"
#include "lib/verifier/verify.h"
#include "lib/xalloc.h"
#include "tools/verifier/pack.h"
#include "tools/vmm/setup.h"

#define DEFAULT_TOPOLOGY "1,2,1"
#define DEFAULT_MEMORY_MIB 2048
#define DEFAULT_MAX_PROFILES 1024
#define DEFAULT_TIMEOUT_S 120
#define DEFAULT_OBSERVE_MS 200

static const struct kt_option options[] = {
	{ .name = "all-profiles",
	  .help = "run every profile that the scheduler's flags make",
	  .excludes = "profiles" },
	{ .name = "baseline",
	  .value = "FILE",
	  .arg = KT_ARG_PATH,
	  .help = "compare with the records of an earlier run" },
	{ .name = "csv",
	  .help = "write lines that veristat can read",
	  .excludes = "text" },
	{ .name = "fold-log",
	  .help = "fold the loops of a verifier log, stdin to stdout",
	  .excludes = "scheduler-bin" },
	{ .name = "heading",
	  .help = "with --text, name the kernel first",
	  .needs = "text" },
	{ .name = "include-files",
	  .letter = 'i',
	  .value = "PATH",
	  .arg = KT_ARG_PATH,
	  .repeat = true,
	  .help = "put something else into the guest's /include-files" },
	{ .name = "jobs",
	  .value = "N",
	  .arg = KT_ARG_NUMBER,
	  .min = 1,
	  .max = KT_VERIFIER_MAX_JOBS,
	  .excludes = "pin", /* all of them would be on the same CPUs */
	  .help = "run so many machines side by side (default: 1)" },
	{ .name = "max-growth",
	  .value = "PERCENT",
	  .arg = KT_ARG_NUMBER,
	  .max = 1000000,
	  .needs = "baseline",
	  .help = "fail if a program has grown by more" },
	{ .name = "max-profiles",
	  .value = "N",
	  .arg = KT_ARG_NUMBER,
	  .min = 1,
	  .max = KT_PROFILES_MAX_COUNT - 1,
	  .help = "refuse to run more (default: 1024)" },
	{ .name = "observe-ms",
	  .value = "N",
	  .arg = KT_ARG_NUMBER,
	  .max = 3600000,
	  .help = "leave it attached for N milliseconds (default: 200)" },
	{ .name = "profiles",
	  .value = "LIST",
	  .arg = KT_ARG_PROFILES,
	  .help = "run these: flags with \"+\", profiles with commas between" },
	{ .name = "raw", .help = "show logs as they are, not folded" },
	{ .name = "scheduler-bin",
	  .value = "PATH",
	  .arg = KT_ARG_PATH,
	  .help = "the scheduler's program" },
	{ .name = "shard",
	  .value = "K/N",
	  .arg = KT_ARG_STRING,
	  .help = "run the K-th of N parts of the profiles" },
	{ .name = "text",
	  .letter = 't',
	  .help = "print for people instead of records" },
	{ .name = "timeout",
	  .value = "SECONDS",
	  .arg = KT_ARG_NUMBER,
	  .min = 1,
	  .max = 86400,
	  .help = "give each profile so long (default: 120)" },
	{ 0 },
};

/* The kernels that came in, as copies. */
struct kernels {
	struct kt_record **v;
	size_t nr;
};

struct verifier {
	const struct kt_args *args;
	struct kt_run run;
	struct kt_setup setup;
	struct kt_verify how;
	struct kt_baseline baseline;
	const char *scheduler; /* its name */
	char *initrd;
	struct kt_initramfs_size initrd_size;
	uint64_t nr_kernels;
	bool several; /* kernels */
	bool told;    /* a profile of any */
	struct kt_verify_report *report;
	struct kt_progress *progress;
};

static void note(const char *text, void *ctx KT_UNUSED)
{
	kt_note("%s", text);
}

static void kernels_free(struct kernels *k)
{
	for (size_t i = 0; i < k->nr; i++)
		kt_record_free(k->v[i]);
	free(k->v);
}

static enum kt_status take_kernel(struct kt_record *rec, FILE *out KT_UNUSED,
				  void *ctx, struct kt_error *err KT_UNUSED)
{
	struct kernels *k = ctx;

	k->v = kt_xrealloc(k->v, (k->nr + 1) * sizeof(struct kt_record *));
	k->v[k->nr++] = kt_record_copy(rec);
	return KT_OK;
}

static bool for_people(const struct kt_args *args)
{
	return kt_args_has(args, "text") || kt_args_has(args, "csv");
}

/* With something else than records to write, the others go nowhere. */
static enum kt_status read_kernels(const struct kt_args *args,
				   struct kernels *k, struct kt_error *err)
{
	const struct kt_filter filter = {
		.tool = kt_tool_name(),
		.schema = KT_SCHEMA_KERNEL,
		.fn = take_kernel,
		.report = kt_tool_report,
		.ctx = k,
		.text = for_people(args),
	};
	enum kt_status st = kt_filter(&filter, stdin, stdout, err);

	if (!st && !k->nr)
		st = kt_hint(err, kt_fail(err, KT_DATA, "no kernel record"),
			     "pipe one here from ktstr-cache get");
	return st;
}

static enum kt_status parse_shard(const char *text, struct kt_verify *how,
				  struct kt_error *err)
{
	const char *slash = strchr(text, '/');
	char *k KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;

	if (!slash)
		return kt_fail(err, KT_USAGE,
			       "--shard: \"%s\" is not K/N, such as 1/4", text);
	k = kt_xstrndup(text, (size_t)(slash - text));
	st = kt_parse_u64(slash + 1, 1, 1 << 20, "--shard", &how->shards, err);
	if (!st)
		st = kt_parse_u64(k, 1, how->shards, "--shard", &how->shard,
				  err);
	return st;
}

static void warn(const char *text, void *ctx KT_UNUSED)
{
	kt_note("guest: %s", text);
}

/* For whoever completes a command line; a run that cannot is no worse. */
static void keep_flags(const char *text, size_t len, void *ctx)
{
	const struct verifier *v = ctx;
	char *dir KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs env;
	struct kt_error err;
	enum kt_status st;

	kt_tool_dirs(&env);
	st = kt_dir_flags(&env, &dir, &err);
	if (!st)
		st = kt_flags_keep(dir, v->scheduler, text, len, &err);
	if (st)
		kt_detail("flags are not kept for completions: %s", err.msg);
}

/* Where results go to a terminal as well, they are progress enough. */
static void progress(uint64_t done, uint64_t all, void *ctx)
{
	struct verifier *v = ctx;

	if (all < 2 || isatty(STDOUT_FILENO))
		return;
	if (!v->progress)
		v->progress = kt_progress_new("verifying", all, "profiles");
	kt_progress_set(v->progress, done);
}

static enum kt_status result(const struct kt_verified *verified, void *ctx,
			     struct kt_error *err)
{
	struct verifier *v = ctx;

	v->told = true;
	return kt_verify_report_add(v->report, verified, err);
}

static enum kt_status set_up(struct verifier *v, struct kt_error *err)
{
	const struct kt_args *args = v->args;
	const char *shard = kt_args_str(args, "shard");
	enum kt_status st =
		kt_setup_run(args, DEFAULT_TOPOLOGY, &v->run, &v->setup, err);

	if (!st && shard)
		st = parse_shard(shard, &v->how, err);
	if (st)
		return st;
	v->run.dmesg = -1;
	v->run.warn = warn;
	v->how.run = &v->run;
	v->how.args = kt_args_rest(args);
	v->how.list = kt_args_str(args, "profiles");
	v->how.profiles = v->how.list || kt_args_has(args, "all-profiles");
	v->how.max_profiles =
		kt_args_u64(args, "max-profiles", DEFAULT_MAX_PROFILES);
	v->how.jobs = kt_args_u64(args, "jobs", 1);
	v->how.timeout_ns =
		kt_args_u64(args, "timeout", DEFAULT_TIMEOUT_S) * KT_NS_PER_S;
	v->how.observe_ns =
		kt_args_u64(args, "observe-ms", DEFAULT_OBSERVE_MS) *
		KT_NS_PER_MS;
	v->how.note = note;
	v->how.flags = keep_flags;
	v->how.progress = progress;
	v->how.result = result;
	v->how.ctx = v;
	return KT_OK;
}

static enum kt_report_form form_of(const struct kt_args *args)
{
	if (kt_args_has(args, "text"))
		return KT_FORM_TEXT;
	return kt_args_has(args, "csv") ? KT_FORM_CSV : KT_FORM_RECORDS;
}

static const char *name_of(const struct kt_record *kernel)
{
	static const char *const keys[] = { "key", "version", "image" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (kt_record_text(kernel, keys[i]))
			return kt_record_text(kernel, keys[i]);
	return "kernel";
}

static enum kt_status verify(struct verifier *v, struct kt_error *err)
{
	const struct kt_verify_report_how how = {
		.form = form_of(v->args),
		.raw = kt_args_has(v->args, "raw"),
		.more = v->told,
		.name = v->several ? name_of(v->how.kernel) : NULL,
		.tool = kt_tool_name(),
		.scheduler = v->scheduler,
		.kernel = v->how.kernel,
		.baseline = v->baseline.nr ? &v->baseline : NULL,
		.out = stdout,
		.terminal = isatty(STDOUT_FILENO),
		.warn = note,
	};
	enum kt_status st;

	v->report = kt_verify_report_new(&how);
	st = kt_verify(&v->how, err);
	if (!st && v->progress)
		kt_progress_done(v->progress);
	else
		kt_progress_freep(&v->progress);
	v->progress = NULL;
	if (!st)
		st = kt_verify_report_end(
			v->report,
			kt_args_u64(v->args, "max-growth", UINT64_MAX), err);
	kt_verify_report_freep(&v->report);
	return st;
}

static enum kt_status run_kernel(struct verifier *v, struct kt_record *kernel,
				 struct kt_error *err)
{
	char *logs KT_CLEANUP(kt_freep) = NULL;
	int lock KT_CLEANUP(kt_closep) = -1;
	uint64_t need;
	enum kt_status st = kt_initramfs_set(kernel, v->initrd, &v->initrd_size,
					     &need, err);

	if (!st)
		st = kt_setup_logs(v->args, ++v->nr_kernels, &logs, &lock, err);
	if (st)
		return st;
	v->run.engine = kt_setup_engine(v->args, kernel);
	if (kt_args_has(v->args, "heading"))
		printf("=== kernel: %s ===\n", name_of(kernel));
	if (!kt_args_has(v->args, "memory-mb"))
		v->run.memory_mib =
			need > DEFAULT_MEMORY_MIB ? need : DEFAULT_MEMORY_MIB;
	v->run.logs = logs;
	v->how.kernel = kernel;
	return verify(v, err);
}

/* One kernel that fails does not keep the next from being asked. */
static enum kt_status run_kernels(struct verifier *v, const struct kernels *k,
				  struct kt_error *err)
{
	size_t nr_bad = 0;

	v->several = k->nr > 1;
	for (size_t i = 0; i < k->nr; i++) {
		struct kt_error why = { 0 };
		enum kt_status st = run_kernel(v, k->v[i], &why);

		if (!st)
			continue;
		if (k->nr == 1 || kt_stop_check(err)) {
			*err = why;
			return st;
		}
		nr_bad++;
		kt_error_within(&why, "%s", name_of(k->v[i]));
		kt_tool_report(&why);
	}
	if (nr_bad)
		return kt_fail(err, KT_FAIL, "%zu of %zu kernels failed",
			       nr_bad, k->nr);
	return KT_OK;
}

static enum kt_status read_baseline(struct verifier *v, struct kt_error *err)
{
	const char *path = kt_args_str(v->args, "baseline");

	if (!path)
		return KT_OK;
	return kt_baseline_read(path, v->scheduler, &v->baseline, err);
}

/* Before anything is made for it. */
static enum kt_status check_kernel(const struct kt_record *kernel,
				   struct kt_error *err)
{
	if (kt_record_has(kernel, "vmlinux"))
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_DATA,
			       "kernel %s has no vmlinux, whose symbols and "
			       "types are needed",
			       name_of(kernel)),
		       "take one from the cache with ktstr-cache get, or put "
		       "vmlinux beside the image");
}

static enum kt_status run_scheduler(const struct kt_args *args,
				    struct kt_error *err)
{
	struct verifier v = { .args = args };
	struct kernels kernels KT_CLEANUP(kernels_free) = { 0 };
	const char *given = kt_args_str(args, "scheduler-bin");
	char *scheduler KT_CLEANUP(kt_freep) = NULL;
	char *program KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = kt_verifier_find(given, &scheduler, err);

	if (!st)
		st = set_up(&v, err);
	if (!st)
		st = kt_stop_catch(err);
	v.scheduler = kt_path_base(given);
	program = kt_xasprintf("/include-files/%s",
			       kt_path_base(scheduler ? scheduler : given));
	v.how.program = program;
	if (!st)
		st = read_baseline(&v, err);
	if (!st)
		st = read_kernels(args, &kernels, err);
	for (size_t i = 0; !st && i < kernels.nr; i++)
		st = check_kernel(kernels.v[i], err);
	if (!st)
		st = kt_verifier_pack(args, scheduler, &v.initrd,
				      &v.initrd_size, err);
	if (!st)
		st = run_kernels(&v, &kernels, err);
	free(v.initrd);
	kt_setup_release(&v.setup);
	kt_baseline_release(&v.baseline);
	return st;
}

static enum kt_status fold_stdin(struct kt_error *err)
{
	struct kt_buf log KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = kt_fd_read(STDIN_FILENO, KT_FOLD_MAX_BYTES, &log,
				       "the log", err);

	return st ? st :
		    kt_fold(log.data ? log.data : "", log.len, stdout, err);
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	enum kt_status st;

	if (kt_args_has(args, "fold-log"))
		return fold_stdin(err);
	if (!kt_args_has(args, "scheduler-bin"))
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "option --scheduler-bin is missing"),
			       "it names the scheduler's program");
	st = run_scheduler(args, err);
	if (st && st != KT_USAGE && !kt_args_has(args, "csv"))
		return kt_tool_put_error(st, err);
	return st;
}

const struct kt_command kt_tool_verifier = {
	.name = "ktstr-verifier",
	.summary =
		"count what the BPF verifier paid for a scheduler's programs",
	.operands = "[-- ARG...]",
	.options = options,
	.shared = kt_setup_options,
	.run = run,
	.rest = true,
};
