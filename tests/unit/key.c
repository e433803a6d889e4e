// SPDX-License-Identifier: GPL-2.0-only
/* key: one name for a kernel, and none that leads elsewhere */
#include "lib/key.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define SHA "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b"

static void test_make(void)
{
	static const struct {
		struct kt_key_parts parts;
		const char *want;
	} cases[] = {
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "x86_64",
		    .version = "6.14.2" },
		  "6.14.2-tarball-x86_64" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "x86_64",
		    .version = "6.12.117",
		    .file_sha256 = SHA },
		  "6.12.117+1a2b3c4-tarball-x86_64" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "aarch64",
		    .version = "6.15-rc3",
		    .kconfig_crc32 = "cbf43926" },
		  "6.15-rc3-tarball-aarch64-xcbf43926" },
		{ { .source = KT_SOURCE_GIT,
		    .arch = "x86_64",
		    .ref = "sched_ext/for-next",
		    .hash = "38fec10a0b" },
		  "sched_ext+for-next-git-38fec10-x86_64" },
		{ { .source = KT_SOURCE_LOCAL,
		    .arch = "x86_64",
		    .hash = "1a2b3c4" },
		  "local-1a2b3c4-x86_64" },
		{ { .source = KT_SOURCE_PACKAGE,
		    .arch = "x86_64",
		    .version = "6.12.9" },
		  "6.12.9-package-x86_64" },
	};
	struct kt_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *key = NULL;

		ok(!kt_key_make(&cases[i].parts, &key, &err), "makes a key");
		same_str(key, cases[i].want, cases[i].want);
		free(key);
	}
}

static void test_make_refuses(void)
{
	static const struct {
		struct kt_key_parts parts;
		const char *why;
	} cases[] = {
		{ { .source = KT_SOURCE_TARBALL, .arch = "x86_64" },
		  "no version" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "x86_64",
		    .version = " " },
		  "a blank version" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "vax",
		    .version = "6.14" },
		  "an unknown architecture" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "x86_64",
		    .version = "6.14/2" },
		  "a version with a slash" },
		{ { .source = KT_SOURCE_GIT,
		    .arch = "x86_64",
		    .ref = "a..b",
		    .hash = "38fec10" },
		  "a ref with \"..\"" },
		{ { .source = KT_SOURCE_GIT,
		    .arch = "x86_64",
		    .ref = "master",
		    .hash = "38fec1" },
		  "six digits of a commit" },
		{ { .source = KT_SOURCE_LOCAL,
		    .arch = "x86_64",
		    .hash = "unknown" },
		  "a commit that is no hash" },
		{ { .source = KT_SOURCE_TARBALL,
		    .arch = "x86_64",
		    .version = "6.14",
		    .kconfig_crc32 = "../1234x" },
		  "a crc that is none" },
	};
	struct kt_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *key = NULL;

		ok(kt_key_make(&cases[i].parts, &key, &err) == KT_DATA && !key,
		   "no key from %s", cases[i].why);
		free(key);
	}
}

static void test_check(void)
{
	static const struct {
		const char *key, *says;
	} cases[] = {
		{ "6.14.2-tarball-x86_64", NULL },
		{ "6.14.2-tarball-x86_64-kc4a386fe9-unknown", NULL },
		{ "caf\xc3\xa9", NULL },
		{ "with space", NULL },
		{ "", "empty" },
		{ " \t", "empty" },
		{ "a/b", "path separator" },
		{ "a\\b", "path separator" },
		{ "..", "\"..\"" },
		{ "a..b", "\"..\"" },
		{ ".", "dot" },
		{ ".hidden", "dot" },
		{ ".tmp-x-1", ".tmp-" },
		{ "a\nb", "control" },
		{ "a\x7f", "control" },
		{ "a\xc2\x9b", "control" },
		{ "\xff", "UTF-8" },
	};
	char lengthy[KT_KEY_MAX + 2] = { 0 };
	struct kt_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const enum kt_status st = kt_key_check(cases[i].key, &err);

		if (cases[i].says)
			ok(st == KT_DATA && strstr(err.msg, cases[i].says),
			   "a bad key is refused for its %s", cases[i].says);
		else
			ok(st == KT_OK, "\"%s\" is a key", cases[i].key);
	}
	memset(lengthy, 'a', KT_KEY_MAX);
	ok(!kt_key_check(lengthy, &err), "a key may have %d bytes", KT_KEY_MAX);
	lengthy[KT_KEY_MAX] = 'a';
	ok(kt_key_check(lengthy, &err) == KT_DATA, "but not one more");
}

static void test_names(void)
{
	enum kt_source source;

	for (int i = KT_SOURCE_TARBALL; i <= KT_SOURCE_PACKAGE; i++)
		ok(kt_source_parse(kt_source_name((enum kt_source)i),
				   &source) &&
			   (int)source == i,
		   "%s is read back", kt_source_name((enum kt_source)i));
	source = KT_SOURCE_GIT;
	ok(!kt_source_parse("Tarball", &source) && source == KT_SOURCE_GIT,
	   "another word is no source, and nothing is written");
	same_str(kt_arch_image("x86_64"), "bzImage", "x86_64 boots a bzImage");
	same_str(kt_arch_image_path("aarch64"), "arch/arm64/boot/Image",
		 "aarch64 leaves an Image");
	ok(!kt_arch_image("mips"), "nothing is known of other machines");
	ok(kt_arch_image(kt_arch()) != NULL, "but of this one");
}

int main(void)
{
	test_make();
	test_make_refuses();
	test_check();
	test_names();
	return tap_end();
}
