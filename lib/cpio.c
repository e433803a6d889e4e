// SPDX-License-Identifier: GPL-2.0-only
/* cpio - newc archives for the kernel, the same bytes every time */
#include "lib/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define BLOCK ((size_t)256 << 10)
#define PIECE ((size_t)8 << 20) /* between two looks whether to stop */
#define MAGIC "070701"
#define TRAILER "TRAILER!!!"

struct kt_cpio {
	struct kt_buf out; /* headers and small content, not written yet */
	uint32_t next_ino;
	int fd;
	char *block;
};

struct kt_cpio *kt_cpio_new(int fd, uint32_t first_ino)
{
	struct kt_cpio *cpio = kt_xcalloc(1, sizeof(*cpio));

	cpio->next_ino = first_ino;
	cpio->fd = fd;
	return cpio;
}

static enum kt_status flush(struct kt_cpio *cpio, struct kt_error *err)
{
	enum kt_status st = kt_fd_write(cpio->fd, cpio->out.data, cpio->out.len,
					"the archive", err);

	if (!st)
		cpio->out.len = 0;
	return st;
}

/* Everything begins at a multiple of four: @len bytes have been added. */
static void pad(struct kt_cpio *cpio, uint64_t len)
{
	kt_buf_add(&cpio->out, "\0\0\0", (size_t)(-len & 3));
}

static void put_header(struct kt_cpio *cpio, const char *path, uint32_t ino,
		       mode_t mode, uint64_t size)
{
	const size_t len = strlen(path) + 1, before = cpio->out.len;

	/* ino mode uid gid nlink mtime size, device twice, name size, check */
	kt_buf_addf(&cpio->out,
		    MAGIC "%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X"
			  "%08X",
		    ino, (unsigned int)mode, 0, 0, 1, 0, (unsigned int)size, 0,
		    0, 0, 0, (unsigned int)len, 0);
	kt_buf_add(&cpio->out, path, len);
	pad(cpio, cpio->out.len - before);
}

static enum kt_status check_name(const char *what, const char *name,
				 struct kt_error *err)
{
	if (strlen(name) <= KT_CPIO_MAX_NAME)
		return KT_OK;
	return kt_fail(err, KT_DATA,
		       "%s of more than %d bytes, which the kernel leaves out: "
		       "\"%.60s...\"",
		       what, KT_CPIO_MAX_NAME, name);
}

/* One whole entry with the content at hand. */
static enum kt_status entry(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *content, struct kt_error *err)
{
	const size_t len = strlen(content);
	enum kt_status st = check_name("a path", path, err);

	if (st)
		return st;
	put_header(cpio, path, cpio->next_ino++, mode, len);
	kt_buf_add(&cpio->out, content, len);
	pad(cpio, len);
	return cpio->out.len < BLOCK ? KT_OK : flush(cpio, err);
}

enum kt_status kt_cpio_dir(struct kt_cpio *cpio, const char *path, mode_t mode,
			   struct kt_error *err)
{
	return entry(cpio, path, S_IFDIR | mode, "", err);
}

enum kt_status kt_cpio_link(struct kt_cpio *cpio, const char *path,
			    const char *target, struct kt_error *err)
{
	enum kt_status st = check_name("a link", target, err);

	return st ? st : entry(cpio, path, S_IFLNK | 0777, target, err);
}

enum kt_status kt_cpio_text(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *text, struct kt_error *err)
{
	return entry(cpio, path, S_IFREG | mode, text, err);
}

static enum kt_status shrank(const char *path, struct kt_error *err)
{
	return kt_fail(err, KT_AGAIN, "\"%s\" shrank while it was read", path);
}

/* @size bytes of @fd, and their sum to be compared, which may be NULL. */
static enum kt_status copy(struct kt_cpio *cpio, const char *path, int fd,
			   uint64_t size, struct kt_sha256 *sum,
			   struct kt_error *err)
{
	enum kt_status st = KT_OK;

	if (!cpio->block)
		cpio->block = kt_xcalloc(1, BLOCK);
	while (!st && size) {
		const size_t want = size < BLOCK ? (size_t)size : BLOCK;
		const ssize_t n = read(fd, cpio->block, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", path);
		if (!n)
			return shrank(path, err);
		if (sum)
			kt_sha256_add(sum, cpio->block, (size_t)n);
		size -= (uint64_t)n;
		st = kt_fd_write(cpio->fd, cpio->block, (size_t)n,
				 "the archive", err);
		if (!st)
			st = kt_stop_check(err);
	}
	return st;
}

/* The same without looking at them, in the kernel if the file systems can. */
static enum kt_status copy_unseen(struct kt_cpio *cpio, const char *path,
				  int fd, uint64_t size, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	while (!st && size) {
		const ssize_t n =
			copy_file_range(fd, NULL, cpio->fd, NULL,
					size < PIECE ? (size_t)size : PIECE, 0);

		/* From another file system, say: both offsets are as they were. */
		if (n <= 0)
			return copy(cpio, path, fd, size, NULL, err);
		size -= (uint64_t)n;
		st = kt_stop_check(err);
	}
	return st;
}

static enum kt_status content(struct kt_cpio *cpio, const char *host, int fd,
			      const struct kt_sum *want, struct kt_error *err)
{
	const uint64_t size = want->stamp.size;
	struct kt_sha256 *sum;
	char got[KT_SHA256_SIZE];
	struct stat sb;
	enum kt_status st;

	if (want->settled) {
		st = copy_unseen(cpio, host, fd, size, err);
		if (!st && fstat(fd, &sb) < 0)
			st = kt_fail_errno(err, "cannot read \"%s\"", host);
		if (st || kt_stamp_fits(&want->stamp, &sb))
			return st;
	} else {
		sum = kt_sha256_new();
		st = copy(cpio, host, fd, size, sum, err);
		kt_sha256_final(sum, got);
		if (st || !strcmp(got, want->sha256))
			return st;
	}
	return kt_fail(err, KT_AGAIN, "\"%s\" changed while it was read", host);
}

enum kt_status kt_cpio_file(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *host, const struct kt_sum *sum,
			    struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(host, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum kt_status st = check_name("a path", path, err);
	struct stat sb;

	if (st)
		return st;
	if (fd < 0 || fstat(fd, &sb) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", host);
	if (!S_ISREG(sb.st_mode) || !kt_stamp_fits(&sum->stamp, &sb))
		return kt_fail(err, KT_AGAIN,
			       "\"%s\" changed while it was read", host);
	if (sum->stamp.size > KT_CPIO_MAX_FILE)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has 4 GiB or more, which an initramfs "
			       "cannot hold",
			       host);
	put_header(cpio, path, cpio->next_ino++, S_IFREG | mode,
		   sum->stamp.size);
	st = flush(cpio, err);
	if (!st)
		st = content(cpio, host, fd, sum, err);
	pad(cpio, sum->stamp.size);
	return st;
}

enum kt_status kt_cpio_close(struct kt_cpio *cpio, bool trailer,
			     struct kt_error *err)
{
	if (trailer)
		put_header(cpio, TRAILER, 0, 0, 0);
	return flush(cpio, err);
}

static bool holds(int fd, off_t at, const char *want, size_t len)
{
	char got[128];

	return len <= sizeof(got) && pread(fd, got, len, at) == (ssize_t)len &&
	       !memcmp(got, want, len);
}

bool kt_cpio_begins(int fd, uint32_t first_ino)
{
	char head[sizeof(MAGIC) + 8];

	snprintf(head, sizeof(head), MAGIC "%08X", first_ino);
	return holds(fd, 0, head, sizeof(head) - 1);
}

bool kt_cpio_ends(int fd)
{
	struct kt_cpio *want KT_CLEANUP(kt_cpio_freep) = kt_cpio_new(-1, 0);
	struct stat sb;

	put_header(want, TRAILER, 0, 0, 0);
	return !fstat(fd, &sb) && sb.st_size > (off_t)want->out.len &&
	       holds(fd, sb.st_size - (off_t)want->out.len, want->out.data,
		     want->out.len);
}

void kt_cpio_freep(struct kt_cpio **cpio_p)
{
	struct kt_cpio *cpio = *cpio_p;

	if (!cpio)
		return;
	kt_buf_release(&cpio->out);
	free(cpio->block);
	free(cpio);
	*cpio_p = NULL;
}
