// SPDX-License-Identifier: GPL-2.0-only
/* core: messages, bytes, files, time, directories */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/error.h"
#include "lib/fd.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_messages(void)
{
	struct kt_error err = { 0 };
	char small[8];

	ok(kt_fail(&err, KT_DATA, "bad \"%s\"", "a\033[1m\n\xff\xc3\xa9") ==
		   KT_DATA,
	   "the status is the value");
	same_str(err.msg, "bad \"a\\x1b[1m\\x0a\\xff\xc3\xa9\"",
		 "controls and bad bytes are escaped, UTF-8 is kept");
	ok(kt_hint(&err, kt_within(&err, KT_DATA, "file"), "do %d", 1) ==
		   KT_DATA,
	   "context and hint keep it");
	ok(!strncmp(err.msg, "file: bad", 9) && !strcmp(err.hint, "do 1"),
	   "and are there");
	errno = ENOENT;
	ok(kt_fail_errno(&err, "x") == KT_SYS && !err.hint[0] &&
		   !strcmp(err.msg, "x: No such file or directory"),
	   "a new message drops the old hint");
	kt_printable(small, sizeof(small), "abcdef\xc3\xa9");
	same_str(small, "abcdef", "a character is never cut");
	kt_printable(small, sizeof(small), "abcd\x01");
	same_str(small, "abcd", "nor is an escape");
}

static void test_utf8(void)
{
	static const struct {
		const char *s;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "a", true },
		{ "\xc3\xa9", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xc0\x80", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xe2\x82", false },
		{ "\x80", false },
		{ "\xf5\x80\x80\x80", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_utf8_valid(cases[i].s, strlen(cases[i].s)) ==
			   cases[i].valid,
		   "UTF-8 case %zu is %s", i,
		   cases[i].valid ? "valid" : "refused");
	ok(!kt_utf8_valid("a\0b", 3), "NUL is not text");
	ok(kt_utf8_is_begun("\xc2", 1) && kt_utf8_is_begun("\xf0\x9f\x98", 3) &&
		   kt_utf8_is_begun("\xe0\xa0", 2),
	   "a character that is cut off has begun");
	ok(!kt_utf8_is_begun("", 0) && !kt_utf8_is_begun("a", 1) &&
		   !kt_utf8_is_begun("\xc3\xa9", 2) &&
		   !kt_utf8_is_begun("\xe0\x80", 2) &&
		   !kt_utf8_is_begun("\xf0\x9f\x41", 3) &&
		   !kt_utf8_is_begun("\x80", 1) && !kt_utf8_is_begun("\xff", 1),
	   "one that is whole, or can be none, has not");
	ok(kt_utf8_is_control("\x1b", 1) && kt_utf8_is_control("\x7f", 1) &&
		   kt_utf8_is_control("\xc2\x9f", 2),
	   "C0, DEL and C1 are control characters");
	ok(!kt_utf8_is_control(" ", 1) && !kt_utf8_is_control("\xc2\xa0", 2) &&
		   !kt_utf8_is_control("\xc3\x9b", 2),
	   "and what is beside them is none");
}

static void test_temp(const char *file)
{
	char *temp[2] = { NULL, NULL };
	const mode_t before = umask(027);
	struct kt_error err;
	struct stat sb;
	int fd[2];

	for (int i = 0; i < 2; i++)
		if (kt_file_temp(AT_FDCWD, file, 0666, &temp[i], &fd[i], &err))
			abort();
	umask(before);
	ok(strcmp(temp[0], temp[1]) != 0, "no two temporary names are one");
	ok(!strncmp(temp[0], file, strlen(file)) &&
		   !strncmp(temp[0] + strlen(file), ".tmp-", 5) &&
		   strlen(temp[0]) == strlen(file) + 11,
	   "both tell the file");
	ok(!fstat(fd[0], &sb) && (sb.st_mode & 07777) == 0640,
	   "and as open as the umask has it");
	ok(kt_file_temp(AT_FDCWD, "no/such", 0666, &temp[0], &fd[0], &err) ==
		   KT_SYS,
	   "where no file can be, none is made");
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		unlink(temp[i]);
		free(temp[i]);
	}
}

static void test_files(const char *dir)
{
	struct kt_buf buf KT_CLEANUP(kt_buf_release) = { 0 };
	char *deep KT_CLEANUP(kt_freep) = kt_path_join(dir, "a/b/c");
	char *file KT_CLEANUP(kt_freep) = kt_path_join(dir, "a/b/file");
	char *fifo KT_CLEANUP(kt_freep) = kt_path_join(dir, "a/fifo");
	char *link KT_CLEANUP(kt_freep) = kt_path_join(dir, "a/out");
	struct kt_error err = { 0 };
	struct stat sb;

	ok(!kt_mkdirs(deep, &err) && !kt_mkdirs(deep, &err),
	   "directories are made, twice too");
	ok(!kt_file_replace(AT_FDCWD, file, "hello", 5, 0644, &err) &&
		   !kt_file_replace(AT_FDCWD, file, "bye", 3, 0644, &err),
	   "a file is replaced");
	ok(!kt_file_read(AT_FDCWD, file, 3, &buf, &err) && buf.len == 3 &&
		   !memcmp(buf.data, "bye", 4),
	   "and read");
	ok(kt_file_read(AT_FDCWD, file, 2, &buf, &err) == KT_DATA,
	   "a limit is a limit");
	test_temp(file);
	ok(kt_file_read(AT_FDCWD, deep, 9, &buf, &err) == KT_DATA,
	   "a directory is no file");
	ok(!mkfifo(fifo, 0600) &&
		   kt_file_read(AT_FDCWD, fifo, 9, &buf, &err) == KT_DATA,
	   "a FIFO is no file, and does not hang us");
	ok(kt_mkdirs(file, &err) == KT_SYS, "a file is no directory");
	ok(!symlink("/etc", link) && !chmod(deep, 0) &&
		   !kt_remove_tree(AT_FDCWD, dir, &err) && lstat(dir, &sb) &&
		   !stat("/etc", &sb),
	   "a tree goes with links in it, and what they point to stays");
	ok(!kt_remove_tree(AT_FDCWD, dir, &err), "what is gone is gone");
}

static void test_copy(const char *dir)
{
	char *a KT_CLEANUP(kt_freep) = kt_path_join(dir, "a");
	char *b KT_CLEANUP(kt_freep) = kt_path_join(dir, "b");
	struct kt_buf buf KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	uint64_t copied = 0;
	int from, to;

	if (kt_file_replace(AT_FDCWD, a, "0123456789", 10, 0644, &err))
		abort();
	from = open(a, O_RDONLY | O_CLOEXEC);
	to = open(b, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ok(lseek(from, 4, SEEK_SET) == 4 &&
		   !kt_fd_copy(from, to, "a", &copied, &err) && copied == 6,
	   "a copy begins where the offset is");
	ok(!kt_file_read(AT_FDCWD, b, 100, &buf, &err) &&
		   !strcmp(buf.data, "456789"),
	   "and holds the rest");
	close(from);
	from = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ok(!kt_fd_copy(from, to, "status", &copied, &err) && copied > 100,
	   "a file that claims to be empty is copied too");
	close(from);
	close(to);
}

static void test_read_at(const char *dir)
{
	struct kt_error err;
	char buf[8] = "";
	uint64_t got = 99;
	int fd = -1;

	if (kt_fd_nameless(dir, &fd, &err) ||
	    kt_fd_write(fd, "hello", 5, "a", &err))
		abort();
	ok(!kt_fd_read_at(fd, "a", buf, 3, 1, &got, &err) && got == 3 &&
		   !memcmp(buf, "ell", 4),
	   "what is asked for is read, from where");
	ok(!kt_fd_read_at(fd, "a", buf, 8, 3, &got, &err) && got == 2 &&
		   !memcmp(buf, "lo", 2),
	   "and what there is of it");
	ok(!kt_fd_read_at(fd, "a", buf, 8, 9, &got, &err) && !got,
	   "which may be nothing");
	close(fd);
	got = 99;
	ok(kt_fd_read_at(fd, "a", buf, 1, 0, &got, &err) == KT_SYS && got == 99,
	   "a failure leaves the count as it was");
	same_str(err.msg, "cannot read \"a\": Bad file descriptor",
		 "and names the file");
}

static void test_paths(void)
{
	char *p;

	p = kt_path_join("/a/", "b");
	same_str(p, "/a/b", "one slash is enough");
	free(p);
	p = kt_path_join("/a", "/b");
	same_str(p, "/b", "an absolute name stays");
	free(p);
	p = kt_path_search("/nonexistent:/bin:/usr/bin", "sh");
	ok(p && strstr(p, "/sh"), "sh is on PATH");
	free(p);
	p = kt_path_search("/etc", "passwd");
	ok(!p, "what cannot be executed is not found");
	free(p);
	p = kt_path_search(NULL, "sh");
	ok(!p, "no PATH, nothing found");
	free(p);
}

static void test_time(void)
{
	static const char *const no_utc[] = {
		"",
		"x",
		"2026-04-15T20:01:02",
		"2026-04-15T20:01:02Zx",
		"2026-06-31T20:01:02Z",
		"2026- 4-15T20:01:02Z",
		"2026-04-15 20:01:02Z",
		"1960-01-01T00:00:00Z",
	};
	char utc[KT_UTC_SIZE];
	time_t back = 0;
	const uint64_t now = kt_clock_ns();

	kt_clock_utc(1776283262, utc);
	same_str(utc, "2026-04-15T20:01:02Z", "a time in RFC 3339");
	ok(kt_clock_parse_utc(utc, &back) && back == 1776283262,
	   "and back again");
	for (size_t i = 0; i < sizeof(no_utc) / sizeof(no_utc[0]); i++)
		ok(!kt_clock_parse_utc(no_utc[i], &back),
		   "\"%s\" is no such time", no_utc[i]);
	ok(kt_deadline_poll_ms(0) == -1, "no deadline waits for ever");
	ok(kt_deadline_poll_ms(1) == 0, "a past one not at all");
	ok(kt_deadline_poll_ms(now + KT_NS_PER_S) > 0 &&
		   kt_deadline_poll_ms(now + KT_NS_PER_S) <= 1000,
	   "a second is a thousand milliseconds");
	ok(kt_deadline_poll_ms(UINT64_MAX) == INT_MAX, "far is far");
	ok(kt_deadline_min(0, 5) == 5 && kt_deadline_min(5, 0) == 5 &&
		   kt_deadline_min(6, 5) == 5,
	   "never is later than anything");
}

static void test_dirs(void)
{
	static const struct {
		struct kt_env_dirs env;
		const char *cache;
	} cases[] = {
		{ { .ktstr_cache = "/c", .xdg_cache = "/x" }, "/c" },
		{ { .xdg_cache = "/x", .home = "/h" }, "/x/ktstr/kernels" },
		{ { .xdg_cache = "rel", .home = "/h" },
		  "/h/.cache/ktstr/kernels" },
		{ { .home = "/h" }, "/h/.cache/ktstr/kernels" },
		{ { .home = "/" }, NULL },
		{ { .home = "h" }, NULL },
		{ { 0 }, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got KT_CLEANUP(kt_freep) = NULL;
		struct kt_error err = { 0 };
		const enum kt_status st =
			kt_dir_cache(&cases[i].env, &got, &err);

		if (cases[i].cache)
			same_str(got, cases[i].cache, "the cache's place");
		else
			ok(st == KT_SYS && strstr(err.msg, "HOME not set") &&
				   strstr(err.hint, "KTSTR_CACHE_DIR"),
			   "no home, no cache, case %zu", i);
	}
}

int main(void)
{
	struct kt_error err = { 0 };
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *dir2 KT_CLEANUP(kt_freep) = NULL;

	if (kt_temp_dir("/tmp/ktstr-core", &dir, &err) ||
	    kt_temp_dir("/tmp/ktstr-core", &dir2, &err))
		return 1;
	test_messages();
	test_utf8();
	test_files(dir);
	test_copy(dir2);
	test_read_at(dir2);
	test_paths();
	test_time();
	test_dirs();
	if (kt_remove_tree(AT_FDCWD, dir2, &err))
		return 1;
	return tap_end();
}
