/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verify.h - sha256sums.asc, and who signed it
 *
 * kernel.org keeps one such file in each directory of tarballs: the output of
 * sha256sum(1), clear-signed (RFC 4880, section 7) by a key of its own. It is
 * checked before any tarball is unpacked, so that no decompressor sees what
 * somebody else made.
 */
#ifndef KT_VERIFY_H
#define KT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/hash.h"
#include "lib/version.h"

#define KT_SUMS_NAME "sha256sums.asc"
#define KT_SUMS_MAX_BYTES ((size_t)8 << 20)
#define KT_KEY_MAX_BYTES ((size_t)4 << 20) /* of keys by web or pipe */
#define KT_FINGERPRINT_SIZE 65		   /* hex and NUL */

/* The kernel.org checksum autosigner, <autosigner@kernel.org>. */
#define KT_AUTOSIGNER "B8868C80BA62A1FFFAF5FDA9632D3A06589DA6B1"
/* Its key: "Web Key Directory", draft-koch-openpgp-webkey-service-18, 3.1. */
#define KT_AUTOSIGNER_URL                               \
	"https://kernel.org/.well-known/openpgpkey/hu/" \
	"ew8uiogxwri7d3fuioqgt7u1d5sngorx?l=autosigner"

/*
 * What is signed of @text, as far as that can be told without checking the
 * signature: a view into @text. KT_DATA if it is no clear-signed text.
 */
enum kt_status kt_sums_body(const char *text, size_t len, const char **body,
			    size_t *body_len,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * The sum of file @name among the lines of @text; *found is false if there is
 * none. KT_DATA if there are two that differ.
 */
enum kt_status kt_sums_find(const char *text, size_t len, const char *name,
			    char sha256[KT_SHA256_SIZE], bool *found,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * The highest release of series @major.@minor that has a linux-VERSION.tar.xz
 * in @text; false if there is none.
 */
bool kt_sums_newest(const char *text, size_t len, unsigned int major,
		    unsigned int minor, struct kt_version *out);

/* Is there a gpgv to ask on @path, the value of PATH? */
bool kt_verify_possible(const char *path);

/*
 * Check the signature of the file open at @fd, called @name, by gpgv(1) with the
 * keys in the binary file open at @keyring, which errors call
 * @keyring_name. *body is the text that is signed, and signer the
 * fingerprint of the primary key. A keyring of the user's may hold any key;
 * whether @signer is the right one is for the caller to say.
 *
 * KT_DATA: the signature is bad, there is none, it or its key has expired, or
 * the text is too long; or
 * the keyring is text. KT_FAIL: it is of a key that the keyring lacks, or told
 * to stop. KT_SKIP: no gpgv. KT_SYS: the keyring cannot be read, or gpgv fails.
 */
enum kt_status kt_verify_signature(int fd, const char *name, int keyring,
				   const char *keyring_name,
				   struct kt_buf *body,
				   char signer[KT_FINGERPRINT_SIZE],
				   struct kt_error *err) KT_MUST_CHECK;

#endif
