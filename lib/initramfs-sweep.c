// SPDX-License-Identifier: GPL-2.0-only
/* initramfs-sweep - the files of the initramfs cache, and which may go */
#include "lib/initramfs-sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/xalloc.h"

#define SHA256_DIGITS 64

struct file {
	char *name;
	time_t used;
	bool whole;
};

/* Is @name one of ours, and is it finished? */
static bool is_ours(const char *name, bool *whole)
{
	const size_t base = strlen(KT_INITRAMFS_BASE);
	const size_t kernel = strlen(KT_INITRAMFS_KERNEL);
	const size_t temp = strlen(KT_INITRAMFS_TEMP);
	const char *suffix = KT_INITRAMFS_SUFFIX;

	*whole = false;
	if (!strncmp(name, KT_INITRAMFS_SUMS KT_INITRAMFS_TEMP,
		     sizeof(KT_INITRAMFS_SUMS KT_INITRAMFS_TEMP) - 1))
		return true;
	if (!strncmp(name, KT_INITRAMFS_BASE, base)) {
		name += base;
	} else if (!strncmp(name, KT_INITRAMFS_KERNEL, kernel)) {
		name += kernel;
		suffix = KT_INITRAMFS_ELF;
	}
	if (strspn(name, "0123456789abcdef") != SHA256_DIGITS ||
	    strncmp(name + SHA256_DIGITS, suffix, strlen(suffix)) != 0)
		return false;
	name += SHA256_DIGITS + strlen(suffix);
	*whole = !*name;
	return *whole || !strncmp(name, KT_INITRAMFS_TEMP, temp);
}

/* Finished ones first, the one used last at the front. */
static int by_use(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->whole != y->whole)
		return x->whole ? -1 : 1;
	if (x->used != y->used)
		return x->used > y->used ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t collect(DIR *dir, struct file **out)
{
	struct file *files = NULL;
	struct dirent *entry;
	size_t nr = 0;

	while ((entry = readdir(dir))) {
		struct stat sb;
		bool whole;

		if (!is_ours(entry->d_name, &whole) ||
		    fstatat(dirfd(dir), entry->d_name, &sb,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(sb.st_mode))
			continue;
		files = kt_xrealloc(files, (nr + 1) * sizeof(*files));
		files[nr++] = (struct file){ .name = kt_xstrdup(entry->d_name),
					     .used = sb.st_mtime,
					     .whole = whole };
	}
	*out = files;
	return nr;
}

void kt_initramfs_sweep(const char *path, time_t now)
{
	DIR *dir = opendir(path);
	struct file *files = NULL;
	size_t nr;

	if (!dir)
		return;
	nr = collect(dir, &files);
	if (nr)
		qsort(files, nr, sizeof(*files), by_use);
	for (size_t i = 0; i < nr; i++) {
		const bool keep = i < KT_INITRAMFS_KEEP && files[i].whole;

		if (!keep && files[i].used < now - KT_INITRAMFS_KEEP_S)
			unlinkat(dirfd(dir), files[i].name, 0);
		free(files[i].name);
	}
	free(files);
	closedir(dir);
}
