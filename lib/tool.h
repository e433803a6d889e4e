/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/tool.h - what every program of ours does around its work
 *
 * One of the three files under lib/ that may print, exit or read the
 * environment; the statics of a process live there. A tool is a table
 * (lib/options.h) named kt_tool_NAME in tools/NAME.c.
 */
#ifndef KT_TOOL_H
#define KT_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/dirs.h"
#include "lib/error.h"
#include "lib/filter.h"
#include "lib/options.h"
#include "lib/record.h"

/*
 * Run the program @root with a command line: parse it, answer --help and
 * --version, run the command, report its error, see to it that stdout was
 * really written. The result is the exit status. If a signal told us to stop,
 * the process ends by that signal instead of returning.
 */
int kt_tool_main(const struct kt_command *root, int argc, char **argv);

/* The name of the program, "ktstr-cache"; and its version. */
const char *kt_tool_name(void);
const char *kt_tool_version(void);

/*
 * The exit status to use instead of the one an error has: a guest's own, or
 * what stands for ours where that is a guest's. 0 is none: an error's is used.
 * If there is no error, it stands though stdout's reader may have left.
 */
void kt_tool_exit_with(int status);

/* @status, with the kinds of failure that only tools tell apart as KT_FAIL. */
int kt_tool_coarse(int status);

/* "ktstr-NAME: MESSAGE" on stderr, and a "hint:" line if there is one. */
void kt_tool_report(const struct kt_error *err);

/* A line on stderr, unless --quiet; and one only with --verbose. */
void kt_note(const char *fmt, ...) KT_PRINTF(1, 2);
void kt_detail(const char *fmt, ...) KT_PRINTF(1, 2);
bool kt_tool_quiet(void);
bool kt_tool_verbose(void);

/*
 * Environment variable @name; NULL if it is unset or empty. Where it is unset,
 * the file of a person's defaults may have it (lib/config.h): then
 * kt_getenv_origin() is "FILE: line N", which the caller frees, else NULL.
 */
const char *kt_getenv(const char *name);
char *kt_getenv_origin(const char *name);

/* What the environment says about where things are kept. Borrowed strings. */
void kt_tool_dirs(struct kt_env_dirs *out);

/*
 * kt_filter() from stdin to stdout, errors reported as they happen. With
 * --text, if the command has it, stdout gets what @fn writes and no more.
 */
enum kt_status kt_tool_filter(const char *schema, kt_filter_fn *fn, void *ctx,
			      struct kt_error *err) KT_MUST_CHECK;

/* The same for records that come from @in. */
enum kt_status kt_tool_filter_file(FILE *in, const char *schema,
				   kt_filter_fn *fn, void *ctx,
				   struct kt_error *err) KT_MUST_CHECK;

/* Write @rec to stdout as a record. */
enum kt_status kt_tool_put(const struct kt_record *rec,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * For the first tool of a pipe, which has no record to spoil: put a
 * "ktstr.error/1" on stdout in place of the one that was asked for, so that
 * whoever reads the pipe learns of it. With --text nobody does, and an error
 * with an empty message is a record already: nothing is put then. Yields @st, to
 * be returned.
 */
enum kt_status kt_tool_put_error(enum kt_status st, const struct kt_error *err);

/* The path of our own executable's directory; the caller owns it. */
enum kt_status kt_tool_bindir(char **out, struct kt_error *err) KT_MUST_CHECK;

#endif
