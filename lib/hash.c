// SPDX-License-Identifier: GPL-2.0-only
/* hash - sha256 by nettle, crc32 by zlib */
#include "lib/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <nettle/sha2.h>
#include <zlib.h>

#include "lib/xalloc.h"

#define CHUNK ((size_t)256 << 10)

struct kt_sha256 {
	struct sha256_ctx ctx;
};

struct kt_sha256 *kt_sha256_new(void)
{
	struct kt_sha256 *sum = kt_xcalloc(1, sizeof(*sum));

	sha256_init(&sum->ctx);
	return sum;
}

void kt_sha256_add(struct kt_sha256 *sum, const void *data, size_t len)
{
	sha256_update(&sum->ctx, len, data);
}

void kt_sha256_final(struct kt_sha256 *sum, char out[KT_SHA256_SIZE])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(&sum->ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	free(sum);
}

enum kt_status kt_sha256_fd(int fd, const char *what, char out[KT_SHA256_SIZE],
			    uint64_t *size, struct kt_error *err)
{
	char *buf KT_CLEANUP(kt_freep) = kt_xcalloc(1, CHUNK);
	struct kt_sha256 *sum = kt_sha256_new();
	uint64_t total = 0;

	for (;;) {
		ssize_t n = pread(fd, buf, CHUNK, (off_t)total);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(sum);
			return kt_fail_errno(err, "cannot read \"%s\"", what);
		}
		if (!n)
			break;
		kt_sha256_add(sum, buf, (size_t)n);
		total += (uint64_t)n;
	}
	kt_sha256_final(sum, out);
	if (size)
		*size = total;
	return KT_OK;
}

void kt_crc32_hex(const void *data, size_t len, char out[KT_CRC32_SIZE])
{
	const uLong crc = crc32_z(crc32_z(0, NULL, 0), data, len);

	snprintf(out, KT_CRC32_SIZE, "%08lx", crc);
}
