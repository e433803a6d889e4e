/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kallsyms.h - the symbols that a running kernel carries along
 *
 * With CONFIG_KALLSYMS a kernel has names and addresses of its functions in its
 * read-only data, and with CONFIG_KALLSYMS_ALL those of its variables too:
 * enough to look into a guest of a kernel that came without vmlinux. The
 * format is internal to a kernel (scripts/kallsyms.c writes it,
 * kernel/kallsyms.c reads it) and nothing points at the tables, so each is
 * found by what only it can be:
 *
 *   token_table, token_index   256 strings, and where each of them begins
 *   num_syms, names            names in tokens, each behind its length
 *   markers                    where every 256th name begins
 *   offsets, relative_base     addresses: relative to a base; the same, but
 *                              per-CPU ones as they are (until 6.14); or each
 *                              relative to the place it stands at (7.0)
 *
 * Kernels since 6.4 have the offsets behind the tokens, those before in front
 * of the names; both are read. The bytes are not trusted.
 */
#ifndef KT_KALLSYMS_H
#define KT_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_KALLSYMS_MIN 256 /* no kernel has fewer */
#define KT_KALLSYMS_MAX ((uint32_t)2 << 20)
#define KT_KALLSYMS_MAX_NAME 1024 /* bytes; the kernel's own limit is 512 */
#define KT_KALLSYMS_MAX_NAMES ((size_t)128 << 20) /* bytes of all of them */
/* Some seconds. The largest kernel so far, of 57 MB, takes 30 million. */
#define KT_KALLSYMS_MAX_STEPS ((uint64_t)1 << 29)

struct kt_kallsym {
	uint64_t addr;
	uint32_t name; /* its offset in names */
	char type;     /* as nm(1) has it: "T" is a function others can see */
};

struct kt_kallsyms {
	struct kt_kallsym *syms; /* by address, as the kernel has them */
	size_t nr;
	char *names; /* NUL-terminated, one behind the other */
	size_t names_len;
};

/*
 * Find the symbols of a 64-bit little-endian kernel in @data, the @len bytes it
 * is given at address @addr: a whole segment of its file, with its code and its
 * read-only data. @what names it in errors. Bytes can be made so that nearly all
 * of them look like names: *steps is what the search may cost, in places and
 * tokens looked at, and then what is left of that.
 *
 * KT_OK: *out is filled in and to be released. Names are not empty, and have
 * neither spaces nor control characters; "_stext" lies within
 * the segment. KT_DATA: there are none, none were found in so many steps, or
 * they exceed the limits above. KT_FAIL: told to stop (lib/stop.h).
 */
enum kt_status kt_kallsyms_find(const unsigned char *data, size_t len,
				uint64_t addr, const char *what,
				uint64_t *steps, struct kt_kallsyms *out,
				struct kt_error *err) KT_MUST_CHECK;

/* Free what @k owns; it is empty afterwards. Serves as KT_CLEANUP(). */
void kt_kallsyms_release(struct kt_kallsyms *k);

#endif
