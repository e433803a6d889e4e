/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/escape.h - the keys by which a person leaves a guest's terminal
 *
 * Ctrl-A x (or X) leaves. Ctrl-A a and Ctrl-A Ctrl-A are one Ctrl-A for the
 * guest. Ctrl-A and any other key are those two for the guest, so a Ctrl-A
 * waits here until the next key tells what it was.
 */
#ifndef KT_VM_ESCAPE_H
#define KT_VM_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#define KT_ESCAPE_KEY '\x01' /* Ctrl-A */

/* { 0 } has seen nothing. */
struct kt_escape {
	bool held; /* a Ctrl-A waits for what follows it */
	bool left; /* Ctrl-A x: nothing passes any more */
};

/*
 * Put what the guest is to get of the @len bytes at @in to @out, which has
 * room for @len + 1 and is another place. Returns how many bytes that are. A
 * stream may be cut anywhere.
 */
size_t kt_escape_feed(struct kt_escape *e, const char *in, size_t len,
		      char *out);

#endif
