// SPDX-License-Identifier: GPL-2.0-only
/* nearest - what somebody who mistyped a name may have meant */
#include "lib/nearest.h"

#include <string.h>

#define MAX_WORD 64 /* bytes; a longer word is near nothing */

/* Levenshtein's distance, with a swap of neighbours counted as one. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1];
	const size_t la = strlen(a), lb = strlen(b);

	if (la > MAX_WORD || lb > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *row = rows[i % 3], *up = rows[(i + 2) % 3];
		const size_t *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[la % 3][lb];
}

const char *kt_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 1, least = limit + 1;

	for (; *names; names++) {
		size_t d = distance(word, *names);

		/* What begins the same way is near, however much is missing. */
		if (strlen(word) >= 3 && !strncmp(word, *names, strlen(word)))
			d = 1;
		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
