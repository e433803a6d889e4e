/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/banner.h - what a person who gets a shell is told first
 *
 * For ktstr-init: libc only.
 */
#ifndef KT_GUEST_BANNER_H
#define KT_GUEST_BANNER_H

#include <stddef.h>

#define KT_BANNER_BYTES 2048

/*
 * The kernel, the machine, what was brought along, how to leave: lines that end
 * in LF, printable, NUL-terminated, at most @size bytes.
 */
void kt_banner(char *out, size_t size);

/* The shell's prompt (PS1): which kernel, where. */
void kt_banner_prompt(char *out, size_t size);

#endif
