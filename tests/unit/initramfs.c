// SPDX-License-Identifier: GPL-2.0-only
/* initramfs: what is included, how much memory it takes, what a sweep leaves */
#include "lib/initramfs.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/guest-memory.h"
#include "lib/include-files.h"
#include "lib/initramfs-sweep.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define MIB (UINT64_C(1) << 20)

static void touch(const char *path, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || fchmod(fd, mode))
		abort();
	close(fd);
}

/* A tree to include from; the current directory is its top. */
static void make_tree(void)
{
	static const char *const dirs[] = { "dir",     "dir/sub", "dir/none",
					    "empty",   "bin",	  "loop",
					    "bin/sub", "other" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0755))
			abort();
	touch("dir/b", 0644);
	touch("dir/a", 04755);
	touch("dir/sub/c", 0600);
	touch("file", 0755);
	touch("bin/prog", 0755);
	touch("bin/file", 0755);
	touch("bin/data", 0644);
	touch("other/file", 0755);
	if (symlink("../file", "dir/link") || symlink("sub", "dir/sublink") ||
	    mkfifo("dir/fifo", 0666) || mkfifo("fifo", 0666) ||
	    symlink(".", "loop/up") || symlink("no such", "dangling"))
		abort();
}

static void test_includes(void)
{
	static const struct {
		const char *args[3], *path;
		enum kt_status want;
		const char
			*text; /* "guest=host mode ", or what the error says */
	} cases[] = {
		{ { "file" }, "bin", KT_OK, "include-files/file=file 755 " },
		{ { "./file" },
		  "bin",
		  KT_OK,
		  "include-files/file=./file 755 " },
		{ { "prog" },
		  "no:bin",
		  KT_OK,
		  "include-files/prog=bin/prog 755 " },
		{ { "data" }, "bin", KT_FAIL, "\"data\": neither in the" },
		{ { "sub" }, "bin", KT_FAIL, "\"sub\": neither in the" },
		{ { "prog" }, NULL, KT_FAIL, "nor a program on PATH" },
		{ { "./prog" }, "bin", KT_FAIL, "\"./prog\": No such file" },
		{ { "other/none" }, "bin", KT_FAIL, "\"other/none\": No such" },
		{ { "dir" },
		  NULL,
		  KT_OK,
		  "include-files/dir/a=dir/a 755 "
		  "include-files/dir/b=dir/b 644 "
		  "include-files/dir/link=dir/link 755 "
		  "include-files/dir/sub/c=dir/sub/c 600 "
		  "include-files/dir/sublink/c=dir/sublink/c 600 " },
		{ { "dir/sub/" },
		  NULL,
		  KT_OK,
		  "include-files/sub/c=dir/sub/c 600 " },
		{ { "empty" }, NULL, KT_OK, "(empty) " },
		{ { "file", "other/file" },
		  NULL,
		  KT_USAGE,
		  "both \"file\" and \"other/file\" would be "
		  "\"/include-files/file\"" },
		{ { "file", "file" }, NULL, KT_USAGE, "both \"file\" and" },
		{ { "fifo" }, NULL, KT_USAGE, "\"fifo\": neither a file nor" },
		{ { "/dev/null" }, NULL, KT_USAGE, "neither a file nor" },
		{ { ".." }, NULL, KT_USAGE, "no name to go by" },
		{ { "." }, NULL, KT_USAGE, "no name to go by" },
		{ { "/" }, NULL, KT_USAGE, "no name to go by" },
		{ { "dir/.." }, NULL, KT_USAGE, "no name to go by" },
		{ { "" }, NULL, KT_USAGE, "no name to go by" },
		{ { "loop" }, NULL, KT_FAIL, "leads back to a directory" },
		{ { "dangling" }, NULL, KT_FAIL, "\"dangling\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_includes list = { 0 };
		struct kt_buf got = { 0 };
		struct kt_error err = { 0 };
		enum kt_status st = KT_OK;

		for (int k = 0; !st && cases[i].args[k]; k++) {
			bool empty = false;

			st = kt_includes_add(&list, cases[i].args[k],
					     cases[i].path, &empty, &err);
			if (!st && empty)
				kt_buf_adds(&got, "(empty) ");
		}
		if (!st)
			st = kt_includes_finish(&list, &err);
		for (size_t k = 0; !st && k < list.nr; k++)
			kt_buf_addf(&got, "%s=%s %o ", list.v[k].guest,
				    list.v[k].host,
				    (unsigned int)list.v[k].mode);
		same_u64(st, cases[i].want, cases[i].args[0]);
		if (cases[i].want)
			ok(strstr(err.msg, cases[i].text), "\"%s\" says it",
			   err.msg);
		else
			same_str(got.data, cases[i].text, "  is these files");
		kt_includes_release(&list);
		kt_buf_release(&got);
	}
}

static void put(const char *path, const void *data, size_t len)
{
	struct kt_error err;

	if (kt_file_replace(AT_FDCWD, path, data, len, 0644, &err))
		abort();
}

static void test_kernel_bytes(void)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[2];
	} elf = {
		.eh = { .e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2 },
		.ph = { { .p_type = PT_LOAD,
			  .p_paddr = 16 * MIB,
			  .p_memsz = 4 * MIB },
			{ .p_type = PT_LOAD,
			  .p_paddr = 24 * MIB,
			  .p_memsz = MIB } },
	};
	char head[0x300] = { 0 };
	struct kt_error err;
	uint64_t bytes = 7;

	memcpy(elf.eh.e_ident, ELFMAG, SELFMAG);
	elf.eh.e_ident[EI_CLASS] = ELFCLASS64;
	elf.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.eh.e_ident[EI_VERSION] = EV_CURRENT;
	put("elf", &elf, sizeof(elf));
	ok(!kt_guest_kernel_bytes("elf", &bytes, &err) && bytes == 9 * MIB,
	   "an ELF kernel is as large as its segments reach");
	elf.ph[1].p_memsz = UINT64_MAX - 5 * MIB;
	put("elf", &elf, sizeof(elf));
	ok(kt_guest_kernel_bytes("elf", &bytes, &err) == KT_DATA,
	   "a segment around the end of memory is refused");

	ok(kt_guest_kernel_bytes("no such", &bytes, &err) == KT_SYS,
	   "a kernel that is not there is the system's fault");
	put("bad", head, sizeof(head));
	ok(kt_guest_kernel_bytes("bad", &bytes, &err) == KT_DATA,
	   "zeros are no kernel");
	put("bad", "x", 1);
	ok(kt_guest_kernel_bytes("bad", &bytes, &err) == KT_DATA,
	   "one byte is no kernel");
	memcpy(head + 0x202, "HdrS\x0f\x02", 6);
	memcpy(head + 0x260, "\0\0\x30\0", 4);
	put("bzImage", head, sizeof(head));
	ok(!kt_guest_kernel_bytes("bzImage", &bytes, &err) && bytes == 3 * MIB,
	   "a bzImage says it in init_size");
	memset(head, 0, sizeof(head));
	memcpy(head + 0x38, "ARM\x64", 4);
	memcpy(head + 0x10, "\0\0\x20\0\0\0\0\0", 8);
	put("Image", head, sizeof(head));
	ok(!kt_guest_kernel_bytes("Image", &bytes, &err) && bytes == 2 * MIB,
	   "an arm64 Image says it in image_size");
}

static void test_memory(void)
{
	same_u64(kt_guest_memory_mib(63 * MIB - KT_GUEST_RESERVE, 0, 0), 64,
		 "struct page takes a 64th");
	same_u64(kt_guest_memory_mib(63 * MIB - KT_GUEST_RESERVE + 1, 0, 0), 65,
		 "a byte more is a MiB more");
	same_u64(kt_guest_memory_mib(0, 39 * MIB, 39 * MIB), 128,
		 "the archive and what is in it count: 78 + 48 = 126");
	same_u64(kt_guest_root_bytes(0), 1024, "an empty file has an inode");
	same_u64(kt_guest_root_bytes(1), 5120, "a byte has a page");
	same_u64(kt_guest_root_bytes(4097), 9216, "and one more another");
	ok(kt_guest_memory_mib(UINT64_MAX, UINT64_MAX, UINT64_MAX) >
		   kt_guest_memory_mib(MIB, MIB, MIB),
	   "too much does not wrap around");
}

static void age(const char *path, time_t now, long seconds)
{
	const struct timespec ts[2] = { { .tv_sec = now - seconds },
					{ .tv_sec = now - seconds } };

	if (utimensat(AT_FDCWD, path, ts, 0))
		abort();
}

static void test_sweep(void)
{
	const time_t now = 2000000000;
	const long day = KT_INITRAMFS_KEEP_S;
	char name[200], zeros[65];
	int nr = 0;

	if (mkdir("cache", 0755) || chdir("cache"))
		abort();
	memset(zeros, '0', 64);
	zeros[64] = '\0';
	for (int i = 0; i < KT_INITRAMFS_KEEP + 5; i++) {
		snprintf(name, sizeof(name), "%s%064x.cpio",
			 i & 1 ? "base-" : "", (unsigned int)i);
		touch(name, 0644);
		age(name, now, 2 * day + i);
	}
	snprintf(name, sizeof(name), "%s.cpio.tmp-1", zeros);
	touch(name, 0644);
	age(name, now, 2 * day);
	snprintf(name, sizeof(name), "%s.cpio.tmp-2", zeros);
	touch(name, 0644);
	age(name, now, 10);
	touch("mine.cpio", 0644);
	age("mine.cpio", now, 9 * day);
	snprintf(name, sizeof(name), "kernel-%s.elf", zeros);
	touch(name, 0644);
	age(name, now, 3 * day);
	kt_initramfs_sweep(".", now);
	ok(access(name, F_OK), "an old unpacked kernel goes");
	for (int i = 0; i < KT_INITRAMFS_KEEP + 5; i++) {
		snprintf(name, sizeof(name), "%s%064x.cpio",
			 i & 1 ? "base-" : "", (unsigned int)i);
		nr += !access(name, F_OK);
		if (i == KT_INITRAMFS_KEEP - 1)
			same_u64((unsigned int)nr, KT_INITRAMFS_KEEP,
				 "those used last stay");
	}
	same_u64((unsigned int)nr, KT_INITRAMFS_KEEP, "older ones go");
	snprintf(name, sizeof(name), "%s.cpio.tmp-1", zeros);
	ok(access(name, F_OK), "an old unfinished one goes");
	snprintf(name, sizeof(name), "%s.cpio.tmp-2", zeros);
	ok(!access(name, F_OK), "one that is being written stays");
	ok(!access("mine.cpio", F_OK), "a file that is not ours stays");
	if (chdir(".."))
		abort();
}

int main(void)
{
	char top[] = "/tmp/ktstr-initramfs.XXXXXX";
	struct kt_error err;

	if (!mkdtemp(top) || chdir(top))
		abort();
	make_tree();
	test_includes();
	test_kernel_bytes();
	test_memory();
	test_sweep();
	if (chdir("/") || kt_remove_tree(AT_FDCWD, top, &err))
		abort();
	return tap_end();
}
