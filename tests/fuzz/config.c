// SPDX-License-Identifier: GPL-2.0-only
/* config: any bytes as a file of defaults */
#include "lib/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_config *config KT_CLEANUP(kt_config_freep) = NULL;
	struct kt_error err = { 0 };
	unsigned int line;
	const char *value;

	if (kt_config_parse((const char *)data, size, "/h", &config, &err)) {
		if (strncmp(err.msg, "line ", 5))
			abort();
		return 0;
	}
	value = kt_config_get(config, "engine", &line);
	if (value && (!*value || value[0] == ' ' || !line))
		abort();
	return 0;
}
