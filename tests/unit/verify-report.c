// SPDX-License-Identifier: GPL-2.0-only
/* verify-report: what is written of profiles, byte for byte */
#include "lib/verifier/report.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/verifier/fold.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define BEGIN "libbpf: prog 'foo_enqueue': -- BEGIN PROG LOAD LOG --\n"
#define INSNS "\"baseline_insns\":"
#define END "libbpf: -- END PROG LOAD LOG --\nlibbpf: failed to load\n"

static struct kt_bpf_program plain_programs[] = {
	{ .type = KT_BPF_STRUCT_OPS,
	  .func = "foo_select_cpu",
	  .member = "select_cpu",
	  .verified_insns = 35,
	  .has_verified_insns = true,
	  .has_stats = true,
	  .run_cnt = 6,
	  .run_ns = 4003 },
	{ .type = KT_BPF_STRUCT_OPS,
	  .func = "foo_enqueue",
	  .verified_insns = 1000,
	  .has_verified_insns = true },
};

static struct kt_bpf_program big_programs[] = {
	{ .type = KT_BPF_STRUCT_OPS,
	  .func = "foo_enqueue",
	  .verified_insns = 750000,
	  .has_verified_insns = true },
	{ .type = KT_BPF_STRUCT_OPS,
	  .func = "foo_dispatch_a_name_that_is_longer_than_its_column",
	  .verified_insns = 749999,
	  .has_verified_insns = true },
};

struct result {
	char *out;
	size_t len;
	struct kt_buf warned;
	enum kt_status st;
	struct kt_error err;
};

static void result_release(struct result *r)
{
	free(r->out);
	kt_buf_release(&r->warned);
}

static void warn(const char *text, void *ctx)
{
	struct kt_buf *warned = ctx;

	kt_buf_addf(warned, "%s\n", text);
}

static void report(const struct kt_verify_report_how *how,
		   struct kt_verified *v, size_t nr, uint64_t max_growth,
		   struct result *res)
{
	struct kt_record *kernel KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	struct kt_verify_report_how all = *how;
	struct kt_verify_report *r;

	*res = (struct result){ 0 };
	kt_record_set_str(kernel, "version", "6.12.1");
	all.tool = "ktstr-verifier";
	all.scheduler = "scx_foo";
	if (!all.kernel)
		all.kernel = kernel;
	all.out = open_memstream(&res->out, &res->len);
	all.warn = warn;
	all.ctx = &res->warned;
	r = kt_verify_report_new(&all);
	for (size_t i = 0; !res->st && i < nr; i++)
		res->st = kt_verify_report_add(r, &v[i], &res->err);
	if (!res->st)
		res->st = kt_verify_report_end(r, max_growth, &res->err);
	kt_verify_report_freep(&r);
	fclose(all.out);
	kt_buf_addc(&res->warned, '\0');
}

static void set_log(struct kt_verified *v, const char *text)
{
	kt_buf_release(&v->log);
	kt_buf_adds(&v->log, text);
}

static const struct kt_verify_report_how text_form = { .form = KT_FORM_TEXT };
static const struct kt_verify_report_how records = { .form = KT_FORM_RECORDS };
static const struct kt_verify_report_how csv = { .form = KT_FORM_CSV };

static void test_plain(void)
{
	struct kt_verified v = { .profile = "default",
				 .label = "verifier",
				 .program = plain_programs,
				 .nr = 2,
				 .log_path = "/l" };
	const struct kt_verify_report_how more = { .form = KT_FORM_CSV,
						   .more = true,
						   .name = "6.13,x" };
	struct result got KT_CLEANUP(result_release);

	report(&text_form, &v, 1, UINT64_MAX, &got);
	same_str(
		got.out,
		"\nverifier\n"
		"  foo_select_cpu                           verified_insns=35\n"
		"  foo_enqueue                              "
		"verified_insns=1000\n",
		"one profile is its programs");
	ok(!got.st && !got.warned.data[0], "and there is nothing to say of it");
	result_release(&got);
	set_log(&v, "stats: 1\n");
	report(&text_form, &v, 1, UINT64_MAX, &got);
	ok(strstr(got.out, "verified_insns=1000\n\nverifier --- scheduler log "
			   "---\nstats: 1\n"),
	   "what it printed follows");
	result_release(&got);
	report(&records, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "{\"schema\":\"ktstr.program/1\",\"scheduler\":\"scx_foo\","
		 "\"version\":\"6.12.1\",\"profile\":\"default\",\"program\":"
		 "\"foo_select_cpu\",\"type\":\"struct_ops\",\"member\":"
		 "\"select_cpu\",\"verified_insns\":35,\"limit\":1000000,"
		 "\"run_cnt\":6,\"run_ns\":4003,\"load\":\"ok\",\"log_path\":"
		 "\"/l\"}\n"
		 "{\"schema\":\"ktstr.program/1\",\"scheduler\":\"scx_foo\","
		 "\"version\":\"6.12.1\",\"profile\":\"default\",\"program\":"
		 "\"foo_enqueue\",\"type\":\"struct_ops\",\"verified_insns\":"
		 "1000,\"limit\":1000000,\"load\":\"ok\",\"log_path\":"
		 "\"/l\"}\n",
		 "records are documented in ktstr-record(5)");
	result_release(&got);
	report(&csv, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "file_name,prog_name,verdict,total_insns\n"
		 "scx_foo,foo_select_cpu,success,35\n"
		 "scx_foo,foo_enqueue,success,1000\n",
		 "and columns are veristat's");
	result_release(&got);
	report(&more, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "scx_foo@6.13_x,foo_select_cpu,success,35\n"
		 "scx_foo@6.13_x,foo_enqueue,success,1000\n",
		 "which another kernel's may follow");
	kt_buf_release(&v.log);
}

static void test_rejected(void)
{
	struct kt_verified v = { .profile = "llc,x",
				 .label = "llc,x",
				 .verdict = KT_VERDICT_REJECTED,
				 .log_path = "/l" };
	struct kt_verify_report_how raw = { .form = KT_FORM_TEXT, .raw = true };
	struct result got KT_CLEANUP(result_release);

	kt_error_set(&v.why, KT_FAIL, "the verifier rejected a program");
	set_log(&v, "hello\n" BEGIN "0: x\nstack depth 32+0\n"
		    "verification time 12 usec\n"
		    "processed 61 insns (limit 1000000) max_states_per_insn 0 "
		    "total_states 7 peak_states 4 mark_read 1\n" END);
	report(&text_form, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "\nllc,x\n\nllc,x --- verifier stats ---\n"
		 "  processed=61  states=4/7  time=12us  stack=32+0\n"
		 "\nllc,x --- scheduler log ---\n0: x\nstack depth 32+0\n"
		 "verification time 12 usec\n"
		 "processed 61 insns (limit 1000000) max_states_per_insn 0 "
		 "total_states 7 peak_states 4 mark_read 1\n",
		 "a rejection is what the verifier said");
	same_str(got.warned.data,
		 "profile \"llc,x\": the verifier rejected a program (/l)\n",
		 "people are told");
	ok(got.st == KT_FAIL, "and it is a failure");
	result_release(&got);
	report(&raw, &v, 1, UINT64_MAX, &got);
	ok(strstr(got.out, "--- scheduler log ---\nhello\nlibbpf: prog 'foo") &&
		   strstr(got.out, "libbpf: failed to load\n"),
	   "raw is all of it");
	result_release(&got);
	report(&records, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "{\"schema\":\"ktstr.program/1\",\"scheduler\":\"scx_foo\","
		 "\"version\":\"6.12.1\",\"profile\":\"llc,x\",\"program\":"
		 "\"foo_enqueue\",\"type\":\"struct_ops\",\"verified_insns\":"
		 "61,\"limit\":1000000,\"load\":\"rejected\",\"states\":7,"
		 "\"peak_states\":4,\"stack\":\"32+0\",\"log_path\":\"/l\"}\n",
		 "its record has the states");
	result_release(&got);
	report(&csv, &v, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "file_name,prog_name,verdict,total_insns\n"
		 "scx_foo:llc_x,foo_enqueue,failure,61\n",
		 "and no comma is in a name");
	kt_buf_release(&v.log);
}

static void test_summary(void)
{
	struct kt_verified v[3] = {
		{ .profile = "default",
		  .label = "default",
		  .program = plain_programs,
		  .nr = 2,
		  .log_path = "/1" },
		{ .profile = "llc+steal+deep",
		  .label = "llc+steal+deep",
		  .program = big_programs,
		  .nr = 2,
		  .log_path = "/2" },
		{ .profile = "\xc3\xa9",
		  .label = "\xc3\xa9",
		  .verdict = KT_VERDICT_FAILED,
		  .log_path = "/3" },
	};
	struct result got KT_CLEANUP(result_release);

	kt_error_set(&v[2].why, KT_FAIL, "it died");
	report(&text_form, v, 3, UINT64_MAX, &got);
	same_str(strstr(got.out, "\n--- profile"),
		 "\n--- profile summary ---\n"
		 "  program                                       default "
		 "llc+steal+deep            \xc3\xa9\n"
		 "  ---------------------------------------- ------------ "
		 "------------ ------------\n"
		 "  foo_select_cpu                                     35 "
		 "           0            0\n"
		 "  foo_enqueue                                      1000 "
		 "      750000            0\n"
		 "  foo_dispatch_a_name_that_is_longer_than_its_column "
		 "           0       749999            0\n",
		 "the table has a column for each profile");
	same_str(got.warned.data,
		 "profile \"llc+steal+deep\": \"foo_enqueue\" takes 75% of the "
		 "1000000 instructions that the verifier looks at\n"
		 "profile \"\xc3\xa9\": it died (/3)\n",
		 "75% is near the limit, and less is not");
	same_str(got.err.msg, "1 of 3 profiles failed", "failures are counted");
	result_release(&got);
	report(&records, v + 2, 1, UINT64_MAX, &got);
	same_str(got.out,
		 "{\"schema\":\"ktstr.error/1\",\"tool\":\"ktstr-verifier\","
		 "\"status\":1,\"message\":\"profile \\\"\xc3\xa9\\\": it died"
		 "\",\"scheduler\":\"scx_foo\",\"profile\":\"\xc3\xa9\","
		 "\"log_path\":\"/3\"}\n",
		 "a profile that failed is an error record");
	result_release(&got);
	report(&text_form, v, 0, UINT64_MAX, &got);
	ok(got.st == KT_FAIL && !strcmp(got.err.msg, "nothing was verified"),
	   "nothing at all is a failure too");
}

/* A baseline of these records of scx_foo, which are told less their heads. */
static void read_baseline(const char *const *records_of, struct kt_baseline *b)
{
	char path[] = "/tmp/baseline.XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct kt_error err;

	for (; *records_of; records_of++)
		fprintf(f,
			"{\"schema\":\"ktstr.program/1\",\"scheduler\":"
			"\"scx_foo\",%s}\n",
			*records_of);
	fclose(f);
	if (kt_baseline_read(path, "scx_foo", b, &err))
		abort();
	unlink(path);
}

static void test_baseline(void)
{
	static const char *const then[] = {
		"\"program\":\"foo_enqueue\",\"verified_insns\":800",
		"\"program\":\"gone\",\"verified_insns\":5",
		"\"profile\":\"llc\",\"program\":\"foo_enqueue\","
		"\"verified_insns\":1",
		NULL,
	};
	struct kt_baseline base KT_CLEANUP(kt_baseline_release) = { 0 };
	struct kt_verify_report_how how = { .form = KT_FORM_TEXT,
					    .baseline = &base };
	struct kt_verified v = { .profile = "default",
				 .label = "verifier",
				 .program = plain_programs,
				 .nr = 2,
				 .log_path = "/l" };
	struct result got KT_CLEANUP(result_release);

	read_baseline(then, &base);
	report(&how, &v, 1, 25, &got);
	same_str(
		strstr(got.out, "\ndelta"),
		"\ndelta A/B diff: baseline vs verifier\n"
		"  program                                           A         "
		" "
		"B      delta\n"
		"  ------------------------------------------------------------"
		"------------\n"
		"  foo_enqueue                                     800       "
		"1000       -200\n"
		"  gone                                              5         "
		" "
		"0         +5\n",
		"the difference is by program of the baseline");
	ok(!got.st, "25%% more is not more than 25%%");
	same_str(got.warned.data,
		 "profile \"default\": \"foo_select_cpu\" is not in the "
		 "baseline\n",
		 "a new program is told of");
	result_release(&got);
	report(&how, &v, 1, 24, &got);
	ok(got.st == KT_FAIL && strstr(got.warned.data, "has grown by 25.0%"),
	   "more than 24%% it is");
	result_release(&got);
	how.form = KT_FORM_RECORDS;
	report(&how, &v, 1, UINT64_MAX, &got);
	ok(strstr(got.out, "\"limit\":1000000,\"baseline_insns\":800,"),
	   "records have it too");
}

/* What is compared on the kernel of @key, or none, and @version. */
static char *compared(const struct kt_baseline *base, const char *key,
		      const char *version, enum kt_report_form form)
{
	struct kt_record *kernel KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	const struct kt_verify_report_how how = { .form = form,
						  .kernel = kernel,
						  .baseline = base };
	struct kt_verified v = { .profile = "default",
				 .label = "verifier",
				 .program = plain_programs + 1,
				 .nr = 1,
				 .log_path = "/l" };
	struct result got KT_CLEANUP(result_release);

	if (key)
		kt_record_set_str(kernel, "key", key);
	kt_record_set_str(kernel, "version", version);
	report(&how, &v, 1, 0, &got);
	return kt_xasprintf("%s%s", got.out, got.warned.data);
}

static void test_kernels(void)
{
	static const char *const then[] = {
		"\"version\":\"6.12\",\"key\":\"a\",\"program\":"
		"\"foo_enqueue\",\"verified_insns\":500",
		"\"version\":\"6.13\",\"key\":\"b\",\"program\":"
		"\"foo_enqueue\",\"verified_insns\":1000",
		"\"version\":\"6.14\",\"program\":\"foo_enqueue\","
		"\"verified_insns\":800",
		"\"version\":\"6.13\",\"key\":\"b\",\"program\":"
		"\"foo_enqueue\",\"verified_insns\":3",
		NULL,
	};
	static const struct {
		const char *key, *version, *then, *text, *name;
	} cases[] = {
		{ "b", "6.14", INSNS "1000,", " 1000         +0\n",
		  "a kernel is compared with itself" },
		{ "c", "6.14", INSNS "800,", " 1000       -200\n",
		  "else with one of its version" },
		{ NULL, "6.13", INSNS "1000,", " 1000         +0\n",
		  "which is all that is known of some" },
		{ "c", "6.15", INSNS "500,", " 1000       -500\n",
		  "else with the first" },
	};
	struct kt_baseline base KT_CLEANUP(kt_baseline_release) = { 0 };

	read_baseline(then, &base);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text KT_CLEANUP(kt_freep) = compared(
			&base, cases[i].key, cases[i].version, KT_FORM_TEXT);
		char *rec KT_CLEANUP(kt_freep) = compared(
			&base, cases[i].key, cases[i].version, KT_FORM_RECORDS);
		const char *rows = strstr(text, "---\n  foo_enqueue");
		const char *row = strstr(text, cases[i].text);

		ok(strstr(rec, cases[i].then), "%s", cases[i].name);
		ok(rows && row && !strstr(rows + 6, "\n  foo_enqueue"),
		   "and the program has one line");
		ok(!strstr(text, "has grown") ==
			   !strcmp(cases[i].then, INSNS "1000,"),
		   "and has grown, or has not");
	}
}

static void test_unfoldable(void)
{
	const size_t lines = KT_FOLD_MAX_LINES + 1;
	struct kt_verified v[2] = {
		{ .profile = "loud",
		  .label = "loud",
		  .verdict = KT_VERDICT_FAILED,
		  .log_path = "/1" },
		{ .profile = "llc",
		  .label = "llc",
		  .program = plain_programs,
		  .nr = 2,
		  .log_path = "/2" },
	};
	struct result got KT_CLEANUP(result_release);
	const char *log;

	kt_error_set(&v[0].why, KT_FAIL, "it died");
	kt_buf_reserve(&v[0].log, lines);
	memset(v[0].log.data, '\n', lines);
	v[0].log.len = lines;
	report(&text_form, v, 2, UINT64_MAX, &got);
	log = strstr(got.out, "--- scheduler log ---\n");
	ok(log && strspn(strchr(log, '\n') + 1, "\n") > lines,
	   "a log of too many lines to fold is shown as it is");
	same_str(got.err.msg, "1 of 2 profiles failed",
		 "and the other profiles are told too");
	ok(strstr(got.out, "\n--- profile summary ---\n"), "with the table");
	kt_buf_release(&v[0].log);
}

int main(void)
{
	test_plain();
	test_rejected();
	test_summary();
	test_baseline();
	test_kernels();
	test_unfoldable();
	return tap_end();
}
