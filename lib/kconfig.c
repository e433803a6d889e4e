// SPDX-License-Identifier: GPL-2.0-only
/* kconfig - .config files and the fragment of ours, symbol by symbol */
#include "lib/kconfig.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

#define PREFIX "CONFIG_"
#define NOT_SET " is not set"

struct setting {
	const char *symbol, *value; /* in text */
	size_t line;		    /* the order they were written in */
};

struct kt_kconfig {
	char *text;
	struct setting *set; /* sorted by symbol */
	size_t nr, cap;
};

void kt_kconfig_freep(struct kt_kconfig **cfg)
{
	if (!*cfg)
		return;
	free((*cfg)->text);
	free((*cfg)->set);
	free(*cfg);
	*cfg = NULL;
}

/* Length of the symbol at @s, "CONFIG_" and the name; 0 if there is none. */
static size_t symbol_len(const char *s)
{
	size_t n = strlen(PREFIX);

	if (strncmp(s, PREFIX, n) != 0)
		return 0;
	while ((s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z') ||
	       (s[n] >= '0' && s[n] <= '9') || s[n] == '_')
		n++;
	return n > strlen(PREFIX) ? n : 0;
}

static void add(struct kt_kconfig *cfg, const char *symbol, const char *value,
		size_t line)
{
	if (cfg->nr == cfg->cap) {
		cfg->cap = cfg->cap ? cfg->cap * 2 : 512;
		cfg->set = kt_xrealloc(cfg->set, cfg->cap * sizeof(*cfg->set));
	}
	cfg->set[cfg->nr++] = (struct setting){ symbol, value, line };
}

/* Take one NUL-terminated line, which stays where it is. */
static bool take_line(struct kt_kconfig *cfg, char *s, size_t line)
{
	size_t n;

	s += strspn(s, " \t");
	s[strcspn(s, "\r")] = '\0';
	if (!*s)
		return true;
	if (*s == '#') {
		if (s[1] != ' ')
			return true;
		n = symbol_len(s + 2);
		if (n && !strcmp(s + 2 + n, NOT_SET)) {
			s[2 + n] = '\0';
			add(cfg, s + 2, "n", line);
		}
		return true;
	}
	n = symbol_len(s);
	if (!n || s[n] != '=')
		return false;
	s[n] = '\0';
	add(cfg, s, s + n + 1, line);
	return true;
}

static int by_symbol(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;
	const int c = strcmp(x->symbol, y->symbol);

	return c ? c : (x->line > y->line) - (x->line < y->line);
}

/* Sort, and keep of each symbol only the last line. */
static void settle(struct kt_kconfig *cfg)
{
	size_t kept = 0;

	if (!cfg->nr)
		return;
	qsort(cfg->set, cfg->nr, sizeof(*cfg->set), by_symbol);
	for (size_t i = 0; i < cfg->nr; i++)
		if (i + 1 == cfg->nr ||
		    strcmp(cfg->set[i].symbol, cfg->set[i + 1].symbol) != 0)
			cfg->set[kept++] = cfg->set[i];
	cfg->nr = kept;
}

enum kt_status kt_kconfig_parse(const char *text, size_t len,
				struct kt_kconfig **out, struct kt_error *err)
{
	struct kt_kconfig *cfg KT_CLEANUP(kt_kconfig_freep) = NULL;
	size_t line = 0;

	if (len > KT_KCONFIG_MAX_BYTES)
		return kt_fail(err, KT_DATA,
			       "a configuration of %zu bytes is too large",
			       len);
	if (memchr(text, '\0', len))
		return kt_fail(err, KT_DATA, "a configuration holds a NUL");
	cfg = kt_xcalloc(1, sizeof(*cfg));
	cfg->text = kt_xstrndup(text, len);
	for (char *s = cfg->text; s && *s;) {
		char *end = strchr(s, '\n');

		line++;
		if (end)
			*end = '\0';
		if (!take_line(cfg, s, line))
			return kt_fail(err, KT_DATA,
				       "line %zu is no configuration: \"%s\"",
				       line, s);
		s = end ? end + 1 : NULL;
	}
	settle(cfg);
	*out = cfg;
	cfg = NULL;
	return KT_OK;
}

enum kt_status kt_kconfig_read(const char *path, struct kt_buf *text,
			       char crc[KT_CRC32_SIZE], struct kt_error *err)
{
	struct kt_kconfig *cfg KT_CLEANUP(kt_kconfig_freep) = NULL;
	enum kt_status st =
		kt_file_read(AT_FDCWD, path, KT_KCONFIG_MAX_BYTES, text, err);

	if (st)
		return st;
	kt_crc32_hex(text->data, text->len, crc);
	st = kt_kconfig_parse(text->data, text->len, &cfg, err);
	return st ? kt_within(err, st, "%s", path) : KT_OK;
}

const char *kt_kconfig_get(const struct kt_kconfig *cfg, const char *symbol)
{
	size_t lo = 0, hi = cfg->nr;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int c = strcmp(symbol, cfg->set[mid].symbol);

		if (!c)
			return cfg->set[mid].value;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return "n";
}

static int by_line(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

size_t kt_kconfig_unmet(const struct kt_kconfig *want,
			const struct kt_kconfig *have, struct kt_buf *out)
{
	struct setting *lost;
	size_t nr = 0;

	if (!want->nr)
		return 0;
	lost = kt_xcalloc(want->nr, sizeof(*lost));
	for (size_t i = 0; i < want->nr; i++)
		if (strcmp(kt_kconfig_get(have, want->set[i].symbol),
			   want->set[i].value) != 0)
			lost[nr++] = want->set[i];
	if (nr)
		qsort(lost, nr, sizeof(*lost), by_line);
	for (size_t i = 0; i < nr; i++)
		kt_buf_addf(out, "%s=%s\n", lost[i].symbol, lost[i].value);
	free(lost);
	return nr;
}

/* The line that is exactly @mark within @text; NULL if there is none. */
static const char *find_mark(const char *text, const char *mark)
{
	const size_t len = strlen(mark);

	for (const char *s = text; (s = strstr(s, mark)); s += len)
		if ((s == text || s[-1] == '\n') && (s[len] == '\n' || !s[len]))
			return s;
	return NULL;
}

void kt_kconfig_parts(const char *fragment, char **need, char **slim)
{
	const char *mark = find_mark(fragment, "#### slim ####");

	/* What stands before the need mark is comment: it may stay. */
	*need = mark ? kt_xstrndup(fragment, (size_t)(mark - fragment)) :
		       kt_xstrdup(fragment);
	*slim = kt_xstrdup(mark ? mark : "");
}
