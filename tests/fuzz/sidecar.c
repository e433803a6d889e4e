// SPDX-License-Identifier: GPL-2.0-only
/* sidecar: any bytes as a sidecar; what is taken is taken by json-c's rules too */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/sidecar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names are strings within bounds, numbers are finite. */
static void check(const struct kt_sidecar *s)
{
	const struct kt_sidecar_callback *c = s->callbacks.items;
	const struct kt_sidecar_verified *v = s->verified.items;
	const struct kt_sidecar_event *e = s->events.items;
	size_t total = strlen(s->test) + strlen(s->topology) +
		       strlen(s->scheduler) + strlen(s->work_type) +
		       strlen(s->flags);

	if (total > 5 * KT_SIDECAR_MAX_NAME || !isfinite(s->spread) ||
	    !isfinite(s->imbalance))
		abort();
	for (size_t i = 0; i < s->callbacks.nr; i++)
		if (strlen(c[i].name) > KT_SIDECAR_MAX_NAME ||
		    !isfinite(c[i].ns_per_call))
			abort();
	for (size_t i = 0; i < s->verified.nr; i++)
		if (strlen(v[i].name) > KT_SIDECAR_MAX_NAME)
			abort();
	for (size_t i = 0; i < s->events.nr; i++)
		if (strlen(e[i].label) > KT_SIDECAR_MAX_NAME)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_sidecar_parser *p = kt_sidecar_parser_new();
	const struct kt_sidecar *s;
	struct kt_error err = { 0 };

	/* Twice: what is kept from file to file must not show. */
	for (int i = 0; i < 2; i++)
		if (!kt_sidecar_parse(p, (const char *)data, size, &s, &err)) {
			struct kt_record *rec = NULL;

			check(s);
			if (kt_record_parse_object((const char *)data, size,
						   &rec, &err) &&
			    !strstr(err.msg, "nesting") &&
			    !strstr(err.msg, "64 bits"))
				abort();
			kt_record_free(rec);
		}
	kt_sidecar_parser_free(p);
	return 0;
}
