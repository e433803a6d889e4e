/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/error.h - one number for return value, error class and exit status
 *
 * A function that can fail returns enum kt_status and takes a struct kt_error
 * as its last argument. KT_OK leaves *err alone; anything else means *err has
 * been filled in and the same status is in err->status. Out-parameters are
 * untouched on failure. Nothing under lib/ prints or exits: lib/tool.c reports
 * the one error that reaches the top.
 */
#ifndef KT_ERROR_H
#define KT_ERROR_H

#include <stddef.h>

#define KT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define KT_MUST_CHECK __attribute__((warn_unused_result))
#define KT_UNUSED __attribute__((unused))
#define KT_CLEANUP(fn) __attribute__((cleanup(fn)))

/* These values are exit statuses and so part of the interface: never renumber. */
enum kt_status {
	KT_OK = 0,
	KT_FAIL = 1,  /* it ran, and the answer is no */
	KT_USAGE = 2, /* the command line is wrong */
	KT_DATA = 3,  /* what we were given to read is wrong */
	KT_SYS = 4,   /* the system or a library refused */
	KT_AGAIN = 5, /* refused for now: a retry may work */
	KT_SKIP = 77, /* cannot be done on this machine */
};

/*
 * One line each, no program name, lower case, no full stop. Control characters
 * and bytes that are not UTF-8 stand as \xNN, so both may go to a terminal or
 * into a record whatever the input was. hint is what to do next, or empty.
 */
struct kt_error {
	enum kt_status status;
	char msg[1024];
	char hint[512];
};

void kt_error_set(struct kt_error *err, enum kt_status status, const char *fmt,
		  ...) KT_PRINTF(3, 4);
void kt_error_set_errno(struct kt_error *err, const char *fmt, ...)
	KT_PRINTF(2, 3);
void kt_error_within(struct kt_error *err, const char *fmt, ...)
	KT_PRINTF(2, 3);
void kt_error_hint(struct kt_error *err, const char *fmt, ...) KT_PRINTF(2, 3);

/*
 * Fill *err and yield the status, to be returned. Macros, so that the compiler
 * and the analyzers see which status it is, and that it is not KT_OK.
 *
 * kt_fail() clears the hint. kt_fail_errno() appends strerror(errno) and
 * yields KT_SYS. kt_within() puts "context: " in front of the message that
 * came with @st; kt_hint() adds the hint to it. @st may be a call that fails:
 * it is evaluated first.
 */
#define kt_fail(err, st, ...) (kt_error_set(err, st, __VA_ARGS__), (st))
#define kt_fail_errno(err, ...) (kt_error_set_errno(err, __VA_ARGS__), KT_SYS)
#define kt_within(err, st, ...)                    \
	({                                         \
		enum kt_status kt_inner_ = (st);   \
		kt_error_within(err, __VA_ARGS__); \
		kt_inner_;                         \
	})
#define kt_hint(err, st, ...)                    \
	({                                       \
		enum kt_status kt_st_ = (st);    \
		kt_error_hint(err, __VA_ARGS__); \
		kt_st_;                          \
	})

/*
 * Copy @text to @out (@size bytes, NUL included) so that it is printable on
 * one line: see struct kt_error. What does not fit is cut between characters.
 */
void kt_printable(char *out, size_t size, const char *text);

#endif
