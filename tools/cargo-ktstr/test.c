// SPDX-License-Identifier: GPL-2.0-only
/*
 * test - cargo ktstr test and coverage: a kernel for tests, and then cargo
 *
 * A kernel is found, or built, and told to the tests in the environment:
 * KTSTR_KERNEL is a directory, KTSTR_TEST_KERNEL an image. Then this process
 * becomes cargo, so that signals and status are cargo's own. For several
 * kernels cargo is run once for each instead.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fd.h"
#include "lib/kernel-id.h"
#include "lib/key.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/tree.h"
#include "lib/xalloc.h"
#include "tools/cargo-ktstr/cargo-run.h"
#include "tools/cargo-ktstr/front.h"
#include "tools/fetch/command.h"

#define DIR_VARIABLE "KTSTR_KERNEL"
#define FILE_VARIABLE "KTSTR_TEST_KERNEL"
#define SIDECAR_VARIABLE "KTSTR_SIDECAR_DIR"
#define CACHE_VARIABLE "KTSTR_CACHE_DIR"

enum { FETCH, KBUILD, ADD, PATH };

static const struct kt_borrow borrows[] = {
	[FETCH] = { .from = &kt_fetch_command, .names = "" },
	[KBUILD] = { .from = &kt_tool_kbuild, .names = "" },
	[ADD] = { .from = &kt_tool_cache, .sub = "add", .names = "" },
	[PATH] = { .from = &kt_tool_cache, .sub = "path", .names = "" },
	{ 0 },
};

struct kernel {
	const char *id;		  /* as it was given */
	const char *variable;	  /* what tells tests of it */
	struct kt_pipeline *find; /* prints its path */
	struct kt_pipeline *fill; /* does so where find does not, or NULL */
	struct kt_buf path;
	char *sidecars; /* where the tests with it leave theirs, or NULL */
	int status;	/* of cargo with it; -1: not run */
};

struct run {
	const struct kt_args *args;
	struct kernel *kernels;
	size_t nr;
	const char **cargo;   /* its words; ends in NULL */
	const char *sidecars; /* a person's default for all, or NULL */
	char *cache;	      /* likewise */
};

static void run_release(struct run *r)
{
	for (size_t i = 0; i < r->nr; i++) {
		kt_pipeline_freep(&r->kernels[i].find);
		kt_pipeline_freep(&r->kernels[i].fill);
		kt_buf_release(&r->kernels[i].path);
		free(r->kernels[i].sidecars);
	}
	free(r->kernels);
	free(r->cargo);
	free(r->cache);
}

static struct kt_pipeline *path_of(const struct kt_args *args, const char *id)
{
	struct kt_pipeline *p = kt_pipeline_new();

	kt_front_stage(p, args, &borrows[PATH]);
	kt_pipeline_word(p, "--");
	kt_pipeline_word(p, id);
	return p;
}

/* The five steps of a source tree. Nothing is cached, and make always runs. */
static struct kt_pipeline *build_tree(const struct kt_args *args,
				      const char *tree)
{
	struct kt_pipeline *p = kt_pipeline_new();

	kt_front_stage(p, args, &borrows[FETCH]);
	kt_pipeline_word(p, "--force");
	kt_pipeline_word(p, "--source");
	kt_pipeline_word(p, tree);
	kt_front_stage(p, args, &borrows[KBUILD]);
	kt_front_stage(p, args, &borrows[PATH]);
	kt_pipeline_word(p, "-");
	return p;
}

static struct kt_pipeline *build_version(const struct kt_args *args,
					 const char *version)
{
	struct kt_pipeline *p = kt_pipeline_new();

	kt_front_stage(p, args, &borrows[FETCH]);
	kt_pipeline_word(p, "--");
	kt_pipeline_word(p, version);
	kt_front_stage(p, args, &borrows[KBUILD]);
	kt_front_stage(p, args, &borrows[ADD]);
	kt_front_stage(p, args, &borrows[PATH]);
	kt_pipeline_word(p, "-");
	return p;
}

static enum kt_status plan_path(const struct kt_args *args, struct kernel *k,
				struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;
	struct stat sb;
	enum kt_status st = kt_id_expand(k->id, kt_getenv("HOME"), &path, err);

	if (st)
		return st;
	if (!stat(path, &sb) && !S_ISDIR(sb.st_mode))
		k->variable = FILE_VARIABLE;
	if (kt_tree_check(path, NULL, &ignored))
		k->find = path_of(args, path);
	else
		k->find = build_tree(args, path);
	return KT_OK;
}

/* The version that builds the entry of @key, which the caller owns; or NULL. */
static char *version_of_key(const char *key)
{
	char *end KT_CLEANUP(kt_freep) = kt_xasprintf("-tarball-%s", kt_arch());
	const size_t len = strlen(key), tail = strlen(end);
	char *version;

	if (len <= tail || strcmp(key + len - tail, end))
		return NULL;
	version = kt_xstrndup(key, len - tail);
	if (kt_id_kind(version) == KT_ID_VERSION)
		return version;
	free(version);
	return NULL;
}

static enum kt_status plan(const struct kt_args *args, struct kernel *k,
			   struct kt_error *err)
{
	const bool build = kt_args_has(args, "build");
	char *version KT_CLEANUP(kt_freep) = NULL;

	k->variable = DIR_VARIABLE;
	k->status = -1;
	if (kt_id_kind(k->id) == KT_ID_PATH)
		return plan_path(args, k, err);
	k->find = path_of(args, k->id);
	if (!build)
		return KT_OK;
	version = kt_id_kind(k->id) == KT_ID_VERSION ? kt_xstrdup(k->id) :
						       version_of_key(k->id);
	if (!version)
		return kt_fail(err, KT_USAGE,
			       "--build: no version is known of key \"%s\"",
			       k->id);
	kt_pipeline_hush(k->find);
	k->fill = build_version(args, version);
	return KT_OK;
}

/*
 * With several kernels the sidecars of one must not replace another's. "." and
 * ".." are names of other directories, and stand as "./" and "../" would.
 */
static char *sidecars_of(const char *id)
{
	const char *dir = kt_getenv(SIDECAR_VARIABLE);
	const bool dots = !strcmp(id, ".") || !strcmp(id, "..");
	char *path;

	if (!dir)
		return NULL;
	path = kt_xasprintf("%s/%s%s", dir, id, dots ? "/" : "");
	for (char *c = path + strlen(dir) + 1; *c; c++)
		if (*c == '/')
			*c = '+';
	return path;
}

/* Is variable @name a person's default, which tests do not know of? */
static const char *usual(const char *name)
{
	char *origin KT_CLEANUP(kt_freep) = kt_getenv_origin(name);

	return origin ? kt_getenv(name) : NULL;
}

/* What tests are told of if nothing else says which kernel; or NULL. */
static const char *usual_kernel(void)
{
	return kt_getenv(FILE_VARIABLE) ? NULL : usual(DIR_VARIABLE);
}

/* What a person has set in the file is not in the environment of tests. */
static enum kt_status plan_environment(struct run *r, struct kt_error *err)
{
	struct kt_env_dirs dirs;

	r->sidecars = usual(SIDECAR_VARIABLE);
	if (!usual(CACHE_VARIABLE))
		return KT_OK;
	kt_tool_dirs(&dirs);
	return kt_dir_cache(&dirs, &r->cache, err);
}

static enum kt_status plan_all(struct run *r, struct kt_error *err)
{
	const size_t given = kt_args_count(r->args, "kernel");
	const char *usual = given ? NULL : usual_kernel();
	const size_t nr = usual ? 1 : given;

	r->kernels = kt_xcalloc(nr + 1, sizeof(*r->kernels));
	for (; r->nr < nr; r->nr++) {
		struct kernel *k = &r->kernels[r->nr];
		enum kt_status st;

		k->id = usual ? usual : kt_args_nth(r->args, "kernel", r->nr);
		if (nr > 1)
			k->sidecars = sidecars_of(k->id);
		st = plan(r->args, k, err);
		if (st) {
			r->nr++;
			return st;
		}
	}
	return KT_OK;
}

/* "NAME=VALUE ", or nothing if it is NULL. */
static void explain_variable(const char *name, const char *value,
			     struct kt_buf *out)
{
	if (!value)
		return;
	kt_buf_addf(out, "%s=", name);
	kt_pipeline_quote(value, out);
	kt_buf_addc(out, ' ');
}

static void explain_cargo(const struct run *r, size_t i, struct kt_buf *out)
{
	const struct kernel *k = &r->kernels[i];
	const char *sidecars = r->sidecars;

	if (r->nr || sidecars || r->cache)
		kt_buf_adds(out, "env ");
	if (r->nr) {
		const bool file = !strcmp(k->variable, FILE_VARIABLE);

		kt_buf_addf(out, "-u %s %s=\"$kernel%zu\" ",
			    file ? DIR_VARIABLE : FILE_VARIABLE, k->variable,
			    i + 1);
		if (k->sidecars)
			sidecars = k->sidecars;
	}
	explain_variable(CACHE_VARIABLE, r->cache, out);
	explain_variable(SIDECAR_VARIABLE, sidecars, out);
	for (size_t w = 0; r->cargo[w]; w++) {
		if (w)
			kt_buf_addc(out, ' ');
		kt_pipeline_quote(r->cargo[w], out);
	}
}

/* "A" or "A || B" without the end of the line. */
static void explain_find(const struct kernel *k, struct kt_buf *out)
{
	kt_pipeline_explain(k->find, out);
	out->data[--out->len] = '\0';
	if (!k->fill)
		return;
	kt_buf_adds(out, " || ");
	kt_pipeline_explain(k->fill, out);
	out->data[--out->len] = '\0';
}

static void explain(const struct run *r)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };

	for (size_t i = 0; i < r->nr; i++) {
		kt_buf_addf(&out, "kernel%zu=$(", i + 1);
		explain_find(&r->kernels[i], &out);
		kt_buf_adds(&out, ") &&\n");
	}
	if (r->nr < 2) {
		explain_cargo(r, 0, &out);
	} else {
		kt_buf_adds(&out, "{\n\tstatus=0\n");
		for (size_t i = 0; i < r->nr; i++) {
			kt_buf_addc(&out, '\t');
			explain_cargo(r, i, &out);
			kt_buf_adds(&out, " || status=$?\n");
		}
		kt_buf_adds(&out, "\t(exit $status)\n}");
	}
	kt_buf_addc(&out, '\n');
	fputs(out.data, stdout);
}

/* Find every kernel before the first test, since a later one may be missing. */
static enum kt_status find_all(struct run *r, int *status, struct kt_error *err)
{
	*status = 0;
	for (size_t i = 0; i < r->nr && !*status; i++) {
		struct kernel *k = &r->kernels[i];
		enum kt_status st =
			kt_front_capture(k->find, &k->path, status, err);

		if (!st && *status && k->fill) {
			k->path.len = 0;
			st = kt_front_capture(k->fill, &k->path, status, err);
		}
		if (!st && !*status && !k->path.len)
			st = kt_fail(err, KT_FAIL, "no kernel \"%s\"", k->id);
		if (st)
			return st;
		if (!*status)
			kt_note("kernel %s: %s", k->id, k->path.data);
	}
	return KT_OK;
}

/* Set variable @name, unless @value is NULL. */
static void set_variable(const char *name, const char *value)
{
	if (value && setenv(name, value, 1))
		kt_oom();
}

/* What cargo and the tests find in the environment. */
static void set_environment(const struct kernel *k)
{
	unsetenv(DIR_VARIABLE);
	unsetenv(FILE_VARIABLE);
	set_variable(k->variable, k->path.data);
	set_variable(SIDECAR_VARIABLE, k->sidecars);
}

static void sum_up(const struct run *r)
{
	size_t passed = 0;

	for (size_t i = 0; i < r->nr; i++) {
		const struct kernel *k = &r->kernels[i];

		if (!k->status)
			kt_note("kernel %s: passed", k->id);
		else if (k->status < 0)
			kt_note("kernel %s: not run", k->id);
		else
			kt_note("kernel %s: failed, exit status %d", k->id,
				k->status);
		passed += !k->status;
	}
	kt_note("%zu of %zu kernels passed", passed, r->nr);
}

/* One after another; the last status that is not 0 becomes ours. */
static enum kt_status run_each(struct run *r, struct kt_error *err)
{
	enum kt_status st = KT_OK;
	int last = 0;

	for (size_t i = 0; !st && i < r->nr; i++) {
		struct kernel *k = &r->kernels[i];

		kt_note("kernel %s: testing", k->id);
		set_environment(k);
		st = kt_cargo_run(r->cargo, &k->status, err);
		if (!st && k->status)
			last = k->status;
	}
	sum_up(r);
	if (!st)
		kt_tool_exit_with(last);
	return st;
}

static enum kt_status run(const struct kt_args *args, bool coverage,
			  struct kt_error *err)
{
	struct run r KT_CLEANUP(run_release) = { .args = args };
	const size_t nr = kt_args_operands(args);
	struct kt_cargo cargo;
	enum kt_status st;
	int status;

	r.cargo = kt_xcalloc(nr + 4, sizeof(*r.cargo));
	r.cargo[0] = "cargo";
	r.cargo[1] = coverage ? "llvm-cov" : "nextest";
	r.cargo[2] = coverage ? "nextest" : "run";
	for (size_t i = 0; i < nr; i++)
		r.cargo[3 + i] = kt_args_operand(args, i);
	st = plan_environment(&r, err);
	if (!st)
		st = plan_all(&r, err);
	if (!st && kt_args_has(args, "explain")) {
		explain(&r);
		return KT_OK;
	}
	/* Better now than after a kernel has been built. */
	kt_front_cargo(&cargo);
	if (!st)
		st = kt_cargo_check(&cargo, coverage, err);
	if (!st)
		st = find_all(&r, &status, err);
	if (st)
		return st;
	if (status) {
		kt_tool_exit_with(status);
		return KT_OK;
	}
	set_variable(CACHE_VARIABLE, r.cache);
	set_variable(SIDECAR_VARIABLE, r.sidecars);
	if (r.nr > 1)
		return run_each(&r, err);
	if (r.nr)
		set_environment(&r.kernels[0]);
	st = kt_stop_check(err);
	return st ? st : kt_cargo_become(r.cargo, err);
}

static enum kt_status test(const struct kt_args *args, struct kt_error *err)
{
	return run(args, false, err);
}

static enum kt_status coverage(const struct kt_args *args, struct kt_error *err)
{
	return run(args, true, err);
}

static const struct kt_option options[] = {
	{ .name = "kernel",
	  .arg = KT_ARG_KERNEL,
	  .value = "ID",
	  .repeat = true,
	  .help = "test with this kernel: a path, version or cache key" },
	{ .name = "build",
	  .needs = "kernel",
	  .help = "build a version that is not cached, and cache it" },
	{ 0 },
};

const struct kt_command kt_front_test = {
	.name = "test",
	.summary = "run cargo nextest with a kernel",
	.operands = "[[--] NEXTEST-ARGUMENT...]",
	.max_operands = -1,
	.options = options,
	.borrows = borrows,
	.foreign = true,
	.run = test,
};

const struct kt_command kt_front_coverage = {
	.name = "coverage",
	.summary = "the same under cargo llvm-cov",
	.operands = "[[--] LLVM-COV-ARGUMENT...]",
	.max_operands = -1,
	.options = options,
	.borrows = borrows,
	.foreign = true,
	.run = coverage,
};
