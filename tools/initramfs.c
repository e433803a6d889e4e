// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-initramfs - pack what runs in the guest, for kernel records */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/initramfs-parts.h"
#include "lib/initramfs-sweep.h"
#include "lib/initramfs.h"
#include "lib/stop.h"
#include "lib/sums.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

/* The archive that all records get. */
struct built {
	char *path;
	struct kt_initramfs_size size;
	const char *const *dirs;
	bool text;
};

static const struct kt_option options[] = {
	{ .name = "include-files",
	  .letter = 'i',
	  .help = "put a file or directory, and the libraries it needs, into "
		  "the guest's /include-files",
	  .value = "PATH",
	  .arg = KT_ARG_PATH,
	  .repeat = true },
	{ .name = "output",
	  .letter = 'o',
	  .help = "write the archive there, and not into the cache",
	  .value = "FILE",
	  .arg = KT_ARG_PATH,
	  .excludes = "list" },
	{ .name = "busybox",
	  .help = "the static busybox to use",
	  .value = "PATH",
	  .arg = KT_ARG_PATH },
	{ .name = "list",
	  .help = "print the paths of the archive instead of making it" },
	{ .name = "text",
	  .letter = 't',
	  .help = "print a line for people instead of a record",
	  .excludes = "list" },
	{ 0 },
};

static enum kt_status find_includes(const struct kt_args *args,
				    struct kt_includes *list,
				    struct kt_elfdeps *deps,
				    struct kt_error *err)
{
	const size_t nr = kt_args_count(args, "include-files");
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < nr; i++) {
		const char *arg = kt_args_nth(args, "include-files", i);
		bool empty = false;

		st = kt_includes_add(list, arg, kt_getenv("PATH"), &empty, err);
		if (!st && empty)
			kt_note("no file in \"%s\"", arg);
	}
	if (!st)
		st = kt_includes_finish(list, err);
	if (!st)
		st = kt_elfdeps_add_all(deps, list, err);
	if (!st)
		for (const char *const *m = kt_elfdeps_missing(deps); *m; m++)
			kt_detail("%s", *m);
	return st;
}

static enum kt_status list_paths(struct kt_initramfs *fs, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = kt_initramfs_list(fs, &text, err);

	if (!st)
		fwrite(text.data, 1, text.len, stdout);
	return st;
}

/* Where the cache is, and the sums in it; without it, --output is enough. */
static enum kt_status find_cache(const struct kt_args *args, char **dir,
				 struct kt_sums **sums, struct kt_error *err)
{
	struct kt_env_dirs env;
	struct kt_error why;
	char *path KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;

	kt_tool_dirs(&env);
	st = kt_dir_initramfs(&env, dir, &why);
	if (!st) {
		path = kt_path_join(*dir, KT_INITRAMFS_SUMS);
		*sums = kt_sums_open(path);
	} else if (!kt_args_has(args, "output") && !kt_args_has(args, "list")) {
		*err = why;
		return st;
	}
	return KT_OK;
}

/* @dir is the cache; NULL if there is none, which a given output allows. */
static enum kt_status build(const char *output, const char *dir,
			    struct kt_initramfs *fs, struct built *built,
			    struct kt_error *err)
{
	enum kt_status st;
	char *real;

	if (!output)
		return kt_initramfs_cached(fs, dir, &built->path, &built->size,
					   err);
	st = kt_initramfs_write(fs, dir, output, &built->size, err);
	if (st)
		return st;
	real = realpath(output, NULL);
	if (!real)
		return kt_fail_errno(err, "cannot find \"%s\"", output);
	built->path = real;
	return KT_OK;
}

static enum kt_status finish(struct kt_record *rec, FILE *out, void *ctx,
			     struct kt_error *err)
{
	const struct built *built = ctx;
	uint64_t memory_mib;
	enum kt_status st = kt_initramfs_set(rec, built->path, &built->size,
					     &memory_mib, err);

	if (st)
		return st;
	if (built->dirs[0])
		kt_record_set_strv(rec, "library_dirs", built->dirs);
	if (!built->text)
		return kt_record_write(out, rec, err);
	fprintf(out, "%s: %.1f MiB", built->path,
		(double)built->size.archive_bytes / (1 << 20));
	if (memory_mib)
		fprintf(out, ", boots with %llu MiB of memory or more",
			(unsigned long long)memory_mib);
	fputc('\n', out);
	return KT_OK;
}

/* Nothing is piped to us: a terminal, or /dev/null. */
static bool no_records(void)
{
	struct stat sb;

	return isatty(STDIN_FILENO) ||
	       (!fstat(STDIN_FILENO, &sb) && S_ISCHR(sb.st_mode) &&
		sb.st_rdev == makedev(1, 3));
}

/* Whoever reads the pipe learns of it, and not of an end; a list holds paths. */
static enum kt_status tell(const struct kt_args *args, enum kt_status st,
			   const struct kt_error *err)
{
	if (no_records() || kt_args_has(args, "list"))
		return st;
	return kt_tool_put_error(st, err);
}

/* What is made of the parts, by whichever way; @dir is the cache, or NULL. */
static enum kt_status answer(const struct kt_args *args, const char *dir,
			     const struct kt_initramfs_parts *parts,
			     struct kt_error *err)
{
	struct kt_initramfs *fs KT_CLEANUP(kt_initramfs_freep) = NULL;
	struct built built = { .dirs = kt_elfdeps_dirs(parts->deps),
			       .text = kt_args_has(args, "text") };
	enum kt_status st = kt_initramfs_plan(parts, &fs, err);

	if (!st && kt_args_has(args, "list"))
		return list_paths(fs, err);
	if (!st)
		st = build(kt_args_str(args, "output"), dir, fs, &built, err);
	if (!st && parts->sums)
		kt_sums_save(parts->sums);
	if (!st && no_records()) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) =
			kt_record_new(KT_SCHEMA_KERNEL);

		st = finish(rec, stdout, &built, err);
	} else if (!st) {
		st = kt_tool_filter(KT_SCHEMA_KERNEL, finish, &built, err);
	} else {
		st = tell(args, st, err);
	}
	free(built.path);
	return st;
}

static void warn(void *ctx KT_UNUSED, const struct kt_error *why)
{
	kt_note("%s", why->msg);
	kt_note("hint: %s", why->hint);
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	const struct kt_elfdeps_places places =
		kt_elfdeps_here(kt_getenv("LD_LIBRARY_PATH"));
	struct kt_includes includes KT_CLEANUP(kt_includes_release) = { 0 };
	struct kt_elfdeps *deps KT_CLEANUP(kt_elfdeps_freep) =
		kt_elfdeps_new(&places);
	const char *given = kt_args_str(args, "busybox");
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	char *init KT_CLEANUP(kt_freep) = NULL;
	char *busybox KT_CLEANUP(kt_freep) = NULL;
	char *dir KT_CLEANUP(kt_freep) = NULL;
	struct kt_sums *sums KT_CLEANUP(kt_sums_freep) = NULL;
	struct kt_initramfs_parts parts;
	enum kt_status st = kt_stop_catch(err);

	if (!st)
		st = find_includes(args, &includes, deps, err);
	if (!st)
		st = kt_tool_bindir(&bindir, err);
	if (!st)
		st = kt_initramfs_find_init(bindir, &init, err);
	if (!st)
		st = kt_initramfs_find_busybox(
			given ? given : kt_getenv("KTSTR_BUSYBOX"),
			kt_getenv("PATH"), &busybox, err);
	if (!st)
		st = find_cache(args, &dir, &sums, err);
	if (st)
		return tell(args, st, err);
	kt_detail("init \"%s\", busybox \"%s\", %zu files, %zu libraries", init,
		  busybox, includes.nr, kt_elfdeps_count(deps));
	parts = (struct kt_initramfs_parts){ .init = init,
					     .busybox = busybox,
					     .includes = &includes,
					     .deps = deps,
					     .sums = sums,
					     .warn = warn };
	return answer(args, dir, &parts, err);
}

const struct kt_command kt_tool_initramfs = {
	.name = "ktstr-initramfs",
	.summary = "pack what runs in the guest",
	.options = options,
	.run = run,
};
