// SPDX-License-Identifier: GPL-2.0-only
/*
 * kbuild-config - make a tree's .config one that has what the guest needs
 *
 * All of it happens in a copy outside of the tree: a configuration that does
 * not come out as it was asked for leaves the tree's own as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/kbuild.h"
#include "lib/key.h"
#include "lib/ksyms.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

#define MAX_NAMED 4 /* lost options told in one message */

struct job {
	struct kt_kbuild *kb;
	const char *tree, *cc;
	char *need_text, *slim_text;
	struct kt_kconfig *need;  /* the fragment's need part */
	struct kt_kconfig *want;  /* that and the extra fragment over it */
	struct kt_kconfig *extra; /* the extra fragment */
	struct kt_ksyms *syms;	  /* read when first needed */
	char *dir, *path;	  /* of the copy */
};

static void job_release(struct job *job)
{
	struct kt_error ignored;

	/* A stray file of ours is swept later if it cannot be removed now. */
	if (job->dir && kt_remove_tree(AT_FDCWD, job->dir, &ignored))
		job->kb->detail("cannot remove \"%s\"", job->dir);
	kt_kconfig_freep(&job->need);
	kt_kconfig_freep(&job->want);
	kt_kconfig_freep(&job->extra);
	kt_ksyms_freep(&job->syms);
	free(job->need_text);
	free(job->slim_text);
	free(job->dir);
	free(job->path);
}

void kt_kbuild_config_release(struct kt_kbuild_config *config)
{
	kt_buf_release(&config->text);
	kt_kconfig_freep(&config->cfg);
}

static const struct {
	const char *symbol, *hint;
} essential[] = {
	{ "CONFIG_SCHED_CLASS_EXT",
	  "it needs CONFIG_DEBUG_INFO_BTF, and that pahole 1.16 or later: "
	  "apt install dwarves" },
	{ "CONFIG_DEBUG_INFO_BTF",
	  "it needs pahole 1.16 or later: apt install dwarves" },
	{ "CONFIG_BPF_SYSCALL", "BPF programs cannot be loaded without it" },
	{ "CONFIG_FTRACE",
	  "it is the gate of all tracing, and off in arm64's defconfig" },
	{ "CONFIG_KPROBE_EVENTS", "it needs CONFIG_FTRACE and CONFIG_KPROBES" },
	{ "CONFIG_BPF_EVENTS",
	  "it needs CONFIG_KPROBE_EVENTS and CONFIG_PERF_EVENTS" },
};

#define NR_ESSENTIAL (sizeof(essential) / sizeof(essential[0]))

static const char *hint_of(const char *symbol)
{
	for (size_t i = 0; i < NR_ESSENTIAL; i++)
		if (!strcmp(symbol, essential[i].symbol))
			return essential[i].hint;
	return NULL;
}

enum kt_status kt_kbuild_essential(const struct kt_kconfig *cfg,
				   struct kt_error *err)
{
	struct kt_buf off KT_CLEANUP(kt_buf_release) = { 0 };
	const char *hint = NULL;

	for (size_t i = 0; i < NR_ESSENTIAL; i++) {
		if (!strcmp(kt_kconfig_get(cfg, essential[i].symbol), "y"))
			continue;
		kt_buf_addf(&off, "%s%s", off.len ? ", " : "",
			    essential[i].symbol);
		if (!hint)
			hint = essential[i].hint;
	}
	if (!off.len)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "the configuration lacks what nothing works "
			       "without: %s",
			       off.data),
		       "%s", hint);
}

static const char *srcarch(void)
{
	return strcmp(kt_arch(), "aarch64") ? "x86" : "arm64";
}

/* Does the extra fragment ask for this itself? Then it is taken at its word. */
static bool is_extra(const struct job *job, const char *symbol)
{
	return strcmp(kt_kconfig_get(job->extra, symbol), "n") != 0;
}

/* The value wanted is met by @have, though it is another one. */
static bool is_met(const struct job *job, const char *symbol, const char *want,
		   const char *have)
{
	/* Some configurations force more processors than we need. */
	return !strcmp(symbol, "CONFIG_NR_CPUS") && !is_extra(job, symbol) &&
	       strtoul(have, NULL, 10) >= strtoul(want, NULL, 10);
}

static enum kt_status read_symbols(struct job *job, struct kt_error *err)
{
	return job->syms ? KT_OK :
			   kt_ksyms_read(job->tree, srcarch(), &job->syms, err);
}

/*
 * What of @want is not so in @have: lines "CONFIG_X=y" into @lost. A symbol
 * that the tree does not know is no loss, unless nothing works without it or
 * the user asked for it; with @tell, -v lists those.
 */
static enum kt_status find_lost(struct job *job, const struct kt_kconfig *want,
				const struct kt_kconfig *have, bool tell,
				struct kt_buf *lost, struct kt_error *err)
{
	struct kt_buf all KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st;
	char *save = NULL;

	if (!kt_kconfig_unmet(want, have, &all))
		return KT_OK;
	st = read_symbols(job, err);
	if (st)
		return st;
	for (char *line = strtok_r(all.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *value = line;
		bool known;

		strsep(&value, "=");
		if (!value)
			continue;
		known = kt_ksyms_has(job->syms, line) || hint_of(line) ||
			is_extra(job, line);
		if (!known && tell)
			job->kb->detail("%s is not known to this tree", line);
		if (known &&
		    !is_met(job, line, value, kt_kconfig_get(have, line)))
			kt_buf_addf(lost, "%s=%s\n", line, value);
	}
	return KT_OK;
}

/* One lost option, "CONFIG_X=y", and why, appended to @text. */
static void explain(struct job *job, const char *line,
		    const struct kt_kconfig *have, struct kt_buf *text)
{
	const size_t len = strcspn(line, "=");
	char *symbol KT_CLEANUP(kt_freep) = kt_xstrndup(line, len);
	char *why KT_CLEANUP(kt_freep) = NULL;

	kt_buf_addf(text, "%s%s", text->len ? "; " : "", line);
	if (!kt_ksyms_has(job->syms, symbol)) {
		kt_buf_adds(text, " (this tree has no such option)");
		return;
	}
	if (strcmp(line + len, "=n") != 0)
		why = kt_ksyms_why(job->syms, symbol, have);
	if (why)
		kt_buf_addf(text, " (%s)", why);
	else
		kt_buf_addf(text, " (it is %s)", kt_kconfig_get(have, symbol));
}

static const char *hint_for(struct job *job, const char *symbol)
{
	if (!kt_ksyms_has(job->syms, symbol) &&
	    !strcmp(symbol, "CONFIG_SCHED_CLASS_EXT"))
		return "sched_ext is in Linux 6.12 and later";
	return hint_of(symbol);
}

/* Fail, naming what of it was lost on the way through olddefconfig. */
static enum kt_status check_lost(struct job *job, const struct kt_kconfig *have,
				 struct kt_error *err)
{
	struct kt_buf lost KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	const char *hint = NULL;
	char *save = NULL;
	size_t nr = 0;
	enum kt_status st = find_lost(job, job->want, have, true, &lost, err);

	if (st || !lost.len)
		return st;
	for (char *line = strtok_r(lost.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *symbol KT_CLEANUP(kt_freep) =
			kt_xstrndup(line, strcspn(line, "="));

		if (nr++ < MAX_NAMED)
			explain(job, line, have, &text);
		if (!hint)
			hint = hint_for(job, symbol);
	}
	if (nr > MAX_NAMED)
		kt_buf_addf(&text, "; and %zu more", nr - MAX_NAMED);
	st = kt_fail(err, KT_FAIL, "this tree does not take %s: %s",
		     nr == 1 ? "an option" : "options", text.data);
	return hint ? kt_hint(err, st, "%s", hint) : st;
}

/*
 * For -v: what the slim part turns off and this tree does not know, and what it
 * keeps on all the same. Neither is an error: it only costs time.
 */
static enum kt_status tell_slim(struct job *job, const struct kt_kconfig *have,
				struct kt_error *err)
{
	static const char off[] = "# CONFIG_";
	char *text KT_CLEANUP(kt_freep) = kt_xstrdup(job->slim_text);
	enum kt_status st;
	char *save = NULL;

	if (!job->kb->verbose)
		return KT_OK;
	st = read_symbols(job, err);
	if (st)
		return st;
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *symbol = line + strlen("# ");
		const char *value;

		if (strncmp(line, off, strlen(off)) != 0)
			continue;
		symbol[strcspn(symbol, " ")] = '\0';
		value = kt_kconfig_get(have, symbol);
		if (!kt_ksyms_has(job->syms, symbol))
			job->kb->detail("%s is not known to this tree", symbol);
		else if (strcmp(value, "n") != 0)
			job->kb->detail("%s stays %s in this tree", symbol,
					value);
	}
	return KT_OK;
}

static enum kt_status run_make(struct job *job, const char *target,
			       struct kt_error *err)
{
	char *var KT_CLEANUP(kt_freep) =
		kt_xasprintf("KCONFIG_CONFIG=%s", job->path);
	const char *const words[] = { var, target, NULL };
	struct kt_make make = {
		.tree = job->tree,
		.words = words,
		.cc = job->cc,
		.log = -1,
		.deadline = kt_deadline_in(KT_KBUILD_CONFIG_TIMEOUT_S *
					   KT_NS_PER_S),
	};
	enum kt_status st = kt_kbuild_make(job->kb, &make, err);

	return st ? kt_within(err, st, "configuring (%s)", target) : KT_OK;
}

static enum kt_status read_config(const char *path, struct kt_buf *text,
				  struct kt_kconfig **cfg, struct kt_error *err)
{
	enum kt_status st =
		kt_file_read(AT_FDCWD, path, KT_KCONFIG_MAX_BYTES, text, err);

	if (!st)
		st = kt_kconfig_parse(text->data, text->len, cfg, err);
	return st ? kt_within(err, st, "%s", path) : KT_OK;
}

/* What is missing is appended; the last line of an option counts. */
static enum kt_status write_copy(struct job *job, const struct kt_buf *base,
				 bool need, bool slim, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	kt_buf_add(&text, base->data, base->len);
	/* The user's last line may have no end. */
	kt_buf_adds(&text, "\n");
	if (need)
		kt_buf_adds(&text, job->need_text);
	if (slim)
		kt_buf_adds(&text, job->slim_text);
	if (job->kb->extra)
		kt_buf_adds(&text, job->kb->extra);
	kt_buf_adds(&text, "\n");
	return kt_file_replace(AT_FDCWD, job->path, text.data, text.len, 0600,
			       err);
}

static enum kt_status open_job(struct job *job, struct kt_error *err)
{
	const char *extra;
	struct kt_buf both KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st;

	kt_kconfig_parts(kt_kconfig_fragment, &job->need_text, &job->slim_text);
	kt_buf_adds(&both, job->need_text);
	st = kt_kconfig_parse(both.data, both.len, &job->need, err);
	if (st)
		return st;
	if (job->kb->extra)
		kt_buf_addf(&both, "\n%s\n", job->kb->extra);
	st = kt_kconfig_parse(both.data, both.len, &job->want, err);
	if (st)
		return st;
	extra = job->kb->extra ? job->kb->extra : "";
	return kt_kconfig_parse(extra, strlen(extra), &job->extra, err);
}

static enum kt_status make_copy(struct job *job, const struct kt_buf *old,
				bool slim, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st =
		kt_workdir_make(job->kb->base, "config", &job->dir, err);

	if (st)
		return st;
	job->path = kt_path_join(job->dir, ".config");
	kt_buf_add(&text, old->data, old->len);
	if (slim) {
		st = run_make(job, "defconfig", err);
		if (!st)
			st = kt_file_read(AT_FDCWD, job->path,
					  KT_KCONFIG_MAX_BYTES, &text, err);
	}
	if (!st)
		st = write_copy(job, &text, true, slim, err);
	return st ? st : run_make(job, "olddefconfig", err);
}

/* An extra fragment may turn off what we need, but not what nothing works
 * without. */
static enum kt_status settle(struct job *job, struct kt_kbuild_config *config,
			     struct kt_error *err)
{
	struct kt_buf lost KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = kt_kbuild_essential(config->cfg, err);

	if (!st)
		st = find_lost(job, job->need, config->cfg, false, &lost, err);
	if (!st)
		config->need_holds = !lost.len;
	return st;
}

/* Configure anew, starting from @old, the tree's own or nothing. */
static enum kt_status configure(struct job *job, const char *path,
				const struct kt_buf *old, bool slim,
				struct kt_kbuild_config *out,
				struct kt_error *err)
{
	struct kt_kbuild_config done KT_CLEANUP(
		kt_kbuild_config_release) = { .slim = slim };
	enum kt_status st = make_copy(job, old, slim, err);

	if (!st)
		st = read_config(job->path, &done.text, &done.cfg, err);
	if (!st)
		st = check_lost(job, done.cfg, err);
	if (!st && slim)
		st = tell_slim(job, done.cfg, err);
	if (!st)
		st = settle(job, &done, err);
	if (st)
		return st;
	if (done.text.len != old->len ||
	    memcmp(done.text.data, old->data, old->len) != 0)
		st = kt_file_replace(AT_FDCWD, path, done.text.data,
				     done.text.len, 0644, err);
	if (st)
		return st;
	*out = done;
	done = (struct kt_kbuild_config){ 0 };
	return KT_OK;
}

enum kt_status kt_kbuild_configure(struct kt_kbuild *kb, const char *tree,
				   const char *cc, struct kt_kbuild_config *out,
				   struct kt_error *err)
{
	struct job job KT_CLEANUP(
		job_release) = { .kb = kb, .tree = tree, .cc = cc };
	struct kt_kbuild_config old KT_CLEANUP(
		kt_kbuild_config_release) = { 0 };
	struct kt_buf lost KT_CLEANUP(kt_buf_release) = { 0 };
	char *path KT_CLEANUP(kt_freep) = kt_path_join(tree, ".config");
	enum kt_status st = open_job(&job, err);
	struct stat sb;

	if (st)
		return st;
	if (stat(path, &sb)) {
		if (errno != ENOENT)
			return kt_fail_errno(err, "cannot look at \"%s\"",
					     path);
		kt_buf_adds(&old.text, "");
		return configure(&job, path, &old.text, true, out, err);
	}
	st = read_config(path, &old.text, &old.cfg, err);
	if (!st)
		st = find_lost(&job, job.want, old.cfg, false, &lost, err);
	if (st)
		return st;
	if (lost.len)
		return configure(&job, path, &old.text, false, out, err);
	st = settle(&job, &old, err);
	if (st)
		return st;
	*out = old;
	old = (struct kt_kbuild_config){ 0 };
	return KT_OK;
}
