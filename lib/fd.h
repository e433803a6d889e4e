/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/fd.h - files and descriptors
 *
 * Whoever opened a descriptor closes it; a callee never closes one it was
 * handed. Every descriptor is close-on-exec from birth. -1 means none. Where a
 * directory descriptor and a path are taken, the path is relative to it
 * (AT_FDCWD: the current directory). Errors name the path.
 */
#ifndef KT_FD_H
#define KT_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_REMOVE_MAX_DEPTH 256

/* For KT_CLEANUP(): close unless -1; errno is kept. */
void kt_closep(int *fd);

/* The descriptor, which is the caller's now; -1 stays in its place. */
int kt_take_fd(int *fd);

/* Write all of @len bytes to @fd. KT_SYS names @what. */
enum kt_status kt_fd_write(int fd, const void *data, size_t len,
			   const char *what,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * Append what @fd holds up to its end to @buf. KT_DATA if that is more than
 * @max bytes; @buf then holds an undefined part of it.
 */
enum kt_status kt_fd_read(int fd, size_t max, struct kt_buf *buf,
			  const char *what, struct kt_error *err) KT_MUST_CHECK;

/* Read a whole regular file of at most @max bytes (KT_DATA if larger). */
enum kt_status kt_file_read(int dirfd, const char *path, size_t max,
			    struct kt_buf *buf,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * A new file beside @path, of its name with ".tmp-" and six random characters
 * behind it: no pid, which processes of two containers share. It is open for
 * reading and writing, with @mode less the umask. *temp and *fd are the
 * caller's, who renames or unlinks it.
 */
enum kt_status kt_file_temp(int dirfd, const char *path, mode_t mode,
			    char **temp, int *fd,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * Put @len bytes into @path so that a reader sees the old file or the new one:
 * written under a temporary name beside it, fsynced, renamed.
 */
enum kt_status kt_file_replace(int dirfd, const char *path, const void *data,
			       size_t len, mode_t mode,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Read @len bytes at @at of the file open at @fd, which is called @what, into
 * @buf, whatever its offset. *got is how many there are: less than @len if the
 * file ends before.
 */
enum kt_status kt_fd_read_at(int fd, const char *what, void *buf, uint64_t len,
			     uint64_t at, uint64_t *got,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * Copy from the offset of @from to its end into @to, by reflink or in the
 * kernel where the file systems can, else through a buffer. *copied, if not
 * NULL, is the number of bytes.
 */
enum kt_status kt_fd_copy(int from, int to, const char *what, uint64_t *copied,
			  struct kt_error *err) KT_MUST_CHECK;

/* Make @path and the directories above it, each with mode 0777 and the umask. */
enum kt_status kt_mkdirs(const char *path, struct kt_error *err) KT_MUST_CHECK;

/* The same, and its canonical path, which the caller owns. */
enum kt_status kt_mkdirs_real(const char *path, char **out,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * Remove @name below @dirfd with everything in it. Links are removed, never
 * followed; file systems mounted below are not entered, and neither are
 * directories more than KT_REMOVE_MAX_DEPTH below @name. KT_OK if there is none.
 * Modes of directories are opened up as needed.
 */
enum kt_status kt_remove_tree(int dirfd, const char *name,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * A new private directory "PREFIX.XXXXXX" (mode 0700); the caller owns the
 * path returned in *out.
 */
enum kt_status kt_temp_dir(const char *prefix, char **out,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * A new file in directory @dir that has no name, for reading and writing: it is
 * gone when it is closed, whatever happens.
 */
enum kt_status kt_fd_nameless(const char *dir, int *fd,
			      struct kt_error *err) KT_MUST_CHECK;

/* DIR/NAME, or NAME itself if it is absolute. The caller owns it. */
char *kt_path_join(const char *dir, const char *name);

/* Do both lead to one file, which is there? */
bool kt_path_same(const char *a, const char *b);

/* The part behind the last slash; borrowed from @path. */
const char *kt_path_base(const char *path);

/*
 * The first file named @name that this process may execute in the
 * colon-separated directories of @path, or NULL. A @name that holds a slash is
 * tried as it is. The caller owns the result.
 */
char *kt_path_search(const char *path, const char *name);

#endif
