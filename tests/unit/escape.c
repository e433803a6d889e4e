// SPDX-License-Identifier: GPL-2.0-only
/* escape: what passes, and what leaves, wherever the bytes are cut */
#include "lib/vm/escape.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define A "\x01"

static const struct {
	const char *typed, *want;
	bool left, held;
} cases[] = {
	{ "", "", false, false },
	{ "plain\r\x03\x1a\x1c\x7f", "plain\r\x03\x1a\x1c\x7f", false, false },
	{ A, "", false, true },
	{ A "x", "", true, false },
	{ A "X", "", true, false },
	{ "ls\r" A "x", "ls\r", true, false },
	{ A "xrm -rf /\r", "", true, false },
	{ A "x" A "x", "", true, false },
	{ A "a", A, false, false },
	{ A A, A, false, false },
	{ A A A, A, false, true },
	{ A A "x", A "x", false, false },
	{ A "ax", A "x", false, false },
	{ A A A "x", A, true, false },
	{ A "k" A "x", A "k", true, false },
	{ A "A", A "A", false, false },
	{ A "\x18", A "\x18", false, false },
	{ "x" A, "x", false, true },
	{ A "\xc3\xa9" A "\xff", A "\xc3\xa9" A "\xff", false, false },
	{ A A A A A, A A, false, true },
	{ A "b" A "c" A "d", A "b" A "c" A "d", false, false },
};

/*
 * Feed @typed in pieces that end where a bit of @cuts is set. The room given is
 * exactly what the header asks for, so that a sanitizer sees one byte more.
 */
static bool passes(size_t i, size_t len, unsigned int cuts)
{
	struct kt_escape e = { 0 };
	char got[64] = "";
	size_t nr = 0, from = 0;

	for (size_t at = 1; at <= len; at++) {
		char *out;
		size_t n;

		if (at < len && !(cuts & 1U << (at - 1)))
			continue;
		out = malloc(at - from + 1);
		if (!out)
			abort();
		n = kt_escape_feed(&e, cases[i].typed + from, at - from, out);
		memcpy(got + nr, out, n);
		nr += n;
		free(out);
		from = at;
	}
	return nr == strlen(cases[i].want) && !memcmp(got, cases[i].want, nr) &&
	       e.left == cases[i].left && e.held == cases[i].held;
}

static void show(const char *text, char *out, size_t size)
{
	size_t len = 0;

	for (; *text && len + 5 < size; text++)
		len += (size_t)snprintf(out + len, size - len,
					*text > ' ' && *text < 0x7f ? "%c" :
								      "<%02x>",
					(unsigned char)*text);
	out[len] = '\0';
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t len = strlen(cases[i].typed);
		const unsigned int max = len > 1 ? 1U << (len - 1) : 1;
		char name[128];
		bool good = true;

		for (unsigned int cuts = 0; cuts < max; cuts++)
			good &= passes(i, len, cuts);
		show(cases[i].typed, name, sizeof(name));
		ok(good, "\"%s\" %s, however it is cut", name,
		   cases[i].left ? "leaves" : "passes as it should");
	}
	return tap_end();
}
