// SPDX-License-Identifier: GPL-2.0-only
/* out - files of the guest that are wanted on the host */
#include "lib/vm/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/fd.h"
#include "lib/stream.h"
#include "lib/xalloc.h"

#define NEW "new" /* the name in the temporary directory */

void kt_out_release(struct kt_out *out)
{
	free(out->guest);
	free(out->dir);
	free(out->path);
	*out = (struct kt_out){ 0 };
}

/* The last part of @path, which may end in slashes; NULL if that is no name. */
static char *last_name(const char *path)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	if (end == start || (end - start == 1 && path[start] == '.') ||
	    (end - start == 2 && !strncmp(path + start, "..", 2)))
		return NULL;
	return kt_xstrndup(path + start, end - start);
}

enum kt_status kt_out_parse(const char *text, struct kt_out *out,
			    struct kt_error *err)
{
	const size_t len = strcspn(text, ":");
	const char *dir = text[len] ? text + len + 1 : "";
	char *guest KT_CLEANUP(kt_freep) = kt_xstrndup(text, len);
	char *name KT_CLEANUP(kt_freep) = last_name(guest);
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct stat sb;

	if (!len || !*dir)
		return kt_fail(err, KT_USAGE,
			       "--out: \"%s\" is not GUESTPATH:HOSTDIR", text);
	if (!name)
		return kt_fail(err, KT_USAGE,
			       "--out: \"%s\" does not end in a name", guest);
	path = kt_path_join(dir, name);
	if (!lstat(path, &sb) && S_ISDIR(sb.st_mode))
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "--out: there is a directory \"%s\" "
				       "already",
				       path),
			       "remove it, or name another directory");
	*out = (struct kt_out){ .guest = guest,
				.dir = kt_xstrdup(dir),
				.path = path };
	guest = path = NULL;
	return KT_OK;
}

void kt_out_argv(const struct kt_out *out, const char *argv[4])
{
	argv[0] = KT_CTL_INIT;
	argv[1] = "--tar";
	argv[2] = out->guest;
	argv[3] = NULL;
}

/* Make it a directory NEW in @work, and unpack there. */
static enum kt_status unpack(const struct kt_out *out, int tar, int work,
			     struct kt_error *err)
{
	struct kt_stream *stream KT_CLEANUP(kt_stream_freep) = NULL;
	int dir KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	if (!mkdirat(work, NEW, 0777))
		dir = openat(work, NEW, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return kt_fail_errno(err, "cannot make a directory");
	/* Decompressed, a little of the guest's could be very much. */
	st = kt_stream_plain(tar, out->guest, &stream, err);
	return st ? st :
		    kt_archive_unpack(stream, out->guest, dir, NULL, NULL, NULL,
				      err);
}

/* One file, or the directory itself, becomes out->path. */
static enum kt_status place(const struct kt_out *out, int work,
			    struct kt_error *err)
{
	const char *name = NEW;
	struct stat sb;

	if (!fstatat(work, NEW "/" KT_CTL_OUT_FILE, &sb, AT_SYMLINK_NOFOLLOW) &&
	    S_ISREG(sb.st_mode))
		name = NEW "/" KT_CTL_OUT_FILE;
	if (renameat(work, name, AT_FDCWD, out->path))
		return kt_fail_errno(err, "cannot make \"%s\"", out->path);
	return KT_OK;
}

enum kt_status kt_out_store(const struct kt_out *out, int tar,
			    struct kt_error *err)
{
	char *prefix KT_CLEANUP(kt_freep) =
		kt_path_join(out->dir, ".ktstr-out");
	char *temp KT_CLEANUP(kt_freep) = NULL;
	int work KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;
	enum kt_status st;

	if (lseek(tar, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot read the archive");
	st = kt_mkdirs(out->dir, err);
	if (!st)
		st = kt_temp_dir(prefix, &temp, err);
	if (st)
		return st;
	work = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	st = work < 0 ? kt_fail_errno(err, "cannot open \"%s\"", temp) :
			unpack(out, tar, work, err);
	if (!st)
		st = place(out, work, err);
	/* It is the first error that counts. */
	if (kt_remove_tree(AT_FDCWD, temp, st ? &ignored : err) && !st)
		st = KT_SYS;
	return st;
}
