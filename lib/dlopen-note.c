// SPDX-License-Identifier: GPL-2.0-only
/* dlopen-note - which libraries a program says it opens at run time */
#include "lib/dlopen-note.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/record.h"
#include "lib/xalloc.h"

static char **copy_names(const char *const *names)
{
	char **copy = kt_xcalloc(KT_DLOPEN_MAX_NAMES + 1, sizeof(*copy));
	size_t nr = 0;

	for (; *names && nr < KT_DLOPEN_MAX_NAMES; names++)
		if (**names)
			copy[nr++] = kt_xstrdup(*names);
	return copy;
}

static void add(struct kt_dlopens *list, const struct kt_record *rec)
{
	const char *priority = kt_record_text(rec, "priority");
	const char **names = NULL;
	struct kt_error ignored;
	char **copy;

	if (list->nr >= KT_DLOPEN_MAX ||
	    (priority && !strcmp(priority, "suggested")) ||
	    kt_record_strv(rec, "soname", &names, &ignored))
		return;
	copy = copy_names((const char *const *)names);
	free(names);
	if (!copy[0]) {
		free(copy);
		return;
	}
	list->v = kt_xrealloc(list->v, (list->nr + 1) * sizeof(*list->v));
	list->v[list->nr++] = (struct kt_dlopen){
		.sonames = copy,
		.required = priority && !strcmp(priority, "required"),
	};
}

void kt_dlopen_note(struct kt_dlopens *list, const char *text, size_t len)
{
	struct kt_buf wrapped KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record **entries = NULL;
	struct kt_error ignored;
	size_t nr = 0;

	/* It ends in a NUL, and in more where a linker padded it. */
	len = strnlen(text, len);
	if (!len || len > KT_DLOPEN_MAX_BYTES)
		return;
	/* The parser takes objects, and the note is an array. */
	kt_buf_adds(&wrapped, "{\"note\":");
	kt_buf_add(&wrapped, text, len);
	kt_buf_addc(&wrapped, '}');
	if (kt_record_parse_object(wrapped.data, wrapped.len, &rec, &ignored) ||
	    kt_record_objectv(rec, "note", &entries, &nr, &ignored))
		return;
	for (size_t i = 0; i < nr; i++)
		add(list, entries[i]);
	kt_record_objectv_free(entries, nr);
}

void kt_dlopens_release(struct kt_dlopens *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		for (char **name = list->v[i].sonames; *name; name++)
			free(*name);
		free(list->v[i].sonames);
	}
	free(list->v);
	*list = (struct kt_dlopens){ 0 };
}
