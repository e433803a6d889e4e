/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/fold-lines.h - the lines of a log as hashes, for lib/verifier/fold.c
 *
 * Each line has two: of its text without annotations ("where"), and of that
 * without its address ("plain"). They are 64 bits with a seed that nobody
 * knows, so equal hashes are taken for equal text until it matters.
 */
#ifndef KT_VERIFIER_FOLD_LINES_H
#define KT_VERIFIER_FOLD_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

/* Where a line is, less its LF; see kt_fold_text(). */
struct kt_fold_span {
	uint32_t off, len;
};

struct kt_fold_lines {
	const char *text;
	size_t len;
	uint64_t seed;
	struct kt_buf made; /* lines of ours, behind the text */

	uint32_t nr, cap;
	struct kt_fold_span *span;
	uint64_t *where, *plain;
};

/* What of a line is compared: bytes [where, end), and [plain, end). */
struct kt_fold_part {
	size_t where, plain, end;
};

/* Find it in the line of @len bytes at @text. */
struct kt_fold_part kt_fold_strip(const char *text, size_t len);

/*
 * The bytes at @off: the text's, up to its end, and behind that those of lines
 * that were made. Borrowed, until one more is.
 */
const char *kt_fold_text(const struct kt_fold_lines *l, uint32_t off);

/*
 * Split and hash @text, which is borrowed until the release. KT_DATA: above the
 * limits of lib/verifier/fold.h; nothing to release then.
 */
enum kt_status kt_fold_split(struct kt_fold_lines *l, const char *text,
			     size_t len, struct kt_error *err) KT_MUST_CHECK;
void kt_fold_lines_release(struct kt_fold_lines *l);

/* Put a line of our own in place of line @i. */
void kt_fold_make(struct kt_fold_lines *l, uint32_t i, const char *text);

/* Move @nr lines from @from to @to, which may overlap. */
void kt_fold_move(struct kt_fold_lines *l, uint32_t to, uint32_t from,
		  uint32_t nr);

#endif
