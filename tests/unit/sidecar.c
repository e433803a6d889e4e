// SPDX-License-Identifier: GPL-2.0-only
/* sidecar: what is taken of one, what is refused, and that all is let go */
#include <stdlib.h>

#include "lib/sidecar.h"
#include "tests/unit/tap.h"

#define STATS                                                             \
	"\"stats\":{\"cgroups\":[],\"total_workers\":1,\"total_cpus\":1," \
	"\"total_migrations\":3,\"worst_spread\":4.5,\"worst_gap_ms\":5," \
	"\"worst_gap_cpu\":0}"
#define HEAD                                                            \
	"{\"test_name\":\"t\",\"topology\":\"1s\",\"scheduler\":\"s\"," \
	"\"passed\":true,\"stimulus_events\":[]," STATS

static enum kt_status parse(struct kt_sidecar_parser *p, const char *text,
			    const struct kt_sidecar **out, struct kt_error *err)
{
	/* A copy that ends where the text does, for a sanitizer to watch. */
	const size_t len = strlen(text);
	char *copy = malloc(len + !len);
	enum kt_status st;

	if (!copy)
		abort();
	memcpy(copy, text, len);
	st = kt_sidecar_parse(p, copy, len, out, err);
	free(copy);
	return st;
}

static void test_refused(struct kt_sidecar_parser *p)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "", "not JSON: unexpected end" },
		{ " \n", "not JSON: unexpected end" },
		{ "7", "not JSON: unexpected character at byte 1" },
		{ "{}", "member \"test_name\" is missing" },
		{ "{,}", "not JSON: unexpected character at byte 2" },
		{ "{\"a\":}", "not JSON: unexpected character at byte 6" },
		{ "{\"a\" 1}", "not JSON: unexpected character at byte 6" },
		{ "{\"a\":1,}", "not JSON: unexpected character at byte 8" },
		{ "{\"a\":[1,]}", "not JSON: unexpected character at byte 9" },
		{ "{\"a\":[1 2]}", "not JSON: unexpected character at byte 9" },
		{ "{\"a\":-}", "not JSON: unexpected character at byte 7" },
		{ "{\"a\":00}",
		  "not JSON: number with a leading zero at byte 8" },
		{ "{\"a\":1.e1}", "not JSON: unexpected character at byte 8" },
		{ "{\"a\":1e+}", "not JSON: unexpected character at byte 9" },
		{ "{\"a\":1e999}", "not JSON: number out of range at byte 11" },
		{ "{\"a\":truth}", "not JSON: unexpected character at byte 9" },
		{ "{\"a\":\"\\x\"}", "not JSON: unknown escape at byte 8" },
		{ "{\"a\":\"\\udc00\"}",
		  "not JSON: escape that is no character at byte 9" },
		{ HEAD "} x", "not JSON: text behind the object at byte 217" },
		{ HEAD ",\"passed\":0}",
		  "member \"passed\" is not true or false" },
		{ HEAD ",\"work_type\":null}",
		  "member \"work_type\" is not a string" },
		{ HEAD ",\"active_flags\":[1]}",
		  "member \"active_flags\" holds other than strings" },
		{ HEAD ",\"kvm_stats\":{\"per_vcpu\":[{},7]}}",
		  "kvm_stats: per_vcpu 1: member \"per_vcpu\" is not an "
		  "object" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kt_sidecar *out = NULL;
		struct kt_error err = { 0 };

		ok(parse(p, cases[i].text, &out, &err) == KT_DATA && !out,
		   "refused, out untouched");
		if (strcmp(err.msg, cases[i].msg) != 0)
			printf("# text: %s\n", cases[i].text);
		same_str(err.msg, cases[i].msg, "with the reason");
	}
}

static void test_taken(struct kt_sidecar_parser *p)
{
	const struct kt_sidecar *s = NULL;
	const struct kt_sidecar_event *e;
	struct kt_error err = { 0 };

	ok(!parse(p,
		  HEAD
		  ",\"work_type\":\"\\u00e9\\ud83d\\ude00\\n\\/\","
		  "\"active_flags\":[\"a\",\"b\\\"\"],\"stimulus_events\":"
		  "[{\"elapsed_ms\":7,\"label\":\"x\",\"total_iterations\":"
		  "null},{\"elapsed_ms\":8,\"label\":\"y\","
		  "\"total_iterations\":18446744073709551615}],"
		  "\"kvm_stats\":{\"per_vcpu\":[{\"exits\":2,\"other\":1},"
		  "{\"exits\":3}]}}",
		  &s, &err),
	   "a sidecar is taken");
	if (!s)
		return;
	same_str(s->test, "t", "its name");
	same_str(s->work_type, "\xc3\xa9\xf0\x9f\x98\x80\n/", "escapes");
	same_str(s->flags, "a+b\"", "flags are joined");
	ok(s->passed && !s->has_monitor && s->has_kvm && s->nr_vcpus == 2 &&
		   (uint64_t)s->kvm[KT_KVM_EXITS] == 5,
	   "virtual CPUs are added up");
	e = s->events.items;
	ok(s->events.nr == 2 && !e[0].has_iterations && e[1].has_iterations &&
		   e[1].iterations == UINT64_MAX,
	   "events; a null count is none");
	ok(!parse(p, HEAD "}", &s, &err) && !s->events.nr && !s->has_kvm &&
		   !s->kvm[KT_KVM_EXITS] && !*s->flags,
	   "the next one starts afresh");
	same_str(s->work_type, "CpuSpin", "defaults too");
}

int main(void)
{
	struct kt_sidecar_parser *p = kt_sidecar_parser_new();

	test_refused(p);
	test_taken(p);
	kt_sidecar_parser_free(p);
	return tap_end();
}
