// SPDX-License-Identifier: GPL-2.0-only
/* dlopen-note: whatever a note says, it is a list of names within its limits */
#include "lib/dlopen-note.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_dlopens list = { 0 };

	for (int times = 0; times < 2; times++)
		kt_dlopen_note(&list, (const char *)data, size);
	if (list.nr > KT_DLOPEN_MAX)
		abort();
	for (size_t i = 0; i < list.nr; i++) {
		size_t nr = 0;

		for (; list.v[i].sonames[nr]; nr++)
			if (!strlen(list.v[i].sonames[nr]))
				abort();
		if (!nr || nr > KT_DLOPEN_MAX_NAMES)
			abort();
	}
	kt_dlopens_release(&list);
	return 0;
}
