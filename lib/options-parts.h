/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/options-parts.h - what the table of a command, the reading of a command
 * line and the text of --help share
 */
#ifndef KT_OPTIONS_PARTS_H
#define KT_OPTIONS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/options.h"

/* Is @word among @words, which are separated by blanks? NULL has none. */
bool kt_has_word(const char *words, const char *word);

/*
 * Option @i, from 0, of those that may stand on the command line that has been
 * read so far: at @level 0 the command's own, then those of each command that
 * it is part of, and at the last level the common ones. NULL past the last.
 */
const struct kt_option *kt_args_option(const struct kt_args *args, size_t level,
				       size_t i);
size_t kt_args_levels(const struct kt_args *args);

#endif
