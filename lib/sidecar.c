// SPDX-License-Identifier: GPL-2.0-only
/*
 * sidecar - read a sidecar, by tables
 *
 * A table says of every member which type it has, whether it may be missing,
 * and where it goes. Values are taken as they come by; nothing is built first.
 */
#include "lib/sidecar.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/lex.h"
#include "lib/sidecar-shape.h"
#include "lib/xalloc.h"

struct kt_sidecar_parser {
	struct kt_lex lex;
	struct kt_sidecar out;
	struct kt_buf strings; /* that out borrows */
	struct kt_buf flags;
};

#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

const struct kt_slice kt_sidecar_kvm_name[KT_NR_KVM_STATS] = {
	[KT_KVM_EXITS] = NAME("exits"),
	[KT_KVM_HALT_EXITS] = NAME("halt_exits"),
	[KT_KVM_HALT_WAIT_NS] = NAME("halt_wait_ns"),
	[KT_KVM_PREEMPTED] = NAME("preemption_reported"),
	[KT_KVM_SIGNAL_EXITS] = NAME("signal_exits"),
	[KT_KVM_HYPERCALLS] = NAME("hypercalls"),
	[KT_KVM_POLL_OK] = NAME("halt_successful_poll"),
	[KT_KVM_POLL_TRIED] = NAME("halt_attempted_poll"),
};

struct kt_sidecar_parser *kt_sidecar_parser_new(void)
{
	return kt_xcalloc(1, sizeof(struct kt_sidecar_parser));
}

void kt_sidecar_parser_free(struct kt_sidecar_parser *parser)
{
	if (!parser)
		return;
	free(parser->out.events.items);
	free(parser->out.verified.items);
	free(parser->out.callbacks.items);
	kt_buf_release(&parser->strings);
	kt_buf_release(&parser->flags);
	free(parser);
}

static enum kt_status wrong_type(const struct kt_lex *lex,
				 const struct kt_field *f, struct kt_error *err)
{
	static const char *const want[] = {
		[KT_F_STRING] = "a string",  [KT_F_BOOL] = "true or false",
		[KT_F_U32] = "an integer",   [KT_F_U64] = "an integer",
		[KT_F_I64] = "an integer",   [KT_F_F64] = "a number",
		[KT_F_STRINGS] = "a list",   [KT_F_F64_MAP] = "an object",
		[KT_F_OBJECT] = "an object", [KT_F_LIST] = "a list",
		[KT_F_VCPUS] = "a list",
	};

	if (lex->at == lex->end)
		return kt_lex_fail(lex, "", err);
	return kt_fail(err, KT_DATA, "member \"%s\" is not %s", f->name,
		       want[f->kind]);
}

static enum kt_status other_than(const struct kt_lex *lex,
				 const struct kt_field *f, const char *what,
				 struct kt_error *err)
{
	if (lex->at == lex->end)
		return kt_lex_fail(lex, "", err);
	return kt_fail(err, KT_DATA, "member \"%s\" holds other than %s",
		       f->name, what);
}

static enum kt_status out_of_range(const struct kt_field *f,
				   struct kt_error *err)
{
	return kt_fail(err, KT_DATA, "member \"%s\" is out of range", f->name);
}

static bool at_number(struct kt_lex *lex)
{
	const char c = kt_lex_peek(lex);

	return c == '-' || (c >= '0' && c <= '9');
}

static enum kt_status get_integer(struct kt_lex *lex, const struct kt_field *f,
				  char *at, struct kt_error *err)
{
	struct kt_lex_number n;
	enum kt_status st;
	uint64_t most = UINT64_MAX;

	if (!at_number(lex))
		return wrong_type(lex, f, err);
	st = kt_lex_number(lex, &n, err);
	if (st)
		return st;
	if (!n.integer)
		return wrong_type(lex, f, err);
	if (f->kind == KT_F_U32)
		most = UINT32_MAX;
	else if (f->kind == KT_F_I64)
		most = (uint64_t)INT64_MAX + n.negative;
	if (!n.fits || n.magnitude > most ||
	    (n.negative && f->kind != KT_F_I64))
		return out_of_range(f, err);
	if (!at)
		return KT_OK;
	if (f->kind == KT_F_U32)
		*(uint32_t *)(void *)at = (uint32_t)n.magnitude;
	else if (f->kind == KT_F_U64)
		*(uint64_t *)(void *)at = n.magnitude;
	else
		*(int64_t *)(void *)at =
			(int64_t)(n.negative ? -n.magnitude : n.magnitude);
	return KT_OK;
}

static enum kt_status get_float(struct kt_lex *lex, const struct kt_field *f,
				char *at, struct kt_error *err)
{
	struct kt_lex_number n;
	enum kt_status st;

	if (!at_number(lex))
		return wrong_type(lex, f, err);
	st = kt_lex_number(lex, &n, err);
	if (!st && at)
		*(double *)(void *)at = n.val;
	return st;
}

static enum kt_status too_long(const struct kt_field *f, struct kt_error *err)
{
	return kt_fail(err, KT_DATA, "member \"%s\" is longer than %d bytes",
		       f->name, KT_SIDECAR_MAX_NAME);
}

static enum kt_status get_string(struct kt_lex *lex, const struct kt_field *f,
				 char *at, struct kt_error *err)
{
	struct kt_slice s;
	enum kt_status st;

	if (kt_lex_peek(lex) != '"')
		return wrong_type(lex, f, err);
	st = kt_lex_string(lex, &s, err);
	if (st || !at)
		return st;
	if (s.len > KT_SIDECAR_MAX_NAME)
		return too_long(f, err);
	/* The quotes of each string make room for its NUL. */
	if (s.s + s.len != lex->free) {
		memcpy(lex->free, s.s, s.len);
		s.s = lex->free;
		lex->free += s.len;
	}
	*lex->free++ = '\0';
	*(const char **)(void *)at = s.s;
	return KT_OK;
}

static enum kt_status get_bool(struct kt_lex *lex, const struct kt_field *f,
			       char *at, struct kt_error *err)
{
	const bool yes = kt_lex_peek(lex) == 't';

	if (!yes && kt_lex_peek(lex) != 'f')
		return wrong_type(lex, f, err);
	if (at)
		*(bool *)at = yes;
	return kt_lex_word(lex, yes ? "true" : "false", err);
}

static enum kt_status get_strings(struct kt_sidecar_parser *p,
				  const struct kt_field *f,
				  struct kt_error *err)
{
	bool first = true, more = true;

	p->flags.len = 0;
	p->out.flags = "";
	if (kt_lex_peek(&p->lex) != '[')
		return wrong_type(&p->lex, f, err);
	for (;; first = false) {
		enum kt_status st = kt_lex_element(&p->lex, first, &more, err);
		struct kt_slice s;

		if (st || !more)
			return st;
		if (kt_lex_peek(&p->lex) != '"')
			return other_than(&p->lex, f, "strings", err);
		st = kt_lex_string(&p->lex, &s, err);
		if (st)
			return st;
		if (!first)
			kt_buf_addc(&p->flags, '+');
		kt_buf_add(&p->flags, s.s, s.len);
		if (p->flags.len > KT_SIDECAR_MAX_NAME)
			return too_long(f, err);
		p->out.flags = p->flags.data;
	}
}

/*
 * An object whose members are all numbers of @kind: those of a virtual CPU are
 * added up, others are only checked.
 */
static enum kt_status get_map(struct kt_sidecar_parser *p,
			      const struct kt_field *f, enum kt_kind kind,
			      struct kt_error *err)
{
	const struct kt_field map = { .name = f->name, .kind = KT_F_F64_MAP };
	bool first = true, more = true;

	if (kt_lex_peek(&p->lex) != '{')
		return wrong_type(&p->lex, &map, err);
	for (;; first = false) {
		struct kt_field item = { .name = f->name, .kind = kind };
		struct kt_slice key;
		uint64_t n = 0;
		enum kt_status st =
			kt_lex_member(&p->lex, first, &more, &key, err);

		if (st || !more)
			return st;
		st = kind == KT_F_F64 ?
			     get_float(&p->lex, &item, NULL, err) :
			     get_integer(&p->lex, &item, (char *)&n, err);
		if (st)
			return st;
		for (size_t i = 0; kind == KT_F_U64 && i < KT_NR_KVM_STATS; i++)
			if (kt_sidecar_kvm_name[i].len == key.len &&
			    !memcmp(kt_sidecar_kvm_name[i].s, key.s, key.len))
				p->out.kvm[i] += n;
	}
}

static enum kt_status get_vcpus(struct kt_sidecar_parser *p,
				const struct kt_field *f, struct kt_error *err)
{
	bool first = true, more = true;

	p->out.nr_vcpus = 0;
	memset(p->out.kvm, 0, sizeof(p->out.kvm));
	if (kt_lex_peek(&p->lex) != '[')
		return wrong_type(&p->lex, f, err);
	for (;; first = false) {
		enum kt_status st = kt_lex_element(&p->lex, first, &more, err);

		if (st || !more)
			return st;
		st = get_map(p, f, KT_F_U64, err);
		if (st)
			return kt_within(err, st, "%s %zu", f->name,
					 p->out.nr_vcpus);
		p->out.nr_vcpus++;
	}
}

static enum kt_status get_object(struct kt_sidecar_parser *p,
				 const struct kt_field *shape, char *base,
				 struct kt_error *err);

/* Room for one more item, of zeros. */
static void *new_item(struct kt_sidecar_list *list, size_t size)
{
	char *item = list->items;

	if (!item || list->nr == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 16;
		item = kt_xrealloc(item, list->cap * size);
		list->items = item;
	}
	item += list->nr++ * size;
	memset(item, 0, size);
	return item;
}

static enum kt_status get_list(struct kt_sidecar_parser *p,
			       const struct kt_field *f, char *at,
			       struct kt_error *err)
{
	struct kt_sidecar_list *list = (void *)at;
	bool first = true, more = true;

	if (kt_lex_peek(&p->lex) != '[')
		return wrong_type(&p->lex, f, err);
	if (list)
		list->nr = 0;
	for (size_t i = 0;; i++, first = false) {
		enum kt_status st = kt_lex_element(&p->lex, first, &more, err);
		char *item = NULL;

		if (st || !more)
			return st;
		if (kt_lex_peek(&p->lex) != '{')
			return other_than(&p->lex, f, "objects", err);
		if (i == KT_SIDECAR_MAX_ITEMS)
			return kt_fail(err, KT_DATA,
				       "member \"%s\" has more than %d items",
				       f->name, KT_SIDECAR_MAX_ITEMS);
		if (list)
			item = new_item(list, f->size);
		st = get_object(p, f->shape, item, err);
		if (st)
			return kt_within(err, st, "%s %zu", f->name, i);
	}
}

static enum kt_status get_value(struct kt_sidecar_parser *p,
				const struct kt_field *f, char *base,
				struct kt_error *err)
{
	char *at = base && f->at != KT_NOWHERE ? base + f->at : NULL;
	enum kt_status st;

	switch (f->kind) {
	case KT_F_STRING:
		return get_string(&p->lex, f, at, err);
	case KT_F_BOOL:
		return get_bool(&p->lex, f, at, err);
	case KT_F_U32:
	case KT_F_U64:
	case KT_F_I64:
		return get_integer(&p->lex, f, at, err);
	case KT_F_F64:
		return get_float(&p->lex, f, at, err);
	case KT_F_STRINGS:
		return get_strings(p, f, err);
	case KT_F_F64_MAP:
		return get_map(p, f, KT_F_F64, err);
	case KT_F_VCPUS:
		return get_vcpus(p, f, err);
	case KT_F_LIST:
		return get_list(p, f, at, err);
	case KT_F_OBJECT:
		if (kt_lex_peek(&p->lex) != '{')
			return wrong_type(&p->lex, f, err);
		st = get_object(p, f->shape, at, err);
		return st ? kt_within(err, st, "%s", f->name) : st;
	}
	abort();
}

/* Forget what @f has had: of a member given twice the last one counts. */
static void clear(const struct kt_field *f, char *base)
{
	char *at = base && f->at != KT_NOWHERE ? base + f->at : NULL;

	if (base && f->seen_at)
		*(bool *)(base + f->seen_at) = false;
	if (!at)
		return;
	switch (f->kind) {
	case KT_F_BOOL:
		*(bool *)at = false;
		return;
	case KT_F_U32:
		memset(at, 0, sizeof(uint32_t));
		return;
	case KT_F_U64:
	case KT_F_I64:
	case KT_F_F64:
		memset(at, 0, sizeof(uint64_t));
		return;
	case KT_F_LIST:
		((struct kt_sidecar_list *)(void *)at)->nr = 0;
		return;
	case KT_F_OBJECT:
		for (f = f->shape; f->name; f++)
			clear(f, at);
		return;
	case KT_F_STRING:
	case KT_F_STRINGS:
	case KT_F_F64_MAP:
	case KT_F_VCPUS:
		return; /* never null, or set anew from the start */
	}
}

static bool is(const char *name, struct kt_slice key)
{
	return name && strlen(name) == key.len && !memcmp(name, key.s, key.len);
}

/*
 * The field called @key, or NULL. Files have their members in the order of the
 * table, so it is mostly the one behind the last.
 */
static const struct kt_field *find_field(const struct kt_field *shape,
					 const struct kt_field *next,
					 struct kt_slice key)
{
	const struct kt_field *f;

	for (f = next; f->name; f++)
		if (is(f->name, key) || is(f->later, key))
			return f;
	for (f = shape; f < next; f++)
		if (is(f->name, key) || is(f->later, key))
			return f;
	return NULL;
}

static enum kt_status missing(const struct kt_field *shape, uint32_t seen,
			      struct kt_error *err)
{
	for (const struct kt_field *f = shape; f->name; f++)
		if (f->presence == KT_F_REQUIRED && !(seen >> (f - shape) & 1))
			return kt_fail(err, KT_DATA, "member \"%s\" is missing",
				       f->name);
	return KT_OK;
}

static enum kt_status get_object(struct kt_sidecar_parser *p,
				 const struct kt_field *shape, char *base,
				 struct kt_error *err)
{
	const struct kt_field *next = shape, *f;
	bool first = true, more = true;
	uint32_t seen = 0;

	for (;; first = false) {
		struct kt_slice key;
		enum kt_status st =
			kt_lex_member(&p->lex, first, &more, &key, err);

		if (st)
			return st;
		if (!more)
			return missing(shape, seen, err);
		f = find_field(shape, next, key);
		if (!f) {
			st = kt_lex_skip(&p->lex, err);
			if (st)
				return st;
			continue;
		}
		if (seen >> (f - shape) & 1)
			clear(f, base);
		seen |= 1U << (f - shape);
		next = f + 1;
		if (f->presence == KT_F_OPTIONAL &&
		    kt_lex_peek(&p->lex) == 'n') {
			st = kt_lex_word(&p->lex, "null", err);
		} else {
			st = get_value(p, f, base, err);
			if (!st && base && f->seen_at)
				*(bool *)(base + f->seen_at) = true;
		}
		if (st)
			return st;
	}
}

/* Start over, keeping what has been allocated. */
static void reset(struct kt_sidecar_parser *p, const char *text, size_t len)
{
	struct kt_sidecar *s = &p->out;
	const struct kt_sidecar clean = {
		.work_type = "CpuSpin",
		.flags = "",
		.events = { .items = s->events.items, .cap = s->events.cap },
		.verified = { .items = s->verified.items,
			      .cap = s->verified.cap },
		.callbacks = { .items = s->callbacks.items,
			       .cap = s->callbacks.cap },
	};

	*s = clean;
	p->flags.len = 0;
	p->strings.len = 0;
	kt_buf_reserve(&p->strings, len);
	p->lex = (struct kt_lex){ .begin = text,
				  .at = text,
				  .end = text + len,
				  .free = p->strings.data };
}

enum kt_status kt_sidecar_parse(struct kt_sidecar_parser *parser,
				const char *text, size_t len,
				const struct kt_sidecar **out,
				struct kt_error *err)
{
	enum kt_status st;

	if (len > KT_SIDECAR_MAX_BYTES)
		return kt_fail(err, KT_DATA, "larger than %zu bytes",
			       KT_SIDECAR_MAX_BYTES);
	reset(parser, text, len);
	st = get_object(parser, kt_sidecar_shape, (char *)&parser->out, err);
	if (st)
		return st;
	kt_lex_peek(&parser->lex);
	if (parser->lex.at < parser->lex.end)
		return kt_lex_fail(&parser->lex, "text behind the object", err);
	*out = &parser->out;
	return KT_OK;
}
