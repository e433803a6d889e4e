/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/hash.h - sha256 by nettle, crc32 by zlib, both as lower-case hex */
#ifndef KT_HASH_H
#define KT_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_SHA256_SIZE 65 /* hex and NUL */
#define KT_CRC32_SIZE 9

struct kt_sha256;

/* A running sum the caller owns; kt_sha256_final() frees it. */
struct kt_sha256 *kt_sha256_new(void);
void kt_sha256_add(struct kt_sha256 *sum, const void *data, size_t len);
void kt_sha256_final(struct kt_sha256 *sum, char out[KT_SHA256_SIZE]);

/* Of all of the file open at @fd, from its start; the offset is not moved. */
enum kt_status kt_sha256_fd(int fd, const char *what, char out[KT_SHA256_SIZE],
			    uint64_t *size, struct kt_error *err) KT_MUST_CHECK;

/* CRC-32/ISO-HDLC, "%08x": what metadata.json calls a hash. */
void kt_crc32_hex(const void *data, size_t len, char out[KT_CRC32_SIZE]);

#endif
