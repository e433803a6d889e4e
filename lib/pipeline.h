/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/pipeline.h - our own tools, one into the next
 *
 * A pipeline is stages whose stdout is the next one's stdin. The last may
 * instead read the records of the others from a file, with its own stdin left
 * to the person (the guest's input): "LAST --spec <(A | B)".
 */
#ifndef KT_PIPELINE_H
#define KT_PIPELINE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_PIPELINE_MAX 8 /* stages */

struct kt_pipeline;

struct kt_pipeline *kt_pipeline_new(void);
void kt_pipeline_freep(struct kt_pipeline **p);

/* Begin a stage; then its words, which are copied. */
void kt_pipeline_stage(struct kt_pipeline *p, const char *program);
void kt_pipeline_word(struct kt_pipeline *p, const char *word);

/*
 * "--spec FILE" for the last stage: it reads what the stages before it write,
 * and stdin is its own.
 */
void kt_pipeline_spec(struct kt_pipeline *p);

/* What the stages say on stderr is for nobody. */
void kt_pipeline_hush(struct kt_pipeline *p);

/* Append the bash command that does the same, and LF. */
void kt_pipeline_explain(const struct kt_pipeline *p, struct kt_buf *out);

/*
 * Run it with the programs in @bindir. KT_OK once all stages have ended:
 * *status is the last stage's exit status (128 + N by signal). When told to
 * stop, the stages are told too and are waited for: KT_FAIL.
 */
enum kt_status kt_pipeline_run(const struct kt_pipeline *p, const char *bindir,
			       int *status, struct kt_error *err) KT_MUST_CHECK;

/*
 * The same with what the last stage writes to stdout, at most @max bytes (else
 * KT_DATA), appended to @out.
 */
enum kt_status kt_pipeline_capture(const struct kt_pipeline *p,
				   const char *bindir, size_t max,
				   struct kt_buf *out, int *status,
				   struct kt_error *err) KT_MUST_CHECK;

/* Append @word as a shell would have to read it to get it back. */
void kt_pipeline_quote(const char *word, struct kt_buf *out);

#endif
