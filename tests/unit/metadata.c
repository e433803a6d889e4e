// SPDX-License-Identifier: GPL-2.0-only
/* metadata: what metadata.json says of a kernel, and what is made of that */
#include "lib/metadata.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define BUILT "2026-04-15T20:01:02Z"

static struct kt_record *parse(const char *text)
{
	struct kt_record *rec = NULL;
	struct kt_error err;

	if (kt_record_parse_object(text, strlen(text), &rec, &err))
		abort();
	return rec;
}

static char *line_of(const struct kt_record *rec)
{
	struct kt_error err;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f || kt_record_write(f, rec, &err))
		abort();
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The record @in is made into metadata and described again as @want. */
static void round_trip(const char *in, const char *want, const char *what)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = parse(in);
	struct kt_record *meta KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *back KT_CLEANUP(kt_record_freep) =
		kt_record_new(NULL);
	char *text KT_CLEANUP(kt_freep) = NULL;
	struct kt_error err = { 0 };

	if (!ok(!kt_metadata_make(rec, BUILT, &meta, &err) &&
			!kt_metadata_check(meta, &err),
		"%s is metadata %s", what, err.msg))
		return;
	kt_metadata_describe(meta, back);
	text = line_of(back);
	same_str(text, want, "and comes back");
}

static void test_round_trips(void)
{
	round_trip("{\"source\":\"tarball\",\"version\":\"6.14.2\","
		   "\"arch\":\"x86_64\",\"url\":\"https://a/b\",\"sha256\":"
		   "\"12\",\"verified\":\"pgp\",\"built_at\":\"2020\"}",
		   "{\"source\":\"tarball\",\"version\":\"6.14.2\",\"url\":"
		   "\"https://a/b\",\"sha256\":\"12\",\"verified\":\"pgp\","
		   "\"arch\":\"x86_64\",\"built_at\":\"2020\"}",
		   "a tarball");
	round_trip("{\"source\":\"git\",\"git_ref\":\"a/b\",\"git_hash\":"
		   "\"0123456789abcdef\",\"arch\":\"x86_64\"}",
		   "{\"source\":\"git\",\"git_ref\":\"a/b\",\"arch\":\"x86_"
		   "64\",\"built_at\":\"" BUILT
		   "\",\"git_hash\":\"0123456789abcdef\"}",
		   "a commit of git");
	round_trip("{\"source\":\"local\",\"tree\":\"/t\",\"dirty\":true,"
		   "\"arch\":\"aarch64\",\"build_ns\":5,\"kconfig_crc32\":"
		   "\"1\"}",
		   "{\"source\":\"local\",\"arch\":\"aarch64\",\"built_at\":"
		   "\"" BUILT "\",\"source_tree_path\":\"/t\",\"kconfig_"
		   "crc32\":\"1\",\"dirty\":true,\"build_ns\":5}",
		   "a tree");
	round_trip("{\"source\":\"package\",\"arch\":\"x86_64\"}",
		   "{\"source\":\"package\",\"arch\":\"x86_64\",\"built_at\":"
		   "\"" BUILT "\"}",
		   "a package");
	round_trip("{\"source\":\"tarball\",\"tree\":\"/t\",\"arch\":"
		   "\"x86_64\"}",
		   "{\"source\":\"tarball\",\"arch\":\"x86_64\",\"built_at\":"
		   "\"" BUILT "\"}",
		   "a tarball's tree, which is nobody's to keep,");
}

static void test_twelve(void)
{
	static const char *const want[] = {
		"version",
		"source",
		"arch",
		"image_name",
		"config_hash",
		"built_at",
		"ktstr_kconfig_hash",
		"git_hash",
		"git_ref",
		"source_tree_path",
		"vmlinux_name",
		"ktstr_git_hash",
	};
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		parse("{\"arch\":\"x86_64\",\"verified\":\"none\"}");
	struct kt_record *meta KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err;
	const char *at;
	bool in_order = true;

	if (kt_metadata_make(rec, BUILT, &meta, &err))
		abort();
	kt_record_pretty(meta, &text);
	at = text.data;
	for (size_t i = 0; i < 12; i++) {
		char *line KT_CLEANUP(kt_freep) =
			kt_xasprintf("%s\n  \"%s\": ", i ? "," : "{", want[i]);
		const char *found = strstr(at, line);

		in_order = in_order && found;
		at = found ? found + 1 : at;
	}
	ok(in_order, "the twelve members are always there, in their order");
	ok(strstr(at,
		  "\"ktstr_git_hash\": null,\n  \"verified\": \"none\"\n}") !=
		   NULL,
	   "ours follow, and only where they are known");
}

static void test_make_refuses(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"arch\":7}",
		"{\"arch\":\"vax\"}",
		"{\"arch\":\"x86_64\",\"source\":\"moon\"}",
		"{\"arch\":\"x86_64\",\"git_hash\":false}",
		"{\"arch\":\"x86_64\",\"build_ns\":-1}",
		"{\"arch\":\"x86_64\",\"dirty\":\"yes\"}",
		"{\"arch\":\"x86_64\",\"tree_temporary\":1}",
	};
	struct kt_error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) =
			parse(bad[i]);
		struct kt_record *meta = NULL;

		ok(kt_metadata_make(rec, BUILT, &meta, &err) == KT_DATA &&
			   !meta,
		   "no metadata from %s", bad[i]);
	}
}

static void test_check(void)
{
	static const struct {
		const char *more;
		bool good;
	} cases[] = {
		{ "\"x\":1", true },
		{ "\"source\":\"git\"", true },
		{ "\"source\":\"package\"", false },
		{ "\"source\":null", false },
		{ "\"version\":null", true },
		{ "\"version\":1", false },
		{ "\"image_name\":\"vmlinuz\"", true },
		{ "\"image_name\":\"\"", false },
		{ "\"image_name\":\".\"", false },
		{ "\"image_name\":\"a/b\"", false },
		{ "\"image_name\":\"a\\\\b\"", false },
		{ "\"image_name\":\"a..b\"", false },
		{ "\"image_name\":\"metadata.json\"", false },
		{ "\"vmlinux_name\":\"../vmlinux\"", false },
		{ "\"boot_image_name\":\"/boot\"", false },
		{ "\"package\":\"yes\"", false },
		{ "\"build_ns\":1.5", false },
	};
	struct kt_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text KT_CLEANUP(kt_freep) = kt_xasprintf(
			"{\"source\":\"local\",\"arch\":\"x86_64\","
			"\"image_name\":\"bzImage\",\"built_at\":\"x\",%s}",
			cases[i].more);
		struct kt_record *meta KT_CLEANUP(kt_record_freep) =
			parse(text);

		ok((kt_metadata_check(meta, &err) == KT_OK) == cases[i].good,
		   "%s is %s", cases[i].more,
		   cases[i].good ? "taken" : "refused");
	}
}

static void test_files(void)
{
	struct kt_record *meta KT_CLEANUP(kt_record_freep) =
		kt_record_new(NULL);
	struct kt_record *bad KT_CLEANUP(kt_record_freep) = parse(
		"{\"files\":{\"a\":{\"size_bytes\":-1},\"b\":[],\"c\":{}}}");
	uint64_t size = 7;

	kt_metadata_add_file(meta, "a", "00", 1);
	kt_metadata_add_file(meta, "b", "11", 2);
	ok(kt_metadata_file(meta, "a", &size, NULL) && size == 1 &&
		   kt_metadata_file(meta, "b", &size, NULL) && size == 2,
	   "files are noted one after another");
	ok(!kt_metadata_file(meta, "c", &size, NULL) && size == 2,
	   "another is not there");
	ok(!kt_metadata_file(bad, "a", &size, NULL) &&
		   !kt_metadata_file(bad, "b", &size, NULL) &&
		   !kt_metadata_file(bad, "c", &size, NULL) && size == 2,
	   "nor is what is no size");
}

static void test_foreign(void)
{
	struct kt_record *later KT_CLEANUP(kt_record_freep) =
		parse("{\"source\":{\"type\":\"tarball\"}}");
	struct kt_record *now KT_CLEANUP(kt_record_freep) =
		parse("{\"source\":\"tarball\",\"ktstr_kconfig_hash\":\"a\"}");

	ok(kt_metadata_foreign(later) && !kt_metadata_foreign(now),
	   "a source that is an object is of a later ktstr");
	same_str(kt_metadata_kconfig(now), "a", "its fragment's hash counts");
	kt_record_set_str(now, "kconfig_crc32", "b");
	same_str(kt_metadata_kconfig(now), "b", "where there is none of ours");
}

int main(void)
{
	test_round_trips();
	test_twelve();
	test_make_refuses();
	test_check();
	test_files();
	test_foreign();
	return tap_end();
}
