// SPDX-License-Identifier: GPL-2.0-only
/* config - the file with a person's defaults */
#include "lib/config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

static const struct {
	const char *name;
	bool path; /* "~/" is HOME */
} settings[] = {
	{ "build-dir", true },	    { "busybox", true },
	{ "cache-dir", true },	    { "cache-remote", false },
	{ "ccache", false },	    { "engine", false },
	{ "jobs", false },	    { "kernel", false },
	{ "kernel-mirror", false }, { "keyring", true },
	{ "makeflags", false },	    { "memory-mb", false },
	{ "sidecar-dir", true },    { "timeout", false },
	{ "topology", false },
};

#define NR_SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define PREFIX "KTSTR_"

struct kt_config {
	struct {
		char *value;
		unsigned int line;
	} set[NR_SETTINGS]; /* as in settings */
};

void kt_config_freep(struct kt_config **config)
{
	if (!*config)
		return;
	for (size_t i = 0; i < NR_SETTINGS; i++)
		free((*config)->set[i].value);
	free(*config);
}

static size_t index_of(const char *name)
{
	size_t i;

	for (i = 0; i < NR_SETTINGS && strcmp(settings[i].name, name); i++)
		;
	return i;
}

static enum kt_status unknown(unsigned int line, const char *name,
			      struct kt_error *err)
{
	const char *names[NR_SETTINGS + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < NR_SETTINGS; i++)
		names[i] = settings[i].name;
	near = kt_nearest(name, names);
	(void)kt_fail(err, KT_DATA, "line %u: there is no setting \"%s\"", line,
		      name);
	if (near)
		return kt_hint(err, KT_DATA, "did you mean \"%s\"?", near);
	return kt_hint(err, KT_DATA, "ktstr(7) lists the settings");
}

/* @value as it is meant; the caller owns it. */
static enum kt_status meant(size_t i, const char *value, const char *home,
			    unsigned int line, char **out, struct kt_error *err)
{
	if (!settings[i].path || strncmp(value, "~/", 2)) {
		*out = kt_xstrdup(value);
		return KT_OK;
	}
	if (!home)
		return kt_fail(err, KT_DATA,
			       "line %u: \"%s\" needs HOME, which is not set",
			       line, value);
	*out = kt_xasprintf("%s%s", home, value + 1);
	return KT_OK;
}

/* @text without the blanks at its ends, cut in place. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
	return text;
}

static enum kt_status take_line(struct kt_config *config, char *text,
				unsigned int line, const char *home,
				struct kt_error *err)
{
	char *name = trim(text), *equals, *value;
	size_t i;

	if (!*name || *name == '#')
		return KT_OK;
	equals = strchr(name, '=');
	if (!equals)
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "line %u: no \"=\" in \"%s\"", line,
				       name),
			       "a line is \"NAME = VALUE\"");
	*equals = '\0';
	name = trim(name);
	value = trim(equals + 1);
	i = index_of(name);
	if (i == NR_SETTINGS)
		return unknown(line, name, err);
	if (!*value)
		return kt_fail(err, KT_DATA, "line %u: \"%s\" has no value",
			       line, name);
	if (config->set[i].value)
		return kt_fail(err, KT_DATA,
			       "line %u: \"%s\" is set on line %u already",
			       line, name, config->set[i].line);
	config->set[i].line = line;
	return meant(i, value, home, line, &config->set[i].value, err);
}

/* Nothing but text, tabs and ends of lines. */
static enum kt_status check_line(const char *text, size_t len,
				 unsigned int line, struct kt_error *err)
{
	if (!kt_utf8_valid(text, len))
		return kt_fail(err, KT_DATA, "line %u: this is not UTF-8",
			       line);
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') ||
		    text[i] == 127)
			return kt_fail(err, KT_DATA,
				       "line %u: there is a control character",
				       line);
	return KT_OK;
}

enum kt_status kt_config_parse(const char *text, size_t len, const char *home,
			       struct kt_config **out, struct kt_error *err)
{
	struct kt_config *config KT_CLEANUP(kt_config_freep) =
		kt_xcalloc(1, sizeof(*config));
	unsigned int line = 0;

	while (len) {
		const char *end = memchr(text, '\n', len);
		const size_t n = end ? (size_t)(end - text) : len;
		char *copy KT_CLEANUP(kt_freep) = kt_xstrndup(text, n);
		enum kt_status st = check_line(text, n, ++line, err);

		if (!st)
			st = take_line(config, copy, line, home, err);
		if (st)
			return st;
		text += n + (end ? 1 : 0);
		len -= n + (end ? 1 : 0);
	}
	*out = config;
	config = NULL;
	return KT_OK;
}

const char *kt_config_get(const struct kt_config *config, const char *name,
			  unsigned int *line)
{
	const size_t i = index_of(name);

	if (i == NR_SETTINGS || !config->set[i].value)
		return NULL;
	*line = config->set[i].line;
	return config->set[i].value;
}

char *kt_config_variable(const char *name)
{
	char *variable = kt_xasprintf(PREFIX "%s", name);

	for (char *c = variable + strlen(PREFIX); *c; c++)
		if (*c == '-')
			*c = '_';
		else if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return variable;
}

const char *kt_config_setting(const char *name)
{
	for (size_t i = 0; i < NR_SETTINGS; i++) {
		char *variable KT_CLEANUP(kt_freep) =
			kt_config_variable(settings[i].name);

		if (!strcmp(variable, name))
			return settings[i].name;
	}
	return NULL;
}
