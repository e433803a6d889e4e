/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/dump.h - sched_ext's own dump, from the kernel's trace buffer
 *
 * When sched_ext gives up a scheduler it describes the state of all CPUs and
 * tasks, line by line, as events sched_ext_dump (kernel/sched/ext.c,
 * scx_dump_state()), which ktstr-init has the kernel keep. A scheduler may
 * print the same itself, but need not.
 */
#ifndef KT_VERIFIER_DUMP_H
#define KT_VERIFIER_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define KT_DUMP_MAX_BYTES ((size_t)4 << 20) /* of the trace that is read */

/* The guest's command that prints the trace buffer, and empties it. */
#define KT_DUMP_COMMAND \
	"cat /sys/kernel/tracing/trace; : >/sys/kernel/tracing/trace"

/* What a scheduler that prints the dump itself puts before it. */
#define KT_DUMP_MARK "DEBUG DUMP"

/*
 * Append the last dump in the @len bytes at @trace to @out, each line with its
 * LF. False: there is none.
 */
bool kt_dump_last(const char *trace, size_t len, struct kt_buf *out);

#endif
