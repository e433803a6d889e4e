// SPDX-License-Identifier: GPL-2.0-only
/*
 * btf-offsets - where the members of a kernel's structs are, by libbpf
 *
 * libbpf checks that the types lie within their section and little else: what
 * a type refers to may be missing, nameless or itself.
 */
#include "lib/bpf/btf-offsets.h"

#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* Handed out as if it were ours, so that nobody else sees libbpf. */
static const struct btf *theirs(const struct kt_btf *btf)
{
	return (const struct btf *)(const void *)btf;
}

enum kt_status kt_btf_new(const void *data, size_t len, const char *what,
			  struct kt_btf **out, struct kt_error *err)
{
	struct btf *btf;
	long code;

	/* It prints what it thinks of the data, unless told not to. */
	libbpf_set_print(NULL);
	if (len > UINT32_MAX)
		return kt_fail(err, KT_DATA, "\"%s\": types of %zu bytes", what,
			       len);
	btf = btf__new(data, (uint32_t)len);
	code = libbpf_get_error(btf);
	if (code)
		return kt_fail(err, KT_DATA, "\"%s\": bad BTF: %s", what,
			       strerror((int)-code));
	if (btf__set_pointer_size(btf, sizeof(uint64_t))) {
		btf__free(btf);
		return kt_fail(err, KT_DATA, "\"%s\": bad BTF", what);
	}
	*out = (struct kt_btf *)(void *)btf;
	return KT_OK;
}

void kt_btf_free(struct kt_btf *btf)
{
	btf__free((struct btf *)(void *)btf);
}

static const char *name_of(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

/* What type @id is without const, volatile, typedef and the like, or NULL. */
static const struct btf_type *plain(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int depth = 0; t && depth < KT_BTF_MAX_DEPTH; depth++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return t;
		t = btf__type_by_id(btf, t->type);
	}
	return NULL;
}

struct search {
	const struct btf *btf;
	size_t steps;
	uint64_t bit; /* where the member was found */
	uint32_t type;
	unsigned int bits; /* of a bit field, else 0 */
};

/* Find the member called the first @len bytes of @name in @t, or below it. */
static bool find_member(struct search *s, const struct btf_type *t,
			const char *name, size_t len, uint64_t base, int depth)
{
	const struct btf_member *m = btf_members(t);

	if (depth > KT_BTF_MAX_DEPTH)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++, m++) {
		const char *its = name_of(s->btf, m->name_off);
		const uint64_t bit = base + btf_member_bit_offset(t, i);
		const struct btf_type *inner;

		if (s->steps++ >= KT_BTF_MAX_STEPS)
			return false;
		if (*its) {
			if (strncmp(its, name, len) != 0 || its[len])
				continue;
			s->bit = bit;
			s->type = m->type;
			s->bits = btf_member_bitfield_size(t, i);
			return true;
		}
		inner = plain(s->btf, m->type);
		if (inner && btf_is_composite(inner) &&
		    find_member(s, inner, name, len, bit, depth + 1))
			return true;
	}
	return false;
}

static bool describe(const struct search *s, struct kt_field *out)
{
	const struct btf_type *t = plain(s->btf, s->type);
	struct kt_field f = { .found = true, .nr = 1 };
	int64_t bytes = btf__resolve_size(s->btf, s->type);

	if (!t || s->bit / 8 >= KT_BTF_MAX_BYTES)
		return false;
	f.at = (uint32_t)(s->bit / 8);
	f.bit = (uint8_t)(s->bit % 8);
	f.bits = (uint8_t)s->bits;
	if (s->bits)
		bytes = (f.bit + f.bits + 7) / 8;
	else if (f.bit)
		return false;
	if (bytes < 0 || bytes > KT_BTF_MAX_BYTES)
		return false;
	f.bytes = (uint32_t)bytes;
	if (btf_is_array(t))
		f.nr = btf_array(t)->nelems;
	*out = f;
	return true;
}

static bool find_path(struct search *s, const struct btf_type *t,
		      const char *path, struct kt_field *out)
{
	uint64_t base = 0;

	for (;;) {
		const size_t len = strcspn(path, ".");

		if (!t || !btf_is_composite(t) ||
		    !find_member(s, t, path, len, base, 0))
			return false;
		path += len;
		if (!*path++)
			return describe(s, out);
		if (s->bits)
			return false;
		base = s->bit;
		t = plain(s->btf, s->type);
	}
}

/* The next struct or union called @name behind type *id, or NULL. */
static const struct btf_type *next_struct(const struct btf *btf,
					  const char *name, uint32_t *id)
{
	while (++*id < btf__type_cnt(btf)) {
		const struct btf_type *t = btf__type_by_id(btf, *id);

		if (t && btf_is_composite(t) &&
		    !strcmp(name_of(btf, t->name_off), name))
			return t;
	}
	return NULL;
}

bool kt_btf_field(const struct kt_btf *btf, const char *type, const char *path,
		  struct kt_field *out)
{
	struct search s = { .btf = theirs(btf) };
	const struct btf_type *t;
	uint32_t id = 0;

	*out = (struct kt_field){ 0 };
	while ((t = next_struct(s.btf, type, &id)))
		if (find_path(&s, t, path, out))
			return true;
	return false;
}

bool kt_btf_size(const struct kt_btf *btf, const char *type, uint32_t *out)
{
	uint32_t id = 0;
	const struct btf_type *t = next_struct(theirs(btf), type, &id);

	if (t)
		*out = t->size;
	return t;
}

bool kt_btf_member(const struct kt_btf *btf, uint32_t id, uint32_t index,
		   const char **type, const char **member)
{
	const struct btf_type *t = btf__type_by_id(theirs(btf), id);

	if (!t || !btf_is_struct(t) || index >= btf_vlen(t))
		return false;
	*type = name_of(theirs(btf), t->name_off);
	*member = name_of(theirs(btf), btf_members(t)[index].name_off);
	return true;
}

const char *kt_btf_enumerator(const struct kt_btf *btf, const char *type,
			      int32_t value)
{
	const int32_t id =
		btf__find_by_name_kind(theirs(btf), type, BTF_KIND_ENUM);
	const struct btf_type *t =
		id > 0 ? btf__type_by_id(theirs(btf), (uint32_t)id) : NULL;

	for (uint32_t i = 0; t && i < btf_vlen(t); i++)
		if (btf_enum(t)[i].val == value)
			return name_of(theirs(btf), btf_enum(t)[i].name_off);
	return NULL;
}

uint64_t kt_field_value(const struct kt_field *field, const void *object)
{
	const unsigned char *p = (const unsigned char *)object + field->at;
	uint64_t val = 0;

	for (uint32_t i = field->bytes; i; i--)
		val = val << 8 | p[i - 1];
	if (field->bits)
		val = val >> field->bit & (~UINT64_C(0) >> (64 - field->bits));
	return val;
}
