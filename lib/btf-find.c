// SPDX-License-Identifier: GPL-2.0-only
/* btf-find - types in bytes that do not say where they are */
#include "lib/btf-find.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define MAX_HEADER 256 /* bytes: later versions append to it */

/* Magic number 0xeb9f, version 1, no flags. */
static const unsigned char magic[] = { 0x9f, 0xeb, 1, 0 };

struct header {
	unsigned char magic[sizeof(magic)];
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
};

static bool read_header(const unsigned char *data, size_t len, struct header *h)
{
	if (len < sizeof(*h))
		return false;
	memcpy(h, data, sizeof(*h));
	h->hdr_len = le32toh(h->hdr_len);
	h->type_off = le32toh(h->type_off);
	h->type_len = le32toh(h->type_len);
	h->str_off = le32toh(h->str_off);
	h->str_len = le32toh(h->str_len);
	return !memcmp(h->magic, magic, sizeof(magic)) &&
	       h->hdr_len >= sizeof(*h) && h->hdr_len <= MAX_HEADER;
}

size_t kt_btf_bytes(const unsigned char *data, size_t len)
{
	struct header h;
	uint64_t types, strings;

	if (!read_header(data, len, &h) || h.type_off % 4 || h.type_len % 4 ||
	    !h.type_len || !h.str_len)
		return 0;
	types = (uint64_t)h.hdr_len + h.type_off + h.type_len;
	strings = (uint64_t)h.hdr_len + h.str_off + h.str_len;
	if (types > len || strings > len || strings > KT_BTF_FIND_MAX ||
	    types > KT_BTF_FIND_MAX)
		return 0;
	/* The first string is the empty one, of what has no name. */
	if (data[strings - h.str_len] || data[strings - 1])
		return 0;
	return types > strings ? types : strings;
}

bool kt_btf_find(const unsigned char *data, size_t len, size_t *at,
		 size_t *bytes)
{
	const unsigned char *p = data;
	size_t best = 0;

	while ((p = memmem(p, len - (size_t)(p - data), magic,
			   sizeof(magic)))) {
		const size_t n = kt_btf_bytes(p, len - (size_t)(p - data));

		if (n > best) {
			best = n;
			*at = (size_t)(p - data);
			*bytes = n;
		}
		p += n ? n : sizeof(magic);
	}
	return best > 0;
}

bool kt_btf_names(const unsigned char *data, size_t len, const char *name)
{
	struct header h;

	if (!kt_btf_bytes(data, len) || !read_header(data, len, &h))
		return false;
	data += (size_t)h.hdr_len + h.str_off;
	/* Both end in a NUL, and the string before this one does. */
	for (const unsigned char *p = data;
	     (p = memmem(p, h.str_len - (size_t)(p - data), name,
			 strlen(name) + 1));
	     p++)
		if (p > data && !p[-1])
			return true;
	return false;
}
