/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/cargo-ktstr/cargo-run.h - cargo, as our child or in our place
 */
#ifndef KT_TOOLS_CARGO_RUN_H
#define KT_TOOLS_CARGO_RUN_H

#include "lib/error.h"

/* Become @argv (lib/spawn.h), with all that was printed written first. */
enum kt_status kt_cargo_become(const char *const *argv,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Run @argv to its end; *status is its exit status, or 128 and the signal's
 * number. KT_FAIL when told to stop: it has then been told too, and is gone.
 */
enum kt_status kt_cargo_run(const char *const *argv, int *status,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
