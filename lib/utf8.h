/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/utf8.h - UTF-8 as RFC 3629 has it
 *
 * Shortest form only, no surrogates, nothing above U+10FFFF.
 */
#ifndef KT_UTF8_H
#define KT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the character at @s, of which @len bytes are there; 0 if none. */
size_t kt_utf8_len(const char *s, size_t len);

/* Are the @len bytes at @s the beginning of a character, and not all of it? */
bool kt_utf8_is_begun(const char *s, size_t len);

/*
 * Is the character at @s, whose length is @len, a control character? So are C0,
 * DEL, and C1 (U+0080 to U+009F), which terminals obey as well.
 */
bool kt_utf8_is_control(const char *s, size_t len);

/* True if all @len bytes at @s are UTF-8 text without NUL. */
bool kt_utf8_valid(const char *s, size_t len);

#endif
