/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/report.h - what became of each profile, for people and programs
 *
 * One collector takes the profiles as they are told (lib/verifier/verify.h),
 * writes each to @out at once, and at the end what only all of them show. The
 * forms:
 *
 *	text	the programs of each profile with their instructions, what the
 *		scheduler printed, and a table over all profiles
 *	records	"ktstr.program/1", one a program and profile, and "ktstr.error/1"
 *		for a profile that failed
 *	csv	as veristat -o csv writes it (the kernel's
 *		tools/testing/selftests/bpf/veristat.c)
 */
#ifndef KT_VERIFIER_REPORT_H
#define KT_VERIFIER_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/record.h"
#include "lib/verifier/baseline.h"
#include "lib/verifier/verify.h"

#define KT_SCHEMA_PROGRAM "ktstr.program/1"
#define KT_VERIFIER_WARN_PERCENT 75 /* of the limit */

enum kt_report_form {
	KT_FORM_TEXT,
	KT_FORM_RECORDS,
	KT_FORM_CSV,
};

struct kt_verify_report;

/* All borrowed, until the report is freed. */
struct kt_verify_report_how {
	enum kt_report_form form;
	bool raw;  /* text: logs as they are, not folded */
	bool more; /* csv: behind another report's, so without a header */
	const char *name; /* csv: of the kernel, if there are others; or NULL */
	const char *tool; /* named in errors */
	const char *scheduler;
	const struct kt_record *kernel;
	const struct kt_baseline *baseline; /* or NULL */
	FILE *out;
	bool terminal; /* it is one: no control characters of the guest's */

	/* What people are to know beside; may be NULL. */
	void (*warn)(const char *text, void *ctx);
	void *ctx;
};

/* Never NULL. */
struct kt_verify_report *
kt_verify_report_new(const struct kt_verify_report_how *how);
void kt_verify_report_freep(struct kt_verify_report **r);

/*
 * One more profile. A log that is above the limits of lib/verifier/fold.h is
 * written as it is. KT_SYS: @out has failed, or there are no random bytes.
 */
enum kt_status kt_verify_report_add(struct kt_verify_report *r,
				    const struct kt_verified *v,
				    struct kt_error *err) KT_MUST_CHECK;

/*
 * Write the rest. KT_FAIL: a profile failed, or there was none; or a program has
 * grown by more than @max_growth percent against the baseline (UINT64_MAX: never
 * mind).
 */
enum kt_status kt_verify_report_end(struct kt_verify_report *r,
				    uint64_t max_growth,
				    struct kt_error *err) KT_MUST_CHECK;

#endif
