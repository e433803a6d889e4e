/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/pty.h - a terminal for a command
 *
 * For ktstr-init: libc only. A pty, and not hvc0 itself: the driver of hvc0
 * waits for the host with interrupts off for each buffer (__send_to_port() in
 * drivers/char/virtio_console.c), so that a person who reads slowly would halt
 * a CPU of the guest; and nothing tells when its last byte is with the host,
 * where the bytes of the other ports are counted (lib/ctl.h).
 */
#ifndef KT_GUEST_PTY_H
#define KT_GUEST_PTY_H

#include <sys/types.h>

struct kt_pty_size {
	unsigned short cols, rows;
};

/*
 * Open both ends, close-on-exec; the master does not block. 0, or the errno.
 */
int kt_pty_open(struct kt_pty_size size, int *master, int *slave);

/* In the child, which leads a session: @slave is its terminal. */
void kt_pty_control(int slave);

/* Whoever is in the foreground learns of it by SIGWINCH. */
void kt_pty_resize(int master, struct kt_pty_size size);

/* The line hangs up: SIGHUP to the leader @pid and to the foreground. */
void kt_pty_hang_up(int master, pid_t pid);

#endif
