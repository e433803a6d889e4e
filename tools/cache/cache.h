/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/cache/cache.h - what the subcommands of ktstr-cache share */
#ifndef KT_TOOLS_CACHE_H
#define KT_TOOLS_CACHE_H

#include "lib/buf.h"
#include "lib/cache.h"
#include "lib/hash.h"
#include "lib/options.h"

/* The option that all have. */
#define KT_CACHE_TEXT                                         \
	{                                                     \
		.name = "text", .letter = 't',                \
		.help = "print for people instead of records" \
	}

/* The subcommands: one file each, but for path, which is with get. */
extern const struct kt_command kt_tool_cache_add, kt_tool_cache_clean,
	kt_tool_cache_export, kt_tool_cache_get, kt_tool_cache_import,
	kt_tool_cache_list, kt_tool_cache_path, kt_tool_cache_verify;

/*
 * The cache that the environment names; @crc becomes the sum of the fragment
 * that kernels are built with now. The caller frees *out. KT_FAIL: there is no
 * home to have one in.
 */
enum kt_status kt_cache_of_user(char crc[KT_CRC32_SIZE], struct kt_cache **out,
				struct kt_error *err) KT_MUST_CHECK;

/* Write @text to standard output; kt_tool_main() sees whether it could be. */
void kt_cache_put(const struct kt_buf *text);

#endif
