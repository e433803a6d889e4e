// SPDX-License-Identifier: GPL-2.0-only
/* cpio - newc archives for the kernel, the same bytes every time */
#include "lib/cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define BLOCK ((size_t)256 << 10)

/* A header of 110 bytes, the name with its NUL, and padding to four bytes. */
#define TRAILER "TRAILER!!!"
#define HEADER_BYTES 110
#define TRAILER_BYTES ((HEADER_BYTES + sizeof(TRAILER) + 3) / 4 * 4)

struct kt_cpio {
	struct archive *a;
	struct archive_entry *entry;
	uint32_t next_ino;
	int fd;
	char *block;
};

static enum kt_status failed(const struct kt_cpio *cpio, const char *path,
			     struct kt_error *err)
{
	const char *why = archive_error_string(cpio->a);

	return kt_fail(err, KT_SYS, "cannot archive \"%s\": %s", path,
		       why ? why : "unknown error");
}

enum kt_status kt_cpio_open(int fd, uint32_t first_ino, struct kt_cpio **out,
			    struct kt_error *err)
{
	struct kt_cpio *cpio = kt_xcalloc(1, sizeof(*cpio));
	enum kt_status st;

	cpio->a = kt_xcheck(archive_write_new());
	cpio->entry = kt_xcheck(archive_entry_new());
	cpio->block = kt_xcalloc(1, BLOCK);
	cpio->next_ino = first_ino;
	cpio->fd = fd;
	if (!archive_write_set_format_cpio_newc(cpio->a) &&
	    !archive_write_set_bytes_per_block(cpio->a, (int)BLOCK) &&
	    !archive_write_set_bytes_in_last_block(cpio->a, 1) &&
	    !archive_write_open_fd(cpio->a, fd)) {
		*out = cpio;
		return KT_OK;
	}
	st = failed(cpio, "(header)", err);
	kt_cpio_freep(&cpio);
	return st;
}

static enum kt_status header(struct kt_cpio *cpio, const char *path,
			     mode_t mode, uint64_t size, const char *target,
			     struct kt_error *err)
{
	struct archive_entry *entry = archive_entry_clear(cpio->entry);

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_size(entry, (int64_t)size);
	archive_entry_set_ino(entry, cpio->next_ino++);
	archive_entry_set_nlink(entry, 1);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	if (target)
		archive_entry_set_symlink(entry, target);
	if (archive_write_header(cpio->a, entry) != ARCHIVE_OK)
		return failed(cpio, path, err);
	return KT_OK;
}

static enum kt_status data(struct kt_cpio *cpio, const char *path,
			   const void *bytes, size_t len, struct kt_error *err)
{
	if (archive_write_data(cpio->a, bytes, len) != (la_ssize_t)len)
		return failed(cpio, path, err);
	return KT_OK;
}

enum kt_status kt_cpio_dir(struct kt_cpio *cpio, const char *path, mode_t mode,
			   struct kt_error *err)
{
	return header(cpio, path, S_IFDIR | mode, 0, NULL, err);
}

enum kt_status kt_cpio_link(struct kt_cpio *cpio, const char *path,
			    const char *target, struct kt_error *err)
{
	return header(cpio, path, S_IFLNK | 0777, 0, target, err);
}

enum kt_status kt_cpio_text(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *text, struct kt_error *err)
{
	const size_t len = strlen(text);
	enum kt_status st = header(cpio, path, S_IFREG | mode, len, NULL, err);

	return st ? st : data(cpio, path, text, len, err);
}

static enum kt_status copy(struct kt_cpio *cpio, const char *path, int fd,
			   uint64_t size, struct kt_sha256 *sum,
			   struct kt_error *err)
{
	enum kt_status st = KT_OK;

	while (!st && size) {
		const size_t want = size < BLOCK ? (size_t)size : BLOCK;
		const ssize_t n = read(fd, cpio->block, want);

		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", path);
		if (!n)
			return kt_fail(err, KT_AGAIN,
				       "\"%s\" shrank while it was read", path);
		kt_sha256_add(sum, cpio->block, (size_t)n);
		size -= (uint64_t)n;
		st = data(cpio, path, cpio->block, (size_t)n, err);
		if (!st)
			st = kt_stop_check(err);
	}
	return st;
}

enum kt_status kt_cpio_file(struct kt_cpio *cpio, const char *path, mode_t mode,
			    const char *host, const char *sha256,
			    struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(host, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char got[KT_SHA256_SIZE];
	struct kt_sha256 *sum;
	struct stat sb;
	enum kt_status st;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", host);
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_AGAIN, "\"%s\" is no file any more",
			       host);
	if ((uint64_t)sb.st_size > KT_CPIO_MAX_FILE)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has 4 GiB or more, which an initramfs "
			       "cannot hold",
			       host);
	st = header(cpio, path, S_IFREG | mode, (uint64_t)sb.st_size, NULL,
		    err);
	if (st)
		return st;
	sum = kt_sha256_new();
	st = copy(cpio, host, fd, (uint64_t)sb.st_size, sum, err);
	kt_sha256_final(sum, got);
	if (!st && strcmp(got, sha256))
		st = kt_fail(err, KT_AGAIN, "\"%s\" changed while it was read",
			     host);
	return st;
}

/* Take the trailer off again: libarchive always writes one. */
static enum kt_status drop_trailer(int fd, struct kt_error *err)
{
	char tail[TRAILER_BYTES];
	const off_t end = lseek(fd, 0, SEEK_CUR);
	const off_t start = end - (off_t)sizeof(tail);

	if (end < 0)
		return kt_fail_errno(err, "cannot find the archive's end");
	if (start < 0 ||
	    pread(fd, tail, sizeof(tail), start) != (ssize_t)sizeof(tail) ||
	    memcmp(tail + HEADER_BYTES, TRAILER, sizeof(TRAILER)))
		return kt_fail(err, KT_SYS,
			       "the archive does not end as expected");
	if (ftruncate(fd, start) < 0 || lseek(fd, start, SEEK_SET) < 0)
		return kt_fail_errno(err, "cannot cut the archive's trailer");
	return KT_OK;
}

enum kt_status kt_cpio_close(struct kt_cpio *cpio, bool trailer,
			     struct kt_error *err)
{
	if (archive_write_close(cpio->a) != ARCHIVE_OK)
		return failed(cpio, "(end)", err);
	return trailer ? KT_OK : drop_trailer(cpio->fd, err);
}

void kt_cpio_freep(struct kt_cpio **cpio_p)
{
	struct kt_cpio *cpio = *cpio_p;

	if (!cpio)
		return;
	archive_write_free(cpio->a);
	archive_entry_free(cpio->entry);
	free(cpio->block);
	free(cpio);
	*cpio_p = NULL;
}
