// SPDX-License-Identifier: GPL-2.0-only
/* cargo-build: the program in what cargo tells */
#include "lib/cargo-build.h"

#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define ARTIFACT(kind, test, file)                                        \
	"{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"" kind \
	"\"],\"test\":true},\"profile\":{\"test\":" test                  \
	"},\"filenames\":[\"" file "\",\"/other\"]}\n"

int main(void)
{
	static const struct {
		const char *text, *want; /* NULL: there is none */
	} cases[] = {
		{ "", NULL },
		{ "{\"reason\":\"build-finished\",\"success\":true}\n", NULL },
		{ ARTIFACT("lib", "false", "/l"), NULL },
		{ ARTIFACT("bin", "true", "/t"), NULL },
		{ ARTIFACT("custom-build", "false", "/b"), NULL },
		{ ARTIFACT("bin", "false", "/p"), "/p" },
		{ "not json\n{\n" ARTIFACT("lib", "false", "/l") ARTIFACT(
			  "bin", "true", "/t") ARTIFACT("bin", "false", "/a b")
			  ARTIFACT("bin", "false", "/late"),
		  "/a b" },
		{ "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\""
		  "cdylib\",\"bin\"]},\"profile\":{\"test\":false},"
		  "\"filenames\":[\"/x\"]}",
		  "/x" },
		{ "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\""
		  "bin\"]},\"profile\":{\"test\":false},\"filenames\":[]}",
		  NULL },
		{ "{\"reason\":\"compiler-artifact\",\"target\":7,"
		  "\"profile\":[],\"filenames\":\"x\"}",
		  NULL },
	};
	struct kt_error err = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got KT_CLEANUP(kt_freep) = NULL;
		const enum kt_status st = kt_cargo_program(
			cases[i].text, strlen(cases[i].text), "p", &got, &err);

		ok(st == (cases[i].want ? KT_OK : KT_FAIL), "case %zu", i);
		if (cases[i].want)
			same_str(got, cases[i].want, "its program");
	}
	return tap_end();
}
