/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bpf/pagewalk.h - x86-64 page tables in a guest's memory
 *
 * Intel SDM volume 3A, 4.5 "4-level paging and 5-level paging": what the CPU
 * does with an address. Access rights are not looked at; we only read.
 */
#ifndef KT_BPF_PAGEWALK_H
#define KT_BPF_PAGEWALK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/vm/ram.h"

/*
 * Bits 12 to 51 of an entry or of CR3: the address of a table. Confidential
 * guests keep their C bit among them; those have memory we cannot read anyway.
 */
#define KT_PAGE_PHYS_MASK UINT64_C(0x000ffffffffff000)

/* The tables below @root; levels is 4 or 5. */
struct kt_page_tables {
	const struct kt_ram *ram;
	uint64_t root; /* guest-physical; low and high bits are ignored */
	unsigned int levels;
};

/* Are the bits above the highest that is translated all equal to it? */
bool kt_page_canonical(uint64_t va, unsigned int levels);

/*
 * Translate @va. True: *pa is its guest-physical address and *room the bytes
 * from there to the end of its page of 4 KiB, 2 MiB or 1 GiB. False: it is not
 * mapped, or not canonical, or a table lies outside of the memory.
 */
bool kt_page_walk(const struct kt_page_tables *pt, uint64_t va, uint64_t *pa,
		  uint64_t *room);

#endif
