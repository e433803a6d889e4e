// SPDX-License-Identifier: GPL-2.0-only
/* ram - a guest's memory, as the host sees it */
#include "lib/vm/ram.h"

#include <string.h>

/* The part that holds @gpa, or NULL. */
static const struct kt_ram_part *find(const struct kt_ram *ram, uint64_t gpa)
{
	size_t low = 0, high = ram->nr;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const struct kt_ram_part *p = &ram->part[mid];

		if (gpa < p->gpa)
			high = mid;
		else if (gpa - p->gpa >= p->bytes)
			low = mid + 1;
		else
			return p;
	}
	return NULL;
}

bool kt_ram_read(const struct kt_ram *ram, uint64_t gpa, void *out, size_t len)
{
	unsigned char *to = out;
	size_t done = 0;

	/* First whether all of it is there. */
	for (int copy = 0; copy <= 1; copy++)
		for (done = 0; done < len;) {
			const struct kt_ram_part *p = find(ram, gpa + done);
			uint64_t room, n = len - done;

			if (!p || gpa + done < gpa)
				return false;
			room = p->bytes - (gpa + done - p->gpa);
			if (n > room)
				n = room;
			if (copy)
				memcpy(to + done,
				       p->map + (gpa + done - p->gpa), n);
			done += n;
		}
	return true;
}
