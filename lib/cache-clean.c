// SPDX-License-Identifier: GPL-2.0-only
/* cache-clean - which entries of a cache go, and whether those left are whole */
#include "lib/cache-clean.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/metadata.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define MAX_REREADS 10 /* of an entry that is replaced as it is read */

static bool too_old(const struct kt_clean *clean, const struct kt_record *rec)
{
	const char *text = kt_record_text(rec, "built_at");
	time_t built;

	return clean->by_age && text && kt_clock_parse_utc(text, &built) &&
	       built < clean->now &&
	       (uint64_t)(clean->now - built) > clean->max_age_s;
}

/* The @nr-th good entry, with which all so far have @total bytes. */
static bool good_goes(const struct kt_clean *clean, const struct kt_record *rec,
		      uint64_t nr, uint64_t total)
{
	if (clean->corrupt_only || nr < clean->keep)
		return false;
	if (!clean->by_size && !clean->by_age)
		return true;
	return (clean->by_size && total > clean->max_bytes) ||
	       too_old(clean, rec);
}

/* Does what link @link leads to go? */
static bool target_goes(const struct kt_record *link,
			struct kt_record *const *list, size_t nr,
			const bool *goes)
{
	const char *target = kt_path_base(kt_record_text(link, "entry"));

	for (size_t i = 0; i < nr; i++) {
		const char *key = kt_record_text(list[i], "key");

		if (key && !strcmp(key, target))
			return goes[i];
	}
	return false;
}

size_t kt_clean_select(const struct kt_clean *clean,
		       struct kt_record *const *list, size_t nr, bool *goes)
{
	uint64_t nr_good = 0, total = 0;
	size_t nr_goes = 0;

	for (size_t i = 0; i < nr; i++) {
		struct kt_error ignored;
		uint64_t bytes = 0;

		goes[i] = false;
		if (kt_cache_is_link(list[i]))
			continue;
		if (kt_record_flag(list[i], "foreign")) {
			goes[i] = clean->foreign;
		} else if (kt_record_has(list[i], "error")) {
			goes[i] = true;
		} else {
			if (kt_record_u64_or(list[i], "entry_bytes", 0, &bytes,
					     &ignored))
				bytes = 0;
			if (__builtin_add_overflow(total, bytes, &total))
				total = UINT64_MAX;
			goes[i] = good_goes(clean, list[i], nr_good++, total);
		}
		nr_goes += goes[i];
	}
	for (size_t i = 0; i < nr; i++) {
		if (!kt_cache_is_link(list[i]))
			continue;
		goes[i] = target_goes(list[i], list, nr, goes);
		nr_goes += goes[i];
	}
	return nr_goes;
}

/* The files that a reader of the entry may open. */
static size_t names_of(const struct kt_record *meta, const char *names[4])
{
	static const char *const members[] = { "image_name", "boot_image_name",
					       "vmlinux_name" };
	size_t nr = 0;

	for (size_t i = 0; i < 3; i++)
		if (kt_record_text(meta, members[i]))
			names[nr++] = kt_record_text(meta, members[i]);
	names[nr++] = KT_ENTRY_CONFIG;
	return nr;
}

static enum kt_status verify_file(int entry, const struct kt_record *meta,
				  const char *name,
				  struct kt_cache_checked *out,
				  struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = -1;
	char want[KT_SHA256_SIZE] = "", got[KT_SHA256_SIZE];
	uint64_t noted, size;
	const bool known = kt_metadata_file(meta, name, &noted, want);
	enum kt_status st;

	fd = openat(entry, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !known)
		return KT_OK;
	if (fd < 0)
		return kt_fail(err, KT_DATA, "cannot open \"%s\": %s", name,
			       strerror(errno));
	if (!known || !want[0]) {
		out->unsummed = true;
		return KT_OK;
	}
	st = kt_sha256_fd(fd, name, got, &size, err);
	if (st)
		return kt_fail(err, KT_DATA, "cannot read \"%s\"", name);
	if (size != noted)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has %llu bytes, and had %llu", name,
			       (unsigned long long)size,
			       (unsigned long long)noted);
	if (strcmp(got, want) != 0)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is not what was stored: its sha256 is "
			       "%s, and was %s",
			       name, got, want);
	out->nr_files++;
	out->bytes += size;
	return kt_stop_check(err);
}

static enum kt_status verify_files(int entry, struct kt_cache_checked *out,
				   struct kt_error *err)
{
	struct kt_record *meta KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	const char *names[4];
	size_t nr = 0;
	enum kt_status st =
		kt_metadata_load(entry, KT_METADATA_NAME, &text, &meta, err);

	if (!st)
		st = kt_metadata_check(meta, err);
	if (!st)
		nr = names_of(meta, names);
	for (size_t i = 0; !st && i < nr; i++)
		st = verify_file(entry, meta, names[i], out, err);
	return st;
}

static bool replaced(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) || stat(path, &named) ||
	       open_one.st_ino != named.st_ino ||
	       open_one.st_dev != named.st_dev;
}

enum kt_status kt_cache_verify(struct kt_cache *cache, const char *key,
			       struct kt_cache_checked *out,
			       struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (int i = 0; i < MAX_REREADS; i++) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
		struct kt_cache_checked checked = { 0 };
		int fd KT_CLEANUP(kt_closep) = -1;
		const char *dir;

		st = kt_cache_lookup(cache, key, &rec, err);
		if (st)
			return st;
		if (!rec)
			return kt_fail(err, KT_FAIL,
				       "no entry \"%s\" in the cache", key);
		dir = kt_record_text(rec, "entry");
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		st = fd < 0 ? kt_fail_errno(err, "cannot open \"%s\"", dir) :
			      verify_files(fd, &checked, err);
		if (!st) {
			*out = checked;
			return KT_OK;
		}
		if (kt_stop_signal() || (fd >= 0 && !replaced(fd, dir)))
			return st;
	}
	return st;
}
