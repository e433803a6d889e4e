// SPDX-License-Identifier: GPL-2.0-only
/* fold: what of a line is compared, and loops that are folded */
#include "lib/verifier/fold.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/verifier/fold-lines.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_strip(void)
{
	static const struct {
		const char *line, *where, *plain;
	} cases[] = {
		{ "", "", "" },
		{ "  \t\r", "", "" },
		{ "\xe2\x80\x83x\xc2\xa0", "x", "x" },
		{ "func#0 @0", "func#0 @0", "func#0 @0" },
		{ " ; int x = 1; R1", "; int x = 1; R1", "; int x = 1; R1" },
		{ "from 3 to 9: R0=1", "from 3 to 9: R0=1",
		  "from 3 to 9: R0=1" },
		{ "12: (07) r1 += 1", "12: (07) r1 += 1", "(07) r1 += 1" },
		{ "12: (07) r1 += 1  ; R1_w=2", "12: (07) r1 += 1",
		  "(07) r1 += 1" },
		{ "12: (07) r1 += 1;R1", "12: (07) r1 += 1;R1",
		  "(07) r1 += 1;R1" },
		{ "12: (85) call f#1 ; frame1: R1", "12: (85) call f#1",
		  "(85) call f#1" },
		{ "1: a ; R1 ; frame2: R1", "1: a ; R1", "a ; R1" },
		{ "1: a ; Rx ; R1", "1: a ; Rx ; R1", "a ; Rx ; R1" },
		{ "1: R1=ctx() R10=fp0", "1:", "1:" },
		{ "1: frame1: R1=ctx()", "1:", "1:" },
		{ "1: Rx", "1: Rx", "Rx" },
		{ "1: R", "1: R", "R" },
		{ "5: (05) goto pc+3 9: R0=1", "5: (05) goto pc+3",
		  "(05) goto pc+3" },
		{ "5: (05) goto pc-3", "5: (05) goto pc-3", "(05) goto pc-3" },
		{ "5: (05) may_goto pc+3 x", "5: (05) may_goto pc+3",
		  "(05) may_goto pc+3" },
		{ "5x: y", "5x: y", "5x: y" },
		{ "5:", "5:", "5:" },
		{ "5: ", "5:", "5:" },
		{ "7", "7", "7" },
		{ "1: a ; R", "1: a ; R", "a ; R" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = cases[i].line;
		const struct kt_fold_part p = kt_fold_strip(line, strlen(line));
		char *where KT_CLEANUP(kt_freep) =
			kt_xstrndup(line + p.where, p.end - p.where);
		char *plain KT_CLEANUP(kt_freep) =
			kt_xstrndup(line + p.plain, p.end - p.plain);

		same_str(where, cases[i].where, line);
		same_str(plain, cases[i].plain, "without its address");
	}
}

static char *fold(const char *text, size_t len)
{
	struct kt_error err = { 0 };
	char *out = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&out, &size);

	if (!mem || kt_fold(text, len, mem, &err) || fclose(mem))
		abort();
	return out;
}

static void test_loop(void)
{
	struct kt_buf log KT_CLEANUP(kt_buf_release) = { 0 };
	char *got KT_CLEANUP(kt_freep) = NULL;

	kt_buf_adds(&log, "func#0 @0\n0: R1=ctx() R10=fp0\n; loop\n");
	for (int i = 0; i < 18; i++)
		kt_buf_addf(&log, "%d: (%d7) r1 += 100%d  ; R1_w=%d\n", 40 + i,
			    i % 6, i % 6, i);
	kt_buf_adds(&log, "58: (95) exit\n");
	got = fold(log.data, log.len);
	same_str(got,
		 "func#0 @0\n0: R1=ctx() R10=fp0\n; loop\n"
		 "--- 3x of the following 6 lines ---\n"
		 "40: (07) r1 += 1000  ; R1_w=0\n"
		 "41: (17) r1 += 1001  ; R1_w=1\n"
		 "42: (27) r1 += 1002  ; R1_w=2\n"
		 "43: (37) r1 += 1003  ; R1_w=3\n"
		 "44: (47) r1 += 1004  ; R1_w=4\n"
		 "45: (57) r1 += 1005  ; R1_w=5\n"
		 "--- 1 identical iterations omitted ---\n"
		 "52: (07) r1 += 1000  ; R1_w=12\n"
		 "53: (17) r1 += 1001  ; R1_w=13\n"
		 "54: (27) r1 += 1002  ; R1_w=14\n"
		 "55: (37) r1 += 1003  ; R1_w=15\n"
		 "56: (47) r1 += 1004  ; R1_w=16\n"
		 "57: (57) r1 += 1005  ; R1_w=17\n"
		 "--- end repeat ---\n58: (95) exit\n",
		 "three iterations are folded");
}

static void test_untouched(void)
{
	static const char *const logs[] = {
		"", "\n", "x", "a\r\nb\r\n", "1: x\n1: x\n1: x\n",
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char *got KT_CLEANUP(kt_freep) = fold(logs[i], strlen(logs[i]));

		same_str(got, logs[i], "what has no loop is left alone");
	}
}

int main(void)
{
	test_strip();
	test_loop();
	test_untouched();
	return tap_end();
}
