// SPDX-License-Identifier: GPL-2.0-only
/* verify - ktstr-cache verify: compare it with what was stored */
#include "tools/cache/cache.h"

#include <stdio.h>
#include <string.h>

#include "lib/cache-clean.h"
#include "lib/cache.h"
#include "lib/kernel-id.h"
#include "lib/stop.h"
#include "lib/tool.h"

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
		       "VERSION makes a kernel anew");
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
		st = kt_cache_of_user(crc, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &list, &nr, err);
	if (st)
		return st;
	v.cache = cache;
	st = verify_list(&v, kt_args_operand(args, 0), list, nr, err);
	kt_cache_list_free(list, nr);
	return st;
}

static const struct kt_option verify_options[] = { KT_CACHE_TEXT, { 0 } };

const struct kt_command kt_tool_cache_verify = {
	.name = "verify",
	.summary = "compare what is cached with what was stored",
	.operands = "[ID]",
	.operand = KT_ARG_KERNEL,
	.max_operands = 1,
	.options = verify_options,
	.run = run_verify,
};
