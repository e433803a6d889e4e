/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/options.h - a command line declared once
 *
 * One table per command is the parser, the text of --help and what completions
 * are made from; a test holds the manual page to it. Tables are const and end
 * in an entry without a name.
 *
 * Options are GNU style: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, short
 * ones without a value may share a dash; "--" ends them. Long names are not
 * abbreviated: an added option could change what a script means. Options of a
 * command are understood by its subcommands too.
 */
#ifndef KT_OPTIONS_H
#define KT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

enum kt_arg {
	KT_ARG_NONE,   /* a switch */
	KT_ARG_STRING, /* anything */
	KT_ARG_PATH,   /* a file or directory; completed as such */
	KT_ARG_NUMBER, /* decimal, within min and max */
	KT_ARG_CHOICE, /* one of the words in choices */
	KT_ARG_KERNEL, /* a kernel: path, version or cache key */

	/* What follows says what to complete, and is parsed as a string. */
	KT_ARG_DIR,	 /* a directory */
	KT_ARG_COMMAND,	 /* a program */
	KT_ARG_KEY,	 /* a key of the cache */
	KT_ARG_VERSION,	 /* of a kernel */
	KT_ARG_TOPOLOGY, /* S,C,T */
	KT_ARG_PAGE,	 /* of the manual: a subcommand or a tool */
	KT_ARG_LIST,	 /* some of the words in choices, with commas between */
	KT_ARG_PROFILES, /* of a scheduler: lib/verifier/flags.h */
};

struct kt_option {
	const char *name;  /* long name, without dashes */
	const char *help;  /* one sentence part, lower case, no full stop */
	const char *value; /* what --help calls the value: "PATH" */
	enum kt_arg arg;
	char letter;	      /* short form, or 0 */
	bool repeat;	      /* may be given more than once */
	bool setting;	      /* a person may set it for good: lib/config.h */
	uint64_t min, max;    /* KT_ARG_NUMBER; max 0 is no limit */
	const char *choices;  /* CHOICE, LIST: "auto kvm qemu" */
	const char *excludes; /* long names that conflict: "git source" */
	const char *needs;    /* long names that must be there too */
};

struct kt_args;
struct kt_command;

/* Options declared by another command, that this one hands on to it. */
struct kt_borrow {
	const struct kt_command *from; /* the program; NULL ends a list */
	const char *sub;	       /* its subcommand, or NULL */
	const char *names;	       /* "keep force"; NULL: all it has ... */
	const char *except;	       /* ... but these, or NULL */
};

typedef enum kt_status kt_run_fn(const struct kt_args *args,
				 struct kt_error *err);

struct kt_command {
	const char *name;     /* "ktstr-cache", or a subcommand: "add" */
	const char *called;   /* what a person types, if not the name */
	const char *summary;  /* one line: lower case, no full stop */
	const char *operands; /* for the usage line: "[ID]", or NULL */
	enum kt_arg operand;  /* what each is; NONE: a file, or anything */
	const char *choices;  /* of CHOICE and LIST operands */
	const struct kt_option *options;	  /* may be NULL */
	const struct kt_option *shared;		  /* and more; may be NULL */
	const struct kt_borrow *borrows;	  /* may be NULL */
	const struct kt_command *const *commands; /* ends in NULL, or NULL */
	kt_run_fn *run;			/* NULL if a subcommand must be named */
	int min_operands, max_operands; /* max -1: any number */
	bool rest;    /* a command may follow "--", taken as it is */
	bool foreign; /* the first word not known here, and all after it,
				 are operands: they are for another program */
	bool hidden;  /* works, but --help does not list it */
	bool coarse;  /* of a program: kt_tool_coarse() is its status */
};

/*
 * Parse @argv, beginning at argv[1], by the table of @root, descending into
 * its subcommands. KT_USAGE otherwise, with the nearest name as hint.
 *
 * --help, --version, --verbose and --quiet are understood everywhere; after
 * the first two nothing else is checked. *out borrows @argv and the tables; the
 * caller frees it.
 */
enum kt_status kt_args_parse(const struct kt_command *root, int argc,
			     char **argv, struct kt_args **out,
			     struct kt_error *err) KT_MUST_CHECK;
void kt_args_freep(struct kt_args **args);

/* What was asked: the innermost command and how it is called in full. */
const struct kt_command *kt_args_command(const struct kt_args *args);
const char *kt_args_command_line(const struct kt_args *args);

/*
 * Was option @name given, how often, with what? @name must be in the table of
 * the command, and a number or string of that kind: anything else aborts, as a
 * bug in the tool. kt_args_str() is the last value or NULL, kt_args_nth() the
 * i-th from 0, kt_args_u64() the last or @absent. All borrowed.
 */
bool kt_args_has(const struct kt_args *args, const char *name);
size_t kt_args_count(const struct kt_args *args, const char *name);
const char *kt_args_str(const struct kt_args *args, const char *name);
const char *kt_args_nth(const struct kt_args *args, const char *name, size_t i);
uint64_t kt_args_u64(const struct kt_args *args, const char *name,
		     uint64_t absent);

/*
 * Option @name, which was not given, is @value. KT_USAGE if it cannot be that.
 * Both are borrowed for as long as @args lives; @origin, where the value comes
 * from, is copied.
 */
enum kt_status kt_args_default(struct kt_args *args, const char *name,
			       const char *value, const char *origin,
			       struct kt_error *err) KT_MUST_CHECK;

/* Where the value comes from, unless it was given: NULL. Borrowed. */
const char *kt_args_origin(const struct kt_args *args, const char *name);

/* Does the command have an option @name? */
bool kt_args_knows(const struct kt_args *args, const char *name);

/* Operand @i or NULL; how many; and the words behind "--" (never NULL). */
const char *kt_args_operand(const struct kt_args *args, size_t i);
size_t kt_args_operands(const struct kt_args *args);
const char *const *kt_args_rest(const struct kt_args *args);
bool kt_args_has_rest(const struct kt_args *args);

/* The subcommand @word of @cmd, or NULL. */
const struct kt_command *kt_command_sub(const struct kt_command *cmd,
					const char *word);

/*
 * Option @i, from 0, of @cmd: its own, what it shares with others of its kind,
 * and then what it borrows. NULL past the last. kt_command_own() leaves out
 * what is borrowed. kt_borrow_option() is the same of one that is borrowed from,
 * and kt_borrow_command() the command meant.
 */
const struct kt_option *kt_command_option(const struct kt_command *cmd,
					  size_t i);
const struct kt_option *kt_command_own(const struct kt_command *cmd, size_t i);
const struct kt_option *kt_borrow_option(const struct kt_borrow *b, size_t i);
const struct kt_command *kt_borrow_command(const struct kt_borrow *b);

/* Append the text of --help for the command that was asked for. */
void kt_args_help(const struct kt_args *args, struct kt_buf *out);

/* The options that every command understands, for help and completions. */
extern const struct kt_option kt_common_options[];

/* Parse a whole decimal number within [@min, @max]. */
enum kt_status kt_parse_u64(const char *text, uint64_t min, uint64_t max,
			    const char *what, uint64_t *out,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
