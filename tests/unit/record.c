// SPDX-License-Identifier: GPL-2.0-only
/* record: what is let in, what comes out, and who is told of the rest */
#include "lib/record.h"
#include "lib/filter.h"

#include <math.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static enum kt_status parse(const char *text)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error err = { 0 };

	return kt_record_parse(text, strlen(text), &rec, &err);
}

static void test_door(void)
{
	static const struct {
		const char *text;
		enum kt_status want;
	} cases[] = {
		{ "{\"schema\":\"a/1\"}", KT_OK },
		{ "{\"schema\":\"a/1\",\"b\":[1,{\"c\":null}]}", KT_OK },
		{ "", KT_DATA },
		{ "{", KT_DATA },
		{ "[]", KT_DATA },
		{ "{\"a\":1}", KT_DATA },
		{ "{\"schema\":1}", KT_DATA },
		{ "{\"schema\":\"a/1\"} x", KT_DATA },
		{ "{\"schema\":\"a/1\",}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":NaN}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":1e999}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\\u0000\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"\\u0000\":1}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xff\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xc3\xa9\"}", KT_OK },
		{ "{\"schema\":\"a/1\",\"s\":\"\xc0\xaf\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xed\xa0\x80\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xe0\x80\x80\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xf4\x90\x80\x80\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\xf5\x80\x80\x80\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"\xc0\xaf\":1}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\\ud800\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"s\":\"\\ud83d\\ude00\"}", KT_OK },
		{ "{\"schema\":\"a/1\",\"s\":\"\t\"}", KT_DATA },
		{ "{'schema':'a/1'}", KT_DATA },
		{ "{'n':1,\"schema\":\"a/1\"}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":01}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":-01}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":1.}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":.5}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":1e}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":+1}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":[18446744073709551616]}",
		  KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":-9223372036854775809}", KT_DATA },
		{ "{\"schema\":\"a/1\",\"n\":123456789012345678901234567890}",
		  KT_DATA },
	};
	char deep[200] = "{\"schema\":\"a/1\",\"d\":";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(parse(cases[i].text) == cases[i].want, "%s is %s",
		   cases[i].text, cases[i].want ? "refused" : "a record");
	for (int i = 0; i < 40; i++)
		strcat(deep, "[");
	for (int i = 0; i < 40; i++)
		strcat(deep, "]");
	strcat(deep, "}");
	ok(parse(deep) == KT_DATA, "40 levels are too deep");
}

/* What we do not know is passed on as it is, or not at all. */
static void test_unknown(void)
{
	static const char text[] =
		"{\"schema\":\"a/1\",\"a\":18446744073709551615,"
		"\"b\":-9223372036854775808,\"c\":1.50,\"d\":-0.0,"
		"\"e\":123456789012345678901234567890.0,\"f\":1E-5}";
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf line KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	if (!ok(!kt_record_parse(text, strlen(text), &rec, &err), "parses"))
		return;
	kt_record_line(rec, &line);
	line.data[--line.len] = '\0';
	same_str(line.data, text, "numbers come out as they went in");
}

/* So many empty objects in a list, which is one more. */
static enum kt_status parse_objects(size_t nr, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	kt_buf_adds(&text, "{\"schema\":\"a/1\",\"l\":[");
	for (size_t i = 0; i < nr; i++)
		kt_buf_adds(&text, i ? ",{}" : "{}");
	kt_buf_adds(&text, "]}");
	return kt_record_parse(text.data, text.len, &rec, err);
}

static void test_many(void)
{
	struct kt_error err = { 0 };

	ok(!parse_objects(KT_RECORD_MAX_NESTED - 2, &err),
	   "objects and lists up to the limit are taken");
	ok(parse_objects(KT_RECORD_MAX_NESTED - 1, &err) == KT_DATA,
	   "one more is refused");
	same_str(err.msg, "it holds more than 262144 objects and lists",
		 "and told");
}

static void test_prefixes(void)
{
	static const char line[] =
		"{\"schema\":\"a/"
		"1\",\"n\":12,\"s\":\"x\\n\",\"l\":[true,null]}";
	struct kt_record *rec;
	struct kt_error err;
	bool refused = true;

	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		rec = NULL;
		if (!kt_record_parse(line, len, &rec, &err)) {
			refused = false;
			kt_record_free(rec);
		}
	}
	ok(refused, "no prefix of a record is a record");
}

static void test_getters(void)
{
	static const char text[] =
		"{\"schema\":\"a/"
		"1\",\"u\":9007199254740991,\"big\":9007199254740992,"
		"\"neg\":-1,\"f\":1.5,\"s\":\"1\",\"z\":null,\"t\":true,"
		"\"huge\":18446744073709551615}";
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error err = { 0 };
	const char *s = NULL;
	uint64_t u = 7;
	bool b = false;

	if (!ok(!kt_record_parse(text, strlen(text), &rec, &err), "parses"))
		return;
	ok(!kt_record_u64(rec, "u", &u, &err) && u == KT_RECORD_MAX_UINT,
	   "2^53-1 is read");
	u = 7;
	ok(kt_record_u64(rec, "big", &u, &err) == KT_DATA && u == 7,
	   "2^53 is out of range");
	ok(kt_record_u64(rec, "huge", &u, &err) == KT_DATA,
	   "so is what only 64 bits hold");
	ok(kt_record_u64(rec, "neg", &u, &err) == KT_DATA, "so is -1");
	ok(kt_record_u64(rec, "f", &u, &err) == KT_DATA, "1.5 is no integer");
	ok(kt_record_u64(rec, "s", &u, &err) == KT_DATA, "\"1\" is no integer");
	ok(kt_record_u64(rec, "none", &u, &err) == KT_DATA,
	   "absent is an error");
	ok(!kt_record_u64_or(rec, "none", 5, &u, &err) && u == 5,
	   "unless it may be absent");
	ok(!kt_record_str_or_null(rec, "z", &s, &err) && !s,
	   "null is as good as absent");
	ok(!kt_record_bool(rec, "t", &b, &err) && b, "true is true");
	ok(kt_record_str_or_null(rec, "t", &s, &err) == KT_DATA,
	   "a wrong type is wrong even where absent is fine");
}

static void test_output(void)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new("a/1");
	struct kt_error err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	kt_record_set_str(rec, "b", "x/\"\n\xff");
	kt_record_set_u64(rec, "a", UINT64_MAX);
	kt_record_set_str(rec, "gone", "x");
	kt_record_set_str(rec, "gone", NULL);
	ok(f && !kt_record_write(f, rec, &err), "a record is written");
	fclose(f);
	same_str(text,
		 "{\"schema\":\"a/1\",\"b\":\"x/"
		 "\\\"\\n\\\\xff\",\"a\":9007199254740991}\n",
		 "members in order, numbers saturated, bytes escaped");
	free(text);
	ok(kt_record_set_path(rec, "p", "/\xff", &err) == KT_DATA,
	   "a path that is not UTF-8 is refused");
}

static void test_doubles(void)
{
	static const struct {
		double val;
		const char *text;
	} cases[] = {
		{ 0, "{\"x\":0.0}" },
		{ -0.0, "{\"x\":-0.0}" },
		{ 20, "{\"x\":20.0}" },
		{ 0.1, "{\"x\":0.1}" },
		{ 1.0 / 3, "{\"x\":0.3333333333333333}" },
		{ 5e-324, "{\"x\":4.94065645841247e-324}" },
		{ 1.7976931348623157e308, "{\"x\":1.7976931348623157e+308}" },
		{ 9007199254740993.0, "{\"x\":9007199254740992.0}" },
		{ INFINITY, "{}" },
		{ NAN, "{}" },
	};
	struct kt_error err = { 0 };
	double got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) =
			kt_record_new(NULL);
		struct kt_record *again KT_CLEANUP(kt_record_freep) = NULL;
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		kt_record_set_double(rec, "x", 1);
		kt_record_set_double(rec, "x", cases[i].val);
		ok(f && !kt_record_write(f, rec, &err), "a double is written");
		fclose(f);
		text[strcspn(text, "\n")] = '\0';
		same_str(text, cases[i].text, "in as few digits as will do");
		ok(!kt_record_parse_object(text, strlen(text), &again, &err) &&
			   (!kt_record_has(again, "x") ||
			    (!kt_record_double(again, "x", &got, &err) &&
			     got == cases[i].val)),
		   "and reads back the same");
		free(text);
	}

	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new("a/1");

	kt_record_set_u64(rec, "n", 7);
	ok(!kt_record_double(rec, "n", &got, &err) && got == 7,
	   "an integer is a number too");
	ok(kt_record_double(rec, "schema", &got, &err) == KT_DATA,
	   "a string is not");
	ok(kt_record_double(rec, "none", &got, &err) == KT_DATA,
	   "nor is what is missing");
}

static enum kt_status only_even(struct kt_record *rec, FILE *out,
				void *ctx KT_UNUSED, struct kt_error *err)
{
	uint64_t n;
	enum kt_status st = kt_record_u64(rec, "n", &n, err);

	if (st)
		return st;
	if (n >= 90)
		return kt_fail(err, n - 90, "no disk");
	if (n % 2)
		return kt_hint(err, kt_fail(err, KT_FAIL, "odd"), "try even");
	return kt_record_write(out, rec, err);
}

static void filter(const char *in, const char *want_out, enum kt_status want,
		   const char *what)
{
	const struct kt_filter f = { .tool = "t",
				     .schema = "a/1",
				     .fn = only_even };
	struct kt_error err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	FILE *from = *in ? fmemopen((void *)(uintptr_t)in, strlen(in), "r") :
			   fopen("/dev/null", "r");

	if (!out || !from)
		abort();
	same_u64(kt_filter(&f, from, out, &err), want, what);
	fclose(from);
	fclose(out);
	same_str(text, want_out, what);
	free(text);
}

static void test_filter(void)
{
	filter("", "", KT_DATA, "no input is an error");
	filter("{\"schema\":\"a/1\",\"n\":2}\n",
	       "{\"schema\":\"a/1\",\"n\":2}\n", KT_OK, "a record passes");
	filter("{\"schema\":\"b/1\", \"x\" : "
	       "1.50}\n{\"schema\":\"a/1\",\"n\":2}",
	       "{\"schema\":\"b/1\", \"x\" : "
	       "1.50}\n{\"schema\":\"a/1\",\"n\":2}\n",
	       KT_OK, "other schemas pass byte for byte");
	filter("{\"schema\":\"a/1\",\"n\":1}\n{\"schema\":\"a/1\",\"n\":2}\n",
	       "{\"schema\":\"ktstr.error/"
	       "1\",\"tool\":\"t\",\"input_line\":1,\"status\":1,\"message\":"
	       "\"odd\",\"hint\":\"try even\"}\n"
	       "{\"schema\":\"a/1\",\"n\":2}\n",
	       KT_FAIL, "a failed record becomes an error, the rest goes on");
	filter("{\"schema\":\"ktstr.error/1\"}\n",
	       "{\"schema\":\"ktstr.error/1\"}\n", KT_FAIL,
	       "an error from upstream passes and counts");
	filter("{\"schema\":\"a/1\",\"n\":94}\n{\"schema\":\"a/1\",\"n\":2}\n",
	       "{\"schema\":\"ktstr.error/"
	       "1\",\"tool\":\"t\",\"input_line\":1,\"status\":4,\"message\":"
	       "\"no disk\"}\n"
	       "{\"schema\":\"a/1\",\"n\":2}\n",
	       KT_FAIL, "what the system refused to one, another may get");
	filter("{\"schema\":\"a/1\",\"n\":92}\n{\"schema\":\"a/1\",\"n\":2}\n",
	       "{\"schema\":\"ktstr.error/"
	       "1\",\"tool\":\"t\",\"input_line\":1,\"status\":2,\"message\":"
	       "\"no disk\"}\n",
	       KT_USAGE, "wrong usage ends the run, and is told downstream");
	filter("junk\n",
	       "{\"schema\":\"ktstr.error/"
	       "1\",\"tool\":\"t\",\"input_line\":1,\"status\":3,\"message\":"
	       "\"line 1: not JSON: unexpected character at byte 1\"}\n",
	       KT_DATA, "nothing readable at all is bad data");
}

/* What the run comes to; what goes out is shown above. */
static void verdict(const char *in, enum kt_status want, const char *what)
{
	const struct kt_filter f = { .tool = "t",
				     .schema = "a/1",
				     .fn = only_even };
	struct kt_error err = { 0 };
	FILE *out = fopen("/dev/null", "w");
	FILE *from = fmemopen((void *)(uintptr_t)in, strlen(in), "r");

	if (!out || !from)
		abort();
	same_u64(kt_filter(&f, from, out, &err), want, what);
	same_str(err.msg, "", "and all has been told");
	fclose(from);
	fclose(out);
}

#define SYS "{\"schema\":\"a/1\",\"n\":94}\n"
#define AGAIN "{\"schema\":\"a/1\",\"n\":95}\n"
#define SKIP "{\"schema\":\"a/1\",\"n\":167}\n"
#define DONE "{\"schema\":\"a/1\",\"n\":2}\n"
#define UPSTREAM(status) \
	"{\"schema\":\"ktstr.error/1\",\"status\":" status "}\n"
#define OTHER "{\"schema\":\"b/1\"}\n"

static void test_verdicts(void)
{
	verdict(SYS SYS, KT_SYS, "the system refused all there was to do");
	verdict(AGAIN, KT_AGAIN, "a retry may do all");
	verdict(OTHER SKIP SKIP OTHER, KT_SKIP, "this machine can do nothing");
	verdict(SKIP DONE, KT_FAIL, "or it can do some of it");
	verdict(SKIP SYS, KT_FAIL, "two reasons are none");
	verdict(SYS SKIP SKIP, KT_FAIL, "however many there are of one");
	verdict("junk\n" SKIP, KT_FAIL, "junk is no reason of the machine's");
	verdict("{\"schema\":\"a/1\"}\n", KT_FAIL,
		"nor is what a record lacks");
	verdict(UPSTREAM("77"), KT_SKIP, "a reason from upstream is one");
	verdict(UPSTREAM("77") SKIP UPSTREAM("77"), KT_SKIP, "with ours, too");
	verdict(UPSTREAM("77") DONE, KT_FAIL, "but not where some was done");
	verdict(UPSTREAM("77") UPSTREAM("5"), KT_FAIL, "nor of two reasons");
	verdict(UPSTREAM("5"), KT_AGAIN, "it may be another one");
	verdict(UPSTREAM("3"), KT_FAIL, "or none");
	verdict(UPSTREAM("0"), KT_FAIL, "an error is never a success");
	verdict(UPSTREAM("4294967373"), KT_FAIL, "nor what is no status");
	verdict(UPSTREAM("\"77\""), KT_FAIL, "nor a number");
}

int main(void)
{
	test_door();
	test_unknown();
	test_many();
	test_prefixes();
	test_getters();
	test_output();
	test_doubles();
	test_filter();
	test_verdicts();
	return tap_end();
}
