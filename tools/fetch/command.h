/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/fetch/command.h - the command line of ktstr-fetch
 *
 * ktstr-fetch is a program apart; what it can do is known to the multicall
 * program too, for the front-end and for completions.
 */
#ifndef KT_TOOLS_FETCH_COMMAND_H
#define KT_TOOLS_FETCH_COMMAND_H

#include "lib/options.h"

/* All but what it runs. */
extern const struct kt_command kt_fetch_command;

#endif
