// SPDX-License-Identifier: GPL-2.0-only
/* clean - ktstr-cache clean: remove kernels */
#include "tools/cache/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cache-clean.h"
#include "lib/cache.h"
#include "lib/listing.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/units.h"
#include "lib/xalloc.h"

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
	kt_cache_put(&text);
	fflush(stdout);
	free(doomed);
}

static const char *entries(size_t nr)
{
	return nr == 1 ? "entry" : "entries";
}

/* One line of an answer; only "y" is a yes. */
static bool agreed(size_t nr)
{
	char line[16] = "";

	fprintf(stderr, "remove %zu %s? [y/N] ", nr, entries(nr));
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
				      "not removing %zu %s unasked: "
				      "standard input is no terminal",
				      c->nr_goes, entries(c->nr_goes)),
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
	st = c->dry_run ? KT_OK : kt_cache_remove(c->cache, rec, &why);
	if (st == KT_AGAIN) {
		kt_note("%s", why.msg);
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
		st = kt_cache_of_user(crc, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &c.list, &c.nr, err);
	if (st)
		return st;
	c.cache = cache;
	return clean_list(&c, err);
}

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
	KT_CACHE_TEXT,
	{ 0 },
};

const struct kt_command kt_tool_cache_clean = {
	.name = "clean",
	.summary = "remove kernels from the cache",
	.options = clean_options,
	.run = run_clean,
};
