// SPDX-License-Identifier: GPL-2.0-only
/* cmdline: our words, the user's behind them, and the limit */
#include "lib/vm/cmdline.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_make(void)
{
	static const char *const append[] = { "quiet", "loglevel=1 a=\"b c\"",
					      NULL };
	static const char *const bad[] = { "a\nb", NULL };
	char *line KT_CLEANUP(kt_freep) = NULL;
	char *loud KT_CLEANUP(kt_freep) = NULL;
	char *none = NULL;
	struct kt_error err = { 0 };

	ok(!kt_cmdline_make(NULL, append, false, KT_CMDLINE_MAX, &line, &err) &&
		   strstr(line, "rdinit=/init ") &&
		   strstr(line, " loglevel=4 quiet loglevel=1 a=\"b c\""),
	   "the user's words come last");
	ok(!kt_cmdline_make("pci=off a=b", NULL, true, KT_CMDLINE_MAX, &loud,
			    &err) &&
		   strstr(loud, " loglevel=7"),
	   "dmesg lets all messages out");
	ok(strstr(loud, " pci=off a=b loglevel"), "the engine has its words");
	ok(!strstr(line, "pci=off"), "where it is that engine");
	ok(kt_cmdline_make(NULL, bad, false, KT_CMDLINE_MAX, &none, &err) ==
			   KT_USAGE &&
		   !none,
	   "a control character is refused");
	ok(kt_cmdline_make(NULL, append, false, strlen(line) - 1, &none,
			   &err) == KT_USAGE &&
		   !none,
	   "one byte above the limit is refused");
	ok(!kt_cmdline_make(NULL, append, false, strlen(line), &none, &err),
	   "the limit itself is not");
	free(none);
}

static size_t limit_of(const void *head, size_t len)
{
	const int fd = memfd_create("kernel", MFD_CLOEXEC);
	size_t limit;

	if (write(fd, head, len) != (ssize_t)len)
		abort();
	limit = kt_cmdline_limit(fd);
	close(fd);
	return limit;
}

static void test_limit(void)
{
	unsigned char head[1024] = { 0 };

	same_u64(limit_of("\177ELF", 4), KT_CMDLINE_MAX, "of an ELF file");
	memcpy(head + 0x202, "HdrS", 4);
	head[0x206] = 0x05;
	head[0x207] = 0x02;
	same_u64(limit_of(head, sizeof(head)), 255, "of an old bzImage");
	head[0x206] = 0x0f;
	head[0x238] = 0xff;
	head[0x239] = 0x03;
	same_u64(limit_of(head, sizeof(head)), 1023, "of one that tells");
	head[0x23b] = 0xff;
	same_u64(limit_of(head, sizeof(head)), KT_CMDLINE_MAX,
		 "of one that boasts");
}

int main(void)
{
	test_make();
	test_limit();
	return tap_end();
}
