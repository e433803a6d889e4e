// SPDX-License-Identifier: GPL-2.0-only
/* known - the flags that schedulers had when they were last asked */
#include "lib/verifier/known.h"

#include <fcntl.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

enum kt_status kt_flags_keep(const char *dir, const char *scheduler,
			     const char *text, size_t len, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, scheduler);
	enum kt_status st = kt_mkdirs(dir, err);

	if (st)
		return st;
	return kt_file_replace(AT_FDCWD, path, text, len, 0644, err);
}

enum kt_status kt_flags_known(const char *dir, const char *scheduler,
			      struct kt_flags *out, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, scheduler);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st =
		kt_file_read(AT_FDCWD, path, KT_FLAGS_MAX_BYTES, &text, err);

	return st ? st :
		    kt_flags_parse(text.len ? text.data : "", text.len, out,
				   err);
}
