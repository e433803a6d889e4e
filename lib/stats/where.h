/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/where.h - where the tests of the Rust crate left their sidecars
 *
 * They write to target/ktstr/BRANCH-HASH below the directory they run in: of
 * the branch and commit (7 hex digits) that the crate was compiled at, not of
 * what is tested. "unknown" stands for a branch that has no name, and
 * unknown-unknown for a crate that came from a registry. So what is there may
 * go by another name than the repository's own.
 */
#ifndef KT_STATS_WHERE_H
#define KT_STATS_WHERE_H

#include "lib/buf.h"
#include "lib/error.h"

/*
 * Find the directory to read for one who is in @cwd (absolute). It is looked
 * for below @cwd and the directories above it, up to the top of the enclosing
 * git repository: first BRANCH-HASH of its HEAD, then unknown-unknown, then
 * the one changed last of those that hold sidecars. Where git has no answer,
 * BRANCH-HASH is unknown-unknown and only @cwd is looked in.
 *
 * KT_OK: *out is it; the caller owns it. *note says, if it is not the first
 * choice, which was wanted and what else there is; else it is left empty.
 * KT_FAIL: there is none; the message says which was wanted.
 */
enum kt_status kt_stats_where(const char *cwd, char **out, struct kt_buf *note,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
