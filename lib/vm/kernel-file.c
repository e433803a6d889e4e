// SPDX-License-Identifier: GPL-2.0-only
/* kernel-file - a kernel as the file that it is loaded from */
#include "lib/vm/kernel-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bzimage.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/initramfs-sweep.h"
#include "lib/xalloc.h"

static bool is_elf(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       !memcmp(magic, "\177ELF", sizeof(magic));
}

/* Where it is kept, or NULL. */
static char *place_for(int image, const char *path, const char *dir)
{
	char sum[KT_SHA256_SIZE];
	struct kt_error ignored;
	uint64_t bytes;

	if (!dir || kt_mkdirs(dir, &ignored) ||
	    kt_sha256_fd(image, path, sum, &bytes, &ignored))
		return NULL;
	return kt_xasprintf("%s/" KT_INITRAMFS_KERNEL "%s" KT_INITRAMFS_ELF,
			    dir, sum);
}

/* What is kept is whole. That it is used keeps it from being swept. */
static int open_kept(const char *place)
{
	int fd = open(place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && is_elf(fd)) {
		futimens(fd, NULL);
		return fd;
	}
	kt_closep(&fd);
	return -1;
}

/* Give the file its name; if that fails, the next run unpacks once more. */
static void keep(int fd, const char *place)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fdatasync(fd) < 0 || (unlink(place) < 0 && errno != ENOENT))
		return;
	if (linkat(AT_FDCWD, self, AT_FDCWD, place, AT_SYMLINK_FOLLOW) < 0)
		return;
}

static enum kt_status unpack(int image, const char *path, const char *dir,
			     const char *place, int *out, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;
	enum kt_status st;

	if (!place || kt_fd_nameless(dir, &fd, &ignored))
		fd = memfd_create("ktstr-kernel", MFD_CLOEXEC);
	if (fd < 0)
		return kt_fail_errno(err, "cannot unpack \"%s\"", path);
	st = kt_bzimage_unpack(image, path, fd, err);
	if (st)
		return st;
	if (place)
		keep(fd, place);
	*out = kt_take_fd(&fd);
	return KT_OK;
}

enum kt_status kt_kernel_file_open(const char *path, const char *dir, int *out,
				   struct kt_error *err)
{
	int image KT_CLEANUP(kt_closep) = open(path, O_RDONLY | O_CLOEXEC);
	char *place KT_CLEANUP(kt_freep) = NULL;
	int fd;

	if (image < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	if (is_elf(image)) {
		*out = kt_take_fd(&image);
		return KT_OK;
	}
	place = place_for(image, path, dir);
	fd = place ? open_kept(place) : -1;
	if (fd < 0)
		return unpack(image, path, dir, place, out, err);
	*out = fd;
	return KT_OK;
}
