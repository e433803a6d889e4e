// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms: symbols are found in every form that kernels have written them
 *
 * "kallsyms make FORM OUT" writes a small kernel of that form, for the fuzzer.
 */
#include "lib/kallsyms.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

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

static void put(struct kt_buf *b, uint64_t val, int bytes)
{
	for (int i = 0; i < bytes; i++)
		kt_buf_addc(b, (char)(val >> (8 * i)));
}

static void align(struct kt_buf *b, size_t to)
{
	while (b->len % to)
		kt_buf_addc(b, '\0');
}

/* Symbol 3 has a long name; per-CPU ones come first, with small addresses. */
static void symbol(const struct form *f, unsigned int i, char name[400],
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
static void add_tokens(struct kt_buf *b, size_t to)
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

static void add_offsets(struct kt_buf *b, const struct form *f)
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

static void make(const struct form *f, struct kt_buf *b)
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

static enum kt_status find(const struct kt_buf *b, struct kt_kallsyms *k,
			   struct kt_error *err)
{
	return kt_kallsyms_find((const unsigned char *)b->data, b->len, TEXT,
				"kernel", k, err);
}

static bool is_whole(const struct form *f, const struct kt_kallsyms *k)
{
	for (unsigned int i = 0; i < NR && k->nr == NR; i++) {
		char name[400];
		uint64_t addr;

		symbol(f, i, name, &addr);
		if (k->syms[i].addr != addr || k->syms[i].type != name[0] ||
		    strcmp(k->names + k->syms[i].name, name + 1) != 0)
			return false;
	}
	return k->nr == NR;
}

static void test_form(const struct form *f)
{
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	bool all = true;

	make(f, &b);
	ok(!find(&b, &k, &err) && is_whole(f, &k),
	   "every symbol is found as kernel %s has them: %s", f->name, err.msg);

	/* Cut anywhere, in memory that ends there. */
	for (size_t len = 0; len < b.len - strlen("... and after it");
	     len += 7) {
		struct kt_kallsyms none = { 0 };
		struct kt_buf cut KT_CLEANUP(kt_buf_release) = { 0 };
		char *exact = kt_xrealloc(NULL, len ? len : 1);

		memcpy(exact, b.data, len);
		if (!kt_kallsyms_find((unsigned char *)exact, len, TEXT,
				      "kernel", &none, &err) ||
		    err.status != KT_DATA || none.syms)
			all = false;
		kt_kallsyms_release(&none);
		free(exact);
	}
	ok(all, "none is found in a part of that of %s", f->name);
}

/* What may be changed without the tables being any less findable. */
static void test_refused(void)
{
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	char *p;

	make(&forms[3], &b);
	p = memmem(b.data, b.len, "sym_300_", 8);
	p[3] = BAD;
	ok(find(&b, &k, &err) == KT_DATA && strstr(err.msg, "bad name"),
	   "a name with a space is refused: %s", err.msg);
	p[3] = '_';
	/* Symbol 500 before symbol 499. */
	b.len -= strlen("... and after it") + 8 + 4 * (NR - 500);
	b.data[b.len] = 0;
	b.len += strlen("... and after it") + 8 + 4 * (NR - 500);
	ok(find(&b, &k, &err) == KT_DATA && strstr(err.msg, "addresses"),
	   "addresses that do not ascend are refused: %s", err.msg);
	ok(!k.syms, "nothing is left of what was refused");
}

static int by_hand(const char *name, const char *to)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err;

	for (size_t i = 0; i < NR_FORMS; i++)
		if (!strcmp(name, forms[i].name))
			make(&forms[i], &b);
	return kt_file_replace(AT_FDCWD, to, b.data, b.len, 0666, &err) != 0;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return by_hand(argv[2], argv[3]);
	for (size_t i = 0; i < NR_FORMS; i++)
		test_form(&forms[i]);
	test_refused();
	return tap_end();
}
