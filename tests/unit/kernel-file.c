// SPDX-License-Identifier: GPL-2.0-only
/* kernel-file: a bzImage is unpacked once, and what is kept is used */
#include "lib/vm/kernel-file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/unit/tap.h"

#define SECTS 2
#define OFFSET 0x40 /* of the payload, behind the setup sectors */
#define START ((SECTS + 1) * 512 + OFFSET)

static const char elf[] = "\177ELF, or so it seems";

static void put(const char *name, const void *data, size_t len)
{
	struct kt_error err;

	if (kt_file_replace(AT_FDCWD, name, data, len, 0644, &err))
		abort();
}

/* A bzImage of protocol 2.15 with that payload, which is not compressed. */
static void put_image(const char *name, const char *payload, size_t len)
{
	static const unsigned char header[] = { 'H', 'd', 'r', 'S', 0x0f, 2 };
	unsigned char image[START + 64] = { 0 };

	image[0x1f1] = SECTS;
	image[0x1fe] = 0x55;
	image[0x1ff] = 0xaa;
	memcpy(image + 0x202, header, sizeof(header));
	image[0x211] = 1;
	image[0x238] = 0xff;
	image[0x248] = OFFSET;
	image[0x24c] = (unsigned char)len;
	memcpy(image + START, payload, len);
	put(name, image, sizeof(image));
}

/* What is read of the kernel in @name, in @out. */
static enum kt_status get(const char *name, const char *dir, char out[64])
{
	int fd KT_CLEANUP(kt_closep) = -1;
	struct kt_error err;
	enum kt_status st = kt_kernel_file_open(name, dir, &fd, &err);

	memset(out, 0, 64);
	if (!st && pread(fd, out, 63, 0) < 0)
		abort();
	return st;
}

/* The files in @dir; the name of the last of them in @name. */
static int count(const char *dir, char name[300])
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int nr = 0;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			snprintf(name, 300, "%s/%s", dir, entry->d_name);
			nr++;
		}
	if (d)
		closedir(d);
	return nr;
}

static void test_kept(void)
{
	char text[64], name[300] = "";

	put("vmlinux", elf, sizeof(elf));
	put_image("bzImage", elf, sizeof(elf));
	ok(!get("vmlinux", "cache", text) && !strcmp(text, elf),
	   "an ELF file is opened as it is");
	same_u64((unsigned int)count("cache", name), 0, "and nothing is kept");
	ok(!get("bzImage", "cache", text) && !strcmp(text, elf),
	   "a bzImage is unpacked");
	same_u64((unsigned int)count("cache", name), 1, "and that is kept");
	ok(strstr(name, "/kernel-") && !strcmp(name + strlen(name) - 4, ".elf"),
	   "under a name that the sweep knows");
	put(name, "\177ELFkept", 8);
	ok(!get("bzImage", "cache", text) && !strcmp(text, "\177ELFkept"),
	   "what is kept is used");
	put(name, "", 0);
	ok(!get("bzImage", "cache", text) && !strcmp(text, elf),
	   "unless it is damaged");
	put_image("bzImage", "\177ELX", 5);
	ok(get("bzImage", "cache", text) == KT_DATA, "no kernel is not kept");
	same_u64((unsigned int)count("cache", name), 1, "in any way");
	ok(count("cache", name) == 1 && !get(name, NULL, text) &&
		   !strcmp(text, elf),
	   "and what was damaged is whole again");
	put_image("bzImage", "\177ELF of another kernel", 23);
	ok(!get("bzImage", "cache", text) &&
		   !strcmp(text, "\177ELF of another kernel") &&
		   count("cache", name) == 2,
	   "another kernel has another name");
}

static void test_without(void)
{
	char text[64];

	put_image("bzImage", elf, sizeof(elf));
	ok(!get("bzImage", NULL, text) && !strcmp(text, elf),
	   "without a cache it is unpacked too");
	put("file", "", 0);
	ok(!get("bzImage", "file/cache", text) && !strcmp(text, elf),
	   "and where the cache cannot be made");
	ok(get("file", "cache", text) == KT_DATA, "an empty file is no kernel");
	ok(get("nothing", "cache", text) == KT_SYS, "nor is one that is not");
}

int main(void)
{
	char top[] = "/tmp/ktstr-kernel.XXXXXX";
	struct kt_error err;

	if (!mkdtemp(top) || chdir(top))
		abort();
	test_kept();
	test_without();
	if (chdir("/") || kt_remove_tree(AT_FDCWD, top, &err))
		abort();
	return tap_end();
}
