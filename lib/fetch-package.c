// SPDX-License-Identifier: GPL-2.0-only
/* fetch-package - a kernel that a distribution has built */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/btf-find.h"
#include "lib/bzimage.h"
#include "lib/fd.h"
#include "lib/fetch.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/key.h"
#include "lib/package.h"
#include "lib/payload.h"
#include "lib/prebuilt.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define ARCH "x86_64" /* the only one with bzImages */
#define BOOT_IMAGE "boot_image"
#define VMLINUX "vmlinux"

/* Image, kernel, vmlinux and what is written on the way. */
#define SPACE ((uint64_t)512 << 20)

struct file {
	const char *path;
	int fd;
	char sha256[KT_SHA256_SIZE];
};

/* What is made of the files that were given. */
struct job {
	const struct kt_fetch *how;
	struct file *files;
	size_t nr;
	const struct file *from; /* the one with the image */
	struct kt_fetch_dir dir;
	int dirfd;
	struct kt_package_found found;
	char *release;
	struct kt_payload payload;
};

static void job_release(struct job *j)
{
	for (size_t i = 0; i < j->nr; i++)
		kt_closep(&j->files[i].fd);
	free(j->files);
	kt_closep(&j->dirfd);
	kt_fetch_dir_drop(&j->dir);
	free(j->release);
	kt_payload_release(&j->payload);
}

static enum kt_status open_files(struct job *j, const char *const *paths,
				 struct kt_error *err)
{
	j->files = kt_xcalloc(j->nr, sizeof(*j->files));
	for (size_t i = 0; i < j->nr; i++)
		j->files[i] = (struct file){ .path = paths[i], .fd = -1 };
	for (size_t i = 0; i < j->nr; i++) {
		struct file *f = &j->files[i];
		enum kt_status st;
		struct stat sb;

		/* O_NONBLOCK: a FIFO must not hang us. */
		f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (f->fd < 0 || fstat(f->fd, &sb))
			return kt_fail_errno(err, "cannot open \"%s\"",
					     f->path);
		if (!S_ISREG(sb.st_mode))
			return kt_fail(err, KT_DATA, "\"%s\" is no file",
				       f->path);
		st = kt_sha256_fd(f->fd, f->path, f->sha256, NULL, err);
		if (st)
			return st;
	}
	return KT_OK;
}

static bool is_entry_of(const struct kt_record *rec, const struct file *f)
{
	const char *source = kt_record_text(rec, "source");
	const char *sha = kt_record_text(rec, "sha256");

	return source && sha && kt_record_text(rec, "image") &&
	       !strcmp(source, kt_source_name(KT_SOURCE_PACKAGE)) &&
	       !strcmp(sha, f->sha256);
}

/* An entry that was made of this very file; *out stays if none was. */
static enum kt_status find_entry(const struct job *j, struct kt_record **out,
				 struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record **recs = NULL;
	enum kt_status st;
	size_t nr = 0;

	/* Of several the sum of one is kept, and the others may have changed. */
	if (j->how->force || j->nr > 1)
		return KT_OK;
	st = kt_fetch_cache(j->how, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &recs, &nr, err);
	if (st)
		return st;
	for (size_t i = 0; i < nr && !*out; i++) {
		if (!is_entry_of(recs[i], &j->files[0]))
			continue;
		kt_fetch_say_cached(j->how, kt_record_text(recs[i], "key"));
		*out = kt_record_copy(recs[i]);
	}
	kt_cache_list_free(recs, nr);
	return KT_OK;
}

static enum kt_status copy(const struct job *j, int fd, const char *path,
			   const char *name, struct kt_error *err)
{
	int to KT_CLEANUP(kt_closep) = openat(
		j->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (to < 0)
		return kt_fail_errno(err, "cannot create \"%s/%s\"",
				     j->dir.path, name);
	if (lseek(fd, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot read \"%s\"", path);
	return kt_fd_copy(fd, to, path, NULL, err);
}

static bool is_image(const struct file *f)
{
	struct kt_bzimage img;
	struct kt_error ignored;

	return !kt_bzimage_read(f->fd, f->path, &img, &ignored);
}

/* A .config begins with a comment, or with a setting; a package never does. */
static bool is_config(const struct file *f)
{
	char text[8] = "";

	return pread(f->fd, text, sizeof(text) - 1, 0) > 0 &&
	       (*text == '#' || !strcmp(text, "CONFIG_"));
}

static enum kt_status too_many(const struct file *f, const char *what,
			       struct kt_error *err)
{
	return kt_fail(err, KT_USAGE, "\"%s\" is one %s too many", f->path,
		       what);
}

static enum kt_status take_file(struct job *j, const struct file *f,
				struct kt_error *err)
{
	const bool had_image = j->found.image;
	enum kt_status st;

	if (is_config(f)) {
		if (j->found.config)
			return too_many(f, "configuration", err);
		j->found.config = true;
		return copy(j, f->fd, f->path, KT_PACKAGE_CONFIG, err);
	}
	if (is_image(f)) {
		if (had_image)
			return too_many(f, "kernel", err);
		j->found.image = true;
		j->from = f;
		return copy(j, f->fd, f->path, KT_PACKAGE_IMAGE, err);
	}
	if (had_image && j->found.config)
		return too_many(f, "file", err);
	st = kt_package_take(f->fd, f->path, j->dirfd, &j->found, err);
	if (st)
		return st;
	if (j->found.another)
		return too_many(f, "kernel", err);
	if (j->found.image && !had_image)
		j->from = f;
	return KT_OK;
}

/* /boot/config-RELEASE beside /boot/vmlinuz-RELEASE, or config beside vmlinuz. */
static enum kt_status look_beside(struct job *j, struct kt_error *err)
{
	const char *path = j->from->path, *base = kt_path_base(path);
	char *dir KT_CLEANUP(kt_freep) =
		kt_xstrndup(path, (size_t)(base - path));
	const char *release = !strncmp(base, "vmlinuz-", 8) ? base + 7 : "";
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("%sconfig%s", dir, release);
	struct file f = { .path = name };
	enum kt_status st = KT_OK;

	f.fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f.fd >= 0 && is_config(&f)) {
		j->found.config = true;
		st = copy(j, f.fd, name, KT_PACKAGE_CONFIG, err);
	}
	kt_closep(&f.fd);
	return st;
}

static enum kt_status no_image(const struct job *j, struct kt_error *err)
{
	if (j->found.entry)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "\"%s\" is an entry that ktstr-cache "
				       "export has written",
				       j->files[0].path),
			       "ktstr-cache import takes it");
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "\"%s\" holds no kernel (boot/vmlinuz-*)",
			       j->files[0].path),
		       "it may depend on the package that does: Debian's "
		       "linux-image-* on linux-binary-*, which goes with "
		       "linux-base-* for the configuration; Fedora's kernel on "
		       "kernel-core");
}

static enum kt_status take_files(struct job *j, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < j->nr; i++)
		st = take_file(j, &j->files[i], err);
	if (st)
		return st;
	if (!j->from)
		return no_image(j, err);
	return !j->found.config && is_image(j->from) ? look_beside(j, err) :
						       KT_OK;
}

/* The kernel in the image to a file of its own, and read. */
static enum kt_status unpack(struct job *j, struct kt_error *err)
{
	const char *what = j->from->path;
	int image KT_CLEANUP(kt_closep) =
		openat(j->dirfd, KT_PACKAGE_IMAGE, O_RDONLY | O_CLOEXEC);
	int to KT_CLEANUP(kt_closep) =
		openat(j->dirfd, BOOT_IMAGE,
		       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	enum kt_status st;

	if (image < 0 || to < 0)
		return kt_fail_errno(err, "cannot open a file in \"%s\"",
				     j->dir.path);
	st = kt_bzimage_release(image, what, &j->release, err);
	if (!st)
		st = kt_bzimage_unpack(image, what, to, err);
	if (!st)
		st = kt_payload_read(to, what, &j->payload, err);
	return st ? st : kt_stop_check(err);
}

static enum kt_status write_vmlinux(struct job *j, struct kt_error *err)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };

	kt_payload_vmlinux(&j->payload, &out);
	return kt_file_replace(j->dirfd, VMLINUX, out.data, out.len, 0666, err);
}

/* *config is what the kernel was configured with, NULL if nobody knows. */
static enum kt_status read_config(struct job *j, struct kt_kconfig **config,
				  struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st;

	if (j->found.config) {
		st = kt_file_read(j->dirfd, KT_PACKAGE_CONFIG,
				  KT_KCONFIG_MAX_BYTES, &text, err);
	} else {
		st = kt_payload_config(&j->payload, j->from->path, &text, err);
		if (!st && text.len)
			st = kt_file_replace(j->dirfd, KT_PACKAGE_CONFIG,
					     text.data, text.len, 0666, err);
		j->found.config = !st && text.len;
	}
	if (st || !j->found.config)
		return st;
	st = kt_kconfig_parse(text.data, text.len, config, err);
	return st ? kt_within(err, st, "configuration of \"%s\"",
			      j->from->path) :
		    KT_OK;
}

static enum kt_status check(struct job *j, bool any, bool *as_ours,
			    struct kt_error *err)
{
	struct kt_kconfig *config KT_CLEANUP(kt_kconfig_freep) = NULL;
	enum kt_status st = read_config(j, &config, err);
	const struct kt_prebuilt kernel = { .what = j->from->path,
					    .payload = &j->payload,
					    .config = config };

	return st ? st :
		    kt_prebuilt_check(&kernel, any, j->how->note, as_ours, err);
}

static enum kt_status set_file(const struct job *j, struct kt_record *rec,
			       const char *member, const char *name,
			       struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(j->dir.path, name);

	return kt_record_set_path(rec, member, path, err);
}

static enum kt_status describe(struct job *j, bool as_ours,
			       struct kt_record *rec, struct kt_error *err)
{
	const struct kt_key_parts parts = { .source = KT_SOURCE_PACKAGE,
					    .arch = ARCH,
					    .version = j->release };
	char *key KT_CLEANUP(kt_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	enum kt_status st = kt_key_make(&parts, &key, err);

	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_PACKAGE));
	kt_record_set_str(rec, "version", j->release);
	kt_record_set_str(rec, "package", kt_path_base(j->from->path));
	kt_record_set_str(rec, "sha256", j->from->sha256);
	kt_record_set_str(rec, "verified", "none");
	kt_record_set_str(rec, "key", key);
	kt_record_set_str(rec, "arch", ARCH);
	if (as_ours)
		kt_record_set_str(rec, "kconfig_crc32", crc);
	st = kt_fetch_set_tree(j->how, &j->dir, rec, err);
	if (!st)
		st = set_file(j, rec, "image", KT_PACKAGE_IMAGE, err);
	if (!st)
		st = set_file(j, rec, "boot_image", BOOT_IMAGE, err);
	if (!st)
		st = set_file(j, rec, "vmlinux", VMLINUX, err);
	if (!st && j->found.config)
		st = set_file(j, rec, "config", KT_PACKAGE_CONFIG, err);
	return st;
}

static enum kt_status make(struct job *j, bool any, struct kt_record *rec,
			   struct kt_error *err)
{
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("%.7s-package-" ARCH, j->files[0].sha256);
	enum kt_status st = kt_fetch_dir_new(j->how, name, SPACE, &j->dir, err);
	bool as_ours = false;

	if (st)
		return st;
	j->dirfd = open(j->dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dirfd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", j->dir.path);
	st = take_files(j, err);
	if (!st)
		st = unpack(j, err);
	if (!st)
		st = check(j, any, &as_ours, err);
	if (!st)
		st = write_vmlinux(j, err);
	return st ? st : describe(j, as_ours, rec, err);
}

enum kt_status kt_fetch_package(const struct kt_fetch *how,
				const char *const *paths, size_t nr, bool any,
				struct kt_record **out, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	struct job j KT_CLEANUP(
		job_release) = { .how = how,
				 .nr = nr,
				 .dir = { .how = how, .lock = -1 },
				 .dirfd = -1 };
	struct kt_record *entry = NULL;
	enum kt_status st = open_files(&j, paths, err);

	if (!st)
		st = find_entry(&j, &entry, err);
	if (st)
		return st;
	if (entry) {
		*out = entry;
		return KT_OK;
	}
	st = make(&j, any, rec, err);
	if (st)
		return st;
	kt_fetch_dir_keep(&j.dir);
	*out = rec;
	rec = NULL;
	return KT_OK;
}
