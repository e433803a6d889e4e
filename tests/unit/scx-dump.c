// SPDX-License-Identifier: GPL-2.0-only
/* scx-dump: the last dump in a trace buffer */
#include "lib/verifier/dump.h"

#include "tests/unit/tap.h"

#define EVENT "  <idle>-0  [000] dNH2.  2.071701: sched_ext_dump: "

int main(void)
{
	static const struct {
		const char *trace, *want; /* NULL: there is none */
	} cases[] = {
		{ "", NULL },
		{ "# tracer: nop\n#\n", NULL },
		{ EVENT "a\n" EVENT "b\n", NULL },
		{ "# x\n" EVENT "t[1] triggered exit kind 1024:\n" EVENT
		  "\n" EVENT "  why\n",
		  "t[1] triggered exit kind 1024:\n\n  why\n" },
		{ EVENT "t[1] triggered exit kind 1:\n" EVENT "old\n" EVENT
			"u[2] triggered exit kind 2:\n other: event\n" EVENT
			"new",
		  "u[2] triggered exit kind 2:\nnew\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
		const bool found = kt_dump_last(cases[i].trace,
						strlen(cases[i].trace), &out);

		ok(found == !!cases[i].want, "case %zu", i);
		if (cases[i].want)
			same_str(out.data, cases[i].want, "is the last dump");
	}
	return tap_end();
}
