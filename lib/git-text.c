// SPDX-License-Identifier: GPL-2.0-only
/* git-text - what git(1) is told, and what it writes */
#include "lib/git-text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

#define HEX "0123456789abcdef"

bool kt_git_ref_valid(const char *ref)
{
	const size_t len = strlen(ref);

	if (!len || len > 250 || ref[0] == '-' || ref[0] == '/' ||
	    ref[len - 1] == '/' || ref[len - 1] == '.' || strstr(ref, "..") ||
	    strstr(ref, "@{") || strstr(ref, "//"))
		return false;
	for (const char *p = ref; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("~^:?*[\\", *p))
			return false;
	return true;
}

char *kt_git_url_shown(const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	const char *end = host + strcspn(host, "/");
	const char *at = NULL, *colon;

	for (const char *p = host; scheme && p < end; p++)
		if (*p == '@')
			at = p;
	colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
	if (!colon)
		return kt_xstrdup(url);
	return kt_xasprintf("%.*s%s", (int)(colon - url), url, at);
}

static bool is_hex(const char *s)
{
	return s[strspn(s, HEX)] == '\0';
}

bool kt_git_is_id(const char *s)
{
	return (strlen(s) == 40 || strlen(s) == 64) && is_hex(s);
}

bool kt_git_is_abbrev(const char *s)
{
	return is_hex(s) && strlen(s) >= KT_GIT_MIN_ABBREV && strlen(s) <= 64;
}

/* The next line of "ID<TAB>NAME" at *text; false at the end. */
static bool next_ref(const char **text, const char **id, size_t *id_len,
		     const char **name, size_t *name_len)
{
	while (**text) {
		const char *line = *text;
		const size_t len = strcspn(line, "\n");
		const char *tab = memchr(line, '\t', len);

		*text = line + len + (line[len] == '\n');
		if (!tab || (size_t)(tab - line) != strspn(line, HEX))
			continue;
		*id = line;
		*id_len = (size_t)(tab - line);
		*name = tab + 1;
		*name_len = len - *id_len - 1;
		return true;
	}
	return false;
}

/* The id of the ref that is called exactly @want; NULL if there is none. */
static char *id_of(const char *text, const char *want)
{
	const char *id, *name;
	size_t id_len, name_len;

	while (next_ref(&text, &id, &id_len, &name, &name_len))
		if (name_len == strlen(want) && !memcmp(name, want, name_len))
			return kt_xstrndup(id, id_len);
	return NULL;
}

bool kt_git_find_ref(const char *text, const char *ref, char **name,
		     char **hash)
{
	static const char *const places[] = { "", "refs/tags/", "refs/heads/" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *full = kt_xasprintf("%s%s", places[i], ref);
		char *peeled KT_CLEANUP(kt_freep) = kt_xasprintf("%s^{}", full);
		char *id = id_of(text, peeled);

		if (!id)
			id = id_of(text, full);
		if (id) {
			*name = full;
			*hash = id;
			return true;
		}
		free(full);
	}
	return false;
}

char *kt_git_find_commit(const char *text, const char *abbrev)
{
	const size_t len = strlen(abbrev);
	const char *id, *name, *found = NULL;
	size_t id_len, name_len, found_len = 0;

	while (next_ref(&text, &id, &id_len, &name, &name_len)) {
		if (id_len < len || memcmp(id, abbrev, len) != 0)
			continue;
		if (found &&
		    (found_len != id_len || memcmp(found, id, id_len) != 0))
			return NULL;
		found = id;
		found_len = id_len;
	}
	return found ? kt_xstrndup(found, found_len) : NULL;
}

/* In "43% (3512/8123), 120.45 MiB | 3.10 MiB/s" this is what has come. */
bool kt_git_progress(const char *text, size_t len, uint64_t *bytes)
{
	static const struct {
		const char *name;
		double bytes;
	} units[] = { { " bytes |", 1 },
		      { " KiB |", 1 << 10 },
		      { " MiB |", 1 << 20 },
		      { " GiB |", 1 << 30 } };
	const char *bar = len ? memrchr(text, '|', len) : NULL;
	const char *comma =
		bar ? memrchr(text, ',', (size_t)(bar - text)) : NULL;
	char number[32] = "", *end;
	double value;

	if (!comma || (size_t)(bar - comma) >= sizeof(number))
		return false;
	memcpy(number, comma + 1, (size_t)(bar - comma));
	value = strtod(number, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (value >= 0 && value < (double)(1 << 30) &&
		    !strcmp(end, units[i].name)) {
			*bytes = (uint64_t)(value * units[i].bytes);
			return true;
		}
	return false;
}

char *kt_git_reason(const char *text)
{
	static const char *const marks[] = {
		"fatal: remote error: ", "remote: error: ", "fatal: ", "error: "
	};
	const char *at = text;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *found = strstr(text, marks[i]);

		if (!found)
			continue;
		at = found + strlen(marks[i]);
		break;
	}
	return kt_xstrndup(at, strcspn(at, "\n"));
}
