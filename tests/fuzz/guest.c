// SPDX-License-Identifier: GPL-2.0-only
/* guest: whatever comes on the control port, it ends in a stage or an error */
#include "lib/vm/guest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how the rest is cut into reads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const argv[] = { "true", NULL };
	static const struct kt_job job = { .argv = argv };
	const size_t step = size ? (size_t)data[0] + 1 : 1;
	struct kt_guest g KT_CLEANUP(kt_guest_release) = { 0 };
	enum kt_status st = KT_OK;
	struct kt_error err;

	if (kt_guest_init(&g, &job, NULL, NULL, &err))
		abort();
	kt_guest_ping(&g);
	for (size_t at = 1; !st && at < size; at += step)
		st = kt_guest_feed(&g, data + at,
				   size - at < step ? size - at : step, &err);
	if (g.status < 0 || g.status > 255)
		abort();
	if (g.stage >= KT_GUEST_RUNNING && g.stage != KT_GUEST_FAILED &&
	    !g.started_ns)
		abort();
	return 0;
}
