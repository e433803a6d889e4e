// SPDX-License-Identifier: GPL-2.0-only
/* download: what is a page, what goes on, what tells two versions apart */
#include "lib/download.h"

#include "tests/unit/tap.h"

static void test_page(void)
{
	static const struct {
		const char *type, *text;
		enum kt_page want;
	} cases[] = {
		{ "application/octet-stream", "\3757zXZ", KT_PAGE_NONE },
		{ "application/json", "{}", KT_PAGE_NONE },
		{ "text/plain", "a < b", KT_PAGE_NONE },
		{ "", "", KT_PAGE_NONE },
		{ "text/html", "", KT_PAGE_HTML },
		{ "TEXT/HTML", "hello", KT_PAGE_HTML },
		{ "application/xhtml+xml", "", KT_PAGE_HTML },
		{ "", "\r\n <!DOCTYPE html>", KT_PAGE_HTML },
		{ "text/plain", "<HTML>", KT_PAGE_HTML },
		{ "text/plain", "<htm", KT_PAGE_NONE },
		{ "text/html", "<title>Making sure you're not a bot!</title>",
		  KT_PAGE_GATE },
		{ "", "<html><script src=/.within.website/x/cmd/Anubis>",
		  KT_PAGE_GATE },
		/* No page, whatever it speaks of. */
		{ "text/plain", "anubis", KT_PAGE_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_download_page(cases[i].type, cases[i].text,
				    strlen(cases[i].text)) == cases[i].want,
		   "case %zu is page %d", i, (int)cases[i].want);
	ok(kt_download_page("", "\0<html>", 7) == KT_PAGE_NONE,
	   "a NUL is no blank");
}

static void test_continues(void)
{
	static const struct {
		struct kt_http_answer answer;
		uint64_t from, total;
		bool want;
	} cases[] = {
		{ { .has_range = true,
		    .range_first = 10,
		    .range_last = 99,
		    .range_total = 100,
		    .has_length = true,
		    .length = 90 },
		  10,
		  100,
		  true },
		{ { .has_range = true, .range_first = 10, .range_last = 99 },
		  10,
		  100,
		  true },
		{ { .has_range = true,
		    .range_first = 10,
		    .range_last = 99,
		    .range_total = 100 },
		  10,
		  0,
		  true },
		{ { .has_range = true,
		    .range_first = 11,
		    .range_last = 99,
		    .range_total = 100 },
		  10,
		  100,
		  false },
		{ { .has_range = true,
		    .range_first = 0,
		    .range_last = 99,
		    .range_total = 100 },
		  10,
		  100,
		  false },
		{ { .has_range = true,
		    .range_first = 10,
		    .range_last = 99,
		    .range_total = 101 },
		  10,
		  100,
		  false },
		{ { .has_range = true,
		    .range_first = 10,
		    .range_last = 99,
		    .range_total = 100,
		    .has_length = true,
		    .length = 91 },
		  10,
		  100,
		  false },
		{ { 0 }, 10, 100, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_download_continues(&cases[i].answer, cases[i].from,
					 cases[i].total) == cases[i].want,
		   "answer %zu %s on", i, cases[i].want ? "goes" : "goes not");
}

static void test_validator(void)
{
	static const char date[] = "Tue, 15 Nov 1994 12:45:26 GMT";
	struct kt_http_answer a = { .etag = "\"abc\"" };

	same_str(kt_download_validator(&a), "\"abc\"", "a strong ETag");
	snprintf(a.modified, sizeof(a.modified), "%s", date);
	same_str(kt_download_validator(&a), "\"abc\"", "it goes first");
	snprintf(a.etag, sizeof(a.etag), "W/\"abc\"");
	same_str(kt_download_validator(&a), date, "a weak one does not");
	a.modified[0] = '\0';
	same_str(kt_download_validator(&a), NULL, "nor alone");
}

int main(void)
{
	test_page();
	test_continues();
	test_validator();
	return tap_end();
}
