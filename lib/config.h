/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/config.h - the file with a person's defaults
 *
 * Lines "NAME = VALUE"; blanks at both ends of either are dropped, and the
 * value is all of the rest. A line that begins with "#" and an empty one say
 * nothing. "~/" in front of a path is HOME. ktstr(7) lists the names.
 *
 * NAME is the environment variable KTSTR_NAME, in lower case and with "-" for
 * "_", which wins over the file.
 */
#ifndef KT_CONFIG_H
#define KT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

#define KT_CONFIG_MAX_BYTES ((size_t)64 << 10)

struct kt_config;

/*
 * Parse @len bytes at @text. KT_DATA, and the number of the line, for one that
 * is malformed, a name that is not known or is there twice, and text that is
 * not UTF-8 or holds control characters. *out is the caller's. @home may be
 * NULL: then a path must do without "~/".
 */
enum kt_status kt_config_parse(const char *text, size_t len, const char *home,
			       struct kt_config **out,
			       struct kt_error *err) KT_MUST_CHECK;
void kt_config_freep(struct kt_config **config);

/* The value of setting @name or NULL, and its line in *line. Borrowed. */
const char *kt_config_get(const struct kt_config *config, const char *name,
			  unsigned int *line);

/*
 * The setting that environment variable @name stands for: "KTSTR_CACHE_DIR" is
 * "cache-dir". NULL if it is none; else it is borrowed for ever.
 */
const char *kt_config_setting(const char *name);

/* The variable of setting @name, which the caller owns. */
char *kt_config_variable(const char *name);

#endif
