/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/env.h - the environment of a child
 *
 * Nothing here reads our own: whoever has it passes it in.
 */
#ifndef KT_ENV_H
#define KT_ENV_H

#include "lib/error.h"

/*
 * @base without the variables named in @drop (ends in NULL; "GIT_*" is every
 * name that begins with GIT_) and with the "NAME=VALUE" of @set, which replace
 * earlier ones of that name. Either may be NULL. The caller owns the result,
 * which ends in NULL.
 */
char **kt_env_new(const char *const *base, const char *const *drop,
		  const char *const *set);

/* The value of variable @name in @env; NULL if unset or empty. Borrowed. */
const char *kt_env_get(const char *const *env, const char *name);

/* For KT_CLEANUP(): free a vector of strings that ends in NULL. */
void kt_env_freep(char ***env);

#endif
