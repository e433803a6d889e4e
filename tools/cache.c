// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-cache - keep built kernels, and find them again */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cache-clean.h"
#include "lib/cache.h"
#include "lib/dirs.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/kernel-id.h"
#include "lib/key.h"
#include "lib/listing.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/units.h"
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
	struct kt_listing_totals totals;
	char root[4096], size[KT_UNITS_SIZE];

	kt_printable(root, sizeof(root), kt_cache_root(cache));
	if (!kt_tool_quiet())
		fprintf(stderr, "cache: %s\n", root);
	if (!nr) {
		puts("no cached kernels; run: cargo ktstr kernel build");
		return;
	}
	kt_listing_table(list, nr, time(NULL), &totals, &text);
	put_text(&text);
	fflush(stdout);
	kt_format_size(totals.bytes, size);
	kt_note("%zu entr%s, %s", nr, nr == 1 ? "y" : "ies", size);
	if (totals.nr_stale)
		kt_note("stale entries were built with another ktstr.kconfig; "
			"cargo ktstr kernel build VERSION makes them anew");
	if (totals.nr_corrupt)
		kt_note("cargo ktstr kernel clean --corrupt-only removes the "
			"corrupt entries");
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

struct verify {
	struct kt_cache *cache;
	bool text;
	size_t nr, nr_bad;
};

/* Say of one entry how it stands. */
static enum kt_status put_verified(const struct verify *v,
				   struct kt_record *rec, bool unsummed,
				   unsigned int nr_files, struct kt_error *err)
{
	const char *why = kt_record_text(rec, "error");
	char key[512], text[1024];

	if (!v->text) {
		if (why || !unsummed)
			kt_record_set_bool(rec, "intact", !why);
		return kt_tool_put(rec, err);
	}
	kt_printable(key, sizeof(key), kt_record_text(rec, "key"));
	kt_printable(text, sizeof(text), why ? why : "");
	if (kt_record_flag(rec, "foreign"))
		printf("%s  not checked: %s\n", key, text);
	else if (why)
		printf("%s  corrupt: %s\n", key, text);
	else if (unsummed)
		printf("%s  not all checked: %u files intact, no sums of the "
		       "others\n",
		       key, nr_files);
	else
		printf("%s  intact: %u files\n", key, nr_files);
	return KT_OK;
}

static enum kt_status verify_one(struct verify *v, struct kt_record *rec,
				 struct kt_error *err)
{
	struct kt_cache_checked checked = { 0 };
	struct kt_error why = { 0 };

	if (!kt_record_has(rec, "error") &&
	    kt_cache_verify(v->cache, kt_record_text(rec, "key"), &checked,
			    &why)) {
		if (kt_stop_check(err))
			return KT_FAIL;
		kt_record_set_str(rec, "error", why.msg);
		kt_record_unset(rec, "image");
	}
	v->nr++;
	v->nr_bad +=
		kt_record_has(rec, "error") && !kt_record_flag(rec, "foreign");
	return put_verified(v, rec, checked.unsummed, checked.nr_files, err);
}

/* The entry that @id names, by its key before its version; -1 if none. */
static long entry_named(struct kt_record *const *list, size_t nr,
			const char *id)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(kt_record_text(list[i], "key"), id))
			return (long)i;
	return kt_id_kind(id) == KT_ID_VERSION ? kt_id_pick(list, nr, id) : -1;
}

static enum kt_status verify_list(struct verify *v, const char *id,
				  struct kt_record *const *list, size_t nr,
				  struct kt_error *err)
{
	const long only = id ? entry_named(list, nr, id) : 0;
	enum kt_status st = KT_OK;

	if (only < 0)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "no kernel \"%s\" in the cache", id),
			       "cargo ktstr kernel list shows what is there");
	if (id)
		st = verify_one(v, list[only], err);
	for (size_t i = 0; !st && !id && i < nr; i++)
		st = verify_one(v, list[i], err);
	if (st)
		return st;
	if (!v->nr_bad)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_FAIL, "%zu of %zu entries corrupt",
			       v->nr_bad, v->nr),
		       "ktstr-cache clean --corrupt-only removes what list "
		       "shows as corrupt; cargo ktstr kernel build --force "
		       "makes a kernel anew");
}

static enum kt_status run_verify(const struct kt_args *args,
				 struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct verify v = { .text = kt_args_has(args, "text") };
	struct kt_record **list = NULL;
	char crc[KT_CRC32_SIZE];
	size_t nr = 0;
	enum kt_status st = kt_stop_catch(err);

	if (!st)
		st = open_cache(crc, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &list, &nr, err);
	if (st)
		return st;
	v.cache = cache;
	st = verify_list(&v, kt_args_operand(args, 0), list, nr, err);
	kt_cache_list_free(list, nr);
	return st;
}

/* What "clean" works on. */
struct clean {
	struct kt_cache *cache;
	struct kt_clean how;
	bool text, force, dry_run;
	struct kt_record **list;
	bool *goes;
	size_t nr, nr_goes, nr_removed, nr_failed;
	struct kt_error failed; /* the last failure */
};

static void clean_release(struct clean *c)
{
	kt_cache_list_free(c->list, c->nr);
	free(c->goes);
}

static enum kt_status read_limits(const struct kt_args *args, struct clean *c,
				  struct kt_error *err)
{
	const char *size = kt_args_str(args, "max-size"),
		   *age = kt_args_str(args, "older-than");
	enum kt_status st = KT_OK;

	c->how = (struct kt_clean){
		.keep = kt_args_u64(args, "keep", 0),
		.by_size = size,
		.by_age = age,
		.corrupt_only = kt_args_has(args, "corrupt-only"),
		.foreign = kt_args_has(args, "foreign"),
		.now = time(NULL),
	};
	if (size)
		st = kt_parse_size(size, "--max-size", &c->how.max_bytes, err);
	if (!st && age)
		st = kt_parse_age(age, "--older-than", &c->how.max_age_s, err);
	return st;
}

/* Those that go, as people see them before they are asked. */
static void put_doomed(const struct clean *c)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_record **doomed =
		kt_xcalloc(c->nr_goes, sizeof(struct kt_record *));
	struct kt_listing_totals totals;
	char size[KT_UNITS_SIZE];
	size_t nr = 0;

	for (size_t i = 0; i < c->nr; i++)
		if (c->goes[i])
			doomed[nr++] = c->list[i];
	kt_listing_table(doomed, nr, c->how.now, &totals, &text);
	kt_format_size(totals.bytes, size);
	printf("%s %zu cached kernel(s), %s:\n",
	       c->dry_run ? "would remove" : "to remove", nr, size);
	put_text(&text);
	fflush(stdout);
	free(doomed);
}

/* One line of an answer; only "y" is a yes. */
static bool agreed(size_t nr)
{
	char line[16] = "";

	fprintf(stderr, "remove %zu entries? [y/N] ", nr);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, " \t\r\n")] = '\0';
	return !strcmp(line, "y") || !strcmp(line, "Y");
}

/* True if they may be removed; otherwise all has been said, or *st says it. */
static bool may_remove(const struct clean *c, enum kt_status *st,
		       struct kt_error *err)
{
	if (c->force || c->dry_run) {
		if (c->text && c->dry_run)
			put_doomed(c);
		return true;
	}
	if (!isatty(STDIN_FILENO)) {
		*st = kt_hint(err,
			      kt_fail(err, KT_FAIL,
				      "not removing %zu entries unasked: "
				      "standard input is no terminal",
				      c->nr_goes),
			      "--force removes them without a question, "
			      "--dry-run shows them");
		return false;
	}
	put_doomed(c);
	if (agreed(c->nr_goes))
		return true;
	puts("aborted");
	return false;
}

/* What was removed, without what would make it look like a kernel still. */
static enum kt_status put_removed(const struct clean *c,
				  const struct kt_record *rec,
				  struct kt_error *err)
{
	static const char *const same[] = {
		"source", "version", "arch",  "built_at", "entry_bytes",
		"key",	  "entry",   "error", "foreign",  NULL
	};
	struct kt_record *out KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);

	if (c->text)
		return KT_OK;
	for (size_t i = 0; same[i]; i++)
		kt_record_share(out, rec, same[i]);
	kt_record_set_bool(out, "cached", c->dry_run);
	kt_record_set_bool(out, "removed", !c->dry_run);
	return kt_tool_put(out, err);
}

static enum kt_status remove_one(struct clean *c, const struct kt_record *rec,
				 struct kt_error *err)
{
	const char *key = kt_record_text(rec, "key");
	struct kt_error why = { 0 };
	enum kt_status st = kt_stop_check(err);

	if (st)
		return st;
	st = c->dry_run ? KT_OK : kt_cache_remove(c->cache, key, &why);
	if (st == KT_AGAIN) {
		kt_note("\"%s\" is being stored just now, and stays", key);
		return KT_OK;
	}
	if (st) {
		c->nr_failed++;
		c->failed = why;
		kt_error_within(&c->failed, "%s", key);
		kt_detail("%s", c->failed.msg);
		return KT_OK;
	}
	c->nr_removed++;
	return put_removed(c, rec, err);
}

static enum kt_status remove_all(struct clean *c, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < c->nr; i++)
		if (c->goes[i])
			st = remove_one(c, c->list[i], err);
	if (st)
		return st;
	if (c->text && !c->dry_run)
		printf("removed %zu cached kernel(s).\n", c->nr_removed);
	if (!c->nr_failed)
		return KT_OK;
	return kt_fail(err, KT_FAIL, "removed %zu of %zu entries; %s",
		       c->nr_removed, c->nr_goes, c->failed.msg);
}

static enum kt_status clean_list(struct clean *c, struct kt_error *err)
{
	size_t nr_foreign = 0;
	enum kt_status st = KT_OK;

	c->goes = kt_xcalloc(c->nr, sizeof(*c->goes));
	c->nr_goes = kt_clean_select(&c->how, c->list, c->nr, c->goes);
	for (size_t i = 0; i < c->nr; i++)
		nr_foreign += kt_record_flag(c->list[i], "foreign");
	if (nr_foreign && !c->how.foreign)
		kt_note("%zu of a later ktstr stay; --foreign removes them too",
			nr_foreign);
	if (!c->nr_goes) {
		if (c->text)
			puts("nothing to clean");
		return KT_OK;
	}
	return may_remove(c, &st, err) ? remove_all(c, err) : st;
}

static enum kt_status run_clean(const struct kt_args *args,
				struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct clean c KT_CLEANUP(
		clean_release) = { .text = kt_args_has(args, "text"),
				   .force = kt_args_has(args, "force"),
				   .dry_run = kt_args_has(args, "dry-run") };
	char crc[KT_CRC32_SIZE];
	enum kt_status st = read_limits(args, &c, err);

	if (!st)
		st = kt_stop_catch(err);
	if (!st)
		st = open_cache(crc, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &c.list, &c.nr, err);
	if (st)
		return st;
	c.cache = cache;
	return clean_list(&c, err);
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

static const struct kt_option verify_options[] = { TEXT, { 0 } };

static const struct kt_option clean_options[] = {
	{ .name = "keep",
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .excludes = "corrupt-only",
	  .help = "leave the N newest good kernels in any case" },
	{ .name = "older-than",
	  .arg = KT_ARG_STRING,
	  .value = "AGE",
	  .excludes = "corrupt-only",
	  .help = "remove what was built longer ago, as in 30d" },
	{ .name = "max-size",
	  .arg = KT_ARG_STRING,
	  .value = "SIZE",
	  .excludes = "corrupt-only",
	  .help = "remove the oldest until no more than SIZE is left" },
	{ .name = "corrupt-only",
	  .help = "remove nothing but corrupt entries" },
	{ .name = "foreign", .help = "remove a later ktstr's entries too" },
	{ .name = "force", .letter = 'f', .help = "do not ask" },
	{ .name = "dry-run",
	  .letter = 'n',
	  .help = "show what would be removed, and remove nothing" },
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

static const struct kt_command verify_command = {
	.name = "verify",
	.summary = "compare what is cached with what was stored",
	.operands = "[ID]",
	.max_operands = 1,
	.options = verify_options,
	.run = run_verify,
};

static const struct kt_command clean_command = {
	.name = "clean",
	.summary = "remove kernels from the cache",
	.options = clean_options,
	.run = run_clean,
};

static const struct kt_command *const commands[] = {
	&add_command,	 &get_command,	 &path_command, &list_command,
	&verify_command, &clean_command, NULL,
};

const struct kt_command kt_tool_cache = {
	.name = "ktstr-cache",
	.summary = "keep built kernels, and find them again",
	.commands = commands,
};
