/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/modules.h - the kernel modules that came along
 *
 * For ktstr-init: libc only.
 */
#ifndef KT_GUEST_MODULES_H
#define KT_GUEST_MODULES_H

#define KT_MODULES_FILE "/etc/ktstr/modules"

/* Tell the host, for people. */
typedef void kt_modules_warn_fn(void *ctx, const char *text);

/*
 * Load what @list, a file of paths, a line each, names, in that order, without
 * parameters. One that fails is told by @tell, and the rest is loaded all the
 * same. No list is nothing to do.
 */
void kt_modules_load(const char *list, kt_modules_warn_fn *tell, void *ctx);

#endif
