// SPDX-License-Identifier: GPL-2.0-only
/* load-log: the verifier's log in what a scheduler prints */
#include "lib/verifier/log.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "tests/unit/tap.h"

#define BEGIN "libbpf: prog 'foo': -- BEGIN PROG LOAD LOG --\n"
#define END "libbpf: prog 'foo': -- END PROG LOAD LOG --\n"
#define FIGURES                                                     \
	"processed 61 insns (limit 1000000) max_states_per_insn 0 " \
	"total_states 7 peak_states 4 mark_read 1\n"

static void same_text(const struct kt_load_log *log, const char *want,
		      const char *name)
{
	ok(log->len == strlen(want) && !memcmp(log->text, want, log->len), "%s",
	   name);
	if (log->len != strlen(want))
		printf("# got \"%.*s\"\n", (int)log->len, log->text);
}

static void test_texts(void)
{
	static const struct {
		const char *text, *want, *program;
	} cases[] = {
		{ "", "", "" },
		{ "no log\n", "no log\n", "" },
		{ "a\n" BEGIN "0: x\n" END "b\n", "0: x", "foo" },
		{ BEGIN "\n\n0: x\n\n\n" END, "\n\n0: x", "foo" },
		{ BEGIN END, "", "foo" },
		{ BEGIN "0: x", "0: x", "foo" },
		{ "-- BEGIN PROG LOAD LOG --0: x\n-- END PROG LOAD LOG --",
		  "0: x", "" },
		{ BEGIN "a\n" END "b\n" END, "a\n" END "b", "foo" },
		{ BEGIN "a\n" END BEGIN "b\n" END, "a", "foo" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_load_log log;
		char name[32];

		snprintf(name, sizeof(name), "text %zu", i);
		kt_load_log_first(cases[i].text, strlen(cases[i].text), &log);
		/* END stands for its lines here: what is cut is the last. */
		if (i == 7)
			ok(!memcmp(log.text, "a\nlibbpf", 8) &&
				   log.text[log.len - 1] == 'b',
			   "a log that holds the end's line goes on to the "
			   "last");
		else
			same_text(&log, cases[i].want, name);
		same_str(log.program, cases[i].program, "its program");
	}
}

static void test_figures(void)
{
	static const char full[] =
		BEGIN "0: x\nprocessed 1 insns total_states 1 peak_states 1\n"
		      "stack depth 8\nverification time 1234 usec\n"
		      "stack depth 32+0\n" FIGURES END;
	struct kt_load_log log;

	kt_load_log_first(full, strlen(full), &log);
	ok(log.processed == 61 && log.total_states == 7 && log.peak_states == 4,
	   "the last figures count");
	ok(log.has_time && log.time_us == 1234, "the time is found");
	same_str(log.stack, "32+0", "and the last stack depth");
	kt_load_log_first("x processed 9 insns\n", 20, &log);
	ok(!log.processed && !log.has_time && !log.stack[0],
	   "figures stand at the beginning of a line");
	kt_load_log_first("processed many insns total_states -1 peak_states",
			  48, &log);
	ok(!log.processed && !log.total_states && !log.peak_states,
	   "what is no number is 0");
	kt_load_log_first("processed 99999999999999999999 insns", 36, &log);
	ok(!log.processed, "and so is what is none of 64 bits");
	kt_load_log_first("processed 5 insns total_states 2 peak_states 1\r\n",
			  48, &log);
	ok(log.processed == 5 && log.peak_states == 1, "lines may end in CR");
}

static void test_several(void)
{
	static const char text[] =
		"libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\n1\n"
		"libbpf: -- END PROG LOAD LOG --\nand\n"
		"libbpf: prog 'b\033[m': -- BEGIN PROG LOAD LOG --\n2\n";
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;

	ok(kt_load_log_next(text, strlen(text), &at, &log), "there is one");
	same_text(&log, "1", "of the first program");
	same_str(log.program, "a", "which is named");
	ok(kt_load_log_next(text, strlen(text), &at, &log), "and another");
	same_text(&log, "2", "that was cut");
	same_str(log.program, "b\\x1b[m", "whose name is printable");
	ok(!kt_load_log_next(text, strlen(text), &at, &log), "and no more");
}

/* The name that a log has with @gap bytes between it and the mark. */
static void name_before(size_t gap, char *out)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_load_log log;

	kt_buf_adds(&text, "prog 'foo'");
	for (size_t i = 0; i < gap; i++)
		kt_buf_addc(&text, 'x');
	kt_buf_adds(&text, "-- BEGIN PROG LOAD LOG --\n");
	kt_load_log_first(text.data, text.len, &log);
	memcpy(out, log.program, sizeof(log.program));
}

/* Work and results are linear in what a scheduler may print. */
static void test_bounds(void)
{
	const size_t near = KT_LOG_NAME_REACH - strlen("prog 'foo'");
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;
	char name[KT_LOG_NAME_SIZE];
	size_t nr = 0;

	name_before(near, name);
	same_str(name, "foo", "a name is looked for before the mark");
	name_before(near + 1, name);
	same_str(name, "", "but not far before it");
	for (size_t i = 0; i <= KT_LOG_MAX; i++)
		kt_buf_adds(&text, "-- BEGIN PROG LOAD LOG --");
	while (kt_load_log_next(text.data, text.len, &at, &log))
		nr++;
	same_u64(nr, KT_LOG_MAX, "logs are told up to a number");
}

int main(void)
{
	test_texts();
	test_figures();
	test_several();
	test_bounds();
	return tap_end();
}
