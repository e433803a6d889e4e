// SPDX-License-Identifier: GPL-2.0-only
/* hash: the check values of the algorithms, whole files, kept offsets */
#include "lib/hash.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define SHA_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_EMPTY \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA_MILLION_A \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void test_sums(void)
{
	struct kt_sha256 *sum = kt_sha256_new();
	char sha[KT_SHA256_SIZE], crc[KT_CRC32_SIZE];

	kt_sha256_add(sum, "a", 1);
	kt_sha256_add(sum, "bc", 2);
	kt_sha256_final(sum, sha);
	same_str(sha, SHA_ABC, "FIPS 180-2's \"abc\", in two parts");
	kt_sha256_final(kt_sha256_new(), sha);
	same_str(sha, SHA_EMPTY, "nothing has a sum too");
	kt_crc32_hex("123456789", 9, crc);
	same_str(crc, "cbf43926", "CRC-32/ISO-HDLC's check value");
	kt_crc32_hex("", 0, crc);
	same_str(crc, "00000000", "zeros are kept");
}

static void test_file(void)
{
	char sha[KT_SHA256_SIZE] = "", block[1000];
	FILE *f = tmpfile();
	struct kt_error err;
	uint64_t size = 7;

	if (!f)
		abort();
	memset(block, 'a', sizeof(block));
	for (int i = 0; i < 1000; i++)
		fwrite(block, 1, sizeof(block), f);
	fflush(f);
	ok(!kt_sha256_fd(fileno(f), "f", sha, &size, &err), "a file is summed");
	same_str(sha, SHA_MILLION_A, "FIPS 180-2's million of a");
	same_u64(size, 1000000, "its size is told");
	same_u64((unsigned long long)lseek(fileno(f), 0, SEEK_CUR), 1000000,
		 "its offset has not moved");
	fclose(f);
	size = 7;
	ok(kt_sha256_fd(-1, "f", sha, &size, &err) == KT_SYS && size == 7,
	   "no file is an error that writes nothing");
}

int main(void)
{
	test_sums();
	test_file();
	return tap_end();
}
