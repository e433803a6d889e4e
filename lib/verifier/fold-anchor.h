/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/verifier/fold-anchor.h - the most frequent line, for lib/verifier/fold.c */
#ifndef KT_VERIFIER_FOLD_ANCHOR_H
#define KT_VERIFIER_FOLD_ANCHOR_H

#include <stdbool.h>

#include "lib/verifier/fold-lines.h"

#define KT_FOLD_MIN_RUNS 3
#define KT_FOLD_MIN_ANCHOR 10 /* bytes */

/*
 * The first line that holds the most frequent text of KT_FOLD_MIN_ANCHOR bytes
 * or more that comes KT_FOLD_MIN_RUNS times or more: with addresses, or without
 * if @plain. The bytewise smallest of several. False: there is none.
 */
bool kt_fold_anchor(const struct kt_fold_lines *l, bool plain, uint32_t *out);

#endif
