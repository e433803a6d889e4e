// SPDX-License-Identifier: GPL-2.0-only
/* archive: which links may be made */
#include "lib/archive.h"

#include "tests/unit/tap.h"

int main(void)
{
	static const struct {
		const char *path, *target;
		bool may;
	} cases[] = {
		{ "l", "file", true },
		{ "l", "./a/b", true },
		{ "a/b/l", "../c", true },
		{ "a/b/l", "../../c", true },
		{ "a/b/l", "../..", true },
		{ "a/l", "..", true },
		{ "l", "..", false },
		{ "l", "../x", false },
		{ "a/l", "../../x", false },
		{ "a/l", ".././../x", false },
		{ "a/b/l", "../../../x", false },
		/* Climbing from wherever a name leads. */
		{ "a/b/l", "x/..", false },
		{ "a/b/l", "../x/../../y", false },
		{ "l", "/etc/passwd", false },
		{ "l", "", false },
		{ "l", "...", true },
		{ "l", "..x/y", true },
		{ "a/l", "..//x", true },
		{ "a/l", "..///../x", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_archive_link_ok(cases[i].path, cases[i].target) ==
			   cases[i].may,
		   "%s -> %s %s", cases[i].path, cases[i].target,
		   cases[i].may ? "stays inside" : "is refused");
	return tap_end();
}
