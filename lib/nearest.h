/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/nearest.h - what somebody who mistyped a name may have meant */
#ifndef KT_NEAREST_H
#define KT_NEAREST_H

/*
 * The name among @names (ends in NULL) that is nearest to @word: by few letters
 * that differ or have changed places, or by beginning with all of @word. NULL
 * if none is near. Borrowed from @names.
 */
const char *kt_nearest(const char *word, const char *const *names);

#endif
