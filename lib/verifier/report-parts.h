/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/report-parts.h - what the files of lib/verifier/report*.c share
 *
 *	report.c          collecting, and the verdict on all of it
 *	report-text.c     for people
 *	report-records.c  for programs, csv too
 */
#ifndef KT_VERIFIER_REPORT_PARTS_H
#define KT_VERIFIER_REPORT_PARTS_H

#include "lib/verifier/report.h"

/* What is kept of a profile. */
struct kt_kept_program {
	char *name;
	uint64_t insns;
};

struct kt_kept {
	char *label, *profile;
	struct kt_kept_program *v;
	size_t nr;
};

struct kt_verify_report {
	struct kt_verify_report_how how;
	const char *then; /* the kernel of the baseline to compare with */
	struct kt_kept *kept;
	size_t nr;
	uint64_t nr_failed;
};

/* What the baseline, if there is one, has of a program; or NULL. Borrowed. */
const struct kt_baseline_program *
kt_report_then(const struct kt_verify_report *r, const char *profile,
	       const char *program);

void kt_report_text_add(const struct kt_verify_report *r,
			const struct kt_verified *v);
enum kt_status kt_report_text_log(const struct kt_verify_report *r,
				  const struct kt_verified *v,
				  struct kt_error *err) KT_MUST_CHECK;

/* The table over all profiles, and that of each against the baseline. */
void kt_report_text_summary(const struct kt_verify_report *r);
void kt_report_text_changes(const struct kt_verify_report *r);

enum kt_status kt_report_records_add(const struct kt_verify_report *r,
				     const struct kt_verified *v,
				     struct kt_error *err) KT_MUST_CHECK;
void kt_report_csv_add(const struct kt_verify_report *r,
		       const struct kt_verified *v);

#endif
