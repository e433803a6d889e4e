// SPDX-License-Identifier: GPL-2.0-only
/* dump - sched_ext's own dump, from the kernel's trace buffer */
#include "lib/verifier/dump.h"

#include <string.h>

bool kt_dump_last(const char *trace, size_t len, struct kt_buf *out)
{
	static const char event[] = ": sched_ext_dump: ";
	static const char begin[] = " triggered exit kind ";
	const size_t start = out->len;
	bool found = false;

	for (size_t at = 0; at < len;) {
		const char *line = trace + at;
		const char *lf = memchr(line, '\n', len - at);
		const size_t part = lf ? (size_t)(lf - line) : len - at;
		const char *text = memmem(line, part, event, strlen(event));

		at += part + 1;
		if (!text)
			continue;
		text += strlen(event);
		if (memmem(text, (size_t)(line + part - text), begin,
			   strlen(begin))) {
			out->len = start;
			found = true;
		}
		if (!found)
			continue;
		kt_buf_add(out, text, (size_t)(line + part - text));
		kt_buf_addc(out, '\n');
	}
	return found;
}
