// SPDX-License-Identifier: GPL-2.0-only
/* pin - which of the host's CPUs run the guest's */
#include "lib/vm/pin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/units.h"
#include "lib/xalloc.h"

/* "3" or "3-7", and where it ends. */
static bool range(const char **text, uint64_t *from, uint64_t *to)
{
	if (!kt_parse_digits(text, KT_PIN_MAX_CPU, from))
		return false;
	*to = *from;
	if (**text != '-')
		return true;
	++*text;
	return kt_parse_digits(text, KT_PIN_MAX_CPU, to) && *to >= *from;
}

enum kt_status kt_pin_parse(const char *text, unsigned int nr,
			    unsigned int **out, struct kt_error *err)
{
	unsigned int cpus[KT_PIN_MAX_CPU + 1];
	uint64_t from, to;
	bool seen[KT_PIN_MAX_CPU + 1] = { false };
	unsigned int n = 0;

	for (const char *p = text;; p++) {
		if (!range(&p, &from, &to) || (*p && *p != ','))
			return kt_fail(err, KT_USAGE,
				       "\"%s\" is no list of CPUs like 0-3,8",
				       text);
		for (; from <= to; from++) {
			if (seen[from])
				return kt_fail(err, KT_USAGE,
					       "\"%s\" has CPU %u twice", text,
					       (unsigned int)from);
			seen[from] = true;
			cpus[n++] = (unsigned int)from;
		}
		if (!*p)
			break;
	}
	if (n < nr)
		return kt_fail(err, KT_USAGE,
			       "\"%s\" has %u CPUs, and the guest has %u", text,
			       n, nr);
	*out = kt_xcalloc(nr, sizeof(**out));
	memcpy(*out, cpus, nr * sizeof(**out));
	return KT_OK;
}
