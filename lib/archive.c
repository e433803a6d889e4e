// SPDX-License-Identifier: GPL-2.0-only
/* archive - unpack a tar archive from a stranger */
#include "lib/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define TAR_END_BYTES 1024 /* POSIX pax(1): two blocks of zeros */
#define PROGRESS_ENTRIES 64

_Static_assert(KT_ARCHIVE_MAX_DEPTH < KT_REMOVE_MAX_DEPTH,
	       "what is unpacked can be removed");

struct unpack {
	struct kt_stream *stream;
	const char *what;
	struct archive *tar;
	int root;  /* the caller's */
	char *top; /* name of the one top directory */
	char *dir; /* the directory that dirfd is, below root; "" is root */
	int dirfd; /* -1: none yet */
	uint64_t entries, bytes;
	uint64_t zeros;	   /* how many the stream ended with so far */
	enum kt_status st; /* of the stream, when libarchive only knows "no" */
	struct kt_error *err;
};

static void unpack_release(struct unpack *u)
{
	archive_read_free(u->tar);
	kt_closep(&u->dirfd);
	free(u->top);
	free(u->dir);
}

static void count_zeros(struct unpack *u, const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && n < TAR_END_BYTES && !data[len - 1 - n])
		n++;
	u->zeros = n == len ? u->zeros + n : n;
}

static la_ssize_t on_read(struct archive *tar, void *ctx, const void **data)
{
	struct unpack *u = ctx;
	size_t len;

	u->st = kt_stream_next(u->stream, data, &len, u->err);
	if (u->st) {
		archive_set_error(tar, EIO, "the stream failed");
		return -1;
	}
	count_zeros(u, *data, len);
	return (la_ssize_t)len;
}

static enum kt_status bad(struct unpack *u, const char *path, const char *why)
{
	return kt_fail(u->err, KT_DATA, "\"%s\": entry \"%.200s\" %s", u->what,
		       path, why);
}

static enum kt_status tar_failed(struct unpack *u)
{
	const char *why = archive_error_string(u->tar);

	if (u->st)
		return u->st;
	return kt_fail(u->err, KT_DATA, "\"%s\" is not a whole tar archive: %s",
		       u->what, why ? why : "unknown error");
}

/*
 * The entry's path in canonical form, without "." and doubled slashes, or NULL
 * if it is absolute or has "..".
 */
static char *clean_path(const char *path)
{
	char *out = kt_xcalloc(1, strlen(path) + 1);
	size_t len = 0;

	while (*path) {
		const size_t n = strcspn(path, "/");

		if (n == 0 && !len && *path == '/') {
			free(out);
			return NULL;
		}
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			free(out);
			return NULL;
		}
		if (n && !(n == 1 && path[0] == '.')) {
			if (len)
				out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	return out;
}

/* How many directories @path goes through. */
static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; (path = strchr(path, '/')); path++)
		depth++;
	return depth;
}

/* The path below the one top directory; "" is that itself. */
static enum kt_status below_top(struct unpack *u, const char *raw, char **out)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	size_t n;

	if (!raw || !*raw)
		return kt_fail(u->err, KT_DATA,
			       "\"%s\" has an entry without a "
			       "name",
			       u->what);
	if (strlen(raw) > KT_ARCHIVE_MAX_PATH)
		return bad(u, raw, "has too long a name");
	path = clean_path(raw);
	if (!path)
		return bad(u, raw, "leads outside of the archive");
	n = strcspn(path, "/");
	if (!u->top && n)
		u->top = kt_xstrndup(path, n);
	if (n && (strlen(u->top) != n || strncmp(path, u->top, n) != 0))
		return kt_fail(u->err, KT_DATA,
			       "\"%s\" has more than one top directory: \"%s\" "
			       "and \"%.*s\"",
			       u->what, u->top, (int)n, path);
	if (depth_of(path) > KT_ARCHIVE_MAX_DEPTH)
		return bad(u, path, "is too deep");
	*out = kt_xstrdup(path[n] ? path + n + 1 : "");
	return KT_OK;
}

bool kt_archive_link_ok(const char *path, const char *target)
{
	const size_t depth = depth_of(path);
	size_t ups = 0;
	bool down = false;

	if (!*target || *target == '/' || strlen(target) > KT_ARCHIVE_MAX_PATH)
		return false;
	while (*target) {
		const size_t n = strcspn(target, "/");
		const bool up = n == 2 && !strncmp(target, "..", 2);

		/*
		 * Leading ".." climb real directories, since no entry's
		 * parent is a link. Behind a name they could climb from
		 * wherever that name, a link, leads.
		 */
		if (up && (down || ++ups > depth))
			return false;
		if (!up && n && !(n == 1 && *target == '.'))
			down = true;
		target += n + (target[n] == '/');
	}
	return true;
}

/* Step from @fd, which is consumed, into @name, made if it is not there. */
static int step(int fd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int next = openat(fd, name, flags);

	if (next < 0 && errno == ENOENT && !mkdirat(fd, name, 0777))
		next = openat(fd, name, flags);
	kt_closep(&fd);
	return next;
}

/* Make u->dirfd the directory @dir: entries come directory by directory. */
static enum kt_status enter(struct unpack *u, const char *dir)
{
	char *copy KT_CLEANUP(kt_freep) = kt_xstrdup(dir);
	char *save = NULL;
	int fd;

	if (u->dir && !strcmp(u->dir, dir))
		return KT_OK;
	kt_closep(&u->dirfd);
	u->dirfd = -1;
	free(u->dir);
	u->dir = NULL;
	fd = fcntl(u->root, F_DUPFD_CLOEXEC, 3);
	for (char *name = strtok_r(copy, "/", &save); name && fd >= 0;
	     name = strtok_r(NULL, "/", &save))
		fd = step(fd, name);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return bad(u, dir, "is a directory and something else too");
	if (fd < 0)
		return kt_fail_errno(u->err, "cannot make directory \"%s\"",
				     dir);
	u->dirfd = fd;
	u->dir = kt_xstrdup(dir);
	return KT_OK;
}

static enum kt_status enter_parent(struct unpack *u, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir KT_CLEANUP(kt_freep) =
		slash ? kt_xstrndup(path, (size_t)(slash - path)) :
			kt_xstrdup("");

	return enter(u, dir);
}

static enum kt_status not_made(struct unpack *u, const char *path)
{
	if (errno == EEXIST)
		return bad(u, path, "appears twice");
	return kt_fail_errno(u->err, "cannot create \"%s\"", path);
}

/* Data goes where it belongs: a sparse entry has holes. */
static enum kt_status write_at(struct unpack *u, int fd, const char *data,
			       size_t len, int64_t offset, const char *path)
{
	if (offset < 0 || (uint64_t)offset > KT_ARCHIVE_MAX_BYTES - len)
		return bad(u, path, "is too large");
	u->bytes += len;
	if (u->bytes > KT_ARCHIVE_MAX_BYTES)
		return kt_fail(u->err, KT_DATA,
			       "\"%s\" holds more than %llu bytes", u->what,
			       (unsigned long long)KT_ARCHIVE_MAX_BYTES);
	while (len) {
		const ssize_t n = pwrite(fd, data, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(u->err, "cannot write \"%s\"",
					     path);
		data += n;
		len -= (size_t)n;
		offset += n;
	}
	return KT_OK;
}

static enum kt_status make_file(struct unpack *u, struct archive_entry *entry,
				const char *path)
{
	const mode_t mode = archive_entry_perm(entry) & 0111 ? 0777 : 0666;
	const int64_t size = archive_entry_size(entry);
	enum kt_status st = enter_parent(u, path);
	const void *data;
	int64_t offset;
	size_t len;
	int ret;

	if (st)
		return st;
	if (size < 0 || (uint64_t)size > KT_ARCHIVE_MAX_BYTES)
		return bad(u, path, "is too large");

	int fd KT_CLEANUP(kt_closep) = openat(
		u->dirfd, kt_path_base(path),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return not_made(u, path);
	while ((ret = archive_read_data_block(u->tar, &data, &len, &offset)) >=
		       ARCHIVE_WARN &&
	       ret != ARCHIVE_EOF) {
		st = write_at(u, fd, data, len, offset, path);
		if (!st)
			st = kt_stop_check(u->err);
		if (st)
			return st;
	}
	if (ret != ARCHIVE_EOF)
		return tar_failed(u);
	/* A hole at the end has no data of its own. */
	if (archive_entry_sparse_count(entry) > 0 && ftruncate(fd, size))
		return kt_fail_errno(u->err, "cannot write \"%s\"", path);
	return KT_OK;
}

static enum kt_status
make_symlink(struct unpack *u, struct archive_entry *entry, const char *path)
{
	const char *target = archive_entry_symlink(entry);
	enum kt_status st;

	if (!target || !kt_archive_link_ok(path, target))
		return bad(u, path, "is a link that leads outside");
	st = enter_parent(u, path);
	if (!st && symlinkat(target, u->dirfd, kt_path_base(path)))
		st = not_made(u, path);
	return st;
}

/* Only to a file: a symbolic link means something else in another place. */
static enum kt_status
make_hardlink(struct unpack *u, struct archive_entry *entry, const char *path)
{
	char *target KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st =
		below_top(u, archive_entry_hardlink(entry), &target);
	struct stat sb;

	if (st)
		return st;
	st = enter_parent(u, target);
	if (st)
		return st;
	if (!*target ||
	    fstatat(u->dirfd, kt_path_base(target), &sb, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(sb.st_mode))
		return bad(u, path, "is a link to what is no file before it");

	int from KT_CLEANUP(kt_closep) = fcntl(u->dirfd, F_DUPFD_CLOEXEC, 3);

	st = enter_parent(u, path);
	if (!st &&
	    linkat(from, kt_path_base(target), u->dirfd, kt_path_base(path), 0))
		st = not_made(u, path);
	return st;
}

static enum kt_status unpack_entry(struct unpack *u,
				   struct archive_entry *entry)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = below_top(u, archive_entry_pathname(entry), &path);
	const mode_t type = archive_entry_filetype(entry);

	if (st)
		return st;
	if (archive_entry_hardlink(entry))
		return make_hardlink(u, entry, path);
	if (type == AE_IFDIR)
		return enter(u, path);
	if (!*path)
		return bad(u, archive_entry_pathname(entry),
			   "is not in a directory");
	if (type == AE_IFREG)
		return make_file(u, entry, path);
	if (type == AE_IFLNK)
		return make_symlink(u, entry, path);
	return bad(u, path, "is neither file, directory nor link");
}

/* What follows the last entry must be the end, and be whole. */
static enum kt_status check_end(struct unpack *u)
{
	enum kt_status st;
	const void *data;
	size_t len;

	do {
		st = kt_stream_next(u->stream, &data, &len, u->err);
		if (!st)
			st = kt_stop_check(u->err);
		if (st)
			return st;
		count_zeros(u, data, len);
	} while (len);
	if (u->zeros < TAR_END_BYTES)
		return kt_fail(u->err, KT_DATA,
			       "\"%s\" ends too soon: its end mark is missing",
			       u->what);
	if (!u->top)
		return kt_fail(u->err, KT_DATA, "\"%s\" is empty", u->what);
	return KT_OK;
}

static enum kt_status unpack_all(struct unpack *u,
				 kt_archive_progress_fn *progress, void *ctx)
{
	struct archive_entry *entry;
	int ret;

	while ((ret = archive_read_next_header(u->tar, &entry)) !=
	       ARCHIVE_EOF) {
		enum kt_status st;

		if (ret < ARCHIVE_WARN)
			return tar_failed(u);
		st = kt_stop_check(u->err);
		if (st)
			return st;
		if (++u->entries > KT_ARCHIVE_MAX_ENTRIES)
			return kt_fail(u->err, KT_DATA,
				       "\"%s\" has more than %d entries",
				       u->what, KT_ARCHIVE_MAX_ENTRIES);
		st = unpack_entry(u, entry);
		if (st)
			return st;
		if (progress && u->entries % PROGRESS_ENTRIES == 0)
			progress(kt_stream_consumed(u->stream), ctx);
	}
	return check_end(u);
}

enum kt_status kt_archive_unpack(struct kt_stream *stream, const char *what,
				 int dirfd, kt_archive_progress_fn *progress,
				 void *ctx, char **top, struct kt_error *err)
{
	enum kt_status st;
	struct unpack u KT_CLEANUP(unpack_release) = {
		.stream = stream,
		.what = what,
		.tar = kt_xcheck(archive_read_new()),
		.root = dirfd,
		.dirfd = -1,
		.err = err,
	};

	if (archive_read_support_format_tar(u.tar) < ARCHIVE_WARN ||
	    archive_read_open(u.tar, &u, NULL, on_read, NULL) < ARCHIVE_WARN)
		return tar_failed(&u);
	st = unpack_all(&u, progress, ctx);
	if (!st && top) {
		*top = u.top;
		u.top = NULL;
	}
	return st;
}
