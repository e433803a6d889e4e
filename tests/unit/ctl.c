// SPDX-License-Identifier: GPL-2.0-only
/* ctl: what a word looks like on the wire, and what is no message */
#include "lib/ctl.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_format(void)
{
	static const struct {
		const char *words[4];
		const char *want;
	} cases[] = {
		{ { "bye" }, "bye\n" },
		{ { "run", "sh", "-c" }, "run\tsh\t-c\n" },
		{ { "env", "A=b c" }, "env\tA=b%20c\n" },
		{ { "pong", "" }, "pong\t%\n" },
		{ { "pong", "%" }, "pong\t%25\n" },
		{ { "pong", "\t\n\x7f\xff" }, "pong\t%09%0A%7F%FF\n" },
		{ { "x", "aZ09-_./:,+=@" }, "x\taZ09-_./:,+=@\n" },
		{ { NULL }, "" },
		{ { "" }, "" },
		{ { "", "a" }, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[64] = "";
		const size_t len = kt_ctl_format(cases[i].words, out, 63);

		out[len] = '\0';
		same_str(out, cases[i].want, "words become this line");
		if (len)
			ok(kt_ctl_size(cases[i].words) >= len &&
				   !kt_ctl_format(cases[i].words, out, len - 1),
			   "a byte less of room is refused");
	}
}

static void test_parse(void)
{
	static const struct {
		const char *line;
		size_t nr;
		const char *last;
	} cases[] = {
		{ "bye", 1, "bye" },
		{ "run\tsh\t-c\texit%203", 4, "exit 3" },
		{ "pong\t%", 2, "" },
		{ "pong\t%25", 2, "%" },
		{ "pong\t%FF", 2, "\xff" },
		{ "", 0, NULL },
		{ "\t", 0, NULL },
		{ "%", 0, NULL },
		{ "%\ta", 0, NULL },
		{ "a\t", 0, NULL },
		{ "a\t\tb", 0, NULL },
		{ "a\t%0", 0, NULL },
		{ "a\t%%", 0, NULL },
		{ "a\tx%", 0, NULL },
		{ "a\t%zz", 0, NULL },
		{ "a\t%0a", 0, NULL },
		{ "a\t%00", 0, NULL },
		{ "a\t%41", 0, NULL },
		{ "a b", 0, NULL },
		{ "a\xff", 0, NULL },
		{ "a\r", 0, NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[64];
		char *words[8] = { NULL };
		size_t nr;

		strcpy(line, cases[i].line);
		nr = kt_ctl_parse(line, strlen(line), words, COUNT(words));
		if (ok(nr == cases[i].nr, "\"%s\" has %zu words", cases[i].line,
		       cases[i].nr) &&
		    nr) {
			same_str(words[nr - 1], cases[i].last, "the last word");
			ok(!words[nr], "the words end in NULL");
		}
	}
}

static void test_limits(void)
{
	char few[] = "a\tb\tc", line[] = "a\tb\tc",
	     nul[] = { 'a', '\t', 'b', '\0', 'c', '\n' };
	char *words[4], *big = malloc(KT_CTL_MAX_LINE + 3);
	const char **many = calloc(KT_CTL_MAX_WORDS + 2, sizeof(*many));
	const char *one[] = { "x", big, NULL };
	size_t len;

	ok(!kt_ctl_parse(few, 5, words, 3), "no room for NULL is too little");
	ok(kt_ctl_parse(line, 5, words, 4) == 3, "and with it there is enough");
	ok(!kt_ctl_parse(nul, 5, words, 4), "a NUL is not a message");

	memset(big, 'y', KT_CTL_MAX_LINE + 2);
	big[KT_CTL_MAX_LINE - 2] = '\0';
	{
		char *out = malloc(KT_CTL_MAX_LINE + 3);
		char *got[3];

		len = kt_ctl_format(one, out, KT_CTL_MAX_LINE + 3);
		ok(len == KT_CTL_MAX_LINE + 1, "the longest line is written");
		ok(kt_ctl_parse(out, len - 1, got, 3) == 2,
		   "the longest line is read");
		big[KT_CTL_MAX_LINE - 2] = 'y';
		big[KT_CTL_MAX_LINE - 1] = '\0';
		ok(!kt_ctl_format(one, out, KT_CTL_MAX_LINE + 3),
		   "a longer one is not written");
		memset(out, 'y', KT_CTL_MAX_LINE + 2);
		ok(!kt_ctl_parse(out, KT_CTL_MAX_LINE + 1, got, 3),
		   "a longer one is not read");
		for (size_t i = 0; i <= KT_CTL_MAX_WORDS; i++)
			many[i] = "w";
		ok(!kt_ctl_format(many, out, KT_CTL_MAX_LINE),
		   "too many words are not written");
		many[KT_CTL_MAX_WORDS] = NULL;
		ok(kt_ctl_format(many, out, KT_CTL_MAX_LINE) ==
			   2 * KT_CTL_MAX_WORDS,
		   "as many as allowed are");
		free(out);
	}
	free(big);
	free(many);
}

/* Every byte there is comes back as it went in. */
static void test_round_trip(void)
{
	char word[256], out[1024], *words[4];
	const char *in[] = { "v", word, "", NULL };
	size_t len;

	for (int i = 0; i < 255; i++)
		word[i] = (char)(i + 1);
	word[255] = '\0';
	len = kt_ctl_format(in, out, sizeof(out));
	ok(len && kt_ctl_parse(out, len - 1, words, 4) == 3, "all bytes pass");
	same_str(words[1], word, "and are the same");
	same_str(words[2], "", "an empty word stays one");
}

int main(void)
{
	test_format();
	test_parse();
	test_limits();
	test_round_trip();
	return tap_end();
}
