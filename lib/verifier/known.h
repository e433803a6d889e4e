/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/known.h - the flags that schedulers had when they were last asked
 *
 * A scheduler runs in a guest only, so nothing else can tell what flags it has
 * while its profiles are being typed. They are kept by the program's name and
 * not by its content: a program that has just been built anew has most likely
 * the flags it had. It is a hint, and a run asks again.
 */
#ifndef KT_VERIFIER_KNOWN_H
#define KT_VERIFIER_KNOWN_H

#include "lib/error.h"
#include "lib/verifier/flags.h"

/*
 * Keep the list @text of @scheduler, a file's name, in the directory @dir, which
 * is made if need be. KT_SYS.
 */
enum kt_status kt_flags_keep(const char *dir, const char *scheduler,
			     const char *text, size_t len,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * The flags of @scheduler. KT_SYS: nothing is known of it; KT_DATA: what is
 * kept is no list. *out is to be released.
 */
enum kt_status kt_flags_known(const char *dir, const char *scheduler,
			      struct kt_flags *out,
			      struct kt_error *err) KT_MUST_CHECK;

#endif
