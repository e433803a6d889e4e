/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/totals.h - what the records of a pipe come to
 *
 * Two collectors for kt_filter(): of ktstr.program/1, by scheduler and
 * program, and of ktstr.run/1, by topology and engine. A record that is
 * counted is not passed on; what all of them come to is written at the end,
 * groups in order of name.
 */
#ifndef KT_STATS_TOTALS_H
#define KT_STATS_TOTALS_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/filter.h"
#include "lib/record.h"

#define KT_SCHEMA_PROGRAM "ktstr.program/1"
#define KT_TOTALS_MAX ((uint32_t)1 << 20) /* groups; and runs of a group */

struct kt_programs;
struct kt_runs;

struct kt_programs *kt_programs_new(void);
void kt_programs_freep(struct kt_programs **p);
struct kt_runs *kt_runs_new(void);
void kt_runs_freep(struct kt_runs **p);

/* For struct kt_filter, with the collector as ctx. KT_DATA for a bad record. */
kt_filter_fn kt_programs_add;
kt_filter_fn kt_runs_add;

/* Records; KT_SYS if @out failed. */
enum kt_status kt_programs_records(struct kt_programs *p, FILE *out,
				   struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_runs_records(struct kt_runs *p, FILE *out,
			       struct kt_error *err) KT_MUST_CHECK;

/* Text for people; whether @out took it is for the caller to ask. */
void kt_programs_text(struct kt_programs *p, FILE *out);
void kt_runs_text(struct kt_runs *p, FILE *out);

#endif
