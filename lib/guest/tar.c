// SPDX-License-Identifier: GPL-2.0-only
/* tar - files of the guest as one stream, for the host */
#include "lib/guest/tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/ustar.h"

#define TOP "out"
#define MAX_COMPLAINTS 20
#define CHUNK ((size_t)64 << 10)
#define LONG_NAME "././@LongLink" /* what GNU tar calls such an entry */

static const char too_large[] = "it is too large";
static const char special[] = "neither file, directory nor link";

struct tar {
	int out;
	bool broken; /* nobody takes it any more */
	unsigned int left_out;
	const char *path;
	kt_tar_complain_fn *complain;
	char *buf; /* of CHUNK bytes */
};

static void put(struct tar *t, const void *data, size_t len)
{
	const char *p = data;

	while (len && !t->broken) {
		const ssize_t n = write(t->out, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->broken = true;
			break;
		}
		p += n;
		len -= (size_t)n;
	}
}

static void pad(struct tar *t, long long len)
{
	static const char zeros[KT_USTAR_BLOCK];

	put(t, zeros, kt_ustar_pad((uint64_t)len));
}

static void leave_out(struct tar *t, const char *name, const char *why)
{
	if (t->left_out++ < MAX_COMPLAINTS)
		t->complain(t->path, name + strlen(TOP), why);
}

static void failed(struct tar *t, const char *name, int error)
{
	leave_out(t, name, strerror(error));
}

static void put_header(struct tar *t, char type, const char *name,
		       const struct stat *sb, long long size, const char *link)
{
	const struct kt_ustar file = {
		.type = type,
		.name = name,
		.link = link,
		.mode = sb->st_mode,
		.size = (uint64_t)size,
		.mtime = sb->st_mtime > 0 ? (uint64_t)sb->st_mtime : 0,
	};
	unsigned char block[KT_USTAR_BLOCK];

	kt_ustar_header(&file, block);
	put(t, block, sizeof(block));
}

/* A name that does not fit stands in an entry before the one it belongs to. */
static void put_long(struct tar *t, char type, const char *name)
{
	const struct stat none = { .st_mode = 0644 };
	const long long len = (long long)strlen(name) + 1;

	if (len <= KT_USTAR_NAME)
		return;
	put_header(t, type, LONG_NAME, &none, len, "");
	put(t, name, (size_t)len);
	pad(t, len);
}

static void put_entry(struct tar *t, char type, const char *name,
		      const struct stat *sb, long long size, const char *link)
{
	put_long(t, 'K', link);
	put_long(t, 'L', name);
	put_header(t, type, name, sb, size, link);
}

/* As many bytes as the header says, whatever has become of the file. */
static void put_data(struct tar *t, int fd, const char *name, long long size)
{
	long long left = size;

	while (left && !t->broken) {
		const size_t want =
			left < (long long)CHUNK ? (size_t)left : CHUNK;
		ssize_t n = read(fd, t->buf, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			leave_out(t, name,
				  n ? strerror(errno) : "it has shrunk");
			break;
		}
		put(t, t->buf, (size_t)n);
		left -= n;
	}
	memset(t->buf, 0, CHUNK);
	for (size_t n; left && !t->broken; left -= (long long)n) {
		n = left < (long long)CHUNK ? (size_t)left : CHUNK;
		put(t, t->buf, n);
	}
	pad(t, size);
}

/*
 * Files in proc, sysfs and their like tell a size of 0, or of a page; what they
 * hold is known when it has been read.
 */
static void put_odd(struct tar *t, int fd, const char *name,
		    const struct stat *sb)
{
	char *text = NULL;
	size_t len = 0;
	ssize_t n = 0;

	do {
		char *grown = realloc(text, len + CHUNK);

		if (!grown) {
			n = -1;
			break;
		}
		text = grown;
		n = read(fd, text + len, CHUNK);
		len += n > 0 ? (size_t)n : 0;
		if (len > KT_TAR_MAX_ODD) {
			n = -1;
			errno = EFBIG;
		}
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && errno != EAGAIN) {
		failed(t, name, errno);
	} else {
		put_entry(t, '0', name, sb, (long long)len, "");
		put(t, text, len);
		pad(t, (long long)len);
	}
	free(text);
}

static void put_file(struct tar *t, int fd, const char *name,
		     const struct stat *sb)
{
	if (!sb->st_blocks && sb->st_size <= (off_t)KT_TAR_MAX_ODD) {
		put_odd(t, fd, name, sb);
	} else if (sb->st_size > KT_TAR_MAX_FILE) {
		leave_out(t, name, too_large);
	} else {
		put_entry(t, '0', name, sb, sb->st_size, "");
		put_data(t, fd, name, sb->st_size);
	}
}

/*
 * May a link that stands at @name (the top directory included) be unpacked?
 * Leading ".." climb what are directories here; behind a name they could climb
 * from wherever that leads.
 */
static bool link_stays(const char *name, const char *target)
{
	int depth = -1;
	bool down = false;

	if (!*target || *target == '/')
		return false;
	for (const char *p = name; (p = strchr(p, '/')); p++)
		depth++;
	while (*target) {
		const size_t n = strcspn(target, "/");
		const bool up = n == 2 && !strncmp(target, "..", 2);

		if (up && (down || depth-- <= 0))
			return false;
		down |= !up && n && !(n == 1 && *target == '.');
		target += n + (target[n] == '/');
	}
	return true;
}

static void put_link(struct tar *t, int dir, const char *base, const char *name,
		     const struct stat *sb)
{
	char target[KT_TAR_MAX_NAME + 1];
	const ssize_t n = readlinkat(dir, base, target, sizeof(target) - 1);

	if (n < 0) {
		failed(t, name, errno);
		return;
	}
	target[n] = '\0';
	if (n == sizeof(target) - 1)
		leave_out(t, name, "its target is too long");
	else if (!link_stays(name, target))
		leave_out(t, name, "a link that leads outside");
	else
		put_entry(t, '2', name, sb, 0, target);
}

static void put_dir(struct tar *t, int dir, const char *name,
		    const struct stat *sb, int depth);

/* What is @base in @dir, as @name. */
static void put_any(struct tar *t, int dir, const char *base, const char *name,
		    int depth)
{
	struct stat sb;
	int fd;

	if (fstatat(dir, base, &sb, AT_SYMLINK_NOFOLLOW)) {
		failed(t, name, errno);
		return;
	}
	if (S_ISLNK(sb.st_mode)) {
		put_link(t, dir, base, name, &sb);
		return;
	}
	if (!S_ISREG(sb.st_mode) && !S_ISDIR(sb.st_mode)) {
		leave_out(t, name, special);
		return;
	}
	/* It may be another file by now, and reading one must not wait. */
	fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &sb))
		failed(t, name, errno);
	else if (S_ISDIR(sb.st_mode))
		put_dir(t, fd, name, &sb, depth);
	else if (S_ISREG(sb.st_mode))
		put_file(t, fd, name, &sb);
	else
		leave_out(t, name, special);
	if (fd >= 0)
		close(fd);
}

static int all_but_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static void put_dir(struct tar *t, int dir, const char *name,
		    const struct stat *sb, int depth)
{
	char below[KT_TAR_MAX_NAME + 2];
	struct dirent **list = NULL;
	int nr;

	if (depth >= KT_TAR_MAX_DEPTH) {
		leave_out(t, name, "it is too deep");
		return;
	}
	nr = scandirat(dir, ".", &list, all_but_dots, alphasort);
	if (nr < 0) {
		failed(t, name, errno);
		return;
	}
	snprintf(below, sizeof(below), "%s/", name);
	put_entry(t, '5', below, sb, 0, "");
	for (int i = 0; i < nr; i++) {
		const char *base = list[i]->d_name;

		if (snprintf(below, sizeof(below), "%s/%s", name, base) >
		    KT_TAR_MAX_NAME)
			leave_out(t, name, "a name in it is too long");
		else if (!t->broken)
			put_any(t, dir, base, below, depth + 1);
		free(list[i]);
	}
	free(list);
}

/* False if nothing of it can be read. */
static bool put_all(struct tar *t, int fd)
{
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb)) {
		failed(t, TOP, errno);
		return false;
	}
	if (S_ISDIR(sb.st_mode)) {
		put_dir(t, fd, TOP, &sb, 0);
	} else if (S_ISREG(sb.st_mode)) {
		put_file(t, fd, TOP "/" KT_CTL_OUT_FILE, &sb);
	} else {
		leave_out(t, TOP, special);
		return false;
	}
	return true;
}

enum kt_tar kt_tar_write(int out, const char *path,
			 kt_tar_complain_fn *complain)
{
	static const char end[2 * KT_USTAR_BLOCK];
	struct tar t = { .out = out, .path = path, .complain = complain };
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool found;

	t.buf = malloc(CHUNK);
	found = t.buf && put_all(&t, fd);
	if (found)
		put(&t, end, sizeof(end));
	free(t.buf);
	if (fd >= 0)
		close(fd);
	if (!found || t.broken)
		return KT_TAR_NOTHING;
	if (t.left_out > MAX_COMPLAINTS)
		complain(path, "/...", "so is more of it");
	return t.left_out ? KT_TAR_PARTLY : KT_TAR_WHOLE;
}
