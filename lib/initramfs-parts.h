/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/initramfs-parts.h - finding what an initramfs is made of, and making it
 *
 * What the environment says is handed in; everything here is borrowed from the
 * caller but what is said to be its own.
 */
#ifndef KT_INITRAMFS_PARTS_H
#define KT_INITRAMFS_PARTS_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/initramfs.h"
#include "lib/record.h"

/*
 * ktstr-init beside the programs in @bindir, or where "make install" puts it:
 * relative to them, so that an installed tree may be moved. KT_SYS if it is in
 * neither. The caller owns *out.
 */
enum kt_status kt_initramfs_find_init(const char *bindir, char **out,
				      struct kt_error *err) KT_MUST_CHECK;

/*
 * busybox: @given, or else the one on @path. KT_SKIP, with the package that has
 * it, if there is none or it is not static. The caller owns *out.
 */
enum kt_status kt_initramfs_find_busybox(const char *given, const char *path,
					 char **out,
					 struct kt_error *err) KT_MUST_CHECK;

/*
 * Say in @rec, a kernel record, where its initramfs is, how large, and how much
 * memory a guest needs that boots it, which is left out and *memory_mib 0 if
 * the record names no image. KT_DATA: it names one that cannot be used.
 */
enum kt_status kt_initramfs_set(struct kt_record *rec, const char *path,
				const struct kt_initramfs_size *size,
				uint64_t *memory_mib,
				struct kt_error *err) KT_MUST_CHECK;

#endif
