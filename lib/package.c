// SPDX-License-Identifier: GPL-2.0-only
/* package - the kernel in a distribution's package, by libarchive */
#include "lib/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/kconfig.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define BLOCK ((size_t)256 << 10)

/* A .deb is an archive in an archive: the data of one entry is the other. */
struct package {
	const char *what;
	int fd, dirfd;
	char *block;
	struct archive *outer, *inner; /* inner is NULL unless it is a .deb */
	uint64_t entries, bytes;
	enum kt_status st; /* of a callback, when libarchive only knows "no" */
	bool had_image;	   /* before */
	struct kt_package_found *found;
	struct kt_error *err;
};

static void package_release(struct package *p)
{
	archive_read_free(p->inner);
	archive_read_free(p->outer);
	kt_freep(&p->block);
}

static enum kt_status failed(struct package *p, struct archive *a)
{
	const char *why = archive_error_string(a);

	if (p->st)
		return p->st;
	return kt_fail(p->err, KT_DATA, "\"%s\" is no whole package: %s",
		       p->what, why ? why : "unknown error");
}

static la_ssize_t read_file(struct archive *a, void *ctx, const void **data)
{
	struct package *p = ctx;
	ssize_t n;

	p->st = kt_stop_check(p->err);
	do
		n = p->st ? -1 : read(p->fd, p->block, BLOCK);
	while (n < 0 && !p->st && errno == EINTR);
	if (n < 0 && !p->st)
		p->st = kt_fail_errno(p->err, "cannot read \"%s\"", p->what);
	if (n < 0)
		archive_set_error(a, EIO, "it cannot be read");
	*data = p->block;
	return n;
}

/* The bytes of the outer archive's entry are the inner archive. */
static la_ssize_t read_entry(struct archive *a, void *ctx, const void **data)
{
	struct package *p = ctx;
	int64_t offset;
	size_t len;
	const int ret = archive_read_data_block(p->outer, data, &len, &offset);

	if (ret == ARCHIVE_EOF)
		return 0;
	if (ret < ARCHIVE_WARN) {
		const char *why = archive_error_string(p->outer);

		archive_set_error(a, EIO, "%s", why ? why : "cannot be read");
		return -1;
	}
	return (la_ssize_t)len;
}

/* Only what packages are made of: others have parsers of their own. */
static struct archive *new_archive(void)
{
	struct archive *a = kt_xcheck(archive_read_new());

	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_rpm(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	return a;
}

static enum kt_status too_large(const struct package *p, const char *name)
{
	return kt_fail(p->err, KT_DATA, "\"%s\": \"%.200s\" is too large",
		       p->what, name);
}

static enum kt_status count(struct package *p, size_t len)
{
	p->bytes += len;
	if (p->bytes > KT_PACKAGE_MAX_BYTES)
		return kt_fail(p->err, KT_DATA,
			       "\"%s\" holds more than %llu bytes", p->what,
			       (unsigned long long)KT_PACKAGE_MAX_BYTES);
	return KT_OK;
}

/* The data of the entry that @a stands at, to file @name. */
static enum kt_status take(struct package *p, struct archive *a,
			   const char *name, uint64_t max)
{
	int fd KT_CLEANUP(kt_closep) = openat(
		p->dirfd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	enum kt_status st = KT_OK;
	uint64_t total = 0;
	la_ssize_t n;

	if (fd < 0)
		return kt_fail_errno(p->err, "cannot create \"%s\"", name);
	char *block KT_CLEANUP(kt_freep) = kt_xrealloc(NULL, BLOCK);

	/* Holes of a sparse entry come as zeros. */
	while (!st && (n = archive_read_data(a, block, BLOCK)) > 0) {
		total += (uint64_t)n;
		st = total > max ? too_large(p, name) : count(p, (size_t)n);
		if (!st)
			st = kt_fd_write(fd, block, (size_t)n, name, p->err);
		if (!st)
			st = kt_stop_check(p->err);
	}
	if (st)
		return st;
	return n < 0 ? failed(p, a) : KT_OK;
}

static bool matches(const char *path, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, path, FNM_PATHNAME))
			return true;
	return false;
}

static enum kt_status look_at(struct package *p, struct archive *a,
			      struct archive_entry *entry)
{
	static const char *const images[] = { "boot/vmlinuz-*", "boot/vmlinuz",
					      "lib/modules/*/vmlinuz", NULL };
	static const char *const configs[] = { "boot/config-*",
					       "lib/modules/*/config", NULL };
	const char *path = archive_entry_pathname(entry);
	enum kt_status st = KT_OK;

	if (!path || archive_entry_filetype(entry) != AE_IFREG ||
	    archive_entry_hardlink(entry))
		return KT_OK;
	path += !strncmp(path, "./", 2) ? 2 : 0;
	path += *path == '/';
	path += !strncmp(path, "usr/", 4) ? 4 : 0;
	if (!fnmatch("*/metadata.json", path, FNM_PATHNAME))
		p->found->entry = true;
	if (p->had_image && matches(path, images)) {
		p->found->another = true;
	} else if (!p->found->image && matches(path, images)) {
		st = take(p, a, KT_PACKAGE_IMAGE, KT_PACKAGE_MAX_IMAGE);
		p->found->image = !st;
	} else if (!p->found->config && matches(path, configs)) {
		st = take(p, a, KT_PACKAGE_CONFIG, KT_KCONFIG_MAX_BYTES);
		p->found->config = !st;
	}
	return st;
}

/* Read over the rest of an entry here: libarchive would not let us stop. */
static enum kt_status skip(struct package *p, struct archive *a)
{
	const void *data;
	int64_t offset;
	size_t len;
	int ret;

	while ((ret = archive_read_data_block(a, &data, &len, &offset)) >=
		       ARCHIVE_WARN &&
	       ret != ARCHIVE_EOF) {
		enum kt_status st = count(p, len);

		if (!st)
			st = kt_stop_check(p->err);
		if (st)
			return st;
	}
	return ret == ARCHIVE_EOF ? KT_OK : failed(p, a);
}

/* Every entry of @a, until both files are there. */
static enum kt_status look_through(struct package *p, struct archive *a)
{
	struct archive_entry *entry;
	enum kt_status st;
	int ret;

	while (!(p->found->image && p->found->config)) {
		ret = archive_read_next_header(a, &entry);
		if (ret == ARCHIVE_EOF)
			return KT_OK;
		if (ret < ARCHIVE_WARN)
			return failed(p, a);
		if (++p->entries > KT_PACKAGE_MAX_ENTRIES)
			return kt_fail(p->err, KT_DATA,
				       "\"%s\" has more than %d entries",
				       p->what, KT_PACKAGE_MAX_ENTRIES);
		st = look_at(p, a, entry);
		if (!st)
			st = skip(p, a);
		if (st)
			return st;
	}
	return KT_OK;
}

/* deb(5): an ar archive whose data.tar, however packed, has the files. */
static enum kt_status look_into_deb(struct package *p)
{
	struct archive_entry *entry;
	int ret;

	while ((ret = archive_read_next_header(p->outer, &entry)) >=
		       ARCHIVE_WARN &&
	       ret != ARCHIVE_EOF) {
		const char *name = archive_entry_pathname(entry);

		if (++p->entries > KT_PACKAGE_MAX_ENTRIES)
			break;
		if (!name || strncmp(name, "data.tar", 8) != 0)
			continue;
		p->inner = new_archive();
		if (archive_read_open(p->inner, p, NULL, read_entry, NULL) <
		    ARCHIVE_WARN)
			return failed(p, p->inner);
		return look_through(p, p->inner);
	}
	if (ret < ARCHIVE_WARN)
		return failed(p, p->outer);
	return kt_fail(p->err, KT_DATA,
		       "\"%s\" is no Debian package: it has "
		       "no data.tar",
		       p->what);
}

enum kt_status kt_package_take(int fd, const char *what, int dirfd,
			       struct kt_package_found *found,
			       struct kt_error *err)
{
	static const char ar[] = "!<arch>\n";
	struct package p KT_CLEANUP(package_release) = {
		.what = what,
		.fd = fd,
		.dirfd = dirfd,
		.block = kt_xrealloc(NULL, BLOCK),
		.had_image = found->image,
		.found = found,
		.err = err,
	};
	char magic[sizeof(ar) - 1];
	bool deb;

	if (pread(fd, magic, sizeof(magic), 0) != (ssize_t)sizeof(magic) ||
	    lseek(fd, 0, SEEK_SET))
		return kt_fail(err, KT_DATA, "\"%s\" is no package", what);
	deb = !memcmp(magic, ar, sizeof(magic));
	if (deb) {
		p.outer = kt_xcheck(archive_read_new());
		archive_read_support_format_ar(p.outer);
	} else {
		p.outer = new_archive();
	}
	if (archive_read_open(p.outer, &p, NULL, read_file, NULL) <
	    ARCHIVE_WARN)
		return failed(&p, p.outer);
	return deb ? look_into_deb(&p) : look_through(&p, p.outer);
}
