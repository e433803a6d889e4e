// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-kbuild - build the kernel tree of each record */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/jobs.h"
#include "lib/kbuild.h"
#include "lib/progress.h"
#include "lib/record.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

#define MAX_JOBS 4096
#define MAX_MAKE_WORDS 32

struct tool {
	struct kt_kbuild kb;
	struct kt_progress_steps steps;
	char *base;
	struct kt_buf extra; /* --kconfig */
	char extra_crc32[KT_CRC32_SIZE];
	bool text;
	char *flags; /* KTSTR_MAKEFLAGS, cut into words */
	const char *words[MAX_MAKE_WORDS + 1];
};

static void tool_release(struct tool *t)
{
	kt_kbuild_release(&t->kb);
	kt_cache_freep(&t->kb.cache);
	kt_progress_steps_release(&t->steps);
	kt_buf_release(&t->extra);
	free(t->base);
	free(t->flags);
}

/* make's own words, bytes as they are: escaping them would spoil a path. */
static void show_failure(struct tool *t)
{
	const struct kt_buf *tail = &t->kb.tail;

	if (!tail->len || kt_stop_signal())
		return;
	fwrite(tail->data, 1, tail->len, stderr);
	if (tail->data[tail->len - 1] != '\n')
		fputc('\n', stderr);
	if (t->kb.log)
		kt_note("make's whole output is in %s", t->kb.log);
}

static void remove_tree(struct tool *t, const struct kt_record *rec)
{
	const char *tree = NULL;
	struct kt_error err = { 0 };
	bool temporary = false;

	if (kt_record_bool_or(rec, "tree_temporary", false, &temporary, &err) ||
	    !temporary || kt_record_str(rec, "tree", &tree, &err))
		return;
	if (kt_workdir_remove(t->base, tree, &err))
		kt_note("%s", err.msg);
}

/* Is the kernel that a record brings the one that --kconfig asks for? */
static enum kt_status check_built(struct tool *t, const struct kt_record *rec,
				  struct kt_error *err)
{
	char *suffix KT_CLEANUP(kt_freep) = NULL;
	const char *key;
	enum kt_status st = kt_record_str_or_null(rec, "key", &key, err);

	if (st || !t->kb.extra)
		return st;
	suffix = kt_xasprintf("-x%s", t->kb.extra_crc32);
	if (key && strlen(key) > strlen(suffix) &&
	    !strcmp(key + strlen(key) - strlen(suffix), suffix))
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_DATA,
			       "the kernel was built without that --kconfig"),
		       "ktstr-fetch --kconfig looks for the right one");
}

/* A line for people of what there is now. */
static enum kt_status put_text(const struct tool *t,
			       const struct kt_record *rec,
			       struct kt_error *err)
{
	const char *key = kt_record_text(rec, "key"),
		   *tree = kt_record_text(rec, "tree"),
		   *image = kt_record_text(rec, "image");
	char clean[2][4096];

	kt_printable(clean[0], sizeof(clean[0]), key ? key : "(no key)");
	kt_printable(clean[1], sizeof(clean[1]),
		     image ? image :
		     tree  ? tree :
			     "-");
	if (image || !t->kb.check)
		printf("%s  %s\n", clean[0], clean[1]);
	else
		printf("%s  %s: ready to build%s\n", clean[0], clean[1],
		       kt_record_has(rec, "kconfig_crc32") ?
			       ", with all that the guest needs" :
			       ", without some that the guest needs");
	if (fflush(stdout))
		return kt_fail_errno(err, "cannot write to standard output");
	return KT_OK;
}

static enum kt_status put(const struct tool *t, const struct kt_record *rec,
			  FILE *out, struct kt_error *err)
{
	return t->text ? put_text(t, rec, err) : kt_record_write(out, rec, err);
}

static enum kt_status on_record(struct kt_record *rec, FILE *out, void *ctx,
				struct kt_error *err)
{
	struct tool *t = ctx;
	enum kt_status st;

	if (!kt_record_has(rec, "tree")) {
		if (!kt_record_has(rec, "image"))
			return kt_fail(err, KT_DATA,
				       "the record has neither \"tree\" nor "
				       "\"image\"");
		st = check_built(t, rec, err);
		return st ? st : put(t, rec, out, err);
	}
	st = kt_kbuild_record(&t->kb, rec, err);
	kt_progress_steps_release(&t->steps);
	if (!st && t->kb.taken) {
		kt_kbuild_unlock(&t->kb);
		remove_tree(t, rec);
		kt_record_unset(rec, "tree");
		kt_record_unset(rec, "tree_temporary");
	}
	if (!st)
		st = put(t, rec, out, err);
	/* Whether the tree is ours to remove depends on it having got out. */
	if (!st && fflush(out))
		st = kt_fail_errno(err, "cannot write to standard output");
	kt_kbuild_unlock(&t->kb);
	if (st) {
		show_failure(t);
		remove_tree(t, rec);
	}
	return st;
}

static enum kt_status open_base(struct tool *t, struct kt_error *err)
{
	struct kt_env_dirs dirs;
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *root KT_CLEANUP(kt_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	enum kt_status st;

	kt_tool_dirs(&dirs);
	st = kt_dir_build(&dirs, &dir, err);
	if (!st)
		st = kt_mkdirs_real(dir, &t->base, err);
	if (!st)
		st = kt_dir_cache(&dirs, &root, err);
	if (st)
		return st;
	kt_workdir_sweep(t->base, time(NULL));
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	t->kb.cache = kt_cache_open(root, crc);
	t->kb.base = t->base;
	return KT_OK;
}

static enum kt_status read_extra(struct tool *t, const char *file,
				 struct kt_error *err)
{
	enum kt_status st;

	if (!file)
		return KT_OK;
	st = kt_kconfig_read(file, &t->extra, t->extra_crc32, err);
	if (st)
		return st;
	t->kb.extra = t->extra.data;
	t->kb.extra_crc32 = t->extra_crc32;
	return KT_OK;
}

static bool is_yes(const char *val)
{
	return val && !strcmp(val, "1");
}

static enum kt_status read_env(struct tool *t, struct kt_error *err)
{
	const char *flags = kt_getenv("KTSTR_MAKEFLAGS");
	const char *ccache = kt_getenv("KTSTR_CCACHE");
	const char *llvm = kt_getenv("LLVM");
	char *save = NULL;
	size_t nr = 0;

	t->kb.llvm = llvm && *llvm ? llvm : NULL;
	t->kb.ccache = is_yes(ccache);
	t->kb.no_ccache = ccache && !strcmp(ccache, "0");
	t->flags = kt_xstrdup(flags ? flags : "");
	for (char *word = strtok_r(t->flags, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		if (nr == MAX_MAKE_WORDS)
			return kt_fail(err, KT_USAGE,
				       "KTSTR_MAKEFLAGS has more than %d words",
				       MAX_MAKE_WORDS);
		t->words[nr++] = word;
		if (!strncmp(word, "LLVM=", 5))
			t->kb.llvm = word[5] ? word + 5 : NULL;
	}
	t->kb.make = t->words;
	return KT_OK;
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct tool t KT_CLEANUP(tool_release) = {
		.kb = {
			.env = (const char *const *)environ,
			.clean = kt_args_has(args, "clean"),
			.check = kt_args_has(args, "check"),
			.note = kt_note,
			.detail = kt_detail,
			.verbose = kt_args_has(args, "verbose"),
			.lock = -1,
		},
		.steps = { .unit = "steps" },
	};
	enum kt_status st = kt_stop_catch(err);

	/* The clock that files are dated by lags behind the other. */
	clock_gettime(CLOCK_REALTIME_COARSE, &t.kb.started);
	t.kb.watch = kt_progress_watch(&t.steps);
	t.text = kt_args_has(args, "text");
	t.kb.jobs = (unsigned int)kt_args_u64(args, "jobs", 0);
	if (!t.kb.jobs)
		t.kb.jobs = kt_jobs("/sys/fs/cgroup", "/proc/self/cgroup");
	if (!st)
		st = read_env(&t, err);
	if (!st)
		st = read_extra(&t, kt_args_str(args, "kconfig"), err);
	if (!st)
		st = open_base(&t, err);
	return st ? st : kt_tool_filter(KT_SCHEMA_KERNEL, on_record, &t, err);
}

static const struct kt_option options[] = {
	{ .name = "clean",
	  .help = "make mrproper first, in a tree that stays" },
	{ .name = "jobs",
	  .setting = true,
	  .letter = 'j',
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .min = 1,
	  .max = MAX_JOBS,
	  .help = "run N compilers at once, not what CPUs and cgroup allow" },
	{ .name = "kconfig",
	  .arg = KT_ARG_PATH,
	  .value = "FILE",
	  .help = "add these configuration lines; they change the key" },
	{ .name = "check", .help = "configure and check, but build nothing" },
	{ .name = "text",
	  .letter = 't',
	  .help = "print for people instead of records" },
	{ 0 },
};

const struct kt_command kt_tool_kbuild = {
	.name = "ktstr-kbuild",
	.summary = "build the kernel source tree of each record",
	.options = options,
	.run = run,
};
