/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/package.h - the kernel in a distribution's package
 *
 * .deb (an ar archive with a data.tar in it), .rpm (a cpio archive behind
 * headers) and .pkg.tar.zst (a tar archive), and any other tar archive, packed
 * with gzip, bzip2, xz, lzma or zstd. Of what they hold two files are taken,
 * the first of each:
 *
 *   image    boot/vmlinuz-RELEASE, or lib/modules/RELEASE/vmlinuz, or one of
 *            both below usr
 *   config   boot/config-RELEASE, or lib/modules/RELEASE/config
 *
 * Nothing is written under a name that the package gives. Reading stops when
 * both are there.
 */
#ifndef KT_PACKAGE_H
#define KT_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_PACKAGE_MAX_ENTRIES 400000
#define KT_PACKAGE_MAX_BYTES ((uint64_t)16 << 30) /* unpacked, and not used */
#define KT_PACKAGE_MAX_IMAGE ((uint64_t)512 << 20)

/* Names of what is taken, in the directory it is written to. */
#define KT_PACKAGE_IMAGE "image"
#define KT_PACKAGE_CONFIG "config"

struct kt_package_found {
	bool image, config; /* is the file there? */
	bool another;	    /* there was an image before, and here is one */
	bool entry;	    /* it is an entry of a cache: lib/entry-archive.h */
};

/*
 * Look into the package open at @fd, which @what names in errors, for what
 * @found does not have yet, and write that to the directory @dirfd, where
 * neither file is then; @found says what is there now.
 *
 * KT_OK, too, if it holds neither. KT_DATA: no package, damaged, an entry or
 * the whole larger than the limits above. KT_SYS: a file could not be written.
 * KT_FAIL: told to stop. On failure a part of a file may stand there.
 */
enum kt_status kt_package_take(int fd, const char *what, int dirfd,
			       struct kt_package_found *found,
			       struct kt_error *err) KT_MUST_CHECK;

#endif
