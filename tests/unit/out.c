// SPDX-License-Identifier: GPL-2.0-only
/* out: what init packs comes out in its place, and a hostile archive does not */
#include "lib/vm/out.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/guest/tar.c"
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
	snprintf(block + 124, 12, "%011o", (unsigned int)strlen(data) & 0777);
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

/* How many names there are in @dir, hidden ones too. */
static size_t names_in(const char *dir)
{
	DIR *stream = opendir(dir);
	size_t nr = 0;

	if (!stream)
		abort();
	while (readdir(stream))
		nr++;
	closedir(stream);
	return nr - 2;
}

static bool holds(const char *path, const char *want)
{
	struct kt_buf got KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	return !kt_file_read(AT_FDCWD, path, 1 << 20, &got, &err) &&
	       got.len == strlen(want) &&
	       !memcmp(got.data ? got.data : "", want, got.len);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		abort();
	close(fd);
}

static char said[4096];

static void listen(const char *path, const char *below, const char *why)
{
	const size_t len = strlen(said);

	(void)path;
	snprintf(said + len, sizeof(said) - len, "%s: %s\n", below, why);
}

/* Pack @guest as init does and unpack it as the host does. */
static enum kt_status carry(const char *guest, const char *dir,
			    enum kt_tar *how, struct kt_error *err)
{
	char *text KT_CLEANUP(kt_freep) = kt_xasprintf("%s:%s", guest, dir);
	struct kt_out out KT_CLEANUP(kt_out_release) = { 0 };
	enum kt_status st = kt_out_parse(text, &out, err);
	int fd KT_CLEANUP(kt_closep) = archive();

	said[0] = '\0';
	if (st)
		return st;
	*how = kt_tar_write(fd, out.guest, listen);
	return kt_out_store(&out, fd, err);
}

static void make_long_names(const char *dir)
{
	char *path KT_CLEANUP(kt_freep) = kt_xasprintf("%s/%0150d", dir, 7);
	char *link KT_CLEANUP(kt_freep) = kt_xasprintf("%s/long", dir);
	char *name KT_CLEANUP(kt_freep) = kt_xasprintf("%s/%099d", dir, 7);
	char *odd KT_CLEANUP(kt_freep) = kt_xasprintf("%s/a\nb\xff %%", dir);

	write_file(path, "long", 0644);
	write_file(name, "99", 0644);
	write_file(odd, "odd", 0644);
	if (symlink(kt_path_base(path), link))
		abort();
}

static void test_directory(void)
{
	struct kt_error err = { 0 };
	enum kt_tar how = KT_TAR_NOTHING;

	mkdir("guest", 0755);
	mkdir("guest/sub", 0755);
	mkdir("guest/empty", 0755);
	write_file("guest/sub/tool", "#!/bin/sh\n", 04755);
	write_file("guest/zero", "", 0644);
	make_long_names("guest/sub");
	if (symlink("../zero", "guest/sub/up") || symlink("sub", "guest/to"))
		abort();
	ok(!carry("guest", "host", &how, &err) && how == KT_TAR_WHOLE,
	   "a directory is carried over: %s", err.msg);
	ok(holds("host/guest/sub/tool", "#!/bin/sh\n") &&
		   holds("host/guest/zero", "") &&
		   !access("host/guest/empty", F_OK),
	   "its files are what they were");
	ok(holds("host/guest/sub/up", "") &&
		   holds("host/guest/sub/long", "long"),
	   "its links lead where they led");
	ok(holds("host/guest/sub/a\nb\xff %", "odd"),
	   "a name may be any bytes");
	same_u64(names_in("host"), 1, "nothing else is there");
	same_u64(names_in("host/guest/sub"), 6, "nor less");
	ok(carry("guest", "host", &how, &err) == KT_USAGE &&
		   holds("host/guest/zero", ""),
	   "a directory that is there is not replaced");
	same_str(err.hint, "remove it, or name another directory",
		 "and the hint says what to do");
}

static void test_mode(void)
{
	struct stat sb = { 0 };

	ok(!stat("host/guest/sub/tool", &sb) && (sb.st_mode & 07777) == 0755,
	   "of the mode, the right to execute is taken over, and no setuid");
	ok(!stat("host/guest/zero", &sb) && (sb.st_mode & 07777) == 0644,
	   "and only where it was");
	ok(!stat("host/guest", &sb) && (sb.st_mode & 0777) == 0755,
	   "the directory is as open as the umask has it");
}

static void test_file(void)
{
	struct kt_error err = { 0 };
	enum kt_tar how = KT_TAR_NOTHING;

	write_file("guest/one", "first", 0644);
	ok(!carry("guest/one", "host", &how, &err) && how == KT_TAR_WHOLE &&
		   holds("host/one", "first"),
	   "a file is carried over: %s", err.msg);
	write_file("guest/one", "second", 0644);
	ok(!carry("guest/one", "host", &how, &err) &&
		   holds("host/one", "second"),
	   "and replaces a file");
	if (symlink("one", "guest/link"))
		abort();
	ok(!carry("guest/link", "host", &how, &err) &&
		   holds("host/link", "second"),
	   "a link that is asked for is followed");
	ok(!carry("/proc/self/comm", "host", &how, &err) &&
		   how == KT_TAR_WHOLE && !holds("host/comm", ""),
	   "a file that tells no size is whole");
	ok(carry("guest/none", "host", &how, &err) == KT_DATA &&
		   how == KT_TAR_NOTHING,
	   "what is not there is no archive");
	ok(strstr(said, "No such file"), "and is told of");
	same_u64(names_in("host"), 4, "nothing is left behind");
}

static void test_left_out(void)
{
	struct kt_error err = { 0 };
	enum kt_tar how = KT_TAR_NOTHING;

	mkdir("odd", 0755);
	write_file("odd/good", "good", 0644);
	if (mkfifo("odd/fifo", 0600) || symlink("/etc", "odd/abs") ||
	    symlink("../guest", "odd/up") || symlink("a/../../b", "odd/round"))
		abort();
	ok(!carry("odd", "host", &how, &err) && how == KT_TAR_PARTLY,
	   "a directory with things that cannot be carried is: %s", err.msg);
	ok(holds("host/odd/good", "good") && names_in("host/odd") == 1,
	   "without them");
	same_str(said,
		 "/abs: a link that leads outside\n"
		 "/fifo: neither file, directory nor link\n"
		 "/round: a link that leads outside\n"
		 "/up: a link that leads outside\n",
		 "and each of them is told of");
}

/* What a guest sends that has another init in mind. */
static void test_hostile(void)
{
	static const struct {
		const char *what;
		char type;
		const char *name, *link;
	} cases[] = {
		{ "an absolute name", '0', "/etc/x", "" },
		{ "a name that climbs", '0', "out/../../x", "" },
		{ "an absolute link", '2', "out/l", "/etc" },
		{ "a link that climbs", '2', "out/l", "../x" },
		{ "a link that climbs by way of another", '2', "out/l",
		  "a/../../x" },
		{ "a hard link to outside", '1', "out/l", "/etc/passwd" },
		{ "a device", '3', "out/d", "" },
		{ "a FIFO", '6', "out/p", "" },
		{ "a second top directory", '0', "other/x", "" },
		{ "a name that comes twice", '0', "out/good", "" },
	};
	struct kt_out out KT_CLEANUP(kt_out_release) = { 0 };
	struct kt_error err = { 0 };

	if (kt_out_parse("/x:hostile", &out, &err))
		abort();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd KT_CLEANUP(kt_closep) = archive();

		entry(fd, '5', "out/", "", "");
		entry(fd, '0', "out/good", "", "good");
		entry(fd, cases[i].type, cases[i].name, cases[i].link, "");
		end(fd);
		ok(kt_out_store(&out, fd, &err) == KT_DATA, "%s is refused",
		   cases[i].what);
	}
	same_u64(names_in("hostile"), 0, "and nothing of it is left");
}

/* False: that tool is not here. */
static bool pack(const char *tool, int from, int to)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (lseek(from, 0, SEEK_SET) || dup2(from, 0) < 0 ||
		    dup2(to, 1) < 0)
			_exit(127);
		execlp(tool, tool, "-c", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return !status;
}

/* Of a few bytes, a guest could make us unpack for hours. */
static void test_compressed(void)
{
	static const char *const tools[] = { "gzip", "bzip2", "xz", "zstd" };
	struct kt_out out KT_CLEANUP(kt_out_release) = { 0 };

	if (kt_out_parse("/x:hostile", &out, &(struct kt_error){ 0 }))
		abort();
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		struct kt_error err = { 0 };
		int fd KT_CLEANUP(kt_closep) = archive();
		int packed KT_CLEANUP(kt_closep) = archive();

		entry(fd, '5', "out/", "", "");
		entry(fd, '0', "out/good", "", "good");
		end(fd);
		if (!pack(tools[i], fd, packed))
			continue;
		ok(kt_out_store(&out, packed, &err) == KT_DATA,
		   "an archive of %s is none", tools[i]);
	}
	same_u64(names_in("hostile"), 0, "and nothing of it is left");
}

static void test_cut(void)
{
	struct kt_out out KT_CLEANUP(kt_out_release) = { 0 };
	struct kt_error err = { 0 };
	int fd KT_CLEANUP(kt_closep) = archive();
	bool good = true;

	if (kt_out_parse("/x:hostile", &out, &err))
		abort();
	entry(fd, '5', "out/", "", "");
	entry(fd, '0', "out/good", "", "good");
	end(fd);
	for (off_t len = 2048; len >= 0; len -= 512) {
		if (ftruncate(fd, len))
			abort();
		good &= kt_out_store(&out, fd, &err) == KT_DATA;
	}
	ok(good && names_in("hostile") == 0, "an archive that is cut is none");
}

int main(void)
{
	char dir[] = "/tmp/ktstr-unit-out.XXXXXX";
	struct kt_error err = { 0 };

	umask(022);
	if (!mkdtemp(dir) || chdir(dir))
		abort();
	test_parse();
	test_directory();
	test_mode();
	test_file();
	test_left_out();
	test_hostile();
	test_compressed();
	test_cut();
	if (chdir("/") || kt_remove_tree(AT_FDCWD, dir, &err))
		abort();
	return tap_end();
}
