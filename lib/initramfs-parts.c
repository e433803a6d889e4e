// SPDX-License-Identifier: GPL-2.0-only
/* initramfs-parts - finding what an initramfs is made of */
#include "lib/initramfs-parts.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/guest-memory.h"
#include "lib/xalloc.h"

enum kt_status kt_initramfs_find_init(const char *bindir, char **out,
				      struct kt_error *err)
{
	static const char *const names[] = { "ktstr-init",
					     "../libexec/ktstr/ktstr-init" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = kt_path_join(bindir, names[i]);

		if (!access(path, R_OK)) {
			*out = path;
			return KT_OK;
		}
		free(path);
	}
	return kt_hint(err,
		       kt_fail(err, KT_SYS,
			       "neither \"%s\" nor \"%s\" is in \"%s\"",
			       names[0], names[1], bindir),
		       "make install puts it there");
}

enum kt_status kt_initramfs_find_busybox(const char *given, const char *path,
					 char **out, struct kt_error *err)
{
	char *found =
		given ? kt_xstrdup(given) : kt_path_search(path, "busybox");
	enum kt_status st;

	if (!found)
		return kt_hint(err, kt_fail(err, KT_SKIP, "no busybox on PATH"),
			       "apt install busybox-static");
	st = kt_initramfs_check_busybox(found, err);
	if (!st)
		*out = found;
	else
		free(found);
	return st;
}

static enum kt_status memory_of(const struct kt_record *rec,
				const struct kt_initramfs_size *size,
				uint64_t *memory_mib, struct kt_error *err)
{
	const char *image = NULL;
	uint64_t kernel;
	enum kt_status st =
		kt_record_str_or_null(rec, "boot_image", &image, err);

	*memory_mib = 0;
	if (!st && !image)
		st = kt_record_str_or_null(rec, "image", &image, err);
	if (st || !image)
		return st;
	st = kt_guest_kernel_bytes(image, &kernel, err);
	if (!st)
		*memory_mib = kt_guest_memory_mib(kernel, size->archive_bytes,
						  size->root_bytes);
	return st;
}

enum kt_status kt_initramfs_set(struct kt_record *rec, const char *path,
				const struct kt_initramfs_size *size,
				uint64_t *memory_mib, struct kt_error *err)
{
	uint64_t mib;
	enum kt_status st = memory_of(rec, size, &mib, err);

	if (!st)
		st = kt_record_set_path(rec, "initrd", path, err);
	if (st)
		return st;
	kt_record_set_u64(rec, "initrd_bytes", size->archive_bytes);
	if (mib)
		kt_record_set_u64(rec, "memory_min_mib", mib);
	*memory_mib = mib;
	return KT_OK;
}
