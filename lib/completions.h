/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/completions.h - what may stand next on a command line
 *
 * The tables of lib/options.h say it. A shell's script (contrib/completions)
 * only asks: it hands over the words up to the cursor and shows the answer, so
 * that all shells complete the same, and what the installed program can do.
 *
 * The answer is lines. The first says what to do where it names no word:
 * "words" nothing, "files", "dirs" and "commands" let the shell complete those;
 * "nospace" may follow, after a blank: nothing is to be put behind a word. Then
 * the words that may stand in place of the last one, each with a TAB and what
 * it means.
 */
#ifndef KT_COMPLETIONS_H
#define KT_COMPLETIONS_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/options.h"

struct kt_candidates;

/* Offer @word, if it begins as what was typed; @help may be NULL. */
void kt_candidates_add(struct kt_candidates *c, const char *word,
		       const char *help);

/*
 * The value that option @name was given on the command line so far, or NULL.
 * Borrowed from @c.
 */
const char *kt_candidates_given(const struct kt_candidates *c,
				const char *name);

/*
 * Offer the values of @kind that only the machine knows: KT_ARG_KERNEL (not
 * paths), KT_ARG_KEY, KT_ARG_VERSION, KT_ARG_PROFILES (the flags they are made
 * of); or the program: KT_ARG_PAGE.
 */
typedef void kt_values_fn(enum kt_arg kind, struct kt_candidates *c);

/*
 * Append the answer for the words @words of program @root, without its name;
 * the last of @nr, which may be empty, is the one to complete.
 *
 * bash breaks words at "=": "--jobs = 3" are taken for "--jobs=3", and the
 * answer is then what may stand behind the "=".
 */
void kt_complete(const struct kt_command *root, const char *const *words,
		 size_t nr, kt_values_fn *values, struct kt_buf *out);

/* The shells there is a script for. */
#define KT_COMPLETIONS_SHELLS "bash zsh fish elvish powershell"

/*
 * Append the script for @shell, one of those, that completes the programs
 * @names (ends in NULL). "cargo" among them is taken for "cargo ktstr": what
 * else cargo may be told stays as it was.
 */
void kt_completions_script(const char *shell, const char *const *names,
			   struct kt_buf *out);

#endif
