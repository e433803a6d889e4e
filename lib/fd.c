// SPDX-License-Identifier: GPL-2.0-only
/* fd - files and descriptors */
#include "lib/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/xalloc.h"

#define COPY_CHUNK ((size_t)1 << 20)
/* No more is asked of one read, so that a signal is never long in coming. */
#define READ_CHUNK ((size_t)64 << 20)

void kt_closep(int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

int kt_take_fd(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

enum kt_status kt_fd_write(int fd, const void *data, size_t len,
			   const char *what, struct kt_error *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot write \"%s\"", what);
		p += n;
		len -= (size_t)n;
	}
	return KT_OK;
}

enum kt_status kt_fd_read(int fd, size_t max, struct kt_buf *buf,
			  const char *what, struct kt_error *err)
{
	size_t total = 0;

	for (;;) {
		ssize_t n;

		kt_buf_reserve(buf, 65536);
		n = read(fd, buf->data + buf->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", what);
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		total += (size_t)n;
		if (total > max)
			return kt_fail(err, KT_DATA,
				       "\"%s\" is larger than %zu bytes", what,
				       max);
		if (!n)
			return KT_OK;
	}
}

enum kt_status kt_file_read(int dirfd, const char *path, size_t max,
			    struct kt_buf *buf, struct kt_error *err)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hang us. */
	int fd KT_CLEANUP(kt_closep) =
		openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat sb;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	if (fstat(fd, &sb))
		return kt_fail_errno(err, "cannot stat \"%s\"", path);
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_DATA, "\"%s\" is not a regular file",
			       path);
	return kt_fd_read(fd, max, buf, path, err);
}

enum kt_status kt_file_temp(int dirfd, const char *path, mode_t mode,
			    char **temp, int *fd, struct kt_error *err)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	char *name KT_CLEANUP(kt_freep) = kt_xasprintf("%s.tmp-XXXXXX", path);
	unsigned char random[6];
	char *const end = name + strlen(name) - sizeof(random);
	int new = -1;

	/* Not mkostemp(3): open(2) minds the umask, which asking for would set. */
	do {
		if (getentropy(random, sizeof(random)) < 0)
			break;
		for (size_t i = 0; i < sizeof(random); i++)
			end[i] = digits[random[i] % 32];
		new = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			     mode);
	} while (new < 0 && errno == EEXIST);
	if (new < 0)
		return kt_fail_errno(err, "cannot create \"%s\"", path);
	*fd = new;
	*temp = name;
	name = NULL;
	return KT_OK;
}

enum kt_status kt_file_replace(int dirfd, const char *path, const void *data,
			       size_t len, mode_t mode, struct kt_error *err)
{
	char *tmp KT_CLEANUP(kt_freep) = NULL;
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st = kt_file_temp(dirfd, path, mode, &tmp, &fd, err);

	if (st)
		return st;
	st = kt_fd_write(fd, data, len, tmp, err);
	if (!st && fsync(fd))
		st = kt_fail_errno(err, "cannot write \"%s\"", tmp);
	if (!st && renameat(dirfd, tmp, dirfd, path))
		st = kt_fail_errno(err, "cannot replace \"%s\"", path);
	if (st)
		unlinkat(dirfd, tmp, 0);
	return st;
}

enum kt_status kt_fd_copy(int from, int to, const char *what, uint64_t *copied,
			  struct kt_error *err)
{
	char *buf KT_CLEANUP(kt_freep) = NULL;
	uint64_t total = 0;
	ssize_t n;

	/* Reflinks take whole files only, so not from the middle of one. */
	if (lseek(from, 0, SEEK_CUR) == 0 && lseek(to, 0, SEEK_CUR) == 0 &&
	    ioctl(to, FICLONE, from) == 0) {
		struct stat sb;

		if (fstat(to, &sb))
			return kt_fail_errno(err, "cannot stat \"%s\"", what);
		if (copied)
			*copied = (uint64_t)sb.st_size;
		return KT_OK;
	}
	while ((n = copy_file_range(from, NULL, to, NULL, COPY_CHUNK, 0)) > 0)
		total += (uint64_t)n;
	if (n < 0 && total)
		return kt_fail_errno(err, "cannot copy \"%s\"", what);

	/* n is 0 at the end, and for files of /proc that claim to be empty. */
	buf = kt_xcalloc(1, COPY_CHUNK);
	for (;;) {
		enum kt_status st;

		n = read(from, buf, COPY_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", what);
		if (!n)
			break;
		st = kt_fd_write(to, buf, (size_t)n, what, err);
		if (st)
			return st;
		total += (uint64_t)n;
	}
	if (copied)
		*copied = total;
	return KT_OK;
}

enum kt_status kt_mkdirs(const char *path, struct kt_error *err)
{
	char *part KT_CLEANUP(kt_freep) = kt_xstrdup(path);
	struct stat sb;

	for (char *p = part + 1; part[0]; p++) {
		const char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(part, 0777) && errno != EEXIST) {
			/* A read-only parent may well hold it already. */
			const int saved = errno;

			if (stat(part, &sb) || !S_ISDIR(sb.st_mode)) {
				errno = saved;
				return kt_fail_errno(
					err, "cannot make directory \"%s\"",
					part);
			}
		}
		*p = c;
		if (!c)
			break;
	}
	if (stat(path, &sb))
		return kt_fail_errno(err, "cannot make directory \"%s\"", path);
	if (!S_ISDIR(sb.st_mode))
		return kt_fail(err, KT_SYS, "\"%s\" is not a directory", path);
	return KT_OK;
}

enum kt_status kt_mkdirs_real(const char *path, char **out,
			      struct kt_error *err)
{
	enum kt_status st = kt_mkdirs(path, err);
	char *real;

	if (st)
		return st;
	real = realpath(path, NULL);
	if (!real)
		return kt_fail_errno(err, "cannot find \"%s\"", path);
	*out = real;
	return KT_OK;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static enum kt_status remove_at(int dirfd, const char *name, dev_t dev,
				int depth, struct kt_error *err)
{
	struct dirent *de;
	struct stat sb;
	DIR *dir KT_CLEANUP(closedirp) = NULL;
	int fd;

	if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return KT_OK;
		return kt_fail_errno(err, "cannot remove \"%s\"", name);
	}
	if (!S_ISDIR(sb.st_mode)) {
		if (unlinkat(dirfd, name, 0) && errno != ENOENT)
			return kt_fail_errno(err, "cannot remove \"%s\"", name);
		return KT_OK;
	}
	if (depth > KT_REMOVE_MAX_DEPTH || (depth && sb.st_dev != dev))
		return kt_fail(err, KT_SYS, "\"%s\" is %s, and is not removed",
			       name,
			       depth > KT_REMOVE_MAX_DEPTH ? "too deep" :
							     "a mount point");
	if ((sb.st_mode & S_IRWXU) != S_IRWXU)
		fchmodat(dirfd, name, S_IRWXU, 0);
	fd = openat(dirfd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", name);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return kt_fail_errno(err, "cannot read \"%s\"", name);
	}
	while ((de = readdir(dir))) {
		enum kt_status st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		st = remove_at(fd, de->d_name, sb.st_dev, depth + 1, err);
		if (st)
			return kt_within(err, st, "%s", name);
	}
	if (unlinkat(dirfd, name, AT_REMOVEDIR) && errno != ENOENT)
		return kt_fail_errno(err, "cannot remove \"%s\"", name);
	return KT_OK;
}

enum kt_status kt_remove_tree(int dirfd, const char *name, struct kt_error *err)
{
	return remove_at(dirfd, name, 0, 0, err);
}

enum kt_status kt_temp_dir(const char *prefix, char **out, struct kt_error *err)
{
	char *path = kt_xasprintf("%s.XXXXXX", prefix);

	if (!mkdtemp(path)) {
		enum kt_status st = kt_fail_errno(
			err, "cannot make directory \"%s\"", path);

		free(path);
		return st;
	}
	*out = path;
	return KT_OK;
}

enum kt_status kt_fd_nameless(const char *dir, int *fd, struct kt_error *err)
{
	int new = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path KT_CLEANUP(kt_freep) = NULL;

	if (new < 0) {
		/* Not every file system can do that. */
		path = kt_path_join(dir, ".nameless.XXXXXX");
		new = mkostemp(path, O_CLOEXEC);
		if (new < 0 || unlink(path)) {
			kt_closep(&new);
			return kt_fail_errno(err, "cannot create \"%s\"", path);
		}
	}
	*fd = new;
	return KT_OK;
}

char *kt_path_join(const char *dir, const char *name)
{
	const size_t len = strlen(dir), name_len = strlen(name);
	const bool slash = len && dir[len - 1] != '/';
	char *path, *end;

	if (name[0] == '/' || !len)
		return kt_xstrdup(name);
	path = kt_xcalloc(1, len + slash + name_len + 1);
	end = stpcpy(path, dir);
	if (slash)
		*end++ = '/';
	stpcpy(end, name);
	return path;
}

bool kt_path_same(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

const char *kt_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool may_execute(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISREG(sb.st_mode) && !access(path, X_OK);
}

char *kt_path_search(const char *path, const char *name)
{
	if (strchr(name, '/'))
		return may_execute(name) ? kt_xstrdup(name) : NULL;

	while (path && *path) {
		const size_t len = strcspn(path, ":");
		char *dir KT_CLEANUP(kt_freep) =
			len ? kt_xstrndup(path, len) : kt_xstrdup(".");
		char *file = kt_path_join(dir, name);

		if (may_execute(file))
			return file;
		free(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}

enum kt_status kt_fd_read_at(int fd, const char *what, void *buf, uint64_t len,
			     uint64_t at, uint64_t *got, struct kt_error *err)
{
	unsigned char *p = buf;
	uint64_t done = 0;

	while (done < len) {
		const uint64_t left = len - done;
		const ssize_t n = pread(fd, p + done,
					left < READ_CHUNK ? left : READ_CHUNK,
					(off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", what);
		if (!n)
			break;
		done += (uint64_t)n;
	}
	*got = done;
	return KT_OK;
}
