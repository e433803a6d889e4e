// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-cache - keep built kernels, and find them again */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/buf.h"
#include "lib/cache.h"
#include "lib/dirs.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/kernel-id.h"
#include "lib/key.h"
#include "lib/listing.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

static enum kt_status open_cache(char crc[KT_CRC32_SIZE], struct kt_cache **out,
				 struct kt_error *err)
{
	char *root KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs dirs;
	enum kt_status st;

	kt_tool_dirs(&dirs);
	st = kt_dir_cache(&dirs, &root, err);
	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	*out = kt_cache_open(root, crc);
	return KT_OK;
}

static void put_text(const struct kt_buf *text)
{
	/* kt_tool_main() sees whether it could be written. */
	if (text->len)
		fwrite(text->data, 1, text->len, stdout);
}

/* What "add" does with every record. */
struct add {
	struct kt_cache *cache;
	const char *key; /* --key, or NULL */
	bool force, text;
};

/* Why this kernel has no place in the cache, or NULL. */
static const char *no_place(const struct add *add, const struct kt_record *rec)
{
	const char *source = kt_record_text(rec, "source");

	if (add->key)
		return NULL;
	if (!kt_record_text(rec, "key"))
		return kt_record_flag(rec, "dirty") ?
			       "its tree has changes that no commit has" :
			       "nothing names its source";
	if (add->force)
		return NULL;
	if (kt_record_flag(rec, "dirty"))
		return "its tree has changes that no commit has";
	if (source && !strcmp(source, "local") &&
	    !kt_record_text(rec, "git_hash"))
		return "its tree is no git repository";
	return NULL;
}

/* A tree that was unpacked for this build alone has done its duty. */
static void remove_tree(const struct kt_record *rec)
{
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *base KT_CLEANUP(kt_freep) = NULL;
	const char *tree = kt_record_text(rec, "tree");
	struct kt_env_dirs dirs;
	struct kt_error err;

	if (!tree || !kt_record_flag(rec, "tree_temporary"))
		return;
	kt_tool_dirs(&dirs);
	if (!kt_dir_build(&dirs, &dir, &err))
		base = realpath(dir, NULL);
	if (!base)
		return;
	if (kt_workdir_remove(base, tree, &err))
		kt_note("%s", err.msg);
	else
		kt_detail("removed \"%s\"", tree);
}

static enum kt_status put(const struct add *add, const struct kt_record *rec,
			  FILE *out, struct kt_error *err)
{
	const char *key = kt_record_text(rec, "key"),
		   *where = kt_record_text(rec, "entry");
	char clean[2][4096];

	if (!add->text)
		return kt_record_write(out, rec, err);
	if (!kt_record_flag(rec, "cached") || !where) {
		key = "(not cached)";
		where = kt_record_text(rec, "image");
	}
	kt_printable(clean[0], sizeof(clean[0]), key ? key : "-");
	kt_printable(clean[1], sizeof(clean[1]), where ? where : "-");
	if (printf("%s  %s\n", clean[0], clean[1]) < 0 || fflush(stdout))
		return kt_fail_errno(err, "cannot write to standard output");
	return KT_OK;
}

static enum kt_status store(const struct add *add, struct kt_record *rec,
			    const char *key, FILE *out, struct kt_error *err)
{
	struct kt_record *stored KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = kt_cache_store(add->cache, key, rec, &stored, err);

	if (st)
		return st;
	if (kt_record_text(stored, "vmlinux_note"))
		kt_note("vmlinux is cached whole: %s",
			kt_record_text(stored, "vmlinux_note"));
	kt_record_merge(rec, stored);
	if (kt_record_flag(rec, "tree_temporary")) {
		remove_tree(rec);
		kt_record_unset(rec, "tree");
		kt_record_unset(rec, "tree_temporary");
	}
	return put(add, rec, out, err);
}

static enum kt_status add_record(struct kt_record *rec, FILE *out, void *ctx,
				 struct kt_error *err)
{
	const struct add *add = ctx;
	const char *said = kt_record_text(rec, "key"),
		   *entry = kt_record_text(rec, "entry");
	const char *image, *why;
	enum kt_status st = kt_record_str(rec, "image", &image, err);

	if (st) {
		remove_tree(rec);
		return kt_hint(err,
			       kt_within(err, st, "no built kernel to cache"),
			       "ktstr-kbuild builds one");
	}
	if (kt_record_flag(rec, "cached") && entry && said &&
	    (!add->key || !strcmp(add->key, said)))
		return put(add, rec, out, err);
	why = no_place(add, rec);
	if (why) {
		kt_note("not cached: %s; --key KEY stores it anyway", why);
		kt_record_set_bool(rec, "cached", false);
		return put(add, rec, out, err);
	}
	st = store(add, rec, add->key ? add->key : said, out, err);
	if (st)
		remove_tree(rec);
	return st;
}

static enum kt_status run_add(const struct kt_args *args, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	struct add add = { .key = kt_args_str(args, "key"),
			   .force = kt_args_has(args, "force"),
			   .text = kt_args_has(args, "text") };
	enum kt_status st = kt_stop_catch(err);

	if (!st && add.key && kt_key_check(add.key, err))
		st = err->status = KT_USAGE;
	if (!st)
		st = open_cache(crc, &cache, err);
	if (st)
		return st;
	add.cache = cache;
	return kt_tool_filter(KT_SCHEMA_KERNEL, add_record, &add, err);
}

static enum kt_status find(const struct kt_args *args, struct kt_record **out,
			   struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_id_env env = { .home = kt_getenv("HOME"),
				 .kernel = kt_getenv("KTSTR_KERNEL"),
				 .prefix = "" };
	char crc[KT_CRC32_SIZE];
	struct utsname uts;
	enum kt_status st = open_cache(crc, &cache, err);

	if (st)
		return st;
	if (uname(&uts))
		return kt_fail_errno(err, "cannot ask for the kernel release");
	env.release = uts.release;
	return kt_id_find(cache, kt_args_operand(args, 0), &env, out, err);
}

static enum kt_status run_get(const struct kt_args *args, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = find(args, &rec, err);

	if (kt_args_has(args, "text")) {
		if (!st) {
			kt_listing_one(rec, &text);
			put_text(&text);
		}
		return st;
	}
	return st ? kt_tool_put_error(st, err) : kt_tool_put(rec, err);
}

static enum kt_status run_path(const struct kt_args *args, struct kt_error *err)
{
	static const char *const places[] = { "entry", "tree", "image" };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = find(args, &rec, err);

	for (size_t i = 0; !st && i < 3; i++) {
		if (!kt_record_text(rec, places[i]))
			continue;
		puts(kt_record_text(rec, places[i]));
		break;
	}
	return st;
}

static void list_text(const struct kt_cache *cache,
		      struct kt_record *const *list, size_t nr)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char root[4096];

	kt_printable(root, sizeof(root), kt_cache_root(cache));
	if (!kt_tool_quiet())
		fprintf(stderr, "cache: %s\n", root);
	if (!nr) {
		puts("no cached kernels; run: cargo ktstr kernel build");
		return;
	}
	if (kt_listing_table(list, nr, &text))
		kt_note("stale entries were built with another ktstr.kconfig; "
			"cargo ktstr kernel build VERSION makes them anew");
	put_text(&text);
}

static enum kt_status run_list(const struct kt_args *args, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char crc[KT_CRC32_SIZE];
	struct kt_record **list = NULL;
	size_t nr = 0;
	enum kt_status st = open_cache(crc, &cache, err);

	if (!st)
		st = kt_cache_list(cache, &list, &nr, err);
	if (st)
		return st;
	if (kt_args_has(args, "json")) {
		kt_listing_json(list, nr, crc, &text);
		put_text(&text);
	} else if (kt_args_has(args, "text")) {
		list_text(cache, list, nr);
	} else {
		/* Nobody waits for the first of them: one write for all. */
		for (size_t i = 0; i < nr; i++)
			kt_record_line(list[i], &text);
		put_text(&text);
	}
	kt_cache_list_free(list, nr);
	return st;
}

#define TEXT                                                  \
	{                                                     \
		.name = "text", .letter = 't',                \
		.help = "print for people instead of records" \
	}

static const struct kt_option add_options[] = {
	{ .name = "key",
	  .arg = KT_ARG_STRING,
	  .value = "KEY",
	  .help = "store under this key, whatever the record says" },
	{ .name = "force",
	  .help = "store a kernel that has a key, even of a changed tree" },
	TEXT,
	{ 0 },
};

static const struct kt_option get_options[] = { TEXT, { 0 } };

static const struct kt_option list_options[] = {
	{ .name = "json",
	  .excludes = "text",
	  .help = "print one JSON object with all entries" },
	TEXT,
	{ 0 },
};

static const struct kt_command add_command = {
	.name = "add",
	.summary = "store built kernels: records in, their entries' out",
	.options = add_options,
	.run = run_add,
};

static const struct kt_command get_command = {
	.name = "get",
	.summary = "find a kernel, in the cache or by its path",
	.operands = "[ID]",
	.max_operands = 1,
	.options = get_options,
	.run = run_get,
};

static const struct kt_command path_command = {
	.name = "path",
	.summary = "print the directory of a kernel",
	.operands = "ID",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_path,
};

static const struct kt_command list_command = {
	.name = "list",
	.summary = "list what is cached, newest first",
	.options = list_options,
	.run = run_list,
};

static const struct kt_command *const commands[] = {
	&add_command, &get_command, &path_command, &list_command, NULL,
};

const struct kt_command kt_tool_cache = {
	.name = "ktstr-cache",
	.summary = "keep built kernels, and find them again",
	.commands = commands,
};
