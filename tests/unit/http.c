// SPDX-License-Identifier: GPL-2.0-only
/* http: Content-Range, and URLs that may be shown */
#include "lib/http.h"

#include "lib/env.h"
#include "lib/fetch-net.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_range(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t first, last, total;
	} cases[] = {
		{ "bytes 100-199/1000", true, 100, 199, 1000 },
		{ "Bytes 0-0/1", true, 0, 0, 1 },
		{ "bytes 5-9/*", true, 5, 9, 0 },
		{ "bytes */1000", false, 0, 0, 0 },
		{ "bytes 9-5/1000", false, 0, 0, 0 },
		{ "bytes 0-1000/1000", false, 0, 0, 0 },
		{ "bytes 0-9/0", false, 0, 0, 0 },
		{ "bytes 0-9/10 ", false, 0, 0, 0 },
		{ "bytes 0-9/", false, 0, 0, 0 },
		{ "bytes 0-9", false, 0, 0, 0 },
		{ "bytes -9/10", false, 0, 0, 0 },
		{ "bytes +1-9/10", false, 0, 0, 0 },
		{ "items 0-9/10", false, 0, 0, 0 },
		{ "bytes 99999999999999999999999-9/10", false, 0, 0, 0 },
		{ "", false, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t first = 0, last = 0, total = 0;
		const bool good = kt_http_content_range(cases[i].text, &first,
							&last, &total);

		ok(good == cases[i].good && first == cases[i].first &&
			   last == cases[i].last && total == cases[i].total,
		   "\"%s\" is %s range", cases[i].text,
		   cases[i].good ? "that" : "no");
	}
}

static void test_public(void)
{
	static const char *const cases[][2] = {
		{ "https://me:secret@host/a", "https://host/a" },
		{ "https://me@host", "https://host" },
		{ "https://a@b@host/c@d", "https://host/c@d" },
		{ "https://host/a@b", "https://host/a@b" },
		{ "https://host?a@b", "https://host?a@b" },
		{ "nothing@all", "nothing@all" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got KT_CLEANUP(kt_freep) = kt_http_public(cases[i][0]);

		same_str(got, cases[i][1], cases[i][0]);
	}
}

static void test_mirrors(void)
{
	static const struct {
		const char *text;
		enum kt_status st;
		size_t nr;
	} cases[] = {
		{ NULL, KT_OK, 0 },
		{ "", KT_OK, 0 },
		{ " , ", KT_OK, 0 },
		{ "https://a/b/ http://c,https://d", KT_OK, 3 },
		{ "http://127.0.0.1:8080/x", KT_OK, 1 },
		{ "file:///x", KT_USAGE, 0 },
		{ "https:///x", KT_USAGE, 0 },
		{ "https://", KT_USAGE, 0 },
		{ "https://a/?b", KT_USAGE, 0 },
		{ "https://a/#b", KT_USAGE, 0 },
		{ "https://a\1b", KT_USAGE, 0 },
		{ "HTTPS://a", KT_USAGE, 0 },
		{ "https://a b", KT_USAGE, 0 },
		{ "http://a http://a http://a http://a http://a http://a "
		  "http://a http://a http://a http://a http://a http://a "
		  "http://a http://a http://a http://a http://a",
		  KT_USAGE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char **got KT_CLEANUP(kt_env_freep) = NULL;
		struct kt_error err = { 0 };
		size_t nr = 0;

		ok(kt_mirrors_parse(cases[i].text, "X", &got, &err) ==
			   cases[i].st,
		   "mirrors \"%s\"", cases[i].text ? cases[i].text : "(none)");
		while (got && got[nr])
			nr++;
		same_u64(nr, cases[i].nr, "so many");
		if (nr == 3)
			same_str(got[0], "https://a/b", "without the slash");
	}
}

int main(void)
{
	test_range();
	test_public();
	test_mirrors();
	return tap_end();
}
