// SPDX-License-Identifier: GPL-2.0-only
/* ustar - the header of a file in a tar archive */
#include "lib/ustar.h"

#include <string.h>

struct header {
	char name[KT_USTAR_NAME], mode[8], uid[8], gid[8], size[12], mtime[12];
	char chksum[8], typeflag, linkname[KT_USTAR_NAME], magic[6], version[2];
	char uname[32], gname[32], devmajor[8], devminor[8];
	char prefix[KT_USTAR_PREFIX], pad[12];
};

_Static_assert(sizeof(struct header) == KT_USTAR_BLOCK, "a block");

/* Digits up to a NUL at the field's end. */
static void octal(char *field, size_t size, uint64_t val)
{
	for (size_t i = size - 1; i-- > 0; val >>= 3)
		field[i] = (char)('0' + (val & 7));
}

static void text(char *field, size_t size, const char *val)
{
	if (val)
		memcpy(field, val, strnlen(val, size));
}

void kt_ustar_header(const struct kt_ustar *file,
		     unsigned char block[KT_USTAR_BLOCK])
{
	struct header h = { .typeflag = file->type,
			    .magic = "ustar",
			    .version = { '0', '0' } };
	uint64_t sum = 0;

	text(h.name, sizeof(h.name), file->name);
	text(h.linkname, sizeof(h.linkname), file->link);
	text(h.prefix, sizeof(h.prefix), file->prefix);
	octal(h.mode, sizeof(h.mode), file->mode & 0777);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), file->size);
	octal(h.mtime, sizeof(h.mtime), file->mtime);
	memset(h.chksum, ' ', sizeof(h.chksum));
	memcpy(block, &h, sizeof(h));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += block[i];
	/* Six digits, a NUL, and the space that is there. */
	octal(h.chksum, sizeof(h.chksum) - 1, sum);
	h.chksum[6] = '\0';
	memcpy(block, &h, sizeof(h));
}

size_t kt_ustar_pad(uint64_t size)
{
	return (size_t)(-size & (KT_USTAR_BLOCK - 1));
}
