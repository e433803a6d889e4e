// SPDX-License-Identifier: GPL-2.0-only
/* fuzz kconfig: what is taken from a .config is the same when written again */
#include "lib/kconfig.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_kconfig *cfg KT_CLEANUP(kt_kconfig_freep) = NULL;
	struct kt_kconfig *none KT_CLEANUP(kt_kconfig_freep) = NULL;
	struct kt_kconfig *again KT_CLEANUP(kt_kconfig_freep) = NULL;
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf left KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	if (kt_kconfig_parse((const char *)data, size, &cfg, &err))
		return 0;
	if (kt_kconfig_parse("", 0, &none, &err) ||
	    kt_kconfig_unmet(cfg, cfg, &left) || left.len)
		abort();
	kt_kconfig_unmet(cfg, none, &text);
	kt_buf_adds(&text, "");
	/* All that is not off, as lines: parsed, they are what they were. */
	if (kt_kconfig_parse(text.data, text.len, &again, &err) ||
	    kt_kconfig_unmet(cfg, again, &left) ||
	    kt_kconfig_unmet(again, cfg, &left))
		abort();
	return 0;
}
