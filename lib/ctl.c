// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl - what host and guest say to each other about a job
 *
 * Read as strictly as it is written: a line that kt_ctl_format() would not
 * have made is no message, so nothing means two things.
 */
#include "lib/ctl.h"

#include <string.h>

static const char hex[] = "0123456789ABCDEF";

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-_./:,+=@", c));
}

/* The length of @word as it is written, separator excluded. */
static size_t written_len(const char *word)
{
	size_t len = 0;

	for (const char *p = word; *p; p++)
		len += is_plain((unsigned char)*p) ? 1 : 3;
	return len ? len : 1;
}

size_t kt_ctl_size(const char *const *words)
{
	size_t size = 0;

	for (size_t i = 0; words[i]; i++)
		size += written_len(words[i]) + 1;
	return size;
}

static char *write_word(char *out, const char *word)
{
	if (!*word)
		*out++ = '%';
	for (const char *p = word; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (is_plain(c)) {
			*out++ = *p;
			continue;
		}
		*out++ = '%';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	return out;
}

size_t kt_ctl_format(const char *const *words, char *out, size_t size)
{
	const size_t len = kt_ctl_size(words);
	char *p = out;
	size_t nr = 0;

	while (words[nr])
		nr++;
	if (!nr || !words[0][0] || nr > KT_CTL_MAX_WORDS || len > size ||
	    len - 1 > KT_CTL_MAX_LINE)
		return 0;
	for (size_t i = 0; i < nr; i++) {
		p = write_word(p, words[i]);
		*p++ = i + 1 < nr ? '\t' : '\n';
	}
	return len;
}

static int hex_digit(char c)
{
	const char *at = c ? strchr(hex, c) : NULL;

	return at ? (int)(at - hex) : -1;
}

/*
 * Read the word of @len bytes at @in to @out, which may be the same place: it
 * never grows. Returns where its NUL belongs, or NULL if it is malformed.
 */
static char *read_word(const char *in, size_t len, char *out)
{
	if (len == 1 && *in == '%')
		return out;
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (is_plain((unsigned char)in[i])) {
			*out++ = in[i];
			continue;
		}
		if (in[i] != '%' || len - i < 3)
			return NULL;
		high = hex_digit(in[i + 1]);
		low = hex_digit(in[i + 2]);
		if (high < 0 || low < 0 || !(high | low) ||
		    is_plain((unsigned char)(high << 4 | low)))
			return NULL;
		*out++ = (char)(high << 4 | low);
		i += 2;
	}
	return len ? out : NULL;
}

size_t kt_ctl_parse(char *line, size_t len, char **words, size_t max)
{
	char *const line_end = line + len;
	size_t nr = 0;
	char *p = line;

	if (len > KT_CTL_MAX_LINE)
		return 0;
	for (;;) {
		char *tab = memchr(p, '\t', (size_t)(line_end - p));
		char *word_end = tab ? tab : line_end;
		char *nul;

		if (nr + 1 >= max || nr >= KT_CTL_MAX_WORDS)
			return 0;
		nul = read_word(p, (size_t)(word_end - p), p);
		if (!nul)
			return 0;
		*nul = '\0';
		words[nr++] = p;
		if (!tab)
			break;
		p = tab + 1;
	}
	words[nr] = NULL;
	return words[0][0] ? nr : 0;
}
