/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/baseline.h - the figures of an earlier run, to compare with
 *
 * A file of "ktstr.program/1" records; other schemas in it are ignored.
 */
#ifndef KT_VERIFIER_BASELINE_H
#define KT_VERIFIER_BASELINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/record.h"

#define KT_BASELINE_MAX_BYTES ((size_t)64 << 20)

struct kt_baseline_program {
	char *kernel;  /* its key, else its version; "" if neither is told */
	char *version; /* of the kernel; "" if it is not told */
	char *profile, *program;
	uint64_t verified_insns;
};

/* { 0 } is empty. In the order of the file. */
struct kt_baseline {
	struct kt_baseline_program *v;
	size_t nr;
};

/*
 * Read the file @path, of its records those of @scheduler. KT_DATA: it is no
 * such file, or has none of these; KT_SYS: it cannot be read.
 */
enum kt_status kt_baseline_read(const char *path, const char *scheduler,
				struct kt_baseline *out,
				struct kt_error *err) KT_MUST_CHECK;
void kt_baseline_release(struct kt_baseline *b);

/*
 * Which kernel's figures are the ones to compare those of @kernel, a record,
 * with: its own, else those of one of its version, else those of the first in
 * the file. Borrowed from @b; "" if that is empty.
 */
const char *kt_baseline_kernel(const struct kt_baseline *b,
			       const struct kt_record *kernel);

/*
 * The first program of that name in @profile on @kernel, as
 * kt_baseline_kernel() has it; or NULL. Borrowed.
 */
const struct kt_baseline_program *kt_baseline_find(const struct kt_baseline *b,
						   const char *kernel,
						   const char *profile,
						   const char *program);

/* By how many percent @now is more than @then; 0 if it is not. Saturates. */
double kt_baseline_growth(uint64_t then, uint64_t now);

#endif
