/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/ksyms.h - the symbols a kernel tree's Kconfig files define
 *
 * Read only to explain: kbuild drops an option whose dependencies are off
 * without a word. The language is Documentation/kbuild/kconfig-language.rst;
 * what is not understood of it makes an explanation poorer, never an error.
 */
#ifndef KT_KSYMS_H
#define KT_KSYMS_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/kconfig.h"

#define KT_KSYMS_MAX_FILES 20000
#define KT_KSYMS_MAX_FILE ((size_t)1 << 20) /* bytes */

struct kt_ksyms;

/*
 * Read the Kconfig files below @tree, of the architectures only @srcarch
 * ("x86"). The caller owns *out.
 */
enum kt_status kt_ksyms_read(const char *tree, const char *srcarch,
			     struct kt_ksyms **out,
			     struct kt_error *err) KT_MUST_CHECK;

/* The same from the text of one file, for tests. */
void kt_ksyms_add(struct kt_ksyms **syms, const char *text);

void kt_ksyms_freep(struct kt_ksyms **syms);

/* Is @symbol ("CONFIG_SMP") defined anywhere? */
bool kt_ksyms_has(const struct kt_ksyms *syms, const char *symbol);

/*
 * Why @symbol cannot be set with @have as it is: "it depends on NET, which is
 * off", or NULL if no definition tells. The caller owns it.
 */
char *kt_ksyms_why(const struct kt_ksyms *syms, const char *symbol,
		   const struct kt_kconfig *have);

#endif
