/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/unit/kallsyms.h - the symbols of a small kernel, in every form */
#ifndef KT_TEST_KALLSYMS_H
#define KT_TEST_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/buf.h"

#define NR 600
#define NR_PERCPU 20
#define BAD 1 /* the token that no name may have */
#define TEXT UINT64_C(0xffffffff81000000)

enum how { RELATIVE, PERCPU, PLACE };

/* Which kernels have it, and how it is written. */
struct form {
	const char *name;
	enum how how;
	bool in_front; /* of the names: offsets and base */
	bool seqs;     /* between markers and tokens: 6.2 and 6.3 */
	size_t align;
};

static const struct form forms[] = {
	{ "6.1", PERCPU, true, false, 8 },
	{ "6.3", PERCPU, true, true, 8 },
	{ "6.12", PERCPU, false, false, 8 },
	{ "6.18", RELATIVE, false, false, 8 },
	{ "7.0", PLACE, false, false, 4 },
};

#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static inline void put(struct kt_buf *b, uint64_t val, int bytes)
{
	for (int i = 0; i < bytes; i++)
		kt_buf_addc(b, (char)(val >> (8 * i)));
}

static inline void align(struct kt_buf *b, size_t to)
{
	while (b->len % to)
		kt_buf_addc(b, '\0');
}

/* Symbol 3 has a long name; per-CPU ones come first, with small addresses. */
static inline void symbol(const struct form *f, unsigned int i, char name[400],
			  uint64_t *addr)
{
	const bool percpu = f->how == PERCPU && i < NR_PERCPU;

	*addr = percpu ? i * 64 :
			 TEXT + (i - (f->how == PERCPU) * NR_PERCPU) / 2;
	if (i == NR_PERCPU)
		strcpy(name, "T_stext");
	else
		snprintf(name, 400, "%csym_%u_%0*u", percpu ? 'A' : 't', i,
			 i == 3 ? 200 : 1, i);
}

/* Token 'c' is the letter c; those that no name uses are longer. */
static inline void add_tokens(struct kt_buf *b, size_t to)
{
	struct kt_buf index KT_CLEANUP(kt_buf_release) = { 0 };
	const size_t start = b->len;

	for (int c = 0; c < 256; c++) {
		put(&index, b->len - start, 2);
		if (c == BAD)
			kt_buf_addc(b, ' ');
		else if (c > ' ' && c < 0x7f)
			kt_buf_addc(b, (char)c);
		else
			kt_buf_addf(b, "tok%x", (unsigned int)c);
		kt_buf_addc(b, '\0');
	}
	align(b, to);
	kt_buf_add(b, index.data, index.len);
	align(b, to);
}

static inline void add_offsets(struct kt_buf *b, const struct form *f)
{
	for (unsigned int i = 0; i < NR; i++) {
		char name[400];
		uint64_t addr, val;

		symbol(f, i, name, &addr);
		val = f->how == PLACE	     ? addr - (TEXT + b->len) :
		      f->how == RELATIVE     ? addr - TEXT :
		      addr < NR_PERCPU * 64u ? addr :
					       TEXT - addr - 1;
		put(b, val, 4);
	}
	align(b, f->align);
	if (f->how != PLACE)
		put(b, TEXT, 8);
}

static inline void make(const struct form *f, struct kt_buf *b)
{
	struct kt_buf markers KT_CLEANUP(kt_buf_release) = { 0 };
	size_t start;

	kt_buf_adds(b, "something of a kernel, which comes before...");
	align(b, 8);
	if (f->in_front)
		add_offsets(b, f);
	put(b, NR, 4);
	align(b, f->align);
	start = b->len;
	for (unsigned int i = 0; i < NR; i++) {
		char name[400];
		uint64_t addr;
		size_t len;

		symbol(f, i, name, &addr);
		if (i % 256 == 0)
			put(&markers, b->len - start, 4);
		len = strlen(name);
		if (len > 0x7f)
			kt_buf_addc(b, (char)(0x80 | (len & 0x7f)));
		kt_buf_addc(b, (char)(len > 0x7f ? len >> 7 : len));
		kt_buf_add(b, name, len);
	}
	align(b, f->align);
	kt_buf_add(b, markers.data, markers.len);
	align(b, f->align);
	for (unsigned int i = 0; f->seqs && i < NR * 3; i++)
		kt_buf_addc(b, (char)i);
	align(b, f->align);
	add_tokens(b, f->align);
	if (!f->in_front)
		add_offsets(b, f);
	kt_buf_adds(b, "... and after it");
}

#endif
