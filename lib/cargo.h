/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cargo.h - cargo's plugins, and whether what tests need of them is there
 */
#ifndef KT_CARGO_H
#define KT_CARGO_H

#include <stdbool.h>

#include "lib/error.h"

/* What the environment says; NULL where it says nothing. All borrowed. */
struct kt_cargo {
	const char *path;	   /* PATH */
	const char *home;	   /* HOME */
	const char *cargo_home;	   /* CARGO_HOME */
	const char *llvm_cov;	   /* LLVM_COV: the tool that cargo-llvm-cov */
	const char *llvm_profdata; /* LLVM_PROFDATA: and the other, will use */
};

/*
 * The file that cargo would run for plugin @name ("cargo-nextest"): in the bin
 * directory of CARGO_HOME (~/.cargo) or on PATH. NULL if there is none; the
 * caller owns it.
 */
char *kt_cargo_plugin(const struct kt_cargo *env, const char *name);

/*
 * Are llvm-cov and llvm-profdata there, in the toolchain or by LLVM_COV and
 * LLVM_PROFDATA? KT_SKIP, with the command that installs them, if they are not
 * or if nothing tells. It runs rustc to ask for the toolchain's directory.
 */
enum kt_status kt_cargo_llvm_tools(const struct kt_cargo *env,
				   struct kt_error *err) KT_MUST_CHECK;

/*
 * Is all there that "cargo nextest run" needs, or with @coverage "cargo
 * llvm-cov nextest"? KT_SKIP, with the command that installs it, if not.
 */
enum kt_status kt_cargo_check(const struct kt_cargo *env, bool coverage,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
