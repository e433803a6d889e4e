/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/log.h - what a scheduler's output says about a failed load
 *
 * libbpf prints the kernel's verifier log of a program that is rejected between
 * two lines (libbpf.c, bpf_object_load_prog):
 *
 *	libbpf: prog 'NAME': -- BEGIN PROG LOAD LOG --
 *	libbpf: -- END PROG LOAD LOG --
 *
 * and the log ends in figures (kernel/bpf/verifier.c, print_verification_stats).
 */
#ifndef KT_VERIFIER_LOG_H
#define KT_VERIFIER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_LOG_MAX 4096 /* in what one profile prints; more are not told */
#define KT_LOG_NAME_SIZE 128
#define KT_LOG_NAME_REACH 1024 /* bytes before the mark that have the name */

/* Where the next log is looked for; { 0 } at first. */
struct kt_load_log_at {
	size_t byte;
	unsigned int nr; /* logs that were found before */
};

/* The log of one program; text is borrowed. */
struct kt_load_log {
	const char *text;
	size_t len;
	char program[KT_LOG_NAME_SIZE]; /* printable; "" if it is not named */
	uint64_t processed;		/* instructions; 0: not told */
	uint64_t total_states, peak_states;
	bool has_time;
	uint64_t time_us;
	char stack[64]; /* "32+0", printable; "" if it is not told */
};

/*
 * The next log at or after *at in the @len bytes at @text, and where to go on.
 * False: there is no more, or there were KT_LOG_MAX. One that has no end ends
 * where the next begins, and one that holds the end's line itself, at the last
 * such line. All of them together take time that is linear in @len.
 */
bool kt_load_log_next(const char *text, size_t len, struct kt_load_log_at *at,
		      struct kt_load_log *out);

/*
 * The first log in the @len bytes at @text, or all of them if there is none,
 * with what figures there are.
 */
void kt_load_log_first(const char *text, size_t len, struct kt_load_log *out);

#endif
