/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/text.h - names in text for a terminal
 */
#ifndef KT_STATS_TEXT_H
#define KT_STATS_TEXT_H

#include <stdio.h>

/*
 * A name, and blanks up to @width characters (of UTF-8, not bytes). Control
 * characters, which a terminal would obey, stand as \xNN.
 */
void kt_text_name(FILE *out, const char *name, int width);

#endif
