// SPDX-License-Identifier: GPL-2.0-only
/* lz4 - LZ4 blocks */
#include "lib/lz4.h"

#include <string.h>

#define MIN_MATCH 4

struct cursor {
	const unsigned char *p, *end;
};

/* A length whose first four bits were @nibble: bytes of 255, and one less. */
static bool read_length(struct cursor *in, size_t nibble, size_t *out)
{
	size_t len = nibble;
	unsigned char c = 255;

	if (nibble == 15)
		while (c == 255) {
			if (in->p == in->end)
				return false;
			c = *in->p++;
			len += c;
		}
	*out = len;
	return true;
}

/* The last @len bytes from @offset before @to on, which they may run into. */
static void repeat(unsigned char *to, size_t offset, size_t len)
{
	const unsigned char *from = to - offset;

	while (len > offset) {
		memcpy(to, from, offset);
		to += offset;
		len -= offset;
		/* What has just been written is twice as long a pattern. */
		offset = (size_t)(to - from);
	}
	memcpy(to, from, len);
}

bool kt_lz4_block(const unsigned char *in, size_t len, unsigned char *out,
		  size_t size, size_t *out_len)
{
	struct cursor c = { in, in + len };
	size_t done = 0;

	while (c.p < c.end) {
		const unsigned char token = *c.p++;
		size_t n, offset;

		if (!read_length(&c, token >> 4, &n) ||
		    n > (size_t)(c.end - c.p) || n > size - done)
			return false;
		memcpy(out + done, c.p, n);
		c.p += n;
		done += n;
		/* The last sequence is literals alone. */
		if (c.p == c.end) {
			*out_len = done;
			return true;
		}

		if (c.end - c.p < 2)
			return false;
		offset = c.p[0] | (size_t)c.p[1] << 8;
		c.p += 2;
		if (!offset || offset > done ||
		    !read_length(&c, token & 15, &n) ||
		    n + MIN_MATCH > size - done)
			return false;
		repeat(out + done, offset, n + MIN_MATCH);
		done += n + MIN_MATCH;
	}
	return false;
}
