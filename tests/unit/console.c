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

static void test_clean(void)
{
	char text[] = "a\r\n\tb\x1b[2J\x7f\xc3\xa9\0z";
	const size_t len = kt_console_clean(text, sizeof(text) - 1);

	ok(len == 13 && !memcmp(text, "a\n\tb?[2J?\xc3\xa9?z", 13),
	   "nothing is left that moves a cursor");
}

int main(void)
{
	test_banner();
	test_words();
	test_tail();
	test_log();
	test_limit();
	test_clean();
	return tap_end();
}
