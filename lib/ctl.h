/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/ctl.h - what host and guest say to each other about a job
 *
 * Both sides link this, ktstr-init too, so it uses libc and nothing else: no
 * other module of ours, no JSON. It is compiled into the static init from the
 * same file.
 *
 * A message is one line: words separated by TAB, ended by LF. In a word every
 * byte but letters, digits and -_./:,+=@ stands as %XX (upper-case hex), so
 * any bytes but NUL pass; an empty word is "%". The first word is the verb.
 * A reader ignores verbs it does not know.
 *
 * The four ports (virtio 1.2 section 5.3; the kernel's drivers/char/
 * virtio_console.c; names in /sys/class/virtio-ports/vportNpM/name):
 *   ktstr.control  these lines, both ways
 *   ktstr.stdin    bytes to the command
 *   ktstr.stdout, ktstr.stderr   bytes from it
 * A guest that has no such console has them all on a serial line: lib/mux.h.
 *
 * The end of a byte stream is told by "eof" with the number of bytes that were
 * sent, on the control port, and not by the closing of the port: QEMU does not
 * show a guest's close on the host side, and no transport orders it with the
 * data. Whoever gets "eof" goes on reading until it has that many bytes.
 *
 * Guest to host:
 *   hello PROTOCOL             init is up; PROTOCOL is KT_CTL_PROTOCOL
 *   started PID                the command runs
 *   failed ERRNO TEXT          it could not be started (exec's errno)
 *   attached OPS               sched_ext runs the job's scheduler, named OPS
 *   eof stdout|stderr BYTES    no more on that port, BYTES in all
 *   exited STATUS              the command's exit status, 0 to 255
 *   signaled SIGNO             or the signal it died of
 *   pong WORD                  the answer to ping, with its word
 *   warning TEXT               for people
 *   bye                        init ends the machine now
 * Host to guest, before a job:
 *   env NAME=VALUE             for the next run; may be repeated
 *   cwd DIR
 *   attach                     the next run is a scheduler: see below
 *   terminal COLS ROWS         the next run has a terminal of that size
 *   join                       its stderr is its stdout: one stream, in order
 *   run ARG0 ARG1...           start it; its stdio is pipes that init relays
 *   shell                      start the guest's own shell, for a person, who
 *                              is greeted; wants a terminal before it
 * at any time:
 *   eof stdin BYTES            close the command's stdin after BYTES in all
 *   winsize COLS ROWS          the terminal has another size now
 *   signal SIGNO               to the command's process group, while it runs
 *   ping WORD
 *   bye                        end the machine (reboot)
 *
 * Byte counts are those of one job: they begin at its run. Each job's stdin
 * gets its eof before the next run, even if the command ended first, so that
 * what it did not read cannot become the next one's. A run while a command
 * runs fails with EBUSY; a run that comes before the last eof of the job before
 * it waits for that.
 *
 * A scheduler is run when sched_ext is free, or KT_CTL_DETACH_MS later, and
 * nothing it leaves behind outlives it. Once while it runs, "attached" is said:
 * when state in /sys/kernel/sched_ext is "enabled", enable_seq is another than
 * at the run, and root/ops has a name.
 *
 * A command with a terminal has one pty as its stdin, stdout and stderr, and
 * leads its session. What it writes comes on ktstr.stdout; stderr ends with no
 * bytes. The eof of its stdin hangs the line up: SIGHUP, to the leader and to
 * the foreground.
 *
 * A file or directory of the guest is fetched by a job too: KT_CTL_INIT
 * "--tar" PATH writes a tar archive of one top directory to stdout, which is
 * PATH, or holds KT_CTL_OUT_FILE and nothing else if PATH is a file. It exits
 * 0; 1 if it said on stderr what it left out; 2 if there is no archive.
 *
 * The command's end and the end of its output are told apart: a daemon it
 * leaves behind may hold stdout open. Once the command itself has ended, init
 * waits KT_CTL_LINGER_MS for the pipes to close, then sends their eof anyway.
 * Its stdin ends with it: what comes then is eaten, whoever holds the pipe.
 */
#ifndef KT_CTL_H
#define KT_CTL_H

#include <stdbool.h>
#include <stddef.h>

#define KT_CTL_PROTOCOL "1"
#define KT_CTL_MAX_LINE ((size_t)1 << 20) /* bytes, LF excluded */
#define KT_CTL_MAX_WORDS 4096
#define KT_CTL_LINGER_MS 500
#define KT_CTL_DETACH_MS 10000

#define KT_CTL_INIT "/init"	      /* what a job that fetches files runs */
#define KT_CTL_OUT_FILE ".ktstr-file" /* one file in its archive */

#define KT_CTL_PORT_CONTROL "ktstr.control"
#define KT_CTL_PORT_STDIN "ktstr.stdin"
#define KT_CTL_PORT_STDOUT "ktstr.stdout"
#define KT_CTL_PORT_STDERR "ktstr.stderr"

/*
 * Write @words (ends in NULL) as one message, LF included, to @out of @size
 * bytes; nothing is NUL-terminated. Returns the length, or 0 if it would not
 * fit, exceeds KT_CTL_MAX_LINE, or has no words or too many.
 */
size_t kt_ctl_format(const char *const *words, char *out, size_t size);

/* Upper bound for the size that kt_ctl_format() needs. */
size_t kt_ctl_size(const char *const *words);

/*
 * Split a line (LF excluded) in place: words[] points into @line, which is
 * changed, line[len] (where the LF stood) too, and ends in NULL. Returns their
 * number, or 0 if the line is not a message: a bad escape, %00, an escape
 * where none is due or none where one is, an empty verb, more than @max - 1
 * words.
 */
size_t kt_ctl_parse(char *line, size_t len, char **words, size_t max);

#endif
