// SPDX-License-Identifier: GPL-2.0-only
/*
 * kbuild-turn - one build of a kernel at a time, and its result for all
 *
 * For temporary trees alone: one that stays may be configured as no other is.
 *
 * Where the wait belongs: not in ktstr-fetch, whose process has ended when the
 * build begins, and not in ktstr-cache add, which has nothing to spare when the
 * work is done. Here it guards what is dear, and nothing else has to know: a
 * lock on BUILD_DIR/.KEY.lock is held while make runs. Whoever had to wait for
 * it looks into the cache again. So does whoever did not, for an entry that was
 * stored since this process started: what all of a pipeline's tools are older
 * than is as fresh as --force can ask for.
 *
 * The entry is stored by another process, after the lock has gone. The lock
 * file therefore names the tree that was built, which "cache add" removes when
 * the kernel is in: as long as it is there the entry is waited for, a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cache.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/kbuild.h"
#include "lib/lock.h"
#include "lib/metadata.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define STORE_WAIT_NS (30 * KT_NS_PER_S)
#define LOOK_MS 100
#define MAX_LOCK_BYTES 8192

static char *lock_path(const struct kt_kbuild *kb, const char *key)
{
	return kt_xasprintf("%s/.%s.lock", kb->base, key);
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
					a->tv_nsec > b->tv_nsec;
}

/* A mirror that is believed without a signature may have another file. */
static bool same_source(const struct kt_record *a, const struct kt_record *b)
{
	const char *sum = kt_record_text(a, "sha256");
	const char *other = kt_record_text(b, "sha256");

	return !sum || !other || !strcmp(sum, other);
}

/*
 * The fresh entry of the key of @rec that was stored since we started, of a
 * source no less verified than that of @rec, or NULL.
 */
static struct kt_record *entry_since(const struct kt_kbuild *kb,
				     const struct kt_record *rec)
{
	struct kt_record *entry = NULL;
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;
	struct stat sb;

	if (!kb->cache ||
	    kt_cache_lookup(kb->cache, kt_record_text(rec, "key"), &entry,
			    &ignored) ||
	    !entry)
		return NULL;
	path = kt_path_join(kt_record_text(entry, "entry"), KT_METADATA_NAME);
	if (kt_cache_fresh(entry) &&
	    kt_cache_verified(entry, kt_record_text(rec, "verified")) &&
	    same_source(entry, rec) && !stat(path, &sb) &&
	    is_newer(&sb.st_mtim, &kb->started))
		return entry;
	kt_record_free(entry);
	return NULL;
}

/* Whoever held the lock before has built this tree; "" if that failed. */
static char *last_tree(int lock)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;

	if (lseek(lock, 0, SEEK_SET) ||
	    kt_fd_read(lock, MAX_LOCK_BYTES, &text, "lock", &ignored))
		return kt_xstrdup("");
	kt_buf_adds(&text, "");
	return kt_buf_take(&text);
}

static enum kt_status wait_for_store(const struct kt_kbuild *kb,
				     const struct kt_record *rec, int lock,
				     struct kt_record **entry,
				     struct kt_error *err)
{
	const uint64_t deadline = kt_deadline_in(STORE_WAIT_NS);
	char *tree KT_CLEANUP(kt_freep) = last_tree(lock);
	bool there = true;

	while (there && kt_deadline_poll_ms(deadline)) {
		struct pollfd stop = { .fd = kt_stop_fd(), .events = POLLIN };
		enum kt_status st = kt_stop_check(err);

		if (st)
			return st;
		/* Looked at first: the tree goes after the entry has come. */
		there = *tree && !access(tree, F_OK);
		*entry = entry_since(kb, rec);
		if (*entry)
			return KT_OK;
		if (there)
			poll(&stop, 1, LOOK_MS);
	}
	return KT_OK;
}

/* What may stand in the file before is no matter: its lock is what counts. */
static void note_tree(int lock, const char *tree)
{
	struct kt_error ignored;

	if (ftruncate(lock, 0) || lseek(lock, 0, SEEK_SET) ||
	    kt_fd_write(lock, tree, strlen(tree), "lock", &ignored)) {
		/* Another build then does not wait for our store. */
	}
}

enum kt_status kt_kbuild_turn(const struct kt_kbuild *kb,
			      const struct kt_record *rec, int *lock,
			      struct kt_record **entry, struct kt_error *err)
{
	const char *key = kt_record_text(rec, "key");
	char *path KT_CLEANUP(kt_freep) = lock_path(kb, key);
	struct kt_record *found = NULL;
	int fd KT_CLEANUP(kt_closep) = -1;
	bool waited = false;
	enum kt_status st = kt_lock_file(path, false, 1, &fd, err);

	if (st == KT_AGAIN) {
		kb->note("waiting for another build of \"%s\"", key);
		waited = true;
		st = kt_lock_file(path, false, 0, &fd, err);
	}
	if (st)
		return st;
	if (waited)
		st = wait_for_store(kb, rec, fd, &found, err);
	else
		found = entry_since(kb, rec);
	if (st)
		return st;
	if (!found)
		note_tree(fd, kt_record_text(rec, "tree"));
	*entry = found;
	*lock = fd;
	fd = -1;
	return KT_OK;
}

void kt_kbuild_turn_failed(const struct kt_kbuild *kb, const char *key)
{
	char *path KT_CLEANUP(kt_freep) = lock_path(kb, key);

	/* Still locked: whoever waits makes a new one, which names no tree. */
	unlink(path);
}
