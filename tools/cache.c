// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-cache - keep built kernels, and find them again */
#include "tools/cache/cache.h"

#include <stdio.h>

#include "lib/dirs.h"
#include "lib/kconfig.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

enum kt_status kt_cache_of_user(char crc[KT_CRC32_SIZE], struct kt_cache **out,
				struct kt_error *err)
{
	char *root KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs dirs;
	enum kt_status st;

	kt_tool_dirs(&dirs);
	st = kt_dir_cache(&dirs, &root, err);
	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	*out = kt_cache_open(root, crc);
	return KT_OK;
}

void kt_cache_put(const struct kt_buf *text)
{
	if (text->len)
		fwrite(text->data, 1, text->len, stdout);
}

static const struct kt_command *const commands[] = {
	&kt_tool_cache_add,    &kt_tool_cache_get,    &kt_tool_cache_path,
	&kt_tool_cache_list,   &kt_tool_cache_verify, &kt_tool_cache_clean,
	&kt_tool_cache_export, &kt_tool_cache_import, NULL,
};

const struct kt_command kt_tool_cache = {
	.name = "ktstr-cache",
	.summary = "keep built kernels, and find them again",
	.commands = commands,
};
