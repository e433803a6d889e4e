// SPDX-License-Identifier: GPL-2.0-only
/* initramfs-entries - what is to be in an archive, by path */
#include "lib/initramfs-entries.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

void kt_part_add(struct kt_initramfs_part *part, enum kt_entry_kind kind,
		 const char *path, mode_t mode, const char *source)
{
	if (!(part->nr & (part->nr - 1)))
		part->v = kt_xrealloc(part->v, (part->nr ? part->nr * 2 : 1) *
						       sizeof(*part->v));
	part->v[part->nr] = (struct kt_entry){ .kind = kind,
					       .mode = mode,
					       .path = kt_xstrdup(path) };
	if (source)
		part->v[part->nr].source = kt_xstrdup(source);
	part->nr++;
}

void kt_part_release(struct kt_initramfs_part *part)
{
	for (size_t i = 0; i < part->nr; i++) {
		free(part->v[i].path);
		free(part->v[i].source);
	}
	free(part->v);
	*part = (struct kt_initramfs_part){ 0 };
}

static int by_path(const void *a, const void *b)
{
	const struct kt_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static bool same_entry(const struct kt_entry *a, const struct kt_entry *b)
{
	return a->kind == b->kind && a->mode == b->mode &&
	       (a->source ? b->source && !strcmp(a->source, b->source) :
			    !b->source);
}

static enum kt_status clash(const struct kt_entry *a, const struct kt_entry *b,
			    struct kt_error *err)
{
	enum kt_status st;

	if (a->kind != KT_ENTRY_DIR && b->kind != KT_ENTRY_DIR)
		st = kt_fail(err, KT_USAGE,
			     "both \"%s\" and \"%s\" would be \"/%s\" in the "
			     "guest",
			     a->source, b->source, a->path);
	else
		st = kt_fail(err, KT_USAGE,
			     "\"/%s\" would be a file and a directory in the "
			     "guest",
			     a->path);
	return kt_hint(err, st,
		       "pack them for a guest each, or include the directories "
		       "that hold programs and libraries");
}

enum kt_status kt_part_settle(struct kt_initramfs_part *part,
			      struct kt_error *err)
{
	size_t kept = 0;

	if (part->nr)
		qsort(part->v, part->nr, sizeof(*part->v), by_path);
	for (size_t i = 0; i < part->nr; i++) {
		struct kt_entry *e = &part->v[i];

		if (!kept || strcmp(part->v[kept - 1].path, e->path)) {
			part->v[kept++] = *e;
			continue;
		}
		if (!same_entry(&part->v[kept - 1], e)) {
			part->nr -= i - kept;
			memmove(&part->v[kept], e,
				(part->nr - kept) * sizeof(*e));
			return clash(&part->v[kept - 1], &part->v[kept], err);
		}
		free(e->path);
		free(e->source);
	}
	part->nr = kept;
	return KT_OK;
}

const struct kt_entry *kt_part_find(const struct kt_initramfs_part *part,
				    const char *path)
{
	const struct kt_entry key = { .path = (char *)path };

	return part->nr ?
		       bsearch(&key, part->v, part->nr, sizeof(key), by_path) :
		       NULL;
}
