// SPDX-License-Identifier: GPL-2.0-only
/* releases - which kernels there are: releases.json of kernel.org */
#include "lib/releases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/xalloc.h"

struct release {
	struct kt_version version;
	bool kept; /* stable or longterm */
};

struct kt_releases {
	struct release *all;
	size_t nr;
};

bool kt_series_parse(const char *text, struct kt_series *out)
{
	char major_only[KT_VERSION_SIZE];
	struct kt_version v;

	if (kt_version_parse(text, &v) && !v.has_patch && !v.rc) {
		*out = (struct kt_series){ .major = v.major, .minor = v.minor };
		return true;
	}
	if (strlen(text) > 5 || strchr(text, '.'))
		return false;
	snprintf(major_only, sizeof(major_only), "%s.0", text);
	if (!kt_version_parse(major_only, &v) || v.rc)
		return false;
	*out = (struct kt_series){ .major = v.major, .any_minor = true };
	return true;
}

void kt_releases_freep(struct kt_releases **releases)
{
	if (*releases)
		free((*releases)->all);
	free(*releases);
	*releases = NULL;
}

static void add(struct kt_releases *r, const struct kt_record *item)
{
	const char *moniker = kt_record_text(item, "moniker");
	const char *version = kt_record_text(item, "version");
	struct release *slot = &r->all[r->nr];

	if (!moniker || !version || !strcmp(moniker, "linux-next") ||
	    !kt_version_parse(version, &slot->version))
		return;
	slot->kept = !strcmp(moniker, "stable") || !strcmp(moniker, "longterm");
	r->nr++;
}

enum kt_status kt_releases_parse(const char *text, size_t len,
				 struct kt_releases **out, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record **items;
	struct kt_releases *r;
	enum kt_status st = kt_record_parse_object(text, len, &rec, err);
	size_t nr;

	if (!st)
		st = kt_record_objectv(rec, "releases", &items, &nr, err);
	if (st)
		return st;
	r = kt_xcalloc(1, sizeof(*r));
	r->all = kt_xcalloc(nr + 1, sizeof(*r->all));
	for (size_t i = 0; i < nr; i++)
		add(r, items[i]);
	kt_record_objectv_free(items, nr);
	*out = r;
	return KT_OK;
}

static bool is_higher(const struct kt_version *v, bool any,
		      const struct kt_version *than)
{
	return !any || kt_version_compare(v, than) > 0;
}

bool kt_releases_newest(const struct kt_releases *r, struct kt_version *out)
{
	bool any = false;

	for (size_t i = 0; i < r->nr; i++) {
		const struct kt_version *v = &r->all[i].version;

		if (!r->all[i].kept || v->rc ||
		    v->patch < KT_RELEASES_MIN_PATCH || !is_higher(v, any, out))
			continue;
		*out = *v;
		any = true;
	}
	return any;
}

bool kt_releases_of_series(const struct kt_releases *r,
			   const struct kt_series *series,
			   struct kt_version *out)
{
	bool any = false;

	for (size_t i = 0; i < r->nr; i++) {
		const struct kt_version *v = &r->all[i].version;

		if (v->rc || v->major != series->major ||
		    (!series->any_minor && v->minor != series->minor) ||
		    !is_higher(v, any, out))
			continue;
		*out = *v;
		any = true;
	}
	return any;
}
