/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/btf-offsets.h - where the members of a kernel's structs are
 *
 * From BTF (Documentation/bpf/btf.rst), which is asked for names and never
 * believed: indices, names and sizes are checked, nesting and work are bounded.
 * What a kernel has is found by looking, not by its version: distributions
 * carry patches back.
 */
#ifndef KT_BPF_BTF_OFFSETS_H
#define KT_BPF_BTF_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_BTF_MAX_DEPTH 32		     /* of members and of qualifiers */
#define KT_BTF_MAX_STEPS ((size_t)4 << 20)   /* members looked at, a search */
#define KT_BTF_MAX_BYTES ((uint32_t)1 << 20) /* where members may lie */

struct kt_btf;

/*
 * Parse @len bytes of raw BTF at @data, which are copied. @what names them in
 * messages. KT_DATA: they are malformed. *out is the caller's.
 */
enum kt_status kt_btf_new(const void *data, size_t len, const char *what,
			  struct kt_btf **out,
			  struct kt_error *err) KT_MUST_CHECK;

/* NULL is fine. */
void kt_btf_free(struct kt_btf *btf);

/* A member of a struct; 0 is a good offset, so found says whether it is there. */
struct kt_field {
	bool found;
	uint32_t at;	/* byte of the struct where it begins */
	uint32_t bytes; /* its size; of a bit field, the bytes it touches */
	uint32_t nr;	/* elements of an array, else 1 */
	uint8_t bit;	/* of the byte, where a bit field begins */
	uint8_t bits;	/* of a bit field, else 0 */
};

/*
 * Find member @path of struct or union @type: a name, or names with dots
 * between, each a member of the struct that the one before it is (not points
 * to). Members of unnamed structs and unions count as members of what they are
 * in. Of several types called @type the first that has @path is taken. A field
 * that is not found is false, and all zero.
 */
bool kt_btf_field(const struct kt_btf *btf, const char *type, const char *path,
		  struct kt_field *out);

/* The size of struct or union @type in bytes; false if there is none. */
bool kt_btf_size(const struct kt_btf *btf, const char *type, uint32_t *out);

/*
 * The names of struct @id and of its member @index, borrowed from @btf. False
 * if @id is no struct or has no such member.
 */
bool kt_btf_member(const struct kt_btf *btf, uint32_t id, uint32_t index,
		   const char **type, const char **member);

/* The name of @value in enum @type, borrowed, or NULL. */
const char *kt_btf_enumerator(const struct kt_btf *btf, const char *type,
			      int32_t value);

/*
 * The unsigned value of @field in the struct whose bytes are at @object, little
 * endian. The field is found, of 1 to 8 bytes, and @object holds them all.
 */
uint64_t kt_field_value(const struct kt_field *field, const void *object);

#endif
