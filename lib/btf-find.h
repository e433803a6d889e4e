/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/btf-find.h - types in bytes that do not say where they are
 *
 * BTF begins with a magic number and a header (Documentation/bpf/btf.rst, "BTF
 * Type and String Encoding"), so that it is found in a kernel whose section
 * headers are gone. Only little-endian BTF is.
 */
#ifndef KT_BTF_FIND_H
#define KT_BTF_FIND_H

#include <stdbool.h>
#include <stddef.h>

#define KT_BTF_FIND_MAX ((size_t)256 << 20) /* bytes of one */

/*
 * The bytes that the BTF at @data has, as its header says: types and strings
 * lie behind the header and within @len bytes, the strings begin and end with
 * a NUL. 0 if that is no BTF.
 */
size_t kt_btf_bytes(const unsigned char *data, size_t len);

/*
 * The largest BTF in the @len bytes at @data, for programs that are linked into
 * a kernel have some of their own: its offset and size. False if there is none.
 */
bool kt_btf_find(const unsigned char *data, size_t len, size_t *at,
		 size_t *bytes);

/* Does the BTF at @data, of @len bytes, have a type or member of that name? */
bool kt_btf_names(const unsigned char *data, size_t len, const char *name);

#endif
