/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vm/cmdline.h - the kernel's command line: its words, and its limit */
#ifndef KT_VM_CMDLINE_H
#define KT_VM_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

#define KT_CMDLINE_MAX 2047 /* x86's COMMAND_LINE_SIZE, less its NUL */

/*
 * Our words, those of the @engine (may be NULL), then those of @append (ends in
 * NULL; may be NULL): where one comes twice, the kernel takes the last. @dmesg
 * lets all messages out. *out is the caller's. KT_USAGE: longer than @limit, or
 * @append holds control characters.
 */
enum kt_status kt_cmdline_make(const char *engine, const char *const *append,
			       bool dmesg, size_t limit, char **out,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * How long a command line the kernel open at @fd takes, without its NUL: what
 * a bzImage says of itself (lib/bzimage.h), and never more than KT_CMDLINE_MAX.
 */
size_t kt_cmdline_limit(int fd);

#endif
