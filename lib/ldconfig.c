// SPDX-License-Identifier: GPL-2.0-only
/* ldconfig - what ldconfig(8) knows: ld.so.cache and ld.so.conf */
#include "lib/ldconfig.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

/* glibc's sysdeps/generic/dl-cache.h */
#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define CACHE_MAGIC_LEN (sizeof(CACHE_MAGIC) - 1)
#define CACHE_HEADER 48
#define CACHE_NR_AT 20
#define CACHE_ENTRY 24

static uint32_t get32(const char *p)
{
	uint32_t val;

	memcpy(&val, p, sizeof(val));
	return val;
}

/* The string at @offset of the cache, or NULL if there is none. */
static const char *string_at(const char *data, size_t len, uint32_t offset)
{
	if (offset >= len || !memchr(data + offset, '\0', len - offset))
		return NULL;
	return data + offset;
}

bool kt_ldcache_each(const char *data, size_t len, const char *soname,
		     bool (*fn)(void *ctx, const char *path), void *ctx)
{
	const char *start = memmem(data, len, CACHE_MAGIC, CACHE_MAGIC_LEN);
	uint32_t nr;

	if (!start || len - (size_t)(start - data) < CACHE_HEADER)
		return false;
	/* Offsets in the new format count from its own header. */
	len -= (size_t)(start - data);
	nr = get32(start + CACHE_NR_AT);
	if (nr > (len - CACHE_HEADER) / CACHE_ENTRY)
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		const char *entry =
			start + CACHE_HEADER + (size_t)i * CACHE_ENTRY;
		const char *key = string_at(start, len, get32(entry + 4));
		const char *path = string_at(start, len, get32(entry + 8));
		const bool plain = !get32(entry + 16) && !get32(entry + 20);

		if (key && path && plain && path[0] == '/' &&
		    !strcmp(key, soname) && fn(ctx, path))
			return true;
	}
	return false;
}

struct dirs {
	char **v;
	size_t nr;
	int max_depth;
	size_t max_bytes;
};

static void read_conf(struct dirs *dirs, const char *path, int depth);

static void include(struct dirs *dirs, const char *from, const char *pattern,
		    int depth)
{
	const char *slash = strrchr(from, '/');
	char *dir KT_CLEANUP(kt_freep) =
		slash ? kt_xstrndup(from, (size_t)(slash - from)) :
			kt_xstrdup(".");
	char *full KT_CLEANUP(kt_freep) = kt_path_join(dir, pattern);
	glob_t found = { 0 };

	if (!glob(full, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_conf(dirs, found.gl_pathv[i], depth + 1);
	globfree(&found);
}

static void read_line(struct dirs *dirs, const char *path, char *line,
		      int depth)
{
	static const char blank[] = " \t\r";
	char *save = NULL, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blank, &save);
	if (!word)
		return;
	if (!strcmp(word, "include")) {
		while ((word = strtok_r(NULL, blank, &save)))
			include(dirs, path, word, depth);
	} else if (word[0] == '/') {
		dirs->v =
			kt_xrealloc(dirs->v, (dirs->nr + 2) * sizeof(*dirs->v));
		dirs->v[dirs->nr++] = kt_xstrdup(word);
		dirs->v[dirs->nr] = NULL;
	}
}

static void read_conf(struct dirs *dirs, const char *path, int depth)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	char *save = NULL;

	if (depth > dirs->max_depth ||
	    kt_file_read(AT_FDCWD, path, dirs->max_bytes, &text, &ignored) ||
	    !text.data)
		return;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(dirs, path, line, depth);
}

char **kt_ldconf_dirs(const char *path, int max_depth, size_t max_bytes)
{
	struct dirs dirs = { .v = kt_xcalloc(1, sizeof(char *)),
			     .max_depth = max_depth,
			     .max_bytes = max_bytes };

	read_conf(&dirs, path, 0);
	return dirs.v;
}
