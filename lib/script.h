/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/script.h - what the first line of a script asks for
 *
 * As the kernel reads it (fs/binfmt_script.c): "#!", blanks, a path, and what
 * is behind it as one argument; 256 bytes count.
 */
#ifndef KT_SCRIPT_H
#define KT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/include-files.h"

#define KT_SCRIPT_BYTES 256

struct kt_script {
	char interp[KT_SCRIPT_BYTES]; /* as it stands */
	char program
		[KT_SCRIPT_BYTES]; /* what "env" is to find on PATH, or "" */
};

/* Of the first @len bytes of a file. False if it is not a script. */
bool kt_script_parse(const char *text, size_t len, struct kt_script *out);

/* The same for the file at @path; *is_script says whether it is one. */
enum kt_status kt_script_read(const char *path, bool *is_script,
			      struct kt_script *out,
			      struct kt_error *err) KT_MUST_CHECK;

/* Is there something at @path, which has no leading slash, in the guest? */
typedef bool kt_guest_has_fn(void *ctx, const char *path);

/*
 * @script asks for what the guest lacks: the interpreter @interp, or, if
 * @program is not NULL, a program that "env" would look for on PATH.
 */
typedef void kt_script_lacks_fn(void *ctx, const struct kt_include *script,
				const char *interp, const char *program);

/* Look at every included file that may be executed. */
enum kt_status kt_scripts_check(const struct kt_includes *includes,
				kt_guest_has_fn *has, kt_script_lacks_fn *lacks,
				void *ctx, struct kt_error *err) KT_MUST_CHECK;

#endif
