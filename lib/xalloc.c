// SPDX-License-Identifier: GPL-2.0-only
/* xalloc - memory or death */
#include "lib/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void kt_oom(void)
{
	static const char msg[] = "ktstr: out of memory\n";

	/* stdio may itself want memory, and exit() flushes it */
	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
		quick_exit(KT_SYS);
	quick_exit(KT_SYS);
}

void *kt_xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		kt_oom();
	return p;
}

void *kt_xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		kt_oom();
	return p;
}

char *kt_xstrdup(const char *s)
{
	return kt_xstrndup(s, strlen(s));
}

char *kt_xstrndup(const char *s, size_t len)
{
	char *copy = kt_xcalloc(len + 1, 1);

	memcpy(copy, s, len);
	return copy;
}

char *kt_xasprintf(const char *fmt, ...)
{
	char *out = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&out, fmt, ap);
	va_end(ap);
	if (len < 0)
		kt_oom();
	return out;
}

void kt_freep(char **p)
{
	free(*p);
}
