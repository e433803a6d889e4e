/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/filter.h - what every tool in a pipe does with its input
 *
 * Records of one schema are acted on, all others are copied byte for byte; one
 * that fails becomes an error record in its place, and the rest go on.
 */
#ifndef KT_FILTER_H
#define KT_FILTER_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/record.h"

/*
 * Act on one record, which the callee may change. After any status but KT_OK a
 * "ktstr.error/1" goes out in its place, and the next record is read, even if
 * what this one met (a full disk, a missing program) may be met by all. Only
 * KT_USAGE, which is about no record, ends the run. @rec is borrowed.
 */
typedef enum kt_status kt_filter_fn(struct kt_record *rec, FILE *out, void *ctx,
				    struct kt_error *err);

/* Tell a person of an error that has become a record. */
typedef void kt_report_fn(const struct kt_error *err);

struct kt_filter {
	const char *tool;   /* named in error records */
	const char *schema; /* acted on; others are copied */
	kt_filter_fn *fn;
	kt_report_fn *report; /* may be NULL */
	void *ctx;
	bool text; /* @out is for people: no records but what @fn writes */
};

/*
 * Run @filter over every record read from @in, until end of file. Records of
 * any other schema are copied to @out as they came, errors among them, so a
 * failure upstream reaches the end of the pipe. A signal that tells us to stop
 * (lib/stop.h) ends the run after the record it came in.
 *
 * KT_OK: every record was read and none was, or became, an error.
 * KT_FAIL: at least one was. KT_DATA: there was no record that could be read.
 * KT_SYS, KT_AGAIN, KT_SKIP: no record was acted on, and all that were or became
 * errors did so with this status; so what keeps the first tool of a pipe from its
 * work is what the last one ends with. KT_USAGE: see kt_filter_fn. KT_SYS also
 * if @in or @out failed. What has been reported already leaves an empty message.
 */
enum kt_status kt_filter(const struct kt_filter *filter, FILE *in, FILE *out,
			 struct kt_error *err) KT_MUST_CHECK;

#endif
