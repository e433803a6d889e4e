/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/programs.h - every program a person may run, but for "ktstr" itself */
#ifndef KT_TOOLS_PROGRAMS_H
#define KT_TOOLS_PROGRAMS_H

#include "lib/options.h"

/*
 * The front-end first; ends in NULL. One that neither runs nor has subcommands
 * is a file of its own beside ours.
 */
extern const struct kt_command *const kt_programs[];

/* The one called @name, or NULL. */
const struct kt_command *kt_program(const char *name);

#endif
