/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/xalloc.h - memory or death
 *
 * These never return NULL. Out of memory prints one line and exits KT_SYS:
 * the only way out of lib/ other than return. The caller owns what they
 * return and frees it with free(), or by kt_freep() at the end of a scope.
 */
#ifndef KT_XALLOC_H
#define KT_XALLOC_H

#include <stddef.h>

#include "lib/error.h"

void *kt_xcalloc(size_t n, size_t size) __attribute__((returns_nonnull));
void *kt_xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *kt_xstrdup(const char *s) __attribute__((returns_nonnull));
char *kt_xstrndup(const char *s, size_t len) __attribute__((returns_nonnull));
char *kt_xasprintf(const char *fmt, ...) KT_PRINTF(1, 2)
	__attribute__((returns_nonnull));
void kt_oom(void) __attribute__((noreturn, cold));

/* For KT_CLEANUP(): free what a char pointer points to. */
void kt_freep(char **p);

/* Pass @p through, or die if it is NULL: for constructors in other libraries. */
#define kt_xcheck(p)                               \
	({                                         \
		__typeof__(p) kt_p_ = (p);         \
		kt_p_ ? kt_p_ : (kt_oom(), kt_p_); \
	})

#endif
