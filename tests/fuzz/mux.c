// SPDX-License-Identifier: GPL-2.0-only
/* fuzz mux: whatever a guest writes, what the host keeps is bounded */
#include "lib/mux.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how the rest is cut, the second what is done between. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t step = size ? (size_t)data[0] + 1 : 1;
	struct kt_mux *m = malloc(sizeof(*m));
	unsigned int turn = size > 1 ? data[1] : 0;
	bool good = true;

	if (!m)
		abort();
	kt_mux_init(m, false, 0);
	for (size_t at = 2; good && at < size; at += step, turn++) {
		good = kt_mux_feed(m, (const char *)data + at,
				   size - at < step ? size - at : step);
		for (int i = 0; good && i < KT_MUX_NR; i++) {
			struct kt_mux_stream *s = &m->stream[i];
			const enum kt_mux_port port = (enum kt_mux_port)i;

			if (s->len + s->owed > KT_MUX_WINDOW ||
			    s->off + s->len > KT_MUX_WINDOW ||
			    s->credit > KT_MUX_WINDOW)
				abort();
			if ((turn & 1) && s->len)
				kt_mux_take(m, port, s->len);
			if ((turn & 2) && kt_mux_room(m, port))
				kt_mux_put(m, port, "x", 1);
		}
		if (turn & 4)
			kt_mux_sent(m, m->out_len);
	}
	if (good != !m->broken || m->out_len > sizeof(m->out))
		abort();
	free(m);
	return 0;
}
