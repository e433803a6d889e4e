// SPDX-License-Identifier: GPL-2.0-only
/* key - the name of a kernel in the cache */
#include "lib/key.h"

#include <ctype.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/utf8.h"

#define HASH_DIGITS 7 /* of a commit or a file, whatever git abbreviates to */
#define CRC_DIGITS 8

#if defined(__x86_64__)
#define BUILT_FOR "x86_64"
#elif defined(__aarch64__)
#define BUILT_FOR "aarch64"
#else
#error "kernels are built and booted on x86_64 and aarch64 only"
#endif

static const char *const source_names[] = {
	[KT_SOURCE_TARBALL] = "tarball",
	[KT_SOURCE_GIT] = "git",
	[KT_SOURCE_LOCAL] = "local",
	[KT_SOURCE_PACKAGE] = "package",
};

#define NR_SOURCES (sizeof(source_names) / sizeof(source_names[0]))

static const struct {
	const char *arch, *image, *image_path;
} arches[] = {
	{ "x86_64", "bzImage", "arch/x86/boot/bzImage" },
	{ "aarch64", "Image", "arch/arm64/boot/Image" },
};

#define NR_ARCHES (sizeof(arches) / sizeof(arches[0]))

const char *kt_source_name(enum kt_source source)
{
	return source_names[source];
}

bool kt_source_parse(const char *name, enum kt_source *out)
{
	for (size_t i = 0; i < NR_SOURCES; i++) {
		if (strcmp(name, source_names[i]) != 0)
			continue;
		*out = (enum kt_source)i;
		return true;
	}
	return false;
}

const char *kt_arch(void)
{
	return BUILT_FOR;
}

const char *kt_arch_image(const char *arch)
{
	for (size_t i = 0; i < NR_ARCHES; i++)
		if (!strcmp(arch, arches[i].arch))
			return arches[i].image;
	return NULL;
}

const char *kt_arch_image_path(const char *arch)
{
	for (size_t i = 0; i < NR_ARCHES; i++)
		if (!strcmp(arch, arches[i].arch))
			return arches[i].image_path;
	return NULL;
}

static bool is_hex(const char *s, size_t at_least)
{
	const size_t len = strspn(s, "0123456789abcdef");

	return len >= at_least && !s[len];
}

static bool is_blank(const char *s)
{
	return !s[strspn(s, " \t\r\n\v\f")];
}

static enum kt_status add_part(struct kt_buf *key, const char *what,
			       const char *part, struct kt_error *err)
{
	if (!part || is_blank(part))
		return kt_fail(err, KT_DATA, "no key without %s", what);
	kt_buf_adds(key, part);
	return KT_OK;
}

static enum kt_status add_hash(struct kt_buf *key, const char *what,
			       const char *hash, struct kt_error *err)
{
	if (!hash || !is_hex(hash, HASH_DIGITS))
		return kt_fail(err, KT_DATA, "no key: %s \"%s\" is no hash",
			       what, hash ? hash : "");
	kt_buf_add(key, hash, HASH_DIGITS);
	return KT_OK;
}

static enum kt_status add_ref(struct kt_buf *key, const char *ref,
			      struct kt_error *err)
{
	const size_t start = key->len;
	enum kt_status st = add_part(key, "a git ref", ref, err);

	for (size_t i = start; !st && i < key->len; i++)
		if (key->data[i] == '/')
			key->data[i] = '+';
	return st;
}

/* What stands in front of -ARCH. */
static enum kt_status add_source(struct kt_buf *key,
				 const struct kt_key_parts *parts,
				 struct kt_error *err)
{
	enum kt_status st = KT_OK;

	switch (parts->source) {
	case KT_SOURCE_GIT:
		st = add_ref(key, parts->ref, err);
		if (st)
			return st;
		kt_buf_adds(key, "-git-");
		return add_hash(key, "commit", parts->hash, err);
	case KT_SOURCE_LOCAL:
		kt_buf_adds(key, "local-");
		return add_hash(key, "commit", parts->hash, err);
	case KT_SOURCE_TARBALL:
	case KT_SOURCE_PACKAGE:
		st = add_part(key, "a version", parts->version, err);
		break;
	}
	if (!st && parts->file_sha256) {
		kt_buf_adds(key, "+");
		st = add_hash(key, "sha256", parts->file_sha256, err);
	}
	if (st)
		return st;
	kt_buf_addf(key, "-%s", kt_source_name(parts->source));
	return KT_OK;
}

enum kt_status kt_key_make(const struct kt_key_parts *parts, char **out,
			   struct kt_error *err)
{
	struct kt_buf key KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st;

	if (!kt_arch_image(parts->arch))
		return kt_fail(err, KT_DATA,
			       "no key: architecture \"%s\" is not supported",
			       parts->arch);
	st = add_source(&key, parts, err);
	if (st)
		return st;
	kt_buf_addf(&key, "-%s", parts->arch);
	if (parts->kconfig_crc32) {
		if (strlen(parts->kconfig_crc32) != CRC_DIGITS ||
		    !is_hex(parts->kconfig_crc32, CRC_DIGITS))
			return kt_fail(err, KT_DATA,
				       "no key: \"%s\" is no crc32",
				       parts->kconfig_crc32);
		kt_buf_addf(&key, "-x%s", parts->kconfig_crc32);
	}
	st = kt_key_check(key.data, err);
	if (st)
		return st;
	*out = kt_buf_take(&key);
	return KT_OK;
}

static bool has_control(const char *s)
{
	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		/* C1 is U+0080 to U+009F, which begins with 0xc2 in UTF-8. */
		if (iscntrl(c) || (c == 0xc2 && (unsigned char)s[1] < 0xa0))
			return true;
	}
	return false;
}

enum kt_status kt_key_check(const char *key, struct kt_error *err)
{
	const char *why = NULL;

	if (is_blank(key))
		return kt_fail(err, KT_DATA, "a cache key cannot be empty");
	if (strlen(key) > KT_KEY_MAX)
		return kt_fail(err, KT_DATA,
			       "a cache key of more than %d bytes", KT_KEY_MAX);
	if (strpbrk(key, "/\\"))
		why = "it holds a path separator";
	else if (strstr(key, ".."))
		why = "it holds \"..\"";
	else if (!strncmp(key, ".tmp-", 5))
		why = "\".tmp-\" is for stores in progress";
	else if (key[0] == '.')
		why = "it begins with a dot";
	else if (!kt_utf8_valid(key, strlen(key)))
		why = "it is not UTF-8";
	else if (has_control(key))
		why = "it holds a control character";
	if (why)
		return kt_fail(err, KT_DATA, "\"%s\" is no cache key: %s", key,
			       why);
	return KT_OK;
}
