// SPDX-License-Identifier: GPL-2.0-only
/* git - git(1), run so that it asks nothing and starts nothing */
#include "lib/git.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

void kt_git_release(struct kt_git *git)
{
	kt_buf_release(&git->out);
}

bool kt_git_installed(const char *const *env)
{
	char *program KT_CLEANUP(kt_freep) =
		kt_path_search(kt_env_get(env, "PATH"), "git");

	return program != NULL;
}

char **kt_git_env(const char *const *base, const char *const *more)
{
	static const char *const drop[] = { "GIT_*", "LC_*", "LANG", "LANGUAGE",
					    NULL };
	static const char *const set[] = { "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
					   NULL };
	char **clean KT_CLEANUP(kt_env_freep) = kt_env_new(base, drop, set);

	return kt_env_new((const char *const *)clean, NULL, more);
}

/*
 * The program that watches files for git, and when garbage is collected, are
 * settings of the repository, which must not be started by a look at it.
 */
enum kt_status kt_git_run(struct kt_git *git, const char *dir,
			  const char *const *args, bool merge,
			  uint64_t timeout_ns, int *status,
			  struct kt_error *err)
{
	const char *argv[KT_GIT_MAX_ARGS] = {
		"git",	     "-c", "core.fsmonitor=false",  "-c",
		"gc.auto=0", "-c", "maintenance.auto=false"
	};
	const struct kt_spawn how = { .argv = argv,
				      .env = git->env,
				      .in = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL,
				      .group = true,
				      .die_with_us = true,
				      .heard = git->heard,
				      .ctx = git->ctx };
	enum kt_status st;
	size_t nr = 7;
	int ws;

	if (dir) {
		argv[nr++] = "-C";
		argv[nr++] = dir;
	}
	while (*args && nr + 1 < KT_GIT_MAX_ARGS)
		argv[nr++] = *args++;
	kt_buf_release(&git->out);
	kt_buf_adds(&git->out, "");
	st = kt_spawn_capture(&how, merge, KT_GIT_MAX_OUTPUT,
			      kt_deadline_in(timeout_ns), &git->out, &ws, err);
	if (!st)
		*status = kt_spawn_exit_status(ws);
	return st;
}

const char *kt_git_line(struct kt_git *git)
{
	git->out.data[strcspn(git->out.data, "\n")] = '\0';
	return git->out.data;
}
