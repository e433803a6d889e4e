/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/base64.h - any bytes as letters and digits (RFC 4648, section 4)
 *
 * ktstr-init links this, so it uses libc and nothing else.
 */
#ifndef KT_BASE64_H
#define KT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Characters for @len bytes. */
#define KT_BASE64_CHARS(len) (((len) + 2) / 3 * 4)

/* Write @len bytes to @out, KT_BASE64_CHARS(len) of them and a NUL. */
void kt_base64_write(const void *data, size_t len, char *out);

/*
 * Read @chars at @text, which is not changed, to @out, which has room for three
 * bytes for each four of them. False if kt_base64_write() would not have
 * written them; what is in @out then does not count.
 */
bool kt_base64_read(const char *text, size_t chars, char *out, size_t *len);

#endif
