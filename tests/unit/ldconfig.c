// SPDX-License-Identifier: GPL-2.0-only
/* ldconfig: the loader's cache and its configuration, hostile ones too */
#include "lib/ldconfig.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "tests/helpers/elf-file.h"
#include "tests/unit/tap.h"

struct hits {
	struct kt_buf text;
	int stop_after;
};

static bool hit(void *ctx, const char *path)
{
	struct hits *hits = ctx;

	kt_buf_addf(&hits->text, "%s ", path);
	return --hits->stop_after == 0;
}

static size_t cache_image(char *out, size_t before)
{
	static const char strings[] = "a.so\0/x/a.so\0/y/a.so\0/hw/a.so";
	static const uint32_t entries[][6] = {
		/* flags, key, value, os version, two halves of hwcap */
		{ 0x303, 0, 21, 0, 4, 0 },
		{ 0x303, 0, 5, 0, 0, 0 },
		{ 0x303, 0, 13, 0, 0, 0 },
	};
	const uint32_t nr = 3, base = 48 + sizeof(entries);
	char *p = out + before;

	memset(out, '.', before);
	memset(p, 0, 48);
	memcpy(p, "glibc-ld.so.cache1.1", 20);
	memcpy(p + 20, &nr, 4);
	for (size_t i = 0; i < nr; i++) {
		uint32_t entry[6];

		memcpy(entry, entries[i], sizeof(entry));
		entry[1] += base;
		entry[2] += base;
		memcpy(p + 48 + i * sizeof(entry), entry, sizeof(entry));
	}
	memcpy(p + base, strings, sizeof(strings));
	return before + base + sizeof(strings);
}

static void test_cache(void)
{
	struct hits hits = { .stop_after = 100 };
	char image[512];
	size_t len = cache_image(image, 0);

	kt_ldcache_each(image, len, "a.so", hit, &hits);
	same_str(hits.text.data, "/x/a.so /y/a.so ",
		 "a cache's entries, but for special machines");
	kt_buf_release(&hits.text);
	len = cache_image(image, 40);
	hits.stop_after = 1;
	kt_ldcache_each(image, len, "a.so", hit, &hits);
	same_str(hits.text.data, "/x/a.so ",
		 "behind the old format, and until it is enough");
	kt_buf_release(&hits.text);
	kt_ldcache_each(image, len, "b.so", hit, &hits);
	ok(!hits.text.len, "a name that is not there");
	for (size_t i = 0; i < len; i++) {
		char *copy = malloc(i + 1);

		memcpy(copy, image, i);
		kt_ldcache_each(copy, i, "a.so", hit, &hits);
		free(copy);
	}
	image[40 + 23] = '\x7f';
	kt_ldcache_each(image, len, "a.so", hit, &hits);
	ok(true, "a cut cache, or one that promises too much, is survived");
	kt_buf_release(&hits.text);
}

static void test_conf_loop(void)
{
	char top[] = "/tmp/ktstr-conf.XXXXXX";
	struct kt_error err;
	char *conf, **dirs;
	size_t nr = 0;

	if (!mkdtemp(top))
		abort();
	conf = file_at(top, "@/conf.d/a.conf");
	file_put(conf, "include *.conf\n/found\nrelative\n", 31);
	dirs = kt_ldconf_dirs(conf, 3, 4096);
	for (; dirs[nr]; nr++)
		free(dirs[nr]);
	free(dirs);
	same_u64(nr, 4, "a file that includes itself ends at the depth");
	free(conf);
	if (kt_remove_tree(AT_FDCWD, top, &err))
		abort();
}

int main(void)
{
	test_cache();
	test_conf_loop();
	return tap_end();
}
