// SPDX-License-Identifier: GPL-2.0-only
/* env - the environment of a child */
#include "lib/env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

/* Does "NAME=VALUE" have the name, or the beginning, that @pattern says? */
static bool matches(const char *var, const char *pattern)
{
	const size_t len = strcspn(pattern, "*=");

	if (strncmp(var, pattern, len) != 0)
		return false;
	return pattern[len] == '*' || var[len] == '=';
}

static bool listed(const char *var, const char *const *patterns)
{
	for (; patterns && *patterns; patterns++)
		if (matches(var, *patterns))
			return true;
	return false;
}

static size_t count(const char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

char **kt_env_new(const char *const *base, const char *const *drop,
		  const char *const *set)
{
	char **out = kt_xcalloc(count(base) + count(set) + 1, sizeof(*out));
	size_t nr = 0;

	for (; base && *base; base++)
		if (!listed(*base, drop) && !listed(*base, set))
			out[nr++] = kt_xstrdup(*base);
	for (; set && *set; set++)
		out[nr++] = kt_xstrdup(*set);
	return out;
}

const char *kt_env_get(const char *const *env, const char *name)
{
	const size_t len = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return (*env)[len + 1] ? *env + len + 1 : NULL;
	return NULL;
}

void kt_env_freep(char ***env)
{
	for (char **p = *env; p && *p; p++)
		free(*p);
	free(*env);
	*env = NULL;
}
