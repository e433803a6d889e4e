// SPDX-License-Identifier: GPL-2.0-only
/* jobs - how many processors we may use */
#include "lib/jobs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/units.h"
#include "lib/xalloc.h"

#define MAX_CPUS 65536
#define MAX_FILE ((size_t)64 << 10)

bool kt_jobs_cpu_max(const char *text, unsigned int *cpus)
{
	uint64_t quota, period, n;

	if (!kt_parse_digits(&text, UINT64_MAX, &quota) || *text++ != ' ' ||
	    !kt_parse_digits(&text, UINT64_MAX, &period) || !period)
		return false;
	if (*text && strcmp(text, "\n") != 0)
		return false;
	n = quota / period + (quota % period != 0);
	if (n > MAX_CPUS)
		return false;
	*cpus = n ? (unsigned int)n : 1;
	return true;
}

static bool read_file(const char *path, struct kt_buf *buf)
{
	struct kt_error ignored;

	kt_buf_adds(buf, "");
	return !kt_file_read(AT_FDCWD, path, MAX_FILE, buf, &ignored);
}

/* Our group in the unified hierarchy, "/a/b"; NULL if we cannot tell. */
static char *own_group(const char *self)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	if (!read_file(self, &text))
		return NULL;
	for (const char *s = text.data; s && *s;) {
		const size_t len = strcspn(s, "\n");

		if (!strncmp(s, "0::/", 4))
			return kt_xstrndup(s + 3, len - 3);
		s += len + (s[len] == '\n');
	}
	return NULL;
}

static unsigned int affinity(void)
{
	/* Larger than any mask a kernel has; the call refuses smaller ones. */
	cpu_set_t *set = kt_xcheck(CPU_ALLOC(MAX_CPUS));
	const size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	int n = 0;

	CPU_ZERO_S(size, set);
	if (!sched_getaffinity(0, size, set))
		n = CPU_COUNT_S(size, set);
	CPU_FREE(set);
	return n > 0 ? (unsigned int)n : 1;
}

unsigned int kt_jobs(const char *cgroups, const char *self)
{
	char *group KT_CLEANUP(kt_freep) = own_group(self);
	unsigned int best = affinity();

	/* The quota of every group above binds us too. */
	while (group) {
		struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
		char *file KT_CLEANUP(kt_freep) =
			kt_xasprintf("%s%s/cpu.max", cgroups, group);
		char *slash = strrchr(group, '/');
		unsigned int n;

		if (read_file(file, &text) && kt_jobs_cpu_max(text.data, &n) &&
		    n < best)
			best = n;
		if (!slash)
			break;
		*slash = '\0';
	}
	return best;
}
