// SPDX-License-Identifier: GPL-2.0-only
/* metadata - metadata.json, and the kernel records it is made from */
#include "lib/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/key.h"

#define SHORT_HASH 7 /* digits: what the Rust ktstr writes */

enum type {
	TEXT,
	FLAG,
	NUMBER,
	FILE_NAME, /* text without a way out of the directory */
};

struct member {
	const char *key;
	enum type type;
	bool required;
};

/* What is read of a kernel record. */
static const struct member of_record[] = {
	{ "arch", TEXT, true },
	{ "source", TEXT, false },
	{ "version", TEXT, false },
	{ "git_ref", TEXT, false },
	{ "git_hash", TEXT, false },
	{ "tree", TEXT, false },
	{ "tree_temporary", FLAG, false },
	{ "source_tree_path", TEXT, false },
	{ "dirty", FLAG, false },
	{ "url", TEXT, false },
	{ "sha256", TEXT, false },
	{ "verified", TEXT, false },
	{ "config_hash", TEXT, false },
	{ "kconfig_crc32", TEXT, false },
	{ "compiler", TEXT, false },
	{ "build_ns", NUMBER, false },
	{ "built_at", TEXT, false },
	{ 0 },
};

/* What is read of metadata.json. */
static const struct member of_metadata[] = {
	{ "source", TEXT, true },
	{ "arch", TEXT, true },
	{ "image_name", FILE_NAME, true },
	{ "built_at", TEXT, true },
	{ "version", TEXT, false },
	{ "config_hash", TEXT, false },
	{ "ktstr_kconfig_hash", TEXT, false },
	{ "git_hash", TEXT, false },
	{ "git_ref", TEXT, false },
	{ "source_tree_path", TEXT, false },
	{ "vmlinux_name", FILE_NAME, false },
	{ "ktstr_git_hash", TEXT, false },
	{ "package", FLAG, false },
	{ "git_commit", TEXT, false },
	{ "kconfig_crc32", TEXT, false },
	{ "url", TEXT, false },
	{ "sha256", TEXT, false },
	{ "verified", TEXT, false },
	{ "dirty", FLAG, false },
	{ "compiler", TEXT, false },
	{ "build_ns", NUMBER, false },
	{ "boot_image_name", FILE_NAME, false },
	{ "vmlinux_reduced", FLAG, false },
	{ "vmlinux_note", TEXT, false },
	{ 0 },
};

/* Text that both call the same, and only where it is known. */
static const char *const extra_text[] = { "kconfig_crc32", "url",      "sha256",
					  "verified",	   "compiler", NULL };

/*
 * One read does: a file of @size bytes that gives fewer than were asked for has
 * been read to its end.
 */
static enum kt_status read_all(int fd, uint64_t size, struct kt_buf *text,
			       struct kt_error *err)
{
	ssize_t n;

	if (size <= KT_METADATA_MAX_BYTES) {
		kt_buf_reserve(text, (size_t)size + 1);
		n = read(fd, text->data, (size_t)size + 1);
		if (n >= 0 && (uint64_t)n <= size) {
			text->len = (size_t)n;
			return KT_OK;
		}
		if (lseek(fd, 0, SEEK_SET))
			return kt_fail_errno(err, "cannot read it");
	}
	return kt_fd_read(fd, KT_METADATA_MAX_BYTES, text, KT_METADATA_NAME,
			  err);
}

enum kt_status kt_metadata_load(int dirfd, const char *path,
				struct kt_buf *text, struct kt_record **out,
				struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = openat(
		dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum kt_status st;
	struct stat sb;

	if (fd < 0 && errno == ENOENT)
		return kt_fail(err, KT_DATA, "%s is missing", KT_METADATA_NAME);
	if (fd < 0 || fstat(fd, &sb))
		return kt_fail_errno(err, "cannot open %s", KT_METADATA_NAME);
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_DATA, "%s is not a regular file",
			       KT_METADATA_NAME);
	text->len = 0;
	st = read_all(fd, (uint64_t)sb.st_size, text, err);
	if (!st)
		st = kt_record_parse_object(text->data, text->len, out, err);
	return st ? kt_within(err, st, "%s", KT_METADATA_NAME) : KT_OK;
}

static enum kt_status check_name(const char *key, const char *name,
				 struct kt_error *err)
{
	if (!*name || strpbrk(name, "/\\") || strstr(name, "..") ||
	    !strcmp(name, ".") || !strcmp(name, KT_METADATA_NAME))
		return kt_fail(err, KT_DATA, "\"%s\" is \"%s\"", key, name);
	return KT_OK;
}

static enum kt_status check_member(const struct kt_record *rec,
				   const struct member *m, struct kt_error *err)
{
	const char *text = "";
	enum kt_status st = KT_OK;
	uint64_t number;
	bool flag;

	if (!m->required && !kt_record_has(rec, m->key))
		return KT_OK;
	switch (m->type) {
	case TEXT:
		return kt_record_str(rec, m->key, &text, err);
	case FLAG:
		return kt_record_bool(rec, m->key, &flag, err);
	case NUMBER:
		return kt_record_u64(rec, m->key, &number, err);
	case FILE_NAME:
		st = kt_record_str(rec, m->key, &text, err);
		break;
	}
	return st ? st : check_name(m->key, text, err);
}

static enum kt_status check_members(const struct kt_record *rec,
				    const struct member *m,
				    struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (; !st && m->key; m++)
		st = check_member(rec, m, err);
	return st;
}

static void set_text_or_null(struct kt_record *meta, const char *key,
			     const char *text)
{
	if (text)
		kt_record_set_str(meta, key, text);
	else
		kt_record_set_null(meta, key);
}

static void set_twelve(struct kt_record *meta, const struct kt_record *rec,
		       enum kt_source source, const char *built_at)
{
	const char *hash = kt_record_text(rec, "git_hash"), *tree = NULL;
	const char *arch = kt_record_text(rec, "arch");
	char short_hash[SHORT_HASH + 1] = "";

	if (source == KT_SOURCE_LOCAL && !kt_record_flag(rec, "tree_temporary"))
		tree = kt_record_text(rec, "tree") ?
			       kt_record_text(rec, "tree") :
			       kt_record_text(rec, "source_tree_path");
	if (source == KT_SOURCE_PACKAGE)
		source = KT_SOURCE_TARBALL;
	if (kt_record_text(rec, "built_at"))
		built_at = kt_record_text(rec, "built_at");
	if (hash)
		strncat(short_hash, hash, SHORT_HASH);
	set_text_or_null(meta, "version", kt_record_text(rec, "version"));
	kt_record_set_str(meta, "source", kt_source_name(source));
	kt_record_set_str(meta, "arch", arch);
	kt_record_set_str(meta, "image_name", kt_arch_image(arch));
	set_text_or_null(meta, "config_hash",
			 kt_record_text(rec, "config_hash"));
	kt_record_set_str(meta, "built_at", built_at);
	kt_record_set_null(meta, "ktstr_kconfig_hash");
	set_text_or_null(meta, "git_hash", hash ? short_hash : NULL);
	set_text_or_null(meta, "git_ref", kt_record_text(rec, "git_ref"));
	set_text_or_null(meta, "source_tree_path", tree);
	kt_record_set_null(meta, "vmlinux_name");
	kt_record_set_null(meta, "ktstr_git_hash");
	if (hash && strlen(hash) > SHORT_HASH)
		kt_record_set_str(meta, "git_commit", hash);
}

enum kt_status kt_metadata_make(const struct kt_record *rec,
				const char *built_at, struct kt_record **out,
				struct kt_error *err)
{
	/* An image without a source is what somebody had lying about. */
	enum kt_source source = KT_SOURCE_LOCAL;
	enum kt_status st = check_members(rec, of_record, err);
	struct kt_record *meta;

	if (st)
		return st;
	if (!kt_arch_image(kt_record_text(rec, "arch")))
		return kt_fail(err, KT_DATA,
			       "architecture \"%s\" is not supported",
			       kt_record_text(rec, "arch"));
	if (kt_record_has(rec, "source") &&
	    !kt_source_parse(kt_record_text(rec, "source"), &source))
		return kt_fail(err, KT_DATA, "unknown source \"%s\"",
			       kt_record_text(rec, "source"));
	if (kt_record_has(rec, "package"))
		source = KT_SOURCE_PACKAGE;

	meta = kt_record_new(NULL);
	set_twelve(meta, rec, source, built_at);
	if (source == KT_SOURCE_PACKAGE)
		kt_record_set_bool(meta, "package", true);
	for (size_t i = 0; extra_text[i]; i++)
		kt_record_set_str(meta, extra_text[i],
				  kt_record_text(rec, extra_text[i]));
	if (kt_record_flag(rec, "dirty"))
		kt_record_set_bool(meta, "dirty", true);
	kt_record_share(meta, rec, "build_ns");
	*out = meta;
	return KT_OK;
}

void kt_metadata_add_file(struct kt_record *meta, const char *name,
			  const char *sha256, uint64_t size_bytes)
{
	struct kt_record *files = NULL, *file = kt_record_new(NULL);
	struct kt_error ignored;

	kt_record_set_str(file, "sha256", sha256);
	kt_record_set_u64(file, "size_bytes", size_bytes);
	if (kt_record_object(meta, "files", &files, &ignored))
		files = kt_record_new(NULL);
	kt_record_take_object(files, name, file);
	kt_record_take_object(meta, "files", files);
}

bool kt_metadata_file(const struct kt_record *meta, const char *name,
		      uint64_t *size_bytes, char sha256[KT_SHA256_SIZE])
{
	struct kt_record *files KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *file KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error ignored;
	const char *sum;

	/* Asked first: most listings are of entries that have none. */
	if (!kt_record_has_object(meta, "files") ||
	    kt_record_object(meta, "files", &files, &ignored) ||
	    !kt_record_has_object(files, name) ||
	    kt_record_object(files, name, &file, &ignored) ||
	    kt_record_u64(file, "size_bytes", size_bytes, &ignored))
		return false;
	if (!sha256)
		return true;
	sum = kt_record_text(file, "sha256");
	if (!sum || strlen(sum) != KT_SHA256_SIZE - 1)
		sum = "";
	memcpy(sha256, sum, strlen(sum) + 1);
	return true;
}

bool kt_metadata_foreign(const struct kt_record *meta)
{
	return kt_record_has_object(meta, "source");
}

enum kt_status kt_metadata_check(const struct kt_record *meta,
				 struct kt_error *err)
{
	enum kt_status st = check_members(meta, of_metadata, err);
	enum kt_source source;

	if (st)
		return st;
	/* A package is a tarball here: see the header. */
	if (!kt_source_parse(kt_record_text(meta, "source"), &source) ||
	    source == KT_SOURCE_PACKAGE)
		return kt_fail(err, KT_DATA, "\"source\" is \"%s\"",
			       kt_record_text(meta, "source"));
	return KT_OK;
}

void kt_metadata_describe(const struct kt_record *meta, struct kt_record *rec)
{
	static const char *const same[] = { "version",	   "git_ref",
					    "url",	   "sha256",
					    "verified",	   "arch",
					    "config_hash", "compiler",
					    "built_at",	   "source_tree_path",
					    NULL };
	const char *commit = kt_record_text(meta, "git_commit");

	kt_record_set_str(rec, "source",
			  kt_record_flag(meta, "package") ?
				  kt_source_name(KT_SOURCE_PACKAGE) :
				  kt_record_text(meta, "source"));
	for (size_t i = 0; same[i]; i++)
		kt_record_share(rec, meta, same[i]);
	kt_record_set_str(rec, "git_hash",
			  commit ? commit : kt_record_text(meta, "git_hash"));
	kt_record_set_str(rec, "kconfig_crc32", kt_metadata_kconfig(meta));
	if (kt_record_flag(meta, "dirty"))
		kt_record_set_bool(rec, "dirty", true);
	kt_record_share(rec, meta, "build_ns");
}

const char *kt_metadata_kconfig(const struct kt_record *meta)
{
	const char *ours = kt_record_text(meta, "kconfig_crc32");

	return ours ? ours : kt_record_text(meta, "ktstr_kconfig_hash");
}
