// SPDX-License-Identifier: GPL-2.0-only
/* pagewalk: what the CPU does with an address, by Intel SDM 3A 4.5 */
#include "lib/bpf/pagewalk.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define P UINT64_C(1)
#define PS UINT64_C(0x80)
#define NX (UINT64_C(1) << 63)

/* Six pages of RAM at 0, and as many at 4 GiB. */
static unsigned char low[6 * 4096], high[6 * 4096];

static void put(uint64_t pa, uint64_t val)
{
	memcpy(pa >> 32 ? high + (pa - (UINT64_C(1) << 32)) : low + pa, &val,
	       sizeof(val));
}

struct entry {
	uint64_t pa, val;
};

struct walk {
	const char *what;
	unsigned int levels;
	uint64_t root, va;
	struct entry entries[5];
	bool good;
	uint64_t pa, room;
};

/* Index 0x100 of each table is the first of the upper half. */
static const struct walk walks[] = {
	{ "a page of 4 KiB",
	  4,
	  0,
	  UINT64_C(0xffff800000201234),
	  { { 0x800, 0x1000 | P },
	    { 0x1000, 0x2000 | P },
	    { 0x2008, 0x3000 | P },
	    { 0x3008, 0x7000 | P } },
	  true,
	  0x7234,
	  0x1000 - 0x234 },
	{ "the same below five levels",
	  5,
	  0,
	  UINT64_C(0xff00000000201234),
	  { { 0x800, 0x1000 | P },
	    { 0x1000, 0x2000 | P },
	    { 0x2000, 0x3000 | P },
	    { 0x3008, 0x4000 | P },
	    { 0x4008, 0x7000 | P } },
	  true,
	  0x7234,
	  0x1000 - 0x234 },
	{ "tables above 4 GiB, and bits that are no address",
	  4,
	  UINT64_C(0x7ff0000100000fff),
	  UINT64_C(0xffff800000000000),
	  { { UINT64_C(0x100000800), UINT64_C(0x100001000) | P | NX | 0xf7e },
	    { UINT64_C(0x100001000), UINT64_C(0x100002000) | P | 0xf00 },
	    { UINT64_C(0x100002000), UINT64_C(0x100003000) | P | NX },
	    { UINT64_C(0x100003000),
	      UINT64_C(0x000ffffffffff000) | P | PS | NX | 0xf00 } },
	  true,
	  UINT64_C(0x000ffffffffff000),
	  0x1000 },
	{ "a page of 2 MiB, whose low bits are no address",
	  4,
	  0,
	  UINT64_C(0xffff8000003fffff),
	  { { 0x800, 0x1000 | P },
	    { 0x1000, 0x2000 | P },
	    { 0x2008, UINT64_C(0x40000000) | 0x1fe000 | P | PS } },
	  true,
	  0x401fffff,
	  1 },
	{ "a page of 1 GiB",
	  4,
	  0,
	  UINT64_C(0xffff800040000001),
	  { { 0x800, 0x1000 | P },
	    { 0x1008, UINT64_C(0x80000000) | 0x3fffe000 | P | PS } },
	  true,
	  0x80000001,
	  0x3fffffff },
	{ "the last byte there is",
	  4,
	  0,
	  ~UINT64_C(0),
	  { { 0xff8, 0x1000 | P },
	    { 0x1ff8, 0x2000 | P },
	    { 0x2ff8, 0x3000 | P },
	    { 0x3ff8, 0x5000 | P } },
	  true,
	  0x5fff,
	  1 },
	{ "a page of 512 GiB, which there is not",
	  4,
	  0,
	  UINT64_C(0xffff800000000000),
	  { { 0x800, 0x1000 | P | PS } },
	  false,
	  0,
	  0 },
	{ "a table that is not present",
	  4,
	  0,
	  UINT64_C(0xffff800000000000),
	  { { 0x800, 0x1000 | P }, { 0x1000, 0x2000 } },
	  false,
	  0,
	  0 },
	{ "a page that is not present",
	  4,
	  0,
	  UINT64_C(0xffff800000000000),
	  { { 0x800, 0x1000 | P },
	    { 0x1000, 0x2000 | P },
	    { 0x2000, 0x3000 | P },
	    { 0x3000, 0x4000 | PS | 2 } },
	  false,
	  0,
	  0 },
	{ "a table outside of the memory",
	  4,
	  0,
	  UINT64_C(0xffff800000000000),
	  { { 0x800, UINT64_C(0x7000000) | P } },
	  false,
	  0,
	  0 },
	{ "a root outside of the memory",
	  4,
	  0x6000,
	  UINT64_C(0xffff800000000000),
	  { { 0, 0 } },
	  false,
	  0,
	  0 },
	{ "an address that is not canonical with four levels",
	  4,
	  0,
	  UINT64_C(0xff80800000000000),
	  { { 0x800, 0x1000 | P } },
	  false,
	  0,
	  0 },
	{ "one that is not with five",
	  5,
	  0,
	  UINT64_C(0x7f80800000000000),
	  { { 0x800, 0x1000 | P } },
	  false,
	  0,
	  0 },
	{ "three levels", 3, 0, 0, { { 0, 0x1000 | P } }, false, 0, 0 },
	{ "six levels", 6, 0, 0, { { 0, 0x1000 | P } }, false, 0, 0 },
};

static void try(const struct walk *w, const struct kt_ram *ram)
{
	const struct kt_page_tables pt = { ram, w->root, w->levels };
	uint64_t pa = 0, room = 0;
	bool good;

	memset(low, 0, sizeof(low));
	memset(high, 0, sizeof(high));
	for (int i = 0; i < 5; i++)
		if (w->entries[i].val)
			put(w->entries[i].pa, w->entries[i].val);
	good = kt_page_walk(&pt, w->va, &pa, &room);
	ok(good == w->good && pa == w->pa && room == w->room,
	   "%s: %#llx and %#llx bytes", w->what, (unsigned long long)pa,
	   (unsigned long long)room);
	/* And that it is each of the entries that leads there. */
	for (int i = 0; w->good && i < 5 && w->entries[i].val; i++) {
		put(w->entries[i].pa, w->entries[i].val & ~P);
		if (kt_page_walk(&pt, w->va, &pa, &room))
			ok(false, "entry %d is looked at", i);
		put(w->entries[i].pa, w->entries[i].val);
	}
}

int main(void)
{
	struct kt_ram *ram = calloc(1, sizeof(*ram));

	if (!ram)
		return 1;
	ram->nr = 2;
	ram->part[0] = (struct kt_ram_part){ 0, sizeof(low), low };
	ram->part[1] =
		(struct kt_ram_part){ UINT64_C(1) << 32, sizeof(high), high };
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		try(&walks[i], ram);
	ok(kt_page_canonical(UINT64_C(0x00007fffffffffff), 4) &&
		   !kt_page_canonical(UINT64_C(0x0000800000000000), 4) &&
		   !kt_page_canonical(UINT64_C(0xffff7fffffffffff), 4) &&
		   kt_page_canonical(UINT64_C(0xffff800000000000), 4),
	   "four levels have 48 bits");
	ok(kt_page_canonical(UINT64_C(0x00ffffffffffffff), 5) &&
		   !kt_page_canonical(UINT64_C(0x0100000000000000), 5) &&
		   !kt_page_canonical(UINT64_C(0xfeffffffffffffff), 5) &&
		   kt_page_canonical(UINT64_C(0xff00000000000000), 5),
	   "five have 57");
	free(ram);
	return tap_end();
}
