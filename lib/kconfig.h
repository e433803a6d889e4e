/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kconfig.h - .config files and the fragment of ours, symbol by symbol
 *
 * A .config is lines of CONFIG_X=value and "# CONFIG_X is not set"
 * (Documentation/kbuild/kconfig.rst); a symbol that does not appear is off.
 * ktstr.kconfig has two parts, marked "#### need ####" and "#### slim ####":
 * see the file itself.
 */
#ifndef KT_KCONFIG_H
#define KT_KCONFIG_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/hash.h"

#define KT_KCONFIG_MAX_BYTES ((size_t)4 << 20)

struct kt_kconfig;

/*
 * Parse @len bytes at @text. The last line of a symbol wins. Lines that are
 * neither a setting nor a comment are KT_DATA, with their number. The caller
 * owns *out.
 */
enum kt_status kt_kconfig_parse(const char *text, size_t len,
				struct kt_kconfig **out,
				struct kt_error *err) KT_MUST_CHECK;
void kt_kconfig_freep(struct kt_kconfig **cfg);

/*
 * Read the fragment in file @path into *text, and see that it can be parsed.
 * @crc is its sum, as keys have it. KT_SYS: it cannot be read.
 */
enum kt_status kt_kconfig_read(const char *path, struct kt_buf *text,
			       char crc[KT_CRC32_SIZE],
			       struct kt_error *err) KT_MUST_CHECK;

/* The value of @symbol ("CONFIG_SMP"): "y", "m", "512", "\"text\"", or "n" if
 * it is off or unknown. Borrowed. */
const char *kt_kconfig_get(const struct kt_kconfig *cfg, const char *symbol);

/*
 * Every symbol of @want whose value in @have differs, as "CONFIG_X=y" lines in
 * @want's order: what a fragment asked for and olddefconfig dropped.
 * Returns how many.
 */
size_t kt_kconfig_unmet(const struct kt_kconfig *want,
			const struct kt_kconfig *have, struct kt_buf *out);

/*
 * The two parts of a fragment with marks, as text; one without marks is all
 * need. The caller owns both.
 */
void kt_kconfig_parts(const char *fragment, char **need, char **slim);

/* The fragment this program was built with: ktstr.kconfig, and its length. */
extern const char kt_kconfig_fragment[];
extern const size_t kt_kconfig_fragment_len;

#endif
