// SPDX-License-Identifier: GPL-2.0-only
/* add - ktstr-cache add: store built kernels */
#include "tools/cache/cache.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cache.h"
#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/key.h"
#include "lib/lock.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

#define NOT_AT_ALL 1 /* deadlines of lib/lock.h */
#define FOR_EVER 0

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

/* With the tree to ourselves: a build there would change what is copied. */
static enum kt_status copy(const struct add *add, const struct kt_record *rec,
			   const char *key, struct kt_record **stored,
			   struct kt_error *err)
{
	int lock KT_CLEANUP(kt_closep) = -1;
	const char *tree = kt_record_text(rec, "tree");
	enum kt_status st = KT_OK;

	if (tree)
		st = kt_lock_dir(tree, true, NOT_AT_ALL, &lock, err);
	if (st == KT_AGAIN) {
		kt_note("waiting for a build in \"%s\"", tree);
		st = kt_lock_dir(tree, true, FOR_EVER, &lock, err);
	}
	/* What cannot be locked is not built in either. */
	if (st && st != KT_SYS)
		return st;
	return kt_cache_store(add->cache, key, rec, stored, err);
}

static enum kt_status store(const struct add *add, struct kt_record *rec,
			    const char *key, FILE *out, struct kt_error *err)
{
	struct kt_record *stored KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = copy(add, rec, key, &stored, err);

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
		st = kt_cache_of_user(crc, &cache, err);
	if (st)
		return st;
	add.cache = cache;
	return kt_tool_filter(KT_SCHEMA_KERNEL, add_record, &add, err);
}

static const struct kt_option add_options[] = {
	{ .name = "key",
	  .arg = KT_ARG_KEY,
	  .value = "KEY",
	  .help = "store under this key, whatever the record says" },
	{ .name = "force",
	  .help = "store a kernel that has a key, even of a changed tree" },
	KT_CACHE_TEXT,
	{ 0 },
};

const struct kt_command kt_tool_cache_add = {
	.name = "add",
	.summary = "store built kernels: records in, their entries' out",
	.options = add_options,
	.run = run_add,
};
