/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kernel-id.h - the kernel that a person means
 *
 * What contains "/" or begins with "." or "~" is a path: a directory with a
 * built image (a source tree, or an entry of a cache) or an image file, either
 * with its vmlinux and .config beside it, and never built here. "6.14",
 * "6.14.2" and "6.15-rc3" are versions, and "6.14" is the highest 6.14.x that
 * is cached. Everything else is a key of the cache.
 *
 * Without an ID: KTSTR_KERNEL, which must be usable if it is set; the newest
 * fresh entry of the cache; ./linux and ../linux, if they hold an image;
 * /lib/modules/RELEASE/build; the machine's own images.
 */
#ifndef KT_KERNEL_ID_H
#define KT_KERNEL_ID_H

#include "lib/cache.h"
#include "lib/error.h"
#include "lib/record.h"

enum kt_id_kind {
	KT_ID_PATH,
	KT_ID_VERSION,
	KT_ID_KEY,
};

/* Where to look. All borrowed. */
struct kt_id_env {
	const char *home;    /* HOME, or NULL */
	const char *kernel;  /* KTSTR_KERNEL, or NULL */
	const char *origin;  /* where that was set, if not there, or NULL */
	const char *release; /* of the running kernel: uname -r */
	const char *prefix;  /* in front of /lib/modules, /boot and /usr/lib */
};

/* What sort of ID @id is. Nothing is looked up. */
enum kt_id_kind kt_id_kind(const char *id);

/*
 * @id, a path, with "~" and "~/" expanded; *out is the caller's. KT_FAIL for
 * "~" without HOME, and for another user's home, which only a shell knows.
 */
enum kt_status kt_id_expand(const char *id, const char *home, char **out,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * Of @nr entries as kt_cache_list() returns them, the index of the one that
 * version @version means: of this architecture, the highest of its series
 * where it names one; among equals not stale before stale, and newer before
 * older. -1 if there is none.
 */
long kt_id_pick(struct kt_record *const *list, size_t nr, const char *version);

/*
 * Find the kernel called @id, or any if it is NULL. *out is a "ktstr.kernel/1"
 * record, owned by the caller: an entry of the cache as kt_cache_lookup() has
 * it, or for a path what is there of source "local", tree (not for a file),
 * arch, image, boot_image, vmlinux, config. Paths in it are absolute.
 *
 * KT_FAIL, with a hint, if there is no such kernel; KT_DATA if the entry that
 * was asked for is corrupt.
 */
enum kt_status kt_id_find(struct kt_cache *cache, const char *id,
			  const struct kt_id_env *env, struct kt_record **out,
			  struct kt_error *err) KT_MUST_CHECK;

#endif
