// SPDX-License-Identifier: GPL-2.0-only
/* pagewalk - x86-64 page tables in a guest's memory */
#include "lib/bpf/pagewalk.h"

#define PRESENT (UINT64_C(1) << 0)
#define PAGE_SIZE_BIT (UINT64_C(1) << 7) /* PS: the entry maps a large page */
#define ENTRY_BITS 9 /* of the address, that a table takes */
#define ENTRY_BYTES 8
#define PAGE_SHIFT 12
#define LARGEST_SHIFT 30 /* there are no pages of 512 GiB */

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + (level - 1) * ENTRY_BITS;
}

bool kt_page_canonical(uint64_t va, unsigned int levels)
{
	const int64_t high = (int64_t)va >> (shift_of(levels + 1) - 1);

	return high == 0 || high == -1;
}

bool kt_page_walk(const struct kt_page_tables *pt, uint64_t va, uint64_t *pa,
		  uint64_t *room)
{
	uint64_t table = pt->root & KT_PAGE_PHYS_MASK;

	if (pt->levels < 4 || pt->levels > 5 ||
	    !kt_page_canonical(va, pt->levels))
		return false;
	for (unsigned int level = pt->levels; level; level--) {
		const unsigned int shift = shift_of(level);
		const uint64_t index = va >> shift & ((1 << ENTRY_BITS) - 1);
		const uint64_t mask = (UINT64_C(1) << shift) - 1;
		uint64_t entry;

		if (!kt_ram_read(pt->ram, table + index * ENTRY_BYTES, &entry,
				 sizeof(entry)) ||
		    !(entry & PRESENT))
			return false;
		if (level == 1 || (entry & PAGE_SIZE_BIT)) {
			/* The bit is reserved above, and 0 there. */
			if (shift > LARGEST_SHIFT)
				return false;
			*pa = (entry & KT_PAGE_PHYS_MASK & ~mask) | (va & mask);
			*room = mask + 1 - (va & mask);
			return true;
		}
		table = entry & KT_PAGE_PHYS_MASK;
	}
	return false;
}
