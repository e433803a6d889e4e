// SPDX-License-Identifier: GPL-2.0-only
/* sums - the sha256 of files, remembered by what stat(2) says of them */
#include "lib/sums.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/xalloc.h"

#define NR_NUMBERS 5
#define NUMBER 17 /* 16 digits and a blank */
#define KEY ((size_t)NR_NUMBERS * NUMBER)
#define LINE (KEY + KT_SHA256_SIZE) /* the sum, and LF for its NUL */

struct kt_sums {
	char *path;
	const char *old; /* mapped, NULL if there is nothing */
	size_t nr_old;
	char (*new)[LINE]; /* in no order */
	size_t nr_new;
};

static uint64_t ns_of(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * KT_NS_PER_S + (uint64_t)ts->tv_nsec;
}

static struct kt_stamp stamp_of(const struct stat *sb)
{
	return (struct kt_stamp){ .dev = sb->st_dev,
				  .ino = sb->st_ino,
				  .size = (uint64_t)sb->st_size,
				  .mtime_ns = ns_of(&sb->st_mtim),
				  .ctime_ns = ns_of(&sb->st_ctim) };
}

bool kt_stamp_fits(const struct kt_stamp *stamp, const struct stat *sb)
{
	const struct kt_stamp now = stamp_of(sb);

	return stamp->dev == now.dev && stamp->ino == now.ino &&
	       stamp->size == now.size && stamp->mtime_ns == now.mtime_ns &&
	       stamp->ctime_ns == now.ctime_ns;
}

/* mtime may be set to anything, ctime not. */
static bool is_settled(const struct kt_stamp *stamp, uint64_t now_ns)
{
	return stamp->ctime_ns < now_ns &&
	       now_ns - stamp->ctime_ns > KT_SUMS_SETTLE_NS;
}

static void put_key(const struct kt_stamp *stamp, char key[KEY + 1])
{
	snprintf(key, KEY + 1, "%016llx %016llx %016llx %016llx %016llx ",
		 (unsigned long long)stamp->dev, (unsigned long long)stamp->ino,
		 (unsigned long long)stamp->size,
		 (unsigned long long)stamp->mtime_ns,
		 (unsigned long long)stamp->ctime_ns);
}

struct kt_sums *kt_sums_open(const char *path)
{
	struct kt_sums *sums = kt_xcalloc(1, sizeof(*sums));
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat sb;
	size_t size;
	void *map;

	sums->path = kt_xstrdup(path);
	if (fd < 0 || fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode) ||
	    sb.st_size <= 0 || sb.st_size > (off_t)(KT_SUMS_MAX * LINE) ||
	    (size_t)sb.st_size % LINE)
		return sums;
	size = (size_t)sb.st_size;
	/* Ours replace it and never cut it, so what is mapped stays. */
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return sums;
	sums->old = map;
	sums->nr_old = size / LINE;
	return sums;
}

void kt_sums_freep(struct kt_sums **sums_p)
{
	struct kt_sums *sums = *sums_p;

	if (!sums)
		return;
	if (sums->old)
		munmap((void *)sums->old, sums->nr_old * LINE);
	free(sums->new);
	free(sums->path);
	free(sums);
	*sums_p = NULL;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

/* True, and the sum in @out, if a sound line for @key is there. */
static bool find(const struct kt_sums *sums, const char *key,
		 char out[KT_SHA256_SIZE])
{
	const char *line = sums->old ? bsearch(key, sums->old, sums->nr_old,
					       LINE, by_key) :
				       NULL;
	char sum[KT_SHA256_SIZE];

	if (!line || line[LINE - 1] != '\n')
		return false;
	memcpy(sum, line + KEY, KT_SHA256_SIZE - 1);
	sum[KT_SHA256_SIZE - 1] = '\0';
	if (strspn(sum, "0123456789abcdef") != KT_SHA256_SIZE - 1)
		return false;
	memcpy(out, sum, sizeof(sum));
	return true;
}

static void learn(struct kt_sums *sums, const char *key, const char *sha256)
{
	char *line;

	if (sums->nr_new >= KT_SUMS_MAX)
		return;
	if (!(sums->nr_new & (sums->nr_new - 1)))
		sums->new = kt_xrealloc(sums->new,
					(sums->nr_new ? sums->nr_new * 2 : 1) *
						sizeof(*sums->new));
	line = sums->new[sums->nr_new++];
	memcpy(line, key, KEY);
	memcpy(line + KEY, sha256, KT_SHA256_SIZE - 1);
	line[LINE - 1] = '\n';
}

enum kt_status kt_sums_get(struct kt_sums *sums, int fd, const char *what,
			   uint64_t now_ns, struct kt_sum *out,
			   struct kt_error *err)
{
	struct kt_sum sum = { 0 };
	char key[KEY + 1];
	struct stat sb;
	enum kt_status st;

	if (fstat(fd, &sb) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	sum.stamp = stamp_of(&sb);
	sum.settled = is_settled(&sum.stamp, now_ns);
	put_key(&sum.stamp, key);
	if (sums && sum.settled && find(sums, key, sum.sha256)) {
		*out = sum;
		return KT_OK;
	}
	st = kt_sha256_fd(fd, what, sum.sha256, NULL, err);
	if (!st && fstat(fd, &sb) < 0)
		st = kt_fail_errno(err, "cannot read \"%s\"", what);
	if (!st && !kt_stamp_fits(&sum.stamp, &sb))
		st = kt_fail(err, KT_AGAIN, "\"%s\" changed while it was read",
			     what);
	if (st)
		return st;
	if (sums && sum.settled)
		learn(sums, key, sum.sha256);
	*out = sum;
	return KT_OK;
}

/* Both lists as one, sorted, each key once: what is new wins. */
static void merge(const struct kt_sums *sums, size_t nr_old,
		  struct kt_buf *text)
{
	size_t old = 0;

	for (size_t i = 0; i < sums->nr_new; i++) {
		const char *line = sums->new[i];
		int order = 1;

		while (old < nr_old &&
		       (order = by_key(sums->old + old * LINE, line)) < 0)
			kt_buf_add(text, sums->old + LINE * old++, LINE);
		old += !order;
		if (!i || by_key(sums->new[i - 1], line))
			kt_buf_add(text, line, LINE);
	}
	if (old < nr_old)
		kt_buf_add(text, sums->old + old * LINE, (nr_old - old) * LINE);
}

void kt_sums_save(struct kt_sums *sums)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char *temp KT_CLEANUP(kt_freep) = NULL;
	const bool full = sums->nr_old + sums->nr_new > KT_SUMS_MAX;
	int fd KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;

	if (!sums->nr_new)
		return;
	qsort(sums->new, sums->nr_new, LINE, by_key);
	merge(sums, full ? 0 : sums->nr_old, &text);
	if (kt_file_temp(AT_FDCWD, sums->path, 0666, &temp, &fd, &ignored))
		return;
	/* Not synced: after a crash it may be short, and is then not used. */
	if (kt_fd_write(fd, text.data, text.len, temp, &ignored) ||
	    rename(temp, sums->path) < 0)
		unlink(temp);
}
