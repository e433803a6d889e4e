/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/console.h - what a guest's kernel says on its serial line
 *
 * Everything goes to a log file, as it came, up to a limit. The last of it is
 * kept, and so is the fact that the kernel panicked.
 */
#ifndef KT_VM_CONSOLE_H
#define KT_VM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_CONSOLE_MAX_BYTES ((uint64_t)64 << 20) /* in the log file */
#define KT_CONSOLE_TAIL ((size_t)8 << 10)
#define KT_CONSOLE_TAIL_LINES 40
#define KT_CONSOLE_SCX_SIZE 512

struct kt_console;

/* @log is where it goes, borrowed; -1: nowhere. */
struct kt_console *kt_console_new(int log);
void kt_console_freep(struct kt_console **con);

/* Take in @len bytes. KT_SYS if the log cannot be written. */
enum kt_status kt_console_feed(struct kt_console *con, const void *data,
			       size_t len, struct kt_error *err) KT_MUST_CHECK;

/* Has the panic banner passed, at the start of a message? */
bool kt_console_panicked(const struct kt_console *con);

/*
 * The panic's own words ("VFS: Unable to mount root fs"), printable; "" if
 * there was none. Borrowed.
 */
const char *kt_console_panic(const struct kt_console *con);

/*
 * What sched_ext has said since kt_console_begin_job() of a scheduler that it
 * gave up, printable, lines joined by "; "; "" if it did not. Borrowed.
 */
const char *kt_console_scx(const struct kt_console *con);
void kt_console_begin_job(struct kt_console *con);

/*
 * Append the last lines, at most KT_CONSOLE_TAIL_LINES, each printable and
 * LF-terminated. After a panic these begin with its banner.
 */
void kt_console_tail(const struct kt_console *con, struct kt_buf *out);

/* The end of a piece of text: a character that is not all there. */
struct kt_console_begun {
	char bytes[3];
	size_t len;
};

/*
 * Make @len bytes fit for a terminal, in place: control characters but TAB and
 * LF become '?', as does every byte that is not UTF-8, and CR goes. Returns the
 * new length.
 *
 * Of text that comes in pieces, a character may lie in two. *begun, zero at
 * first, keeps what there is of one for the next piece, to which it is added:
 * @data has room for sizeof(begun->bytes) more. NULL: this is all of the text.
 */
size_t kt_console_clean(struct kt_console_begun *begun, char *data, size_t len);

#endif
