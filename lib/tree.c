// SPDX-License-Identifier: GPL-2.0-only
/* tree - what a source directory is */
#include "lib/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/git-text.h"
#include "lib/git.h"
#include "lib/xalloc.h"

#define GIT_TIMEOUT_NS (600 * KT_NS_PER_S)

/*
 * The value of "NAME = VALUE" if this line is one, else NULL. The kernel's
 * Makefile has them so in its first lines, and setlocalversion reads them so.
 */
static char *assignment(const char *line, size_t len, const char *name)
{
	const size_t name_len = strlen(name);
	const char *end = line + len;

	if (len < name_len || strncmp(line, name, name_len) != 0)
		return NULL;
	line += name_len;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if (line == end || *line++ != '=')
		return NULL;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	while (end > line && strchr(" \t\r", end[-1]))
		end--;
	return kt_xstrndup(line, (size_t)(end - line));
}

enum kt_status kt_tree_makefile_version(const char *text,
					struct kt_version *out,
					struct kt_error *err)
{
	static const char *const names[] = { "VERSION", "PATCHLEVEL",
					     "SUBLEVEL", "EXTRAVERSION" };
	char *val[4] = { NULL };
	char all[KT_VERSION_SIZE];
	bool good = false;

	while (*text) {
		const size_t len = strcspn(text, "\n");

		for (size_t i = 0; i < 4; i++)
			if (!val[i])
				val[i] = assignment(text, len, names[i]);
		text += len + (text[len] == '\n');
	}
	if (val[0] && val[1]) {
		const char *sub = val[2] && *val[2] ? val[2] : "0";
		const char *rc =
			val[3] && !strncmp(val[3], "-rc", 3) ? val[3] : "";
		int n = snprintf(all, sizeof(all), "%s.%s.%s%s", val[0], val[1],
				 sub, rc);

		good = n > 0 && (size_t)n < sizeof(all) &&
		       kt_version_parse(all, out);
		/* "-rc1-mine" is not a release candidate either. */
		if (!good && *rc) {
			n = snprintf(all, sizeof(all), "%s.%s.%s", val[0],
				     val[1], sub);
			good = n > 0 && (size_t)n < sizeof(all) &&
			       kt_version_parse(all, out);
		}
	}
	for (size_t i = 0; i < 4; i++)
		free(val[i]);
	if (!good)
		return kt_fail(err, KT_DATA, "no kernel version in Makefile");
	return KT_OK;
}

static enum kt_status check_parts(int fd, struct kt_error *err)
{
	static const struct {
		const char *name;
		mode_t type;
	} parts[] = {
		{ "Makefile", S_IFREG },
		{ "Kconfig", S_IFREG },
		{ "Kbuild", S_IFREG },
		{ "arch", S_IFDIR },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct stat sb;

		if (fstatat(fd, parts[i].name, &sb, 0) ||
		    (sb.st_mode & S_IFMT) != parts[i].type)
			return kt_fail(err, KT_DATA, "it has no %s%s",
				       parts[i].type == S_IFDIR ? "directory " :
								  "",
				       parts[i].name);
	}
	return KT_OK;
}

enum kt_status kt_tree_check(const char *path, struct kt_version *version,
			     struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kt_version found;
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open directory \"%s\"", path);
	st = check_parts(fd, err);
	if (!st)
		st = kt_file_read(fd, "Makefile", KT_TREE_MAX_MAKEFILE, &text,
				  err);
	if (!st)
		st = kt_tree_makefile_version(text.data, &found, err);
	if (st) {
		st = kt_within(err, st, "\"%s\" is not a kernel source tree",
			       path);
		return kt_hint(err, st,
			       "name the directory that holds the kernel's top "
			       "Makefile, Kconfig, Kbuild and arch");
	}
	if (version)
		*version = found;
	return KT_OK;
}

void kt_tree_git_release(struct kt_tree_git *git)
{
	free(git->branch);
	git->branch = NULL;
}

struct git {
	const char *path;
	struct kt_git run;
};

static void git_release(struct git *git)
{
	kt_git_release(&git->run);
}

static enum kt_status run_git(struct git *git, const char *const *args,
			      bool merge, int *status, struct kt_error *err)
{
	return kt_git_run(&git->run, git->path, args, merge, GIT_TIMEOUT_NS,
			  status, err);
}

/* Ask again for what git says when it will not look at the repository. */
static enum kt_status refused(struct git *git, const char *const *args,
			      struct kt_error *err)
{
	enum kt_status st;
	int status;

	st = run_git(git, args, true, &status, err);
	if (st)
		return st;
	if (strstr(git->run.out.data, "dubious ownership"))
		return kt_hint(
			err,
			kt_fail(err, KT_FAIL,
				"git does not trust the repository \"%s\": it "
				"belongs to another user",
				git->path),
			"git config --global --add safe.directory %s",
			git->path);
	return kt_fail(err, KT_FAIL, "git cannot read \"%s\": %s", git->path,
		       kt_git_line(&git->run));
}

/* Is the repository that git finds from the tree rooted at the tree? */
static enum kt_status is_rooted(struct git *git, bool *rooted,
				struct kt_error *err)
{
	static const char *const top[] = { "rev-parse", "--show-toplevel",
					   NULL };
	struct stat ours, theirs;
	enum kt_status st;
	int status;

	st = run_git(git, top, false, &status, err);
	if (st)
		return st;
	if (status) {
		struct kt_error why = { 0 };

		st = refused(git, top, &why);
		if (st == KT_FAIL &&
		    strstr(git->run.out.data, "not a git repository")) {
			*rooted = false;
			return KT_OK;
		}
		*err = why;
		return st;
	}
	*rooted = !stat(git->path, &ours) &&
		  !stat(kt_git_line(&git->run), &theirs) &&
		  ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	return KT_OK;
}

static enum kt_status read_head(struct git *git, struct kt_tree_git *found,
				struct kt_error *err)
{
	static const char *const head[] = { "rev-parse", "-q", "--verify",
					    "HEAD^{commit}", NULL };
	static const char *const branch[] = { "symbolic-ref", "-q", "--short",
					      "HEAD", NULL };
	enum kt_status st;
	const char *line;
	int status;

	st = run_git(git, head, false, &status, err);
	if (st)
		return st;
	line = kt_git_line(&git->run);
	if (!status && kt_git_is_id(line))
		snprintf(found->hash, sizeof(found->hash), "%s", line);
	st = run_git(git, branch, false, &status, err);
	if (st)
		return st;
	line = kt_git_line(&git->run);
	if (!status && *line)
		found->branch = kt_xstrdup(line);
	return KT_OK;
}

/*
 * "git status" is the one command that compares all three by content, and
 * with GIT_OPTIONAL_LOCKS=0 it leaves the index as it is.
 */
static enum kt_status read_dirty(struct git *git, bool *dirty,
				 struct kt_error *err)
{
	static const char *const args[] = { "status",
					    "--porcelain",
					    "--no-renames",
					    "--no-ahead-behind",
					    "--untracked-files=no",
					    "--ignore-submodules=all",
					    NULL };
	enum kt_status st;
	int status;

	st = run_git(git, args, false, &status, err);
	if (st)
		return st;
	if (status)
		return refused(git, args, err);
	*dirty = git->run.out.len > 0;
	return KT_OK;
}

static enum kt_status ask(struct git *git, struct kt_tree_git *found,
			  struct kt_error *err)
{
	enum kt_status st = is_rooted(git, &found->repository, err);

	if (st || !found->repository)
		return st;
	st = read_head(git, found, err);
	if (!st && found->hash[0])
		st = read_dirty(git, &found->dirty, err);
	return st;
}

enum kt_status kt_tree_git(const char *path, const char *const *env,
			   struct kt_tree_git *out, bool *no_git,
			   struct kt_error *err)
{
	char **clean KT_CLEANUP(kt_env_freep) = NULL;
	char *dot_git KT_CLEANUP(kt_freep) = kt_path_join(path, ".git");
	struct kt_tree_git found = { 0 };
	enum kt_status st;
	struct stat sb;

	/* A repository above the tree is not the tree's. */
	const bool here = !lstat(dot_git, &sb);

	*no_git = here && !kt_git_installed(env);
	if (!here || *no_git) {
		*out = found;
		return KT_OK;
	}
	clean = kt_git_env(env, NULL);

	struct git git KT_CLEANUP(git_release) = {
		.path = path, .run.env = (const char *const *)clean
	};

	st = ask(&git, &found, err);
	if (st) {
		kt_tree_git_release(&found);
		return st;
	}
	*out = found;
	return KT_OK;
}
