// SPDX-License-Identifier: GPL-2.0-only
/* escape - the keys by which a person leaves a guest's terminal */
#include "lib/vm/escape.h"

size_t kt_escape_feed(struct kt_escape *e, const char *in, size_t len,
		      char *out)
{
	size_t nr = 0;

	for (size_t i = 0; i < len && !e->left; i++) {
		const char c = in[i];

		if (!e->held) {
			e->held = c == KT_ESCAPE_KEY;
			if (!e->held)
				out[nr++] = c;
			continue;
		}
		e->held = false;
		e->left = c == 'x' || c == 'X';
		if (e->left)
			break;
		out[nr++] = KT_ESCAPE_KEY;
		if (c != 'a' && c != KT_ESCAPE_KEY)
			out[nr++] = c;
	}
	return nr;
}
