// SPDX-License-Identifier: GPL-2.0-only
/* ustar - headers that others read as they were meant */
#include "lib/ustar.h"

#include <string.h>

#include "tests/unit/tap.h"

static void test_header(void)
{
	const struct kt_ustar file = { .type = '0',
				       .prefix = "dir",
				       .name = "file",
				       .mode = 0100755,
				       .size = KT_USTAR_MAX_SIZE,
				       .mtime = 1 };
	unsigned char b[KT_USTAR_BLOCK];
	unsigned int sum = 0;
	char want[8];

	kt_ustar_header(&file, b);
	same_str((char *)b, "file", "the name");
	same_str((char *)b + 345, "dir", "the prefix");
	same_str((char *)b + 100, "0000755", "the mode, and no more of it");
	same_str((char *)b + 124, "77777777777", "the size");
	same_str((char *)b + 136, "00000000001", "the time");
	same_str((char *)b + 257, "ustar", "the magic");
	for (int i = 0; i < KT_USTAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : b[i];
	snprintf(want, sizeof(want), "%06o", sum);
	same_str((char *)b + 148, want, "the sum of all other bytes");
	ok(b[155] == ' ', "and a space");
}

static void test_names(void)
{
	char name[KT_USTAR_NAME + 2];
	struct kt_ustar file = { .type = '2', .name = name, .link = name };
	unsigned char b[KT_USTAR_BLOCK];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	kt_ustar_header(&file, b);
	ok(!memcmp(b, name, KT_USTAR_NAME) && b[KT_USTAR_NAME] == '0',
	   "a name may fill its field, and no more");
	ok(!memcmp(b + 157, name, KT_USTAR_NAME) && b[257] == 'u',
	   "so may a link");
}

int main(void)
{
	test_header();
	test_names();
	same_u64(kt_ustar_pad(0), 0, "nothing follows an empty file");
	same_u64(kt_ustar_pad(1), 511, "a block is filled");
	same_u64(kt_ustar_pad(512), 0, "a whole one is not");
	return tap_end();
}
