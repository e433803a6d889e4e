/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/sidecar-shape.h - which members a sidecar has
 */
#ifndef KT_SIDECAR_SHAPE_H
#define KT_SIDECAR_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define KT_NOWHERE SIZE_MAX /* checked, not kept */

enum kt_kind {
	KT_F_STRING,
	KT_F_BOOL,
	KT_F_U32,
	KT_F_U64,
	KT_F_I64,
	KT_F_F64,
	KT_F_STRINGS, /* joined by '+' */
	KT_F_F64_MAP,
	KT_F_OBJECT,
	KT_F_LIST, /* of objects */
	KT_F_VCPUS,
};

enum kt_presence {
	KT_F_REQUIRED,
	KT_F_DEFAULT,  /* may be missing, but not null */
	KT_F_OPTIONAL, /* may be missing or null */
};

/* Tables end in a field without a name. */
struct kt_field {
	const char *name;
	enum kt_kind kind;
	enum kt_presence presence;
	size_t at;		      /* offset in the struct, or KT_NOWHERE */
	size_t seen_at;		      /* a bool that tells it was there, or 0 */
	const struct kt_field *shape; /* of an object, or of a list's items */
	size_t size;		      /* of a list's items */
	const char *later;	      /* the name later versions give it */
};

/* The root object, to be put into a struct kt_sidecar. */
extern const struct kt_field kt_sidecar_shape[];

#endif
