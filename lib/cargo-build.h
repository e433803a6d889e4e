/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cargo-build.h - a package's program, built by cargo
 *
 * cargo build --message-format=json... tells on stdout, a JSON object a line,
 * what it makes (the Cargo book, "External tools"); what people are to know
 * goes to stderr.
 */
#ifndef KT_CARGO_BUILD_H
#define KT_CARGO_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_CARGO_MAX_BYTES ((size_t)256 << 20) /* of what it tells */

/*
 * The words of the command that builds @package: a vector that ends in NULL,
 * the caller's; the words are borrowed.
 */
const char **kt_cargo_build_argv(const char *cargo, const char *package,
				 bool release);

/*
 * Find in the @len bytes at @text, what cargo told, the first program that is
 * no test. KT_OK: *out is its path, the caller's. KT_FAIL: there is none.
 */
enum kt_status kt_cargo_program(const char *text, size_t len,
				const char *package, char **out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * Build @package of the workspace in the current directory with @cargo, and
 * find it; cargo's stderr is ours. KT_FAIL: cargo has failed, and said why, or
 * there is no program; KT_SKIP: there is no cargo.
 */
enum kt_status kt_cargo_build(const char *cargo, const char *package,
			      bool release, char **out,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
