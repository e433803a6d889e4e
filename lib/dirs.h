/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/dirs.h - where things are kept
 *
 * Pure functions of what the environment says; lib/tool.c reads it.
 */
#ifndef KT_DIRS_H
#define KT_DIRS_H

#include "lib/error.h"

struct kt_env_dirs {
	const char *home;	 /* HOME */
	const char *xdg_cache;	 /* XDG_CACHE_HOME */
	const char *xdg_state;	 /* XDG_STATE_HOME */
	const char *ktstr_cache; /* KTSTR_CACHE_DIR */
	const char *ktstr_build; /* KTSTR_BUILD_DIR */
};

/*
 * Each path is absolute and owned by the caller; nothing is created.
 * KT_SYS, with a hint, if HOME is needed and is unset, empty, "/" or relative.
 *
 * cache    KTSTR_CACHE_DIR, else XDG_CACHE_HOME/ktstr/kernels,
 *          else HOME/.cache/ktstr/kernels
 * build    KTSTR_BUILD_DIR, else .../ktstr/build
 * initrd   .../ktstr/initramfs
 * flags    .../ktstr/flags
 * runs     XDG_STATE_HOME/ktstr/runs, else HOME/.local/state/ktstr/runs
 */
enum kt_status kt_dir_cache(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_dir_build(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_dir_initramfs(const struct kt_env_dirs *env, char **out,
				struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_dir_flags(const struct kt_env_dirs *env, char **out,
			    struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_dir_runs(const struct kt_env_dirs *env, char **out,
			   struct kt_error *err) KT_MUST_CHECK;

#endif
