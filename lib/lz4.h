/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/lz4.h - LZ4 blocks and the frames kernels are packed in
 *
 * "lz4 -l" writes legacy frames (lz4_Frame_format.md, "Legacy frame"), which
 * Linux uses for itself and nobody else does any more: a magic number, then
 * blocks that each say how long they are. There is no check sum.
 */
#ifndef KT_LZ4_H
#define KT_LZ4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_LZ4_LEGACY_MAGIC UINT32_C(0x184c2102)
#define KT_LZ4_MAX_BLOCK ((size_t)8 << 20) /* unpacked, of a legacy frame */

/* The longest a block of that size can be when it is packed. */
#define KT_LZ4_MAX_PACKED (KT_LZ4_MAX_BLOCK + KT_LZ4_MAX_BLOCK / 255 + 16)

/*
 * Unpack one block (lz4_Block_format.md) of @len bytes at @in to @out, where
 * there is room for @size. False: it is damaged, or larger than that; @out then
 * holds an undefined part. *out_len bytes have been written otherwise.
 */
bool kt_lz4_block(const unsigned char *in, size_t len, unsigned char *out,
		  size_t size, size_t *out_len);

#endif
