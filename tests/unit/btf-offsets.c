// SPDX-License-Identifier: GPL-2.0-only
/* btf-offsets: where members are, and types that are not what they say */
#include "lib/bpf/btf-offsets.h"

#include <stdlib.h>

#include <bpf/btf.h>

#include "tests/unit/tap.h"

/* Ids of the types that make() adds, in their order. */
struct ids {
	int u8, u32, ptr, array, s1, u1, typedefs, outer, nested, deep;
};

/*
 *	struct { unsigned int in_struct; unsigned int also; }
 *	union { that struct; void *in_union; }
 *	struct outer {
 *		void *first;				at 0
 *		that union, const volatile typedef'd;	at 8
 *		unsigned int low : 3, high : 13;	at 16
 *		unsigned char bytes[24];		at 20
 *		struct inner { pad; unsigned int val; } at 44
 *		unsigned int odd;			at bit 417
 *	};
 */
static void make(struct btf *b, struct ids *id)
{
	int t;

	id->u8 = btf__add_int(b, "unsigned char", 1, 0);
	id->u32 = btf__add_int(b, "unsigned int", 4, 0);
	id->ptr = btf__add_ptr(b, 0);
	id->array = btf__add_array(b, id->u32, id->u8, 24);
	id->s1 = btf__add_struct(b, NULL, 8);
	btf__add_field(b, "in_struct", id->u32, 0, 0);
	btf__add_field(b, "also", id->u32, 32, 0);
	id->u1 = btf__add_union(b, NULL, 8);
	btf__add_field(b, NULL, id->s1, 0, 0);
	btf__add_field(b, "in_union", id->ptr, 0, 0);
	t = btf__add_typedef(b, "a_union", id->u1);
	t = btf__add_volatile(b, t);
	id->typedefs = btf__add_const(b, t);
	id->nested = btf__add_struct(b, "inner", 8);
	btf__add_field(b, "pad", id->u32, 0, 0);
	btf__add_field(b, "val", id->u32, 32, 0);
	/* Another struct of that name, which has nothing of interest. */
	btf__add_struct(b, "outer", 4);
	btf__add_field(b, "unlike", id->u32, 0, 0);
	id->outer = btf__add_struct(b, "outer", 56);
	btf__add_field(b, "first", id->ptr, 0, 0);
	btf__add_field(b, NULL, id->typedefs, 64, 0);
	btf__add_field(b, "low", id->u32, 128, 3);
	btf__add_field(b, "high", id->u32, 131, 13);
	btf__add_field(b, "bytes", id->array, 160, 0);
	btf__add_field(b, "inner", id->nested, 352, 0);
	btf__add_field(b, "odd", id->u32, 417, 0);
	btf__add_fwd(b, "forward", BTF_FWD_STRUCT);
	btf__add_enum(b, "state", 4);
	btf__add_enum_value(b, "OFF", 0);
	btf__add_enum_value(b, "ON", 5);
	btf__add_enum_value(b, "BAD", -1);
}

struct want {
	const char *type, *path;
	struct kt_field field;
};

static const struct want wants[] = {
	{ "outer", "first", { true, 0, 8, 1, 0, 0 } },
	{ "outer", "in_struct", { true, 8, 4, 1, 0, 0 } },
	{ "outer", "also", { true, 12, 4, 1, 0, 0 } },
	{ "outer", "in_union", { true, 8, 8, 1, 0, 0 } },
	{ "outer", "low", { true, 16, 1, 1, 0, 3 } },
	{ "outer", "high", { true, 16, 2, 1, 3, 13 } },
	{ "outer", "bytes", { true, 20, 24, 24, 0, 0 } },
	{ "outer", "inner", { true, 44, 8, 1, 0, 0 } },
	{ "outer", "inner.val", { true, 48, 4, 1, 0, 0 } },
	{ "outer", "unlike", { true, 0, 4, 1, 0, 0 } },
	{ "outer", "odd", { 0 } },
	{ "outer", "none", { 0 } },
	{ "outer", "", { 0 } },
	{ "outer", "firs", { 0 } },
	{ "outer", "first.val", { 0 } },
	{ "outer", "low.val", { 0 } },
	{ "outer", "inner.", { 0 } },
	{ "outer", ".inner", { 0 } },
	{ "forward", "val", { 0 } },
	{ "state", "ON", { 0 } },
	{ "unsigned int", "val", { 0 } },
	{ "nothing", "val", { 0 } },
};

static void fields(const struct kt_btf *btf)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		const struct kt_field *w = &wants[i].field;
		struct kt_field f;
		const bool found =
			kt_btf_field(btf, wants[i].type, wants[i].path, &f);

		ok(found == w->found && f.found == w->found && f.at == w->at &&
			   f.bytes == w->bytes && f.nr == w->nr &&
			   f.bit == w->bit && f.bits == w->bits,
		   "%s.%s: %d %u %u %u %u %u", wants[i].type, wants[i].path,
		   f.found, f.at, f.bytes, f.nr, f.bit, f.bits);
	}
}

static void values(const struct kt_btf *btf)
{
	unsigned char object[64] = { 0 };
	struct kt_field f;

	memcpy(object + 12, "\x01\x02\x03\x84", 4);
	memcpy(object + 16, "\xfd\xff", 2);
	kt_btf_field(btf, "outer", "also", &f);
	same_u64(kt_field_value(&f, object), 0x84030201,
		 "a value is little endian, and never negative");
	kt_btf_field(btf, "outer", "low", &f);
	same_u64(kt_field_value(&f, object), 5, "so is a bit field");
	kt_btf_field(btf, "outer", "high", &f);
	same_u64(kt_field_value(&f, object), 0x1fff,
		 "and one that goes over a byte");
}

static void names(const struct kt_btf *btf, const struct ids *id)
{
	const char *type = "", *member = "";
	uint32_t bytes = 0;

	ok(kt_btf_size(btf, "inner", &bytes) && bytes == 8, "a struct's size");
	ok(!kt_btf_size(btf, "nothing", &bytes), "of nothing there is none");
	ok(kt_btf_member(btf, (uint32_t)id->nested, 1, &type, &member),
	   "a member has a number");
	same_str(type, "inner", "its struct has a name");
	same_str(member, "val", "and so it has");
	ok(!kt_btf_member(btf, (uint32_t)id->nested, 2, &type, &member) &&
		   !kt_btf_member(btf, (uint32_t)id->u32, 0, &type, &member) &&
		   !kt_btf_member(btf, 0, 0, &type, &member) &&
		   !kt_btf_member(btf, 1u << 31, 0, &type, &member),
	   "what is no member has not");
	same_str(kt_btf_enumerator(btf, "state", 5), "ON", "values have names");
	same_str(kt_btf_enumerator(btf, "state", -1), "BAD",
		 "negative ones too");
	ok(!kt_btf_enumerator(btf, "state", 1) &&
		   !kt_btf_enumerator(btf, "outer", 0),
	   "others have none");
}

static struct kt_btf *parse(const struct btf *b)
{
	struct kt_btf *btf = NULL;
	struct kt_error err;
	uint32_t len;
	const void *raw = btf__raw_data(b, &len);

	if (kt_btf_new(raw, len, "types", &btf, &err)) {
		printf("# %s\n", err.msg);
		return NULL;
	}
	return btf;
}

/* Types that contain, name or qualify themselves: each search ends. */
static void circles(void)
{
	struct btf *b = btf__new_empty();
	struct kt_btf *btf;
	struct kt_field f;
	int id;

	/* 1: a typedef of itself; a struct with one. */
	btf__add_typedef(b, "loop", 1);
	btf__add_struct(b, "of_loop", 8);
	btf__add_field(b, "x", 1, 0, 0);
	btf__add_field(b, NULL, 1, 0, 0);
	/* 3: a struct that is in itself, twice. */
	btf__add_struct(b, "in_itself", 8);
	btf__add_field(b, NULL, 3, 0, 0);
	btf__add_field(b, NULL, 3, 0, 0);
	btf__add_field(b, "self", 3, 32, 0);
	/* A type that is not there. */
	id = btf__add_struct(b, "of_nothing", 8);
	btf__add_field(b, "x", id + 1000, 0, 0);
	btf__add_field(b, NULL, id + 1000, 0, 0);
	/* A member where no object reaches. */
	id = btf__add_int(b, "int", 4, 0);
	btf__add_struct(b, "large", 8);
	btf__add_field(b, "far", id, UINT32_MAX - 31, 0);
	btf = parse(b);
	if (!ok(btf, "types in circles are parsed"))
		return;
	ok(!kt_btf_field(btf, "of_loop", "x", &f), "a loop of typedefs ends");
	ok(!kt_btf_field(btf, "in_itself", "none", &f),
	   "a struct in itself ends, twice as well");
	ok(!kt_btf_field(btf, "in_itself", "self.self.self.none", &f),
	   "by its name too");
	ok(!kt_btf_field(btf, "of_nothing", "x", &f),
	   "a type that is not there is not found");
	ok(!kt_btf_field(btf, "large", "far", &f),
	   "nor a member where no struct reaches");
	kt_btf_free(btf);
	btf__free(b);
}

static void malformed(const struct btf *good)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct kt_error err;
	uint32_t len;
	const unsigned char *raw = btf__raw_data(good, &len);
	unsigned char *copy = malloc(len);
	size_t refused = 0, lost = 0;

	for (uint32_t cut = 0; cut < len; cut++) {
		struct kt_btf *btf = NULL;

		refused += kt_btf_new(raw, cut, "types", &btf, &err) == KT_DATA;
		kt_btf_free(btf);
	}
	same_u64(refused, len, "what is cut short is refused");
	refused = 0;
	for (int i = 0; copy && i < 20000; i++) {
		struct kt_btf *btf = NULL;
		struct kt_field f;

		memcpy(copy, raw, len);
		for (int k = 0; k < 3; k++) {
			seed = seed * 6364136223846793005u +
			       1442695040888963407u;
			copy[(seed >> 33) % len] = (unsigned char)(seed >> 20);
		}
		if (kt_btf_new(copy, len, "types", &btf, &err)) {
			refused++;
			continue;
		}
		lost += !kt_btf_field(btf, "outer", "inner.val", &f);
		if (f.found &&
		    (f.at >= KT_BTF_MAX_BYTES || f.bytes > KT_BTF_MAX_BYTES))
			ok(false, "an offset is bounded");
		kt_btf_free(btf);
	}
	ok(refused > 100 && lost > 100,
	   "of damaged types %zu are refused, and %zu lack a member", refused,
	   lost);
	free(copy);
}

int main(void)
{
	struct btf *b = btf__new_empty();
	struct kt_btf *btf;
	struct ids id;

	make(b, &id);
	btf = parse(b);
	if (ok(btf, "types are parsed")) {
		fields(btf);
		values(btf);
		names(btf, &id);
	}
	kt_btf_free(btf);
	malformed(b);
	btf__free(b);
	circles();
	return tap_end();
}
