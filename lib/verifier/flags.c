// SPDX-License-Identifier: GPL-2.0-only
/* flags - a scheduler's list of its flags, read */
#include "lib/verifier/flags.h"

#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/xalloc.h"

bool kt_flags_is_list(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]) && text[i])
		i++;
	return i < len && text[i] == '[';
}

static enum kt_status check_name(const struct kt_flags *f, const char *name,
				 struct kt_error *err)
{
	if (!name[0] || strlen(name) > KT_FLAGS_MAX_NAME ||
	    strpbrk(name, "+,") || !strcmp(name, "default"))
		return kt_fail(err, KT_DATA, "\"%s\" is no name for a flag",
			       name);
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return kt_fail(err, KT_DATA,
				       "\"%s\" is no name for a flag", name);
	for (size_t i = 0; i < f->nr; i++)
		if (!strcmp(f->flag[i].name, name))
			return kt_fail(err, KT_DATA, "flag \"%s\" stands twice",
				       name);
	return KT_OK;
}

static enum kt_status add_flag(struct kt_flags *f, const struct kt_record *rec,
			       struct kt_error *err)
{
	struct kt_flag *flag = &f->flag[f->nr];
	const char *name, **args;
	enum kt_status st = kt_record_str(rec, "name", &name, err);
	size_t nr = 0;

	if (!st)
		st = check_name(f, name, err);
	if (!st && !kt_record_has(rec, "args"))
		st = kt_fail(err, KT_DATA, "flag \"%s\" has no \"args\"", name);
	if (!st)
		st = kt_record_strv(rec, "args", &args, err);
	if (st)
		return st;
	while (args[nr])
		nr++;
	if (nr > KT_FLAGS_MAX_ARGS) {
		free(args);
		return kt_fail(err, KT_DATA,
			       "flag \"%s\" has more than %d arguments", name,
			       KT_FLAGS_MAX_ARGS);
	}
	*flag = (struct kt_flag){
		.name = kt_xstrdup(name),
		.args = kt_xcalloc(nr + 1, sizeof(char *)),
		.needs = UINT64_C(1) << f->nr,
	};
	for (size_t i = 0; i < nr; i++)
		flag->args[i] = kt_xstrdup(args[i]);
	free(args);
	f->nr++;
	return KT_OK;
}

/* The flag of that name, or f->nr. */
static size_t find(const struct kt_flags *f, const char *name, size_t len)
{
	size_t i = 0;

	while (i < f->nr && (strncmp(f->flag[i].name, name, len) != 0 ||
			     f->flag[i].name[len]))
		i++;
	return i;
}

static enum kt_status add_needs(struct kt_flags *f, size_t i,
				const struct kt_record *rec,
				struct kt_error *err)
{
	struct kt_flag *flag = &f->flag[i];
	const char **names;
	enum kt_status st = KT_OK;

	if (!kt_record_has(rec, "requires"))
		return kt_fail(err, KT_DATA, "flag \"%s\" has no \"requires\"",
			       flag->name);
	st = kt_record_strv(rec, "requires", &names, err);
	if (st)
		return st;
	for (size_t k = 0; names[k]; k++) {
		const size_t at = find(f, names[k], strlen(names[k]));

		if (at < f->nr)
			flag->needs |= UINT64_C(1) << at;
		else if (!flag->unknown)
			flag->unknown = kt_xstrdup(names[k]);
	}
	free(names);
	return KT_OK;
}

/* What is required requires too, and so on; a circle is had as a whole. */
static void close_needs(struct kt_flags *f)
{
	for (size_t via = 0; via < f->nr; via++)
		for (size_t i = 0; i < f->nr; i++)
			if (f->flag[i].needs >> via & 1)
				f->flag[i].needs |= f->flag[via].needs;
	for (size_t i = 0; i < f->nr; i++)
		for (size_t k = 0; k < f->nr && !f->flag[i].unknown; k++)
			if (f->flag[i].needs >> k & 1 && f->flag[k].unknown)
				f->flag[i].unknown =
					kt_xstrdup(f->flag[k].unknown);
}

static enum kt_status read_list(struct kt_record *all, struct kt_flags *out,
				struct kt_error *err)
{
	struct kt_record **list = NULL;
	size_t nr = 0;
	enum kt_status st = kt_record_objectv(all, "flags", &list, &nr, err);

	if (st)
		return st;
	if (nr != kt_record_array_len(all, "flags"))
		st = kt_fail(err, KT_DATA, "an element is no object");
	else if (nr > KT_FLAGS_MAX)
		st = kt_fail(err, KT_DATA, "%zu flags are more than %d", nr,
			     KT_FLAGS_MAX);
	for (size_t i = 0; !st && i < nr; i++)
		st = add_flag(out, list[i], err);
	for (size_t i = 0; !st && i < nr; i++)
		st = add_needs(out, i, list[i], err);
	kt_record_objectv_free(list, nr);
	if (!st)
		close_needs(out);
	return st;
}

/* True if @all is what it was wrapped as, and the list did not end early. */
static bool is_alone(const struct kt_record *all)
{
	struct kt_record *alone KT_CLEANUP(kt_record_freep) =
		kt_record_new(NULL);
	struct kt_buf a KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };

	kt_record_share(alone, all, "flags");
	kt_record_line(all, &a);
	kt_record_line(alone, &b);
	return a.len == b.len;
}

enum kt_status kt_flags_parse(const char *text, size_t len,
			      struct kt_flags *out, struct kt_error *err)
{
	struct kt_record *all KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf json KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_flags made = { 0 };
	enum kt_status st;

	if (len > KT_FLAGS_MAX_BYTES)
		return kt_fail(err, KT_DATA,
			       "the list of flags exceeds %zu bytes",
			       KT_FLAGS_MAX_BYTES);
	/* Records are objects, so it becomes the member of one. */
	kt_buf_adds(&json, "{\"flags\":");
	kt_buf_add(&json, text, len);
	kt_buf_adds(&json, "}");
	st = kt_record_parse_object(json.data, json.len, &all, err);
	if (!st && !is_alone(all))
		st = kt_fail(err, KT_DATA, "more than one value");
	if (!st)
		st = read_list(all, &made, err);
	if (st) {
		kt_flags_release(&made);
		return kt_within(err, st, "the list of flags");
	}
	*out = made;
	return KT_OK;
}

void kt_flags_release(struct kt_flags *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		for (char **arg = f->flag[i].args; *arg; arg++)
			free(*arg);
		free(f->flag[i].args);
		free(f->flag[i].name);
		free(f->flag[i].unknown);
	}
	f->nr = 0;
}
