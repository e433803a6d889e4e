/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/key.h - the name of a kernel in the cache
 *
 * One function makes them, so that two ways to one kernel cannot miss each
 * other: 6.14.2-tarball-x86_64, v6.14-git-38fec10-x86_64,
 * local-1a2b3c4-x86_64, 6.12.9-package-x86_64. A tarball given as a file and
 * not verified is 6.14.2+1a2b3c4-tarball-x86_64 (the first seven digits of its
 * sha256). "/" in a git ref becomes "+". An extra fragment adds -xCRC8.
 */
#ifndef KT_KEY_H
#define KT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_KEY_MAX 200 /* bytes; leaves room for ".tmp-KEY-PID" in NAME_MAX */

enum kt_source {
	KT_SOURCE_TARBALL,
	KT_SOURCE_GIT,
	KT_SOURCE_LOCAL,
	KT_SOURCE_PACKAGE,
};

struct kt_key_parts {
	enum kt_source source;
	const char *arch;    /* "x86_64", "aarch64" */
	const char *version; /* tarball, package */
	const char *ref;     /* git */
	const char *hash;    /* git, local: at least seven hex digits */
	const char
		*file_sha256; /* tarball from a file, not verified; or NULL */
	const char *kconfig_crc32; /* of an extra --kconfig fragment, or NULL */
};

/* *out is the key, owned by the caller. KT_DATA if the parts make no valid one. */
enum kt_status kt_key_make(const struct kt_key_parts *parts, char **out,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * KT_DATA, and why, unless @key may name an entry: not empty or blank, no "/"
 * or "\", no "..", not ".", no control characters, no leading "." , UTF-8, at
 * most KT_KEY_MAX bytes.
 */
enum kt_status kt_key_check(const char *key,
			    struct kt_error *err) KT_MUST_CHECK;

/* "tarball", "git", "local", "package"; and back (false if none of them). */
const char *kt_source_name(enum kt_source source);
bool kt_source_parse(const char *name, enum kt_source *out);

/* The architecture this program was built for, as the kernel's tools say it. */
const char *kt_arch(void);

/* "bzImage" or "Image"; and where a build leaves it ("arch/x86/boot/bzImage").
 * NULL for an architecture we know nothing of. */
const char *kt_arch_image(const char *arch);
const char *kt_arch_image_path(const char *arch);

#endif
