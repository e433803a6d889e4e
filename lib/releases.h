/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/releases.h - which kernels there are: releases.json of kernel.org
 *
 * An object with an array "releases", of whose elements "moniker" (mainline,
 * stable, longterm, linux-next) and "version" are read. Elements without both,
 * and versions that are none, are passed over.
 */
#ifndef KT_RELEASES_H
#define KT_RELEASES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/version.h"

#define KT_RELEASES_MAX_BYTES ((size_t)4 << 20)
/* A fresh x.y.0 often fails to build somewhere; by x.y.8 that is mended. */
#define KT_RELEASES_MIN_PATCH 8

/* What a person asks for when it is not an exact version. */
struct kt_series {
	unsigned int major, minor;
	bool any_minor; /* "6" */
};

/* "6.12" or "6"; false if @text is anything else. */
bool kt_series_parse(const char *text, struct kt_series *out);

struct kt_releases;

/* KT_DATA if @text is no releases.json. The caller owns *out. */
enum kt_status kt_releases_parse(const char *text, size_t len,
				 struct kt_releases **out,
				 struct kt_error *err) KT_MUST_CHECK;
void kt_releases_freep(struct kt_releases **releases);

/* The newest stable or longterm of KT_RELEASES_MIN_PATCH or later. */
bool kt_releases_newest(const struct kt_releases *releases,
			struct kt_version *out);

/* The highest release of @series; release candidates do not count. */
bool kt_releases_of_series(const struct kt_releases *releases,
			   const struct kt_series *series,
			   struct kt_version *out);

#endif
