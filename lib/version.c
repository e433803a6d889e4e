// SPDX-License-Identifier: GPL-2.0-only
/* version - kernel versions as people and kernel.org write them */
#include "lib/version.h"

#include <stdio.h>
#include <string.h>

#include "lib/units.h"

/* No component of a kernel version has ever had more than three digits. */
#define MAX_COMPONENT 99999u

static bool component(const char **text, unsigned int *out)
{
	uint64_t n;

	if (!kt_parse_digits(text, MAX_COMPONENT, &n))
		return false;
	*out = (unsigned int)n;
	return true;
}

bool kt_version_parse(const char *text, struct kt_version *out)
{
	struct kt_version v = { 0 };

	if (!component(&text, &v.major) || *text++ != '.' ||
	    !component(&text, &v.minor))
		return false;
	if (*text == '.') {
		text++;
		if (!component(&text, &v.patch))
			return false;
		v.has_patch = true;
	}
	if (!strncmp(text, "-rc", 3)) {
		text += 3;
		/* There is no -rc0: it would mean the release itself here. */
		if (!component(&text, &v.rc) || !v.rc)
			return false;
	}
	if (*text)
		return false;
	if (out)
		*out = v;
	return true;
}

static int order(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

int kt_version_compare(const struct kt_version *a, const struct kt_version *b)
{
	int c = order(a->major, b->major);

	if (!c)
		c = order(a->minor, b->minor);
	if (!c)
		c = order(a->patch, b->patch);
	/* The release, rc 0, is behind all its candidates. */
	if (!c)
		c = order(a->rc - 1, b->rc - 1);
	return c;
}

void kt_version_format(const struct kt_version *v, char out[KT_VERSION_SIZE])
{
	char patch[16] = "", rc[16] = "";

	if (v->patch)
		snprintf(patch, sizeof(patch), ".%u", v->patch);
	if (v->rc)
		snprintf(rc, sizeof(rc), "-rc%u", v->rc);
	snprintf(out, KT_VERSION_SIZE, "%u.%u%s%s", v->major, v->minor, patch,
		 rc);
}
