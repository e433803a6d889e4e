// SPDX-License-Identifier: GPL-2.0-only
/* initramfs - the guest's file system, as an archive the kernel unpacks */
#include "lib/initramfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cpio.h"
#include "lib/fd.h"
#include "lib/initramfs-plan.h"
#include "lib/initramfs-sweep.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define BASE_FIRST_INO 1
/* The base has fewer entries; its number is not known when it is cached. */
#define TAIL_FIRST_INO 100000

static void add_line(struct kt_buf *out, const char *path)
{
	const size_t size = 4 * strlen(path) + 1;
	char *line KT_CLEANUP(kt_freep) = kt_xcalloc(1, size);

	kt_printable(line, size, path);
	kt_buf_adds(out, line);
	kt_buf_addc(out, '\n');
}

enum kt_status kt_initramfs_list(struct kt_initramfs *fs, struct kt_buf *out,
				 struct kt_error *err)
{
	const struct kt_initramfs_part *parts[] = { &fs->base, &fs->tail };
	enum kt_status st = kt_initramfs_add_applets(fs, err);

	for (size_t k = 0; !st && k < 2; k++)
		for (size_t i = 0; i < parts[k]->nr; i++) {
			add_line(out, parts[k]->v[i].path);
		}
	return st;
}

static enum kt_status write_entry(struct kt_cpio *cpio,
				  const struct kt_entry *e,
				  struct kt_error *err)
{
	switch (e->kind) {
	case KT_ENTRY_DIR:
		return kt_cpio_dir(cpio, e->path, e->mode, err);
	case KT_ENTRY_LINK:
		return kt_cpio_link(cpio, e->path, e->source, err);
	case KT_ENTRY_TEXT:
		return kt_cpio_text(cpio, e->path, e->mode, e->source, err);
	case KT_ENTRY_FILE:
		return kt_cpio_file(cpio, e->path, e->mode, e->source, &e->sum,
				    err);
	}
	abort();
}

static enum kt_status write_part(const struct kt_initramfs_part *part, int fd,
				 uint32_t first_ino, bool last,
				 struct kt_error *err)
{
	struct kt_cpio *cpio KT_CLEANUP(kt_cpio_freep) =
		kt_cpio_new(fd, first_ino);
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < part->nr; i++) {
		st = kt_stop_check(err);
		if (!st)
			st = write_entry(cpio, &part->v[i], err);
	}
	return st ? st : kt_cpio_close(cpio, last, err);
}

static enum kt_status write_base(struct kt_initramfs *fs,
				 const char *dir KT_UNUSED, int fd,
				 struct kt_error *err)
{
	enum kt_status st = kt_initramfs_add_applets(fs, err);

	return st ? st : write_part(&fs->base, fd, BASE_FIRST_INO, false, err);
}

typedef enum kt_status write_fn(struct kt_initramfs *fs, const char *dir,
				int fd, struct kt_error *err);

/* Write @path by @write under another name, and rename it when it is whole. */
static enum kt_status publish(struct kt_initramfs *fs, const char *dir,
			      const char *path, write_fn *write,
			      struct kt_error *err)
{
	char *temp KT_CLEANUP(kt_freep) = NULL;
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st = kt_file_temp(AT_FDCWD, path, 0666, &temp, &fd, err);

	if (st)
		return st;
	st = write(fs, dir, fd, err);
	if (!st)
		st = kt_stop_check(err);
	if (!st && rename(temp, path) < 0)
		st = kt_fail_errno(err, "cannot rename \"%s\" to \"%s\"", temp,
				   path);
	if (st)
		unlink(temp);
	return st;
}

/*
 * The base is in all archives to come, and on the disk before it has a name: a
 * file system may have the name there first. An archive is not waited for; its
 * end tells.
 */
static enum kt_status write_synced_base(struct kt_initramfs *fs,
					const char *dir, int fd,
					struct kt_error *err)
{
	enum kt_status st = write_base(fs, dir, fd, err);

	if (!st && fdatasync(fd) < 0)
		st = kt_fail_errno(err, "cannot write the base archive");
	return st;
}

/* What the cache has at @path, if it is sound, else -1. Now it is in use. */
static int open_kept(const char *path, bool is_base)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && kt_cpio_begins(fd, BASE_FIRST_INO) &&
	    (is_base || kt_cpio_ends(fd))) {
		futimens(fd, NULL);
		return fd;
	}
	kt_closep(&fd);
	return -1;
}

/* Open the base in the cache; *fd is the caller's. */
static enum kt_status open_base(struct kt_initramfs *fs, const char *dir,
				int *fd, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/" KT_INITRAMFS_BASE "%s" KT_INITRAMFS_SUFFIX,
			     dir, fs->base_sum);
	enum kt_status st = KT_OK;

	*fd = open_kept(path, true);
	if (*fd < 0) {
		st = publish(fs, dir, path, write_synced_base, err);
		if (!st)
			*fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (!st && *fd < 0)
		st = kt_fail_errno(err, "cannot open \"%s\"", path);
	return st;
}

static enum kt_status write_all(struct kt_initramfs *fs, const char *dir,
				int fd, struct kt_error *err)
{
	int base KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;
	enum kt_status st;

	/* A cache that cannot be written to only costs time. */
	if (dir && open_base(fs, dir, &base, &ignored) != KT_OK)
		base = -1;
	st = kt_stop_check(err);
	if (!st && base >= 0)
		st = kt_fd_copy(base, fd, "the base archive", NULL, err);
	else if (!st)
		st = write_base(fs, dir, fd, err);
	/* A reflink does not move the offset. */
	if (!st && lseek(fd, 0, SEEK_END) < 0)
		st = kt_fail_errno(err, "cannot find the archive's end");
	return st ? st : write_part(&fs->tail, fd, TAIL_FIRST_INO, true, err);
}

static enum kt_status size_of(const struct kt_initramfs *fs, const char *path,
			      struct kt_initramfs_size *size,
			      struct kt_error *err)
{
	struct stat sb;

	if (stat(path, &sb) < 0)
		return kt_fail_errno(err, "cannot find \"%s\"", path);
	*size = (struct kt_initramfs_size){
		.archive_bytes = (uint64_t)sb.st_size,
		.root_bytes = fs->root_bytes,
	};
	return KT_OK;
}

enum kt_status kt_initramfs_cached(struct kt_initramfs *fs, const char *dir,
				   char **path, struct kt_initramfs_size *size,
				   struct kt_error *err)
{
	char *full KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/%s" KT_INITRAMFS_SUFFIX, dir, fs->sum);
	enum kt_status st = kt_mkdirs(dir, err);
	int fd KT_CLEANUP(kt_closep) = -1;

	if (st)
		return st;
	fd = open_kept(full, false);
	if (fd < 0) {
		st = publish(fs, dir, full, write_all, err);
		if (!st)
			kt_initramfs_sweep(dir, time(NULL));
	}
	if (!st)
		st = size_of(fs, full, size, err);
	if (st)
		return st;
	*path = full;
	full = NULL;
	return KT_OK;
}

enum kt_status kt_initramfs_write(struct kt_initramfs *fs, const char *dir,
				  const char *path,
				  struct kt_initramfs_size *size,
				  struct kt_error *err)
{
	char *real = realpath(path, NULL);
	struct kt_error ignored;
	enum kt_status st = KT_OK;
	struct stat sb;

	/* A link stays, and what it leads to is replaced. */
	if (!stat(path, &sb) && !S_ISREG(sb.st_mode))
		st = kt_fail(err, KT_USAGE, "\"%s\" is not a regular file",
			     path);
	else if (dir && kt_mkdirs(dir, &ignored))
		dir = NULL;
	if (!st)
		st = publish(fs, dir, real ? real : path, write_all, err);
	free(real);
	return st ? st : size_of(fs, path, size, err);
}
