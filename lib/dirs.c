// SPDX-License-Identifier: GPL-2.0-only
/* dirs - where things are kept */
#include "lib/dirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

/* A path that is named stays what was meant if somebody changes directory. */
static enum kt_status absolute(const char *path, char **out,
			       struct kt_error *err)
{
	char *cwd;

	if (path[0] == '/') {
		*out = kt_xstrdup(path);
		return KT_OK;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return kt_fail_errno(err, "cannot find the current directory");
	*out = kt_path_join(cwd, path);
	free(cwd);
	return KT_OK;
}

static enum kt_status below(const char *xdg, const char *home,
			    const char *home_part, const char *name,
			    const char *setting, char **out,
			    struct kt_error *err)
{
	char *base KT_CLEANUP(kt_freep) = NULL;

	/* The XDG specification: a relative path is to be ignored. */
	if (xdg && xdg[0] == '/') {
		*out = kt_path_join(xdg, name);
		return KT_OK;
	}
	if (!home || home[0] != '/' || !home[strspn(home, "/")])
		return kt_hint(err,
			       kt_fail(err, KT_SYS,
				       "HOME not set to a directory of yours"),
			       "set HOME, or %s", setting);
	base = kt_path_join(home, home_part);
	*out = kt_path_join(base, name);
	return KT_OK;
}

enum kt_status kt_dir_cache(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err)
{
	if (env->ktstr_cache)
		return absolute(env->ktstr_cache, out, err);
	return below(env->xdg_cache, env->home, ".cache", "ktstr/kernels",
		     "KTSTR_CACHE_DIR", out, err);
}

enum kt_status kt_dir_build(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err)
{
	if (env->ktstr_build)
		return absolute(env->ktstr_build, out, err);
	return below(env->xdg_cache, env->home, ".cache", "ktstr/build",
		     "KTSTR_BUILD_DIR", out, err);
}

enum kt_status kt_dir_initramfs(const struct kt_env_dirs *env, char **out,
				struct kt_error *err)
{
	return below(env->xdg_cache, env->home, ".cache", "ktstr/initramfs",
		     "XDG_CACHE_HOME", out, err);
}

enum kt_status kt_dir_flags(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err)
{
	return below(env->xdg_cache, env->home, ".cache", "ktstr/flags",
		     "XDG_CACHE_HOME", out, err);
}

enum kt_status kt_dir_runs(const struct kt_env_dirs *env, char **out,
			   struct kt_error *err)
{
	return below(env->xdg_state, env->home, ".local/state", "ktstr/runs",
		     "XDG_STATE_HOME", out, err);
}
