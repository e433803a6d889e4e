// SPDX-License-Identifier: GPL-2.0-only
/* kernel-id: what sort of thing an ID is, and which entry a version means */
#include "lib/kernel-id.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/key.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static void test_kinds(void)
{
	static const struct {
		const char *id;
		enum kt_id_kind want;
	} cases[] = {
		{ "6.14", KT_ID_VERSION },
		{ "6.14.2", KT_ID_VERSION },
		{ "6.15-rc3", KT_ID_VERSION },
		{ "6.14.2-rc1", KT_ID_VERSION },
		{ "06.014", KT_ID_VERSION },
		{ "6", KT_ID_KEY },
		{ "v6.14", KT_ID_KEY },
		{ "6.14.2.3", KT_ID_KEY },
		{ "6.15-rc", KT_ID_KEY },
		{ "6.14.2-tarball-x86_64", KT_ID_KEY },
		{ "linux", KT_ID_KEY },
		{ "", KT_ID_KEY },
		{ " 6.14.2", KT_ID_KEY },
		{ "6.12..6.14", KT_ID_KEY },
		{ "../linux", KT_ID_PATH },
		{ ".", KT_ID_PATH },
		{ "~", KT_ID_PATH },
		{ "~foo", KT_ID_PATH },
		{ ".config", KT_ID_PATH },
		{ "a/b", KT_ID_PATH },
		{ "6.14/", KT_ID_PATH },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_id_kind(cases[i].id) == cases[i].want, "\"%s\" is a %s",
		   cases[i].id,
		   cases[i].want == KT_ID_PATH	  ? "path" :
		   cases[i].want == KT_ID_VERSION ? "version" :
						    "key");
}

static void expands(const char *id, const char *home, const char *want)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct kt_error err;
	enum kt_status st = kt_id_expand(id, home, &path, &err);

	same_str(path, want, want ? id : "no path");
	ok(st == (want ? KT_OK : KT_FAIL), "\"%s\" %s", id,
	   want ? "expands" : "does not");
}

static void test_expand(void)
{
	expands("~", "/home/a", "/home/a");
	expands("~/x", "/home/a", "/home/a/x");
	expands("./~/x", "/home/a", "./~/x");
	expands("/x~", NULL, "/x~");
	expands("~/x", NULL, NULL);
	expands("~b/x", "/home/a", NULL);
}

/* Entries as a list has them: newest first, the corrupt last. */
static struct kt_record *entry(const char *version, const char *arch,
			       bool stale)
{
	struct kt_record *rec = kt_record_new(KT_SCHEMA_KERNEL);

	kt_record_set_str(rec, "version", version);
	kt_record_set_str(rec, "arch", arch);
	kt_record_set_bool(rec, "stale_kconfig", stale);
	kt_record_set_str(rec, "image", "/i");
	return rec;
}

/* What a distribution puts behind its versions does not matter. */
static void test_pick_package(void)
{
	static const char *const versions[] = { "6.18.15+deb13-cloud-amd64",
						"6.11.4-301.fc41.x86_64",
						"6.19.0-0.rc3.fc41.x86_64",
						"6.12.1-arch1-1" };
	struct kt_record *list[4];

	for (size_t i = 0; i < 4; i++) {
		list[i] = entry(versions[i], kt_arch(), false);
		kt_record_set_str(list[i], "image", "/x");
		kt_record_set_str(list[i], "source", "package");
	}
	ok(kt_id_pick(list, 4, "6.18") == 0, "a series has packages too");
	ok(kt_id_pick(list, 4, "6.11.4") == 1, "and so has a version");
	ok(kt_id_pick(list, 4, "6.12.1") == 3, "whoever has made it");
	ok(kt_id_pick(list, 4, "6.19") == -1,
	   "but the package of a release candidate is none");
	kt_record_set_str(list[0], "source", "tarball");
	ok(kt_id_pick(list, 4, "6.18") == -1,
	   "what is built here has nothing behind its version");
	for (size_t i = 0; i < 4; i++)
		kt_record_free(list[i]);
}

static void test_pick(void)
{
	const char *other =
		strcmp(kt_arch(), "x86_64") != 0 ? "x86_64" : "aarch64";
	struct kt_record *list[] = {
		entry("6.14.3", kt_arch(), true),    /* 0 */
		entry("6.14.9", other, false),	     /* 1 */
		entry("6.14.3", kt_arch(), false),   /* 2 */
		entry("6.14.3", kt_arch(), false),   /* 3 */
		entry("6.14.10", kt_arch(), true),   /* 4 */
		entry("6.14", kt_arch(), false),     /* 5 */
		entry("6.15-rc3", kt_arch(), false), /* 6 */
		entry(NULL, kt_arch(), false),	     /* 7 */
		entry("next", kt_arch(), false),     /* 8 */
		entry("6.16.1", kt_arch(), false),   /* 9: corrupt */
	};
	const size_t nr = sizeof(list) / sizeof(list[0]);

	kt_record_unset(list[9], "image");
	ok(kt_id_pick(list, nr, "6.14.3") == 2,
	   "not stale before stale, newer before older");
	ok(kt_id_pick(list, nr, "6.14") == 4, "a series is its highest");
	ok(kt_id_pick(list, nr, "6.14.0") == 5, "6.14.0 is 6.14 itself");
	ok(kt_id_pick(list, nr, "6.14.9") == -1, "another machine's is none");
	ok(kt_id_pick(list, nr, "6.15") == -1,
	   "a candidate is not of its series");
	ok(kt_id_pick(list, nr, "6.15-rc3") == 6, "but is itself");
	ok(kt_id_pick(list, nr, "6.16") == -1, "a corrupt one is none");
	ok(kt_id_pick(list, 0, "6.14") == -1, "of none there is none");
	ok(kt_id_pick(list, nr, "next") == -1, "what is no version means none");
	for (size_t i = 0; i < nr; i++)
		kt_record_free(list[i]);
}

static void put(const char *root, const char *name)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(root, name);
	char *dir KT_CLEANUP(kt_freep) =
		kt_xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct kt_error err;

	if (kt_mkdirs(dir, &err) ||
	    kt_file_replace(-1, path, "\177ELF", 4, 0666, &err))
		abort();
}

/* With nothing cached the machine's own images are found, in this order. */
static void found(const char *root, const char *want)
{
	struct kt_id_env env = { .release = "1.2", .prefix = root };
	char *none KT_CLEANUP(kt_freep) = kt_path_join(root, "none");
	char *path KT_CLEANUP(kt_freep) =
		want ? kt_path_join(root, want) : NULL;
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) =
		kt_cache_open(none, NULL);
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error err;
	const enum kt_status st = kt_id_find(cache, NULL, &env, &rec, &err);

	same_str(rec ? kt_record_text(rec, "image") : NULL, path,
		 want ? want : "nothing");
	ok(st == (want ? KT_OK : KT_FAIL), "is what there is");
}

static void test_host(const char *root)
{
	char build[64], module[64];

	snprintf(build, sizeof(build), "lib/modules/1.2/build/%s",
		 kt_arch_image_path(kt_arch()));
	snprintf(module, sizeof(module), "lib/modules/1.2/vmlinuz");
	found(root, NULL);
	put(root, "boot/vmlinuz");
	found(root, "boot/vmlinuz");
	put(root, "boot/vmlinuz-1.2");
	found(root, "boot/vmlinuz-1.2");
	put(root, module);
	found(root, module);
	put(root, build);
	found(root, build);
}

static void test_beside(const char *root)
{
	struct kt_id_env env = { .release = "1.2", .prefix = root };
	char *id KT_CLEANUP(kt_freep) = kt_path_join(root, "boot/vmlinuz-1.2");
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error err;

	put(root, "boot/config-1.2");
	put(root, "usr/lib/debug/boot/vmlinux-1.2");
	ok(!kt_id_find(NULL, id, &env, &rec, &err) &&
		   kt_record_has(rec, "vmlinux") &&
		   kt_record_has(rec, "config") && !kt_record_has(rec, "tree"),
	   "a host's image brings its config and what debug symbols there are");
}

/* What is typed then must make the same entry, or not claim to. */
static void test_corrupt(const char *root)
{
	static const struct {
		const char *key, *want;
	} cases[] = {
		{ "6.14.2-tarball-ARCH", "build --force 6.14.2" },
		{ "6.14-tarball-ARCH", "build --force 6.14.0" },
		{ "6.15-rc3-tarball-ARCH", "build --force 6.15-rc3" },
		{ "6.14.2-tarball-none", "clean --corrupt-only" },
		{ "6.14.2-tarball-ARCH-x01234567", "clean --corrupt-only" },
		{ "6.14.0-tarball-ARCH", "clean --corrupt-only" },
		{ "6.12.117+585a4a0-tarball-ARCH", "clean --corrupt-only" },
		{ "for-next-git-0123456-ARCH", "clean --corrupt-only" },
		{ "mine", "clean --corrupt-only" },
	};
	char *dir KT_CLEANUP(kt_freep) = kt_path_join(root, "cache");
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) =
		kt_cache_open(dir, "00000000");
	struct kt_id_env env = { .prefix = root };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *arch = strstr(cases[i].key, "ARCH");
		char *key KT_CLEANUP(kt_freep) =
			!arch ? kt_xstrdup(cases[i].key) :
				kt_xasprintf("%.*s%s%s",
					     (int)(arch - cases[i].key),
					     cases[i].key, kt_arch(), arch + 4);
		char *file KT_CLEANUP(kt_freep) =
			kt_xasprintf("cache/%s/metadata.json", key);
		struct kt_record *rec = NULL;
		struct kt_error err = { 0 };

		put(root, file);
		ok(kt_id_find(cache, key, &env, &rec, &err) == KT_DATA &&
			   strstr(err.hint, cases[i].want),
		   "\"%s\" is corrupt; %s", key, err.hint);
	}
}

int main(void)
{
	char name[] = "/tmp/ktstr-id.XXXXXX";
	char *root;
	struct kt_error err;

	test_kinds();
	test_expand();
	test_pick();
	test_pick_package();
	if (!mkdtemp(name) || chdir(name))
		return 99;
	root = realpath(name, NULL);
	test_host(root);
	test_beside(root);
	test_corrupt(root);
	free(root);
	if (kt_remove_tree(-1, name, &err))
		return 99;
	return tap_end();
}
