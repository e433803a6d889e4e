/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/version.h - kernel versions as people and kernel.org write them
 *
 * "6.14", "6.14.2", "6.15-rc3", "6.14.2-rc1". "6.14.0" is "6.14": kernel.org
 * has no x.y.0.
 */
#ifndef KT_VERSION_H
#define KT_VERSION_H

#include <stdbool.h>

#include "lib/error.h"

struct kt_version {
	unsigned int major, minor, patch; /* patch 0: "6.14" */
	unsigned int rc;		  /* 0: not a release candidate */
	bool has_patch;			  /* false: "6.14" may mean a series */
};

#define KT_VERSION_SIZE 64

/* True if all of @text is a version; *out (may be NULL) is untouched if not. */
bool kt_version_parse(const char *text, struct kt_version *out);

/* Numerically, a release candidate before its release: <0, 0, >0. */
int kt_version_compare(const struct kt_version *a, const struct kt_version *b);

/* As kernel.org writes it: "6.14", never "6.14.0". */
void kt_version_format(const struct kt_version *v, char out[KT_VERSION_SIZE]);

#endif
