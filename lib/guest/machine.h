/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/machine.h - making a booted kernel a machine that commands run on
 *
 * For ktstr-init: libc only.
 */
#ifndef KT_GUEST_MACHINE_H
#define KT_GUEST_MACHINE_H

#include <stddef.h>

/* Tell people that @what ("cannot mount") failed for @name; errno says why. */
typedef void kt_complain_fn(const char *what, const char *name);

/*
 * Mounts, links in /dev, the statistics of BPF programs, the dumps of sched_ext
 * in the trace buffer, cgroup controllers,
 * the loopback interface. What a kernel does not have is left out; a complaint
 * is made of what no kernel of use can lack.
 */
void kt_machine_set_up(kt_complain_fn *complain);

/*
 * PATH for commands: the directories in /include-files that hold programs,
 * sorted, and the usual ones. What does not fit into @size bytes is left out.
 */
void kt_machine_path(char *path, size_t size);

/* At most @size - 1 bytes of a file, less a last newline; "" if it is absent. */
void kt_machine_read(const char *path, char *out, size_t size);

/* Best effort: what the kernel does not have is not there to set. */
void kt_machine_write(const char *path, const char *text);

#endif
