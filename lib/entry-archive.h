/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/entry-archive.h - a cache entry as one file, to be handed on
 *
 * KEY.tar.zst holds a directory KEY with the entry's files, sorted, without
 * times and owners: the same entry gives the same bytes with the same libzstd.
 * What is inside is checked against the sums in its metadata.json before it
 * becomes an entry. That guards against damage; whom a file comes from is for
 * whoever fetches it to know.
 */
#ifndef KT_ENTRY_ARCHIVE_H
#define KT_ENTRY_ARCHIVE_H

#include <stdbool.h>

#include "lib/cache.h"
#include "lib/error.h"
#include "lib/record.h"

#define KT_ENTRY_SUFFIX ".tar.zst"

/*
 * Write entry @key of @cache to @fd, which @what names in errors. KT_FAIL: no
 * such entry, or told to stop; KT_DATA: it is corrupt; KT_SYS.
 */
enum kt_status kt_entry_export(struct kt_cache *cache, const char *key, int fd,
			       const char *what,
			       struct kt_error *err) KT_MUST_CHECK;

struct kt_entry_import {
	struct kt_cache *cache;
	const char *base; /* build directory, canonical, to unpack in */
	const char *key;  /* to be stored under; NULL: the archive's own */
	const char *kconfig_crc32; /* as for kt_cache_open() */
	bool force;		   /* replace an entry of that key */
	/* May be NULL; else one for whose record this says no is not stored. */
	bool (*wants)(const struct kt_record *rec, void *ctx);
	void *ctx;
};

/*
 * Store the entry in the archive at @fd, a regular file that @what names in
 * errors. *out is the record of the entry that is there now, the caller's;
 * without force that may be one that was there before. KT_DATA: it is no such
 * archive, or what is inside is not what its metadata says; KT_FAIL: it is not
 * wanted. As kt_cache_store() otherwise; nothing is left behind.
 */
enum kt_status kt_entry_import(const struct kt_entry_import *how, int fd,
			       const char *what, struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

#endif
