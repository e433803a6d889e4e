// SPDX-License-Identifier: GPL-2.0-only
/* releases: which kernel is the newest, and of a series */
#include "lib/releases.h"

#include "tests/unit/tap.h"

#define ITEM(moniker, version) \
	"{\"moniker\":\"" moniker "\",\"version\":\"" version "\"},"

/* As kernel.org has it, out of order and with what is to be passed over. */
static const char text[] = "{\"latest_stable\":{},\"releases\":[" ITEM(
	"mainline", "6.15-rc3") ITEM("stable", "6.14.2")
	ITEM("longterm", "6.12.9") ITEM("longterm", "6.12.23") ITEM(
		"longterm", "6.6.87") ITEM("mainline", "6.13")
		ITEM("linux-next", "next-20250417") ITEM("linux-next", "9.9.9")
			ITEM("stable", "6.x") "{\"version\":\"8.8.8\"},"
					      "{\"moniker\":\"stable\"},{"
					      "\"moniker\":1,\"version\":2},"
					      "\"text\",7,null,[],{}]}";

static void test_newest(const struct kt_releases *releases)
{
	char got[KT_VERSION_SIZE] = "";
	struct kt_version v;

	ok(kt_releases_newest(releases, &v), "there is a newest");
	kt_version_format(&v, got);
	same_str(got, "6.12.23", "by number, of patch level 8 or more");
}

static void test_series(const struct kt_releases *releases)
{
	static const char *const cases[][2] = {
		{ "6.12", "6.12.23" }, { "6.6", "6.6.87" },
		{ "6.14", "6.14.2" },  { "6.13", "6.13" },
		{ "6", "6.14.2" },     { "6.15", NULL },
		{ "6.1", NULL },       { "9.9", NULL },
		{ "8", NULL },	       { "5", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[KT_VERSION_SIZE] = "";
		struct kt_series series;
		struct kt_version v;

		if (!ok(kt_series_parse(cases[i][0], &series), "%s is a series",
			cases[i][0]))
			continue;
		if (kt_releases_of_series(releases, &series, &v))
			kt_version_format(&v, got);
		same_str(*got ? got : NULL, cases[i][1], "and its highest");
	}
}

static void test_no_series(void)
{
	static const char *const cases[] = { "",     "6.12.1", "6.15-rc1",
					     "6.",   "6.x",    "v6",
					     "-6",   "6-rc1",  "123456",
					     "6.0-", " 6",     "6 " };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_series series;

		ok(!kt_series_parse(cases[i], &series), "\"%s\" is no series",
		   cases[i]);
	}
}

static void test_bad(void)
{
	static const char *const cases[] = {
		"",
		"[]",
		"{}",
		"{\"releases\":{}}",
		"{\"releases\":[",
		"<html>",
		"{\"releases\":null}",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_releases *r = NULL;
		struct kt_error err = { 0 };

		ok(kt_releases_parse(cases[i], strlen(cases[i]), &r, &err) ==
				   KT_DATA &&
			   !r && err.msg[0],
		   "'%s' is refused", cases[i]);
	}
}

int main(void)
{
	struct kt_releases *r KT_CLEANUP(kt_releases_freep) = NULL;
	struct kt_releases *none KT_CLEANUP(kt_releases_freep) = NULL;
	static const char empty[] = "{\"releases\":[]}";
	struct kt_error err = { 0 };
	struct kt_version v;

	if (!ok(!kt_releases_parse(text, strlen(text), &r, &err), "it is read"))
		return tap_end();
	test_newest(r);
	test_series(r);
	test_no_series();
	test_bad();
	ok(!kt_releases_parse(empty, strlen(empty), &none, &err) &&
		   !kt_releases_newest(none, &v),
	   "an empty list has no newest");
	return tap_end();
}
