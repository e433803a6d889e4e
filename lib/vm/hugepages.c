// SPDX-License-Identifier: GPL-2.0-only
/* hugepages - the host's pool of huge pages */
#include "lib/vm/hugepages.h"

#include <fcntl.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/units.h"
#include "lib/xalloc.h"

#define MAX_BYTES 64 /* of a file with a number */

static bool read_number(const char *dir, const char *name, uint64_t *out)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, name);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	const char *p;

	if (kt_file_read(AT_FDCWD, path, MAX_BYTES, &text, &ignored))
		return false;
	p = text.data;
	/* What no machine has would only overflow sums. */
	return kt_parse_digits(&p, UINT32_MAX, out) && !strcmp(p, "\n");
}

bool kt_hugepages_read(const char *dir, struct kt_hugepages *out)
{
	struct kt_hugepages pool;

	if (!read_number(dir, "nr_hugepages", &pool.nr) ||
	    !read_number(dir, "free_hugepages", &pool.free) ||
	    !read_number(dir, "resv_hugepages", &pool.resv))
		return false;
	*out = pool;
	return true;
}

uint64_t kt_hugepages_needed(const struct kt_hugepages *pool, uint64_t pages)
{
	/* They were not read all at once. */
	const uint64_t there =
		pool->free > pool->resv ? pool->free - pool->resv : 0;

	return pages > there ? pool->nr + pages - there : pool->nr;
}
