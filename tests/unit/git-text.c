// SPDX-License-Identifier: GPL-2.0-only
/* git-text: what ls-remote says, complaints, names of refs, passwords in URLs */
#include "lib/git-text.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define A "aaaaaaa111111111111111111111111111111111"
#define B "bbbbbbb222222222222222222222222222222222"
#define C "aaaaaaa333333333333333333333333333333333"

static const char refs[] =
	A "\tHEAD\n" A "\trefs/heads/main\n" B "\trefs/heads/x/main\n" C
	  "\trefs/heads/v1\n" B "\trefs/tags/v1\n" A "\trefs/tags/v1^{}\n"
	  "warning: nonsense\n" B "\trefs/tags/light";

static const struct {
	const char *ref, *name, *hash; /* NULL: not there */
} found[] = {
	{ "main", "refs/heads/main", A },
	{ "x/main", "refs/heads/x/main", B },
	{ "v1", "refs/tags/v1", A },
	{ "refs/heads/v1", "refs/heads/v1", C },
	{ "light", "refs/tags/light", B },
	{ "HEAD", "HEAD", A },
	{ "mai", NULL, NULL },
	{ "heads/main", NULL, NULL },
	{ "nonsense", NULL, NULL },
};

static const struct {
	const char *abbrev, *want;
} commits[] = {
	{ "bbbbbbb", B },    { "aaaaaaa1", A }, { "aaaaaaa", NULL },
	{ "ccccccc", NULL }, { B, B },		{ B "2", NULL },
};

static const struct {
	const char *url, *shown;
} urls[] = {
	{ "https://a.b/c", "https://a.b/c" },
	{ "https://me@a.b/c", "https://me@a.b/c" },
	{ "https://me:pw@a.b/c", "https://me@a.b/c" },
	{ "https://me:p@w@a.b/c", "https://me@a.b/c" },
	{ "https://a.b:80/c", "https://a.b:80/c" },
	{ "https://a.b/c:d@e", "https://a.b/c:d@e" },
	{ "git@host:a/b", "git@host:a/b" },
	{ "../linux", "../linux" },
};

static const char *const good_refs[] = { "main",	   "v6.14", "a/b",
					 "sched_ext/next", "HEAD",  "v6.14-rc1",
					 "0123456" };
static const char *const bad_refs[] = { "",	"-x",	"/a",	"a/",  "a.",
					"a b",	"a..b", "a~1",	"a^",  "a:b",
					"a?",	"a*",	"a[b]", "a\\", "x@{1}",
					"a//b", "a\n",	"a\x7f" };

static const struct {
	const char *text;
	bool said;
	uint64_t bytes;
} progress[] = {
	{ "Receiving objects:  43% (3/8), 2.50 MiB | 3.10 MiB/s\r", true,
	  2621440 },
	{ "Receiving objects: 1% (1/8), 1.00 GiB | 1 KiB/s\r"
	  "Receiving objects: 100% (8/8), 1.50 GiB | 1 KiB/s, done.\n"
	  "Resolving deltas: 100% (2/2), done.\n",
	  true, 1610612736 },
	{ "Receiving objects: 10% (1/8), 512 bytes | 1 KiB/s\r", true, 512 },
	{ "Receiving objects: 10% (1/8), 1.00 KiB | ", true, 1024 },
	{ "Receiving objects:  43% (3/8)\r", false, 0 },
	{ "remote: a | b", false, 0 },
	{ "remote: a, 1e300 MiB | b", false, 0 },
	{ "remote: a, -1 MiB | b", false, 0 },
	{ "remote: a, nan MiB | b", false, 0 },
	{ "|", false, 0 },
	{ "", false, 0 },
};

static const struct {
	const char *text;
	bool id, abbrev;
} ids[] = {
	{ A, true, true },
	{ A "111111111111111111111111", true, true },
	{ A "1", false, true },
	{ "aaaaaaa", false, true },
	{ "aaaaaa", false, false },
	{ "", false, false },
	{ "aaaaaag", false, false },
	{ "AAAAAAA", false, false },
	{ A "1111111111111111111111111", false, false },
};

static const struct {
	const char *text, *reason;
} complaints[] = {
	{ "fatal: no\n", "no" },
	{ "warning: x\nerror: why\nfatal: what\n", "what" },
	{ "fatal: what\nremote: error: why\nmore\n", "why" },
	{ "fatal: remote error: why", "why" },
	{ "usage: git\nmore", "usage: git" },
	{ "", "" },
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
	for (size_t i = 0; i < NR(found); i++) {
		char *name = NULL, *hash = NULL;
		const bool there =
			kt_git_find_ref(refs, found[i].ref, &name, &hash);

		ok(there == (found[i].name != NULL), "\"%s\" is %sthere",
		   found[i].ref, found[i].name ? "" : "not ");
		same_str(name, found[i].name, "by its full name");
		same_str(hash, found[i].hash, "at its commit");
		free(name);
		free(hash);
	}
	for (size_t i = 0; i < NR(commits); i++) {
		char *got = kt_git_find_commit(refs, commits[i].abbrev);

		same_str(got, commits[i].want, commits[i].abbrev);
		free(got);
	}
	for (size_t i = 0; i < NR(urls); i++) {
		char *got = kt_git_url_shown(urls[i].url);

		same_str(got, urls[i].shown, urls[i].url);
		free(got);
	}
	for (size_t i = 0; i < NR(progress); i++) {
		const char *text = progress[i].text;
		uint64_t bytes = 0;

		ok(kt_git_progress(text, strlen(text), &bytes) ==
			   progress[i].said,
		   "progress %zu is told or not", i);
		same_u64(bytes, progress[i].bytes, "so many bytes");
	}
	for (size_t i = 0; i < NR(ids); i++) {
		ok(kt_git_is_id(ids[i].text) == ids[i].id, "\"%s\" is %swhole",
		   ids[i].text, ids[i].id ? "" : "not ");
		ok(kt_git_is_abbrev(ids[i].text) == ids[i].abbrev,
		   "\"%s\" may %sstand for a commit", ids[i].text,
		   ids[i].abbrev ? "" : "not ");
	}
	for (size_t i = 0; i < NR(complaints); i++) {
		char *got = kt_git_reason(complaints[i].text);

		same_str(got, complaints[i].reason, "git says why");
		free(got);
	}
	for (size_t i = 0; i < NR(good_refs); i++)
		ok(kt_git_ref_valid(good_refs[i]), "\"%s\" may be a ref",
		   good_refs[i]);
	for (size_t i = 0; i < NR(bad_refs); i++)
		ok(!kt_git_ref_valid(bad_refs[i]), "bad ref %zu is none", i);
	return tap_end();
}
