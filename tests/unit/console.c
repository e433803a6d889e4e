// SPDX-License-Identifier: GPL-2.0-only
/* console: the log is the bytes, the banner is seen, the tail is short */
#include "lib/vm/console.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static bool panics(const char *text, size_t step)
{
	struct kt_console *con KT_CLEANUP(kt_console_freep) =
		kt_console_new(-1);
	const size_t len = strlen(text);
	struct kt_error err = { 0 };

	for (size_t at = 0; at < len; at += step)
		if (kt_console_feed(con, text + at,
				    len - at < step ? len - at : step, &err))
			abort();
	return kt_console_panicked(con);
}

static void test_banner(void)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "Kernel panic - not syncing: x\n", true },
		{ "[    1.5] Kernel panic - not syncing: x\r\n", true },
		{ "[    1.5][   T12] Kernel panic - not syncing: x\n", true },
		{ "a\nb\n[1.0] Kernel panic - not syncing\nc", true },
		{ "[    1.5] Kernel panic - not syncing: x", false },
		{ "echo Kernel panic - not syncing: x\n", false },
		{ "Kernel panic\n - not syncing\n", false },
		{ "[1.0] Kernel panic - not syn\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = true;

		for (size_t step = 1; step < 40; step++)
			good &= panics(cases[i].text, step) == cases[i].want;
		ok(good, "\"%s\" is %s panic however it is cut", cases[i].text,
		   cases[i].want ? "a" : "no");
	}
}

static void test_words(void)
{
	static const char text[] = "one\n[1.0] Kernel panic - not syncing: \x1b"
				   "bad\n[1.1] trace\n";
	struct kt_console *con KT_CLEANUP(kt_console_freep) =
		kt_console_new(-1);
	struct kt_buf tail KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	ok(!kt_console_feed(con, text, strlen(text), &err), "a panic is taken");
	same_str(kt_console_panic(con), "\\x1bbad", "its words are printable");
	kt_console_tail(con, &tail);
	same_str(tail.data,
		 "[1.0] Kernel panic - not syncing: \\x1bbad\n[1.1] trace\n",
		 "the tail begins with it");
}

static void test_tail(void)
{
	struct kt_console *con KT_CLEANUP(kt_console_freep) =
		kt_console_new(-1);
	struct kt_buf tail KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	char line[64];
	int lines = 0;
	bool fed = true;

	kt_console_tail(con, &tail);
	ok(!tail.len, "nothing said, no tail");
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "line %d\r\n", i);
		fed &= !kt_console_feed(con, line, strlen(line), &err);
	}
	fed &= !kt_console_feed(con, "unfinished", 10, &err);
	kt_console_tail(con, &tail);
	for (const char *p = tail.data; p && (p = strchr(p, '\n')); p++)
		lines++;
	ok(fed && lines == KT_CONSOLE_TAIL_LINES, "the tail has %d lines",
	   lines);
	ok(strstr(tail.data, "line 4999\nunfinished\n"),
	   "and they are the last");
}

static void test_log(void)
{
	static const char bytes[] = "a\0b\r\n\xff\x1b[1m";
	const int fd = memfd_create("log", MFD_CLOEXEC);
	struct kt_console *con KT_CLEANUP(kt_console_freep) =
		kt_console_new(fd);
	struct kt_error err = { 0 };
	char got[64];

	ok(!kt_console_feed(con, bytes, sizeof(bytes), &err),
	   "bytes are taken");
	ok(pread(fd, got, sizeof(got), 0) == sizeof(bytes) &&
		   !memcmp(got, bytes, sizeof(bytes)),
	   "the log holds them as they came");
	close(fd);
	ok(kt_console_feed(con, "x", 1, &err) == KT_SYS,
	   "a log that cannot be written is an error");
}

static void test_limit(void)
{
	static char mib[1 << 20];
	const int fd = memfd_create("log", MFD_CLOEXEC);
	struct kt_console *con KT_CLEANUP(kt_console_freep) =
		kt_console_new(fd);
	struct kt_error err = { 0 };
	bool fed = true;

	memset(mib, 'x', sizeof(mib));
	for (int i = 0; i < 65; i++)
		fed &= !kt_console_feed(con, mib, sizeof(mib), &err);
	ok(fed && lseek(fd, 0, SEEK_END) == (off_t)KT_CONSOLE_MAX_BYTES,
	   "the log ends at its limit");
	close(fd);
}

/* Is that what becomes of @text, given @step bytes at a time? */
static bool cleans(const char *text, size_t len, size_t step, const char *want)
{
	struct kt_console_begun begun = { .len = 0 };
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };
	char piece[64];

	kt_buf_addc(&got, '<');
	for (size_t at = 0; at < len; at += step) {
		const size_t n = len - at < step ? len - at : step;

		memcpy(piece, text + at, n);
		kt_buf_add(&got, piece, kt_console_clean(&begun, piece, n));
	}
	return !strcmp(got.data + 1, want);
}

static void test_clean(void)
{
	static const struct {
		const char *what, *text, *want;
		size_t len;
	} cases[] = {
#define CASE(what, text, want) { what, text, want, sizeof(text) - 1 }
		CASE("C0 and DEL", "a\r\n\tb\x1b[2J\x7f\0z", "a\n\tb?[2J??z"),
		CASE("C1", "a\xc2\x9b[m\xc2\x80", "a?[m?"),
		CASE("C1 around CR", "\xc2\r\x9b[m", "?[m"),
		CASE("C1 of eight bits", "\x9b[m", "?[m"),
		CASE("C1 behind half a character", "\xc2\xc2\x9b\xe2\x9b.",
		     "????."),
		CASE("what ends too soon", "\xe2\x82z\xf0\x9f\x98\n",
		     "??z???\n"),
		CASE("what begins again", "\xe2\xe2\x82\xac", "?\xe2\x82\xac"),
		CASE("what is no shortest form", "\xe0\x82\x9b\xc0\x9b",
		     "?????"),
		CASE("letters", "\xc3\xa9\xc5\x9b\xc2\xa0",
		     "\xc3\xa9\xc5\x9b\xc2\xa0"),
		CASE("all of four bytes", "\xf0\x9f\x98\x80",
		     "\xf0\x9f\x98\x80"),
		CASE("a letter around CR", "\xc3\r\xa9", "\xc3\xa9"),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = true;

		for (size_t step = 1; step < 20; step++)
			good &= cleans(cases[i].text, cases[i].len, step,
				       cases[i].want);
		ok(good, "%s: fit for a terminal however it is cut",
		   cases[i].what);
	}
}

static void test_clean_end(void)
{
	struct kt_console_begun begun = { .len = 0 };
	char text[16] = "a\xc2";

	ok(kt_console_clean(NULL, text, 2) == 2 && !memcmp(text, "a?", 2),
	   "half a character at the end of all is none");
	memcpy(text, "a\xc2", 2);
	ok(kt_console_clean(&begun, text, 2) == 1 && text[0] == 'a',
	   "at the end of a piece it waits for the next");
	memcpy(text, "\x9b[m", 3);
	ok(kt_console_clean(&begun, text, 3) == 3 && !memcmp(text, "?[m", 3),
	   "which cannot make it a control character");
	ok(!kt_console_clean(&begun, text, 0), "and then nothing is left");
}

int main(void)
{
	test_banner();
	test_words();
	test_tail();
	test_log();
	test_limit();
	test_clean();
	test_clean_end();
	return tap_end();
}
