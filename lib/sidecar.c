// SPDX-License-Identifier: GPL-2.0-only
/*
 * sidecar - read a sidecar: json-c, a look before it and a table after it
 *
 * The look finds what json-c lets through; the table says of every member
 * which type it has, whether it may be missing, and where it goes.
 */
#include "lib/sidecar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/buf.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

#define NOWHERE SIZE_MAX /* checked, not kept */

enum kind {
	STRING,
	BOOL,
	U32,
	U64,
	I64,
	F64,
	STRINGS, /* joined by '+' */
	F64_MAP,
	OBJECT,
	LIST, /* of objects */
	VCPUS,
};

enum presence {
	REQUIRED,
	DEFAULT,  /* may be missing, but not null */
	OPTIONAL, /* may be missing or null */
};

struct field {
	const char *name;
	enum kind kind;
	enum presence presence;
	size_t at;		   /* offset in the struct, or NOWHERE */
	size_t seen_at;		   /* a bool that tells it was there, or 0 */
	const struct field *shape; /* of an object, or of a list's items */
	size_t size;		   /* of a list's items */
	const char *later;	   /* the name later versions give it */
};

struct kt_sidecar_parser {
	struct json_tokener *tok;
	struct json_object *root; /* that out borrows from */
	struct kt_sidecar out;
	struct kt_buf flags;
};

#define AT(member) offsetof(struct kt_sidecar, member)
#define FLOAT(key, where)                                   \
	{                                                   \
		key, F64, REQUIRED, where, 0, NULL, 0, NULL \
	}
#define MAYBE(key, where)                                  \
	{                                                  \
		key, F64, DEFAULT, where, 0, NULL, 0, NULL \
	}
#define LATER(key, where)                                          \
	{                                                          \
		key, F64, DEFAULT, where, 0, NULL, 0, "worst_" key \
	}
#define COUNT(key, where)                                   \
	{                                                   \
		key, U64, REQUIRED, where, 0, NULL, 0, NULL \
	}
#define SIGNED(key, where)                                  \
	{                                                   \
		key, I64, REQUIRED, where, 0, NULL, 0, NULL \
	}
#define TEXT(key, where)                                       \
	{                                                      \
		key, STRING, REQUIRED, where, 0, NULL, 0, NULL \
	}
#define END       \
	{         \
		0 \
	}

static const struct field cgroup_fields[] = {
	COUNT("num_workers", NOWHERE),
	COUNT("num_cpus", NOWHERE),
	FLOAT("avg_off_cpu_pct", NOWHERE),
	FLOAT("min_off_cpu_pct", NOWHERE),
	FLOAT("max_off_cpu_pct", NOWHERE),
	FLOAT("spread", NOWHERE),
	COUNT("max_gap_ms", NOWHERE),
	COUNT("max_gap_cpu", NOWHERE),
	COUNT("total_migrations", NOWHERE),
	MAYBE("migration_ratio", NOWHERE),
	MAYBE("p99_wake_latency_us", NOWHERE),
	MAYBE("median_wake_latency_us", NOWHERE),
	MAYBE("wake_latency_cv", NOWHERE),
	{ "total_iterations", U64, DEFAULT, NOWHERE, 0, NULL, 0, NULL },
	MAYBE("mean_run_delay_us", NOWHERE),
	MAYBE("worst_run_delay_us", NOWHERE),
	{ "ext_metrics", F64_MAP, DEFAULT, NOWHERE, 0, NULL, 0, NULL },
	END
};

static const struct field stats_fields[] = {
	{ "cgroups", LIST, REQUIRED, NOWHERE, 0, cgroup_fields, 0, NULL },
	COUNT("total_workers", NOWHERE),
	COUNT("total_cpus", NOWHERE),
	COUNT("total_migrations", AT(migrations)),
	FLOAT("worst_spread", AT(spread)),
	COUNT("worst_gap_ms", AT(gap_ms)),
	COUNT("worst_gap_cpu", NOWHERE),
	MAYBE("worst_migration_ratio", AT(migration_ratio)),
	LATER("p99_wake_latency_us", AT(p99_wake_us)),
	LATER("median_wake_latency_us", NOWHERE),
	LATER("wake_latency_cv", AT(wake_cv)),
	{ "total_iterations", U64, DEFAULT, AT(iterations), 0, NULL, 0, NULL },
	LATER("mean_run_delay_us", AT(mean_delay_us)),
	MAYBE("worst_run_delay_us", AT(worst_delay_us)),
	{ "ext_metrics", F64_MAP, DEFAULT, NOWHERE, 0, NULL, 0, NULL },
	END
};

static const struct field event_delta_fields[] = {
	SIGNED("total_fallback", AT(fallback)),
	FLOAT("fallback_rate", NOWHERE),
	SIGNED("max_fallback_burst", NOWHERE),
	SIGNED("total_dispatch_offline", NOWHERE),
	SIGNED("total_dispatch_keep_last", AT(keep_last)),
	FLOAT("keep_last_rate", NOWHERE),
	SIGNED("total_enq_skip_exiting", NOWHERE),
	SIGNED("total_enq_skip_migration_disabled", NOWHERE),
	END
};

static const struct field schedstat_fields[] = {
	COUNT("total_run_delay", NOWHERE),
	FLOAT("run_delay_rate", NOWHERE),
	COUNT("total_pcount", NOWHERE),
	COUNT("total_sched_count", NOWHERE),
	FLOAT("sched_count_rate", NOWHERE),
	COUNT("total_yld_count", NOWHERE),
	COUNT("total_sched_goidle", NOWHERE),
	COUNT("total_ttwu_count", NOWHERE),
	COUNT("total_ttwu_local", NOWHERE),
	END
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar_callback, member)
static const struct field callback_fields[] = {
	TEXT("name", AT(name)), COUNT("cnt", AT(calls)), COUNT("nsecs", AT(ns)),
	FLOAT("nsecs_per_call", AT(ns_per_call)), END
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar_verified, member)
static const struct field verified_fields[] = {
	TEXT("name", AT(name)),
	{ "verified_insns", U32, REQUIRED, AT(insns), 0, NULL, 0, NULL },
	END
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar_event, member)
static const struct field event_fields[] = {
	COUNT("elapsed_ms", AT(elapsed_ms)),
	TEXT("label", AT(label)),
	{ "op_kind", STRING, OPTIONAL, NOWHERE, 0, NULL, 0, NULL },
	{ "detail", STRING, OPTIONAL, NOWHERE, 0, NULL, 0, NULL },
	{ "total_iterations", U64, OPTIONAL, AT(iterations), AT(has_iterations),
	  NULL, 0, NULL },
	END
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar, member)
static const struct field monitor_fields[] = {
	COUNT("total_samples", NOWHERE),
	FLOAT("max_imbalance_ratio", AT(imbalance)),
	{ "max_local_dsq_depth", U32, REQUIRED, AT(dsq_depth), 0, NULL, 0,
	  NULL },
	{ "stall_detected", BOOL, REQUIRED, AT(stalled), 0, NULL, 0, NULL },
	MAYBE("avg_imbalance_ratio", NOWHERE),
	MAYBE("avg_nr_running", NOWHERE),
	MAYBE("avg_local_dsq_depth", NOWHERE),
	{ "event_deltas", OBJECT, OPTIONAL, 0, 0, event_delta_fields, 0, NULL },
	{ "schedstat_deltas", OBJECT, OPTIONAL, NOWHERE, 0, schedstat_fields, 0,
	  NULL },
	{ "prog_stats_deltas", LIST, OPTIONAL, AT(callbacks), 0,
	  callback_fields, sizeof(struct kt_sidecar_callback), NULL },
	END
};

static const struct field kvm_fields[] = {
	{ "per_vcpu", VCPUS, REQUIRED, 0, 0, NULL, 0, NULL }, END
};

static const struct field root_fields[] = {
	TEXT("test_name", AT(test)),
	TEXT("topology", AT(topology)),
	TEXT("scheduler", AT(scheduler)),
	{ "passed", BOOL, REQUIRED, AT(passed), 0, NULL, 0, NULL },
	{ "stats", OBJECT, REQUIRED, 0, 0, stats_fields, 0, NULL },
	{ "monitor", OBJECT, OPTIONAL, 0, AT(has_monitor), monitor_fields, 0,
	  NULL },
	{ "stimulus_events", LIST, REQUIRED, AT(events), 0, event_fields,
	  sizeof(struct kt_sidecar_event), NULL },
	{ "work_type", STRING, DEFAULT, AT(work_type), 0, NULL, 0, NULL },
	{ "verifier_stats", LIST, DEFAULT, AT(verified), 0, verified_fields,
	  sizeof(struct kt_sidecar_verified), NULL },
	{ "kvm_stats", OBJECT, OPTIONAL, 0, AT(has_kvm), kvm_fields, 0, NULL },
	/* Later versions only. */
	{ "skipped", BOOL, DEFAULT, AT(skipped), 0, NULL, 0, NULL },
	{ "active_flags", STRINGS, OPTIONAL, AT(flags), 0, NULL, 0, NULL },
	END
};

static const char *const kvm_names[KT_NR_KVM_STATS] = {
	[KT_KVM_EXITS] = "exits",
	[KT_KVM_HALT_EXITS] = "halt_exits",
	[KT_KVM_HALT_WAIT_NS] = "halt_wait_ns",
	[KT_KVM_PREEMPTED] = "preemption_reported",
	[KT_KVM_SIGNAL_EXITS] = "signal_exits",
	[KT_KVM_HYPERCALLS] = "hypercalls",
	[KT_KVM_POLL_OK] = "halt_successful_poll",
	[KT_KVM_POLL_TRIED] = "halt_attempted_poll",
};

struct kt_sidecar_parser *kt_sidecar_parser_new(void)
{
	struct kt_sidecar_parser *p = kt_xcalloc(1, sizeof(*p));

	p->tok = kt_xcheck(json_tokener_new_ex(KT_SIDECAR_MAX_DEPTH));
	json_tokener_set_flags(p->tok, JSON_TOKENER_STRICT);
	return p;
}

void kt_sidecar_parser_free(struct kt_sidecar_parser *parser)
{
	if (!parser)
		return;
	json_object_put(parser->root);
	json_tokener_free(parser->tok);
	free(parser->out.events.items);
	free(parser->out.verified.items);
	free(parser->out.callbacks.items);
	kt_buf_release(&parser->flags);
	free(parser);
}

/* The value of the 4 hex digits at @s, or -1. */
static long hex4(const char *s, const char *end)
{
	long val = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char c = s[i];

		if (c >= '0' && c <= '9')
			val = val * 16 + c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			val = val * 16 + (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return val;
}

/*
 * @s is behind a backslash. Where scanning goes on, or NULL for an escape that
 * json-c would take and JSON does not: half a surrogate pair; or NUL.
 */
static const char *scan_escape(const char *s, const char *end)
{
	long unit, low;

	if (s == end || *s != 'u')
		return s == end ? s : s + 1;
	unit = hex4(s + 1, end);
	if (unit < 0)
		return s + 1; /* json-c will refuse it */
	s += 5;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		low = end - s >= 6 && s[0] == '\\' && s[1] == 'u' ?
			      hex4(s + 2, end) :
			      -1;
		return low >= 0xdc00 && low <= 0xdfff ? s + 6 : NULL;
	}
	return unit && (unit < 0xdc00 || unit > 0xdfff) ? s : NULL;
}

/* @s is behind the opening quote. Behind the closing one, or NULL. */
static const char *scan_string(const char *s, const char *end,
			       const char **fault)
{
	while (s < end) {
		const unsigned char c = (unsigned char)*s++;

		if (c == '"')
			return s;
		if (c < 0x20) {
			*fault = "a control character in a string";
			return NULL;
		}
		if (c != '\\')
			continue;
		s = scan_escape(s, end);
		if (!s) {
			*fault = "an escape that is no character";
			return NULL;
		}
	}
	return s;
}

/* @s is at a digit. Integers beyond 64 bits would silently be cut down. */
static const char *scan_number(const char *s, const char *end, bool negative,
			       const char **fault)
{
	const char *limit =
		negative ? "9223372036854775808" : "18446744073709551615";
	const char *begin = s;
	size_t digits;

	while (s < end && *s >= '0' && *s <= '9')
		s++;
	digits = (size_t)(s - begin);
	if (s < end && (*s == '.' || *s == 'e' || *s == 'E')) {
		while (s < end && strchr("+-.0123456789eE", *s) && *s)
			s++;
		return s;
	}
	if (digits > strlen(limit) ||
	    (digits == strlen(limit) && memcmp(begin, limit, digits) > 0)) {
		*fault = "an integer beyond 64 bits";
		return NULL;
	}
	return s;
}

/* Find what json-c lets through. */
static enum kt_status scan(const char *text, size_t len, struct kt_error *err)
{
	const char *s = text, *const end = text + len;
	const char *fault = NULL;
	unsigned char all = 0;

	while (s && s < end) {
		const char c = *s++;

		if (c == '"')
			s = scan_string(s, end, &fault);
		else if (c >= '0' && c <= '9')
			s = scan_number(s - 1, end,
					s > text + 1 && s[-2] == '-', &fault);
		else if (!c || c == '\'' || c == 'N' || c == 'I') {
			fault = !c ? "a NUL character" :
				     "a quote or number that is not JSON";
			s = NULL;
		}
	}
	if (!s)
		return kt_fail(err, KT_DATA, "not JSON: %s", fault);
	for (size_t i = 0; i < len; i++)
		all |= (unsigned char)text[i];
	if (all & 0x80 && !kt_utf8_valid(text, len))
		return kt_fail(err, KT_DATA, "not JSON: bytes are not UTF-8");
	return KT_OK;
}

static enum kt_status wrong_type(const struct field *f, struct json_object *val,
				 struct kt_error *err)
{
	static const char *const want[] = {
		[STRING] = "a string",	[BOOL] = "true or false",
		[U32] = "an integer",	[U64] = "an integer",
		[I64] = "an integer",	[F64] = "a number",
		[STRINGS] = "a list",	[F64_MAP] = "an object",
		[OBJECT] = "an object", [LIST] = "a list",
		[VCPUS] = "a list",
	};

	return kt_fail(err, KT_DATA, "member \"%s\" is %s, not %s", f->name,
		       json_type_to_name(json_object_get_type(val)),
		       want[f->kind]);
}

static enum kt_status get_integer(const struct field *f,
				  struct json_object *val, char *at,
				  struct kt_error *err)
{
	const int64_t i = json_object_get_int64(val);
	const uint64_t u = json_object_get_uint64(val);

	if (!json_object_is_type(val, json_type_int))
		return wrong_type(f, val, err);
	/* Each getter clamps what its type cannot hold. */
	if (f->kind == I64 ? u > INT64_MAX :
			     i < 0 || (f->kind == U32 && u > UINT32_MAX))
		return kt_fail(err, KT_DATA, "member \"%s\" is out of range",
			       f->name);
	if (!at)
		return KT_OK;
	if (f->kind == U32)
		*(uint32_t *)(void *)at = (uint32_t)u;
	else if (f->kind == U64)
		*(uint64_t *)(void *)at = u;
	else
		*(int64_t *)(void *)at = i;
	return KT_OK;
}

static enum kt_status get_float(const struct field *f, struct json_object *val,
				char *at, struct kt_error *err)
{
	double d;

	if (!json_object_is_type(val, json_type_double) &&
	    !json_object_is_type(val, json_type_int))
		return wrong_type(f, val, err);
	d = json_object_get_double(val);
	if (!isfinite(d))
		return kt_fail(err, KT_DATA, "member \"%s\" is out of range",
			       f->name);
	if (at)
		*(double *)(void *)at = d;
	return KT_OK;
}

static enum kt_status get_string(const struct field *f, struct json_object *val,
				 char *at, struct kt_error *err)
{
	if (!json_object_is_type(val, json_type_string))
		return wrong_type(f, val, err);
	if (!at)
		return KT_OK;
	if (json_object_get_string_len(val) > KT_SIDECAR_MAX_NAME)
		return kt_fail(err, KT_DATA,
			       "member \"%s\" is longer than %d bytes", f->name,
			       KT_SIDECAR_MAX_NAME);
	*(const char **)(void *)at = json_object_get_string(val);
	return KT_OK;
}

static enum kt_status get_strings(struct kt_sidecar_parser *p,
				  const struct field *f,
				  struct json_object *val, struct kt_error *err)
{
	if (!json_object_is_type(val, json_type_array))
		return wrong_type(f, val, err);
	for (size_t i = 0; i < json_object_array_length(val); i++) {
		struct json_object *el = json_object_array_get_idx(val, i);

		if (!json_object_is_type(el, json_type_string))
			return kt_fail(err, KT_DATA,
				       "member \"%s\" holds other than strings",
				       f->name);
		if (p->flags.len)
			kt_buf_addc(&p->flags, '+');
		kt_buf_adds(&p->flags, json_object_get_string(el));
		if (p->flags.len > KT_SIDECAR_MAX_NAME)
			return kt_fail(err, KT_DATA,
				       "member \"%s\" is longer than %d bytes",
				       f->name, KT_SIDECAR_MAX_NAME);
	}
	if (p->flags.len)
		p->out.flags = p->flags.data;
	return KT_OK;
}

static enum kt_status get_map(const struct field *f, struct json_object *val,
			      struct kt_error *err)
{
	struct json_object_iterator it, end;
	enum kt_status st = KT_OK;

	if (!json_object_is_type(val, json_type_object))
		return wrong_type(f, val, err);
	end = json_object_iter_end(val);
	for (it = json_object_iter_begin(val);
	     !st && !json_object_iter_equal(&it, &end);
	     json_object_iter_next(&it)) {
		struct field item = { .kind = F64 };

		item.name = json_object_iter_peek_name(&it);
		st = get_float(&item, json_object_iter_peek_value(&it), NULL,
			       err);
	}
	return st;
}

static enum kt_status get_vcpu(struct kt_sidecar_parser *p,
			       struct json_object *vcpu, struct kt_error *err)
{
	struct json_object_iterator it, end = json_object_iter_end(vcpu);

	for (it = json_object_iter_begin(vcpu);
	     !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		struct field item = { .kind = U64 };
		enum kt_status st;
		uint64_t n = 0;

		item.name = json_object_iter_peek_name(&it);
		st = get_integer(&item, json_object_iter_peek_value(&it),
				 (char *)&n, err);
		if (st)
			return st;
		for (size_t i = 0; i < KT_NR_KVM_STATS; i++)
			if (!strcmp(kvm_names[i], item.name))
				p->out.kvm[i] += n;
	}
	return KT_OK;
}

static enum kt_status get_vcpus(struct kt_sidecar_parser *p,
				const struct field *f, struct json_object *val,
				struct kt_error *err)
{
	if (!json_object_is_type(val, json_type_array))
		return wrong_type(f, val, err);
	p->out.nr_vcpus = json_object_array_length(val);
	for (size_t i = 0; i < p->out.nr_vcpus; i++) {
		struct json_object *vcpu = json_object_array_get_idx(val, i);
		enum kt_status st;

		if (!json_object_is_type(vcpu, json_type_object))
			return kt_fail(err, KT_DATA,
				       "member \"%s\" holds other than objects",
				       f->name);
		st = get_vcpu(p, vcpu, err);
		if (st)
			return kt_within(err, st, "%s %zu", f->name, i);
	}
	return KT_OK;
}

static enum kt_status get_object(struct kt_sidecar_parser *p,
				 const struct field *shape,
				 struct json_object *val, char *base,
				 struct kt_error *err);

static enum kt_status get_list(struct kt_sidecar_parser *p,
			       const struct field *f, struct json_object *val,
			       char *at, struct kt_error *err)
{
	struct kt_sidecar_list *list = (void *)at;
	size_t nr;

	if (!json_object_is_type(val, json_type_array))
		return wrong_type(f, val, err);
	nr = json_object_array_length(val);
	if (nr > KT_SIDECAR_MAX_ITEMS)
		return kt_fail(err, KT_DATA,
			       "member \"%s\" has more than %d items", f->name,
			       KT_SIDECAR_MAX_ITEMS);
	if (list && nr > list->cap) {
		list->items = kt_xrealloc(list->items, nr * f->size);
		list->cap = nr;
	}
	if (list && nr)
		memset(list->items, 0, nr * f->size);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *el = json_object_array_get_idx(val, i);
		char *item = list ? (char *)list->items + i * f->size : NULL;
		enum kt_status st;

		if (!json_object_is_type(el, json_type_object))
			return kt_fail(err, KT_DATA,
				       "member \"%s\" holds other than objects",
				       f->name);
		st = get_object(p, f->shape, el, item, err);
		if (st)
			return kt_within(err, st, "%s %zu", f->name, i);
	}
	if (list)
		list->nr = nr;
	return KT_OK;
}

static enum kt_status get_value(struct kt_sidecar_parser *p,
				const struct field *f, struct json_object *val,
				char *base, struct kt_error *err)
{
	char *at = base && f->at != NOWHERE ? base + f->at : NULL;
	enum kt_status st;

	switch (f->kind) {
	case STRING:
		return get_string(f, val, at, err);
	case BOOL:
		if (!json_object_is_type(val, json_type_boolean))
			return wrong_type(f, val, err);
		if (at)
			*(bool *)at = json_object_get_boolean(val);
		return KT_OK;
	case U32:
	case U64:
	case I64:
		return get_integer(f, val, at, err);
	case F64:
		return get_float(f, val, at, err);
	case STRINGS:
		return get_strings(p, f, val, err);
	case F64_MAP:
		return get_map(f, val, err);
	case VCPUS:
		return get_vcpus(p, f, val, err);
	case LIST:
		return get_list(p, f, val, at, err);
	case OBJECT:
		if (!json_object_is_type(val, json_type_object))
			return wrong_type(f, val, err);
		st = get_object(p, f->shape, val, at, err);
		return st ? kt_within(err, st, "%s", f->name) : st;
	}
	abort();
}

static enum kt_status get_object(struct kt_sidecar_parser *p,
				 const struct field *shape,
				 struct json_object *obj, char *base,
				 struct kt_error *err)
{
	for (const struct field *f = shape; f->name; f++) {
		struct json_object *val = NULL;
		enum kt_status st;
		bool there = json_object_object_get_ex(obj, f->name, &val);

		if (!there && f->later)
			there = json_object_object_get_ex(obj, f->later, &val);
		if (!val && f->presence == OPTIONAL)
			continue;
		if (!there && f->presence == DEFAULT)
			continue;
		if (!there)
			return kt_fail(err, KT_DATA, "member \"%s\" is missing",
				       f->name);
		st = get_value(p, f, val, base, err);
		if (st)
			return st;
		if (base && f->seen_at)
			*(bool *)(base + f->seen_at) = true;
	}
	return KT_OK;
}

/* Start over, keeping what has been allocated. */
static void reset(struct kt_sidecar_parser *p)
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
	json_object_put(p->root);
	p->root = NULL;
	json_tokener_reset(p->tok);
}

enum kt_status kt_sidecar_parse(struct kt_sidecar_parser *parser,
				const char *text, size_t len,
				const struct kt_sidecar **out,
				struct kt_error *err)
{
	enum json_tokener_error why;
	enum kt_status st;

	if (len > KT_SIDECAR_MAX_BYTES)
		return kt_fail(err, KT_DATA, "larger than %zu bytes",
			       KT_SIDECAR_MAX_BYTES);
	st = scan(text, len, err);
	if (st)
		return st;
	reset(parser);
	parser->root = json_tokener_parse_ex(parser->tok, text, (int)len);
	if (!parser->root) {
		why = json_tokener_get_error(parser->tok);
		if (why != json_tokener_success)
			return kt_fail(err, KT_DATA, "not JSON: %s",
				       why == json_tokener_continue ?
					       "unexpected end" :
					       json_tokener_error_desc(why));
	}
	if (!json_object_is_type(parser->root, json_type_object))
		return kt_fail(err, KT_DATA, "not a JSON object");
	st = get_object(parser, root_fields, parser->root, (char *)&parser->out,
			err);
	if (st)
		return st;
	*out = &parser->out;
	return KT_OK;
}
