// SPDX-License-Identifier: GPL-2.0-only
/* kallsyms - the symbols that a running kernel carries along */
#include "lib/kallsyms.h"

#include <ctype.h>
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define BASE_BYTES 8 /* of relative_base */
#define NR_TOKENS 256
#define INDEX_BYTES (NR_TOKENS * sizeof(uint16_t))
#define MAX_TOKEN 512
#define MARKED 256	   /* names from one marker to the next */
#define SAMPLE 16	   /* names that are looked at before all are */
#define MAX_LENGTH_BYTES 2 /* of a name's length: seven bits each */

/* The kernel, and what has been found of it so far, as offsets in it. */
struct tables {
	const unsigned char *data;
	size_t len;
	uint64_t addr;
	size_t align;	      /* of every table: 8, or 4 since 7.0 */
	size_t tokens, index; /* token_table, token_index */
	size_t num_syms, names;
	uint32_t nr;
	uint64_t left;	    /* steps that may still be taken */
	struct kt_buf name; /* room for one */
};

/* How addresses are written down. */
enum encoding { RELATIVE, PERCPU_ABSOLUTE, PLACE, NR_ENCODINGS };

void kt_kallsyms_release(struct kt_kallsyms *k)
{
	free(k->syms);
	free(k->names);
	*k = (struct kt_kallsyms){ 0 };
}

static void tables_release(struct tables *t)
{
	kt_buf_release(&t->name);
}

/* Take @steps; false if none are left then, or if told to stop. */
static bool spend(struct tables *t, uint64_t steps)
{
	t->left -= steps < t->left ? steps : t->left;
	return t->left && !kt_stop_signal();
}

static uint16_t u16(const struct tables *t, size_t at)
{
	uint16_t val;

	memcpy(&val, t->data + at, sizeof(val));
	return le16toh(val);
}

static uint32_t u32(const struct tables *t, size_t at)
{
	uint32_t val;

	memcpy(&val, t->data + at, sizeof(val));
	return le32toh(val);
}

static uint64_t u64(const struct tables *t, size_t at)
{
	return u32(t, at) | (uint64_t)u32(t, at + 4) << 32;
}

/* Are @bytes bytes there at offset @at? */
static bool has(const struct tables *t, size_t at, size_t bytes)
{
	return at <= t->len && bytes <= t->len - at;
}

/* Tables are aligned in memory, of which @data need not be the beginning. */
static size_t aligned(const struct tables *t, size_t at)
{
	return at + (-(t->addr + at) & (t->align - 1));
}

static bool is_zero(const struct tables *t, size_t from, size_t to)
{
	while (from < to)
		if (t->data[from++])
			return false;
	return true;
}

/* Where each token begins ascends, from 0. */
static bool is_index(const struct tables *t, size_t at)
{
	uint16_t before = u16(t, at);

	if (before)
		return false;
	for (size_t i = 1; i < NR_TOKENS; i++) {
		const uint16_t begin = u16(t, at + 2 * i);

		if (begin <= before || begin - before > MAX_TOKEN)
			return false;
		before = begin;
	}
	return true;
}

/* Do strings begin from @start where the index at @index says, and end there? */
static bool is_table(struct tables *t, size_t start, size_t index)
{
	size_t end = start;

	for (size_t i = 0; i < NR_TOKENS; i++) {
		const unsigned char *nul;

		if (!spend(t, 1) || end != start + u16(t, index + 2 * i))
			return false;
		nul = memchr(t->data + end, '\0', index - end);
		if (!nul)
			return false;
		end = (size_t)(nul - t->data) + 1;
	}
	return index - end < t->align && is_zero(t, end, index);
}

/* The token table stands right before its index; how long it is, is not told. */
static bool find_table(struct tables *t, size_t index)
{
	const size_t least = u16(t, index + INDEX_BYTES - 2) + 1u;

	for (size_t bytes = least; bytes < least + MAX_TOKEN + t->align;
	     bytes++) {
		if (bytes > index)
			return false;
		if (aligned(t, index - bytes) != index - bytes ||
		    !is_table(t, index - bytes, index))
			continue;
		t->tokens = index - bytes;
		t->index = index;
		return true;
	}
	return false;
}

static const char *token(const struct tables *t, unsigned char c)
{
	return (const char *)t->data + t->tokens +
	       u16(t, t->index + 2 * (size_t)c);
}

/* The tokens of the name at *at, *at being behind it then; 0: there is none. */
static size_t name_tokens(const struct tables *t, size_t *at)
{
	size_t len = 0;

	for (unsigned int i = 0; i < MAX_LENGTH_BYTES; i++) {
		unsigned char byte;

		if (!has(t, *at, 1))
			return 0;
		byte = t->data[(*at)++];
		len |= (size_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			break;
	}
	if (!has(t, *at, len))
		return 0;
	*at += len;
	return len;
}

/* nm(1) puts a question mark where it cannot tell. */
static bool is_type(char c)
{
	return isalpha((unsigned char)c) || c == '?';
}

/* Append the name at *at with its type in front, and a NUL. */
static bool expand(struct tables *t, size_t *at, struct kt_buf *out)
{
	const size_t nr = name_tokens(t, at), start = out->len;

	for (const unsigned char *p = t->data + *at - nr; p < t->data + *at;
	     p++) {
		const char *s = token(t, *p), *end = s;

		while ((unsigned char)*end > ' ' && *end != '\x7f')
			end++;
		spend(t, 1 + (uint64_t)(end - s));
		if (*end)
			return false;
		kt_buf_adds(out, s);
		if (out->len - start > KT_KALLSYMS_MAX_NAME)
			return false;
	}
	if (out->len - start < 2 || !is_type(out->data[start]))
		return false;
	kt_buf_addc(out, '\0');
	return true;
}

/* The end of all names; 0 if they are none, or markers do not follow. */
static size_t walk_names(struct tables *t)
{
	uint32_t *begins = kt_xcalloc(t->nr / MARKED + 1, sizeof(*begins));
	size_t at = t->names, markers;
	bool ok = spend(t, t->nr / MARKED);

	for (uint32_t i = 0; ok && i < t->nr; i++) {
		if (i % MARKED == 0)
			begins[i / MARKED] = (uint32_t)(at - t->names);
		ok = name_tokens(t, &at) != 0 && spend(t, 1);
	}
	markers = aligned(t, at);
	ok = ok && has(t, markers, 4 * ((size_t)t->nr / MARKED + 1));
	for (uint32_t i = 0; ok && i < t->nr; i += MARKED)
		ok = u32(t, markers + (size_t)i / MARKED * 4) ==
		     begins[i / MARKED];
	free(begins);
	return ok ? at : 0;
}

/* Are the first of what would be names such as compilers make? */
static bool are_names(struct tables *t)
{
	size_t at = t->names;

	/* Most are none, and to see their types is cheap. */
	for (unsigned int i = 0; i < SAMPLE; i++) {
		const size_t nr = name_tokens(t, &at);

		if (!spend(t, 1) || !nr || nr > KT_KALLSYMS_MAX_NAME ||
		    !is_type(*token(t, t->data[at - nr])))
			return false;
	}
	at = t->names;
	for (unsigned int i = 0; i < SAMPLE; i++) {
		t->name.len = 0;
		if (!expand(t, &at, &t->name) || !spend(t, 1))
			return false;
	}
	return true;
}

/* num_syms, and the names behind it. */
static bool find_names(struct tables *t)
{
	for (size_t at = aligned(t, 0); has(t, at, 2 * t->align) && spend(t, 1);
	     at += t->align) {
		t->num_syms = at;
		t->nr = u32(t, at);
		t->names = aligned(t, at + 4);
		if (t->nr < KT_KALLSYMS_MIN || t->nr > KT_KALLSYMS_MAX ||
		    !is_zero(t, at + 4, t->names) || !are_names(t))
			continue;
		if (walk_names(t))
			return true;
	}
	return false;
}

static enum kt_status expand_all(struct tables *t, const char *what,
				 struct kt_kallsyms *k, struct kt_error *err)
{
	struct kt_buf names KT_CLEANUP(kt_buf_release) = { 0 };
	size_t at = t->names;

	k->nr = t->nr;
	k->syms = kt_xcalloc(k->nr, sizeof(*k->syms));
	for (size_t i = 0; i < k->nr; i++) {
		const size_t start = names.len;

		if (!expand(t, &at, &names))
			return kt_fail(err, KT_DATA,
				       "\"%s\": symbol %zu has a bad name",
				       what, i);
		if (names.len > KT_KALLSYMS_MAX_NAMES)
			return kt_fail(err, KT_DATA,
				       "\"%s\": more than %zu bytes of names "
				       "of symbols",
				       what, KT_KALLSYMS_MAX_NAMES);
		k->syms[i].type = names.data[start];
		k->syms[i].name = (uint32_t)start + 1;
	}
	k->names_len = names.len;
	k->names = kt_buf_take(&names);
	return KT_OK;
}

static uint64_t address(const struct tables *t, size_t at, uint64_t base,
			enum encoding how)
{
	const uint32_t raw = u32(t, at);
	const int64_t offset = (int32_t)raw;

	switch (how) {
	case PLACE:
		return t->addr + at + (uint64_t)offset;
	case RELATIVE:
		return base + raw;
	case PERCPU_ABSOLUTE:
		return offset >= 0 ? (uint64_t)offset :
				     base - 1 - (uint64_t)offset;
	case NR_ENCODINGS:
		break;
	}
	abort();
}

/*
 * Read the addresses at @offsets, if they are written down that way: they
 * ascend then, and the code of the kernel begins where it is.
 */
static bool decode(const struct tables *t, size_t offsets, size_t base_at,
		   enum encoding how, struct kt_kallsyms *k)
{
	bool anchored = false, ascends = true;
	uint64_t base = 0;

	if (!has(t, offsets, 4 * k->nr))
		return false;
	if (how != PLACE) {
		if (!has(t, base_at, sizeof(base)))
			return false;
		base = u64(t, base_at);
	}
	for (size_t i = 0; i < k->nr; i++) {
		struct kt_kallsym *sym = &k->syms[i];

		sym->addr = address(t, offsets + 4 * i, base, how);
		if (i && sym->addr < k->syms[i - 1].addr)
			return false;
		if (i && u32(t, offsets + 4 * i) < u32(t, offsets + 4 * i - 4))
			ascends = false;
		if (!strcmp(k->names + sym->name, "_stext"))
			anchored = sym->addr - t->addr < t->len;
	}
	/* Two names of one place, and every kernel has some, are 4 less here. */
	return anchored && !(how == PLACE && ascends);
}

static bool decode_any(const struct tables *t, struct kt_kallsyms *k)
{
	const size_t after = aligned(t, t->index + INDEX_BYTES);
	const size_t bytes = 4 * k->nr;
	size_t base;

	for (enum encoding how = RELATIVE; how < NR_ENCODINGS; how++)
		if (decode(t, after, aligned(t, after + bytes), how, k))
			return true;
	/* Before 6.4, when all of that stood in front of the names. */
	if (t->num_syms < BASE_BYTES + bytes + t->align)
		return false;
	base = t->num_syms - BASE_BYTES;
	for (enum encoding how = RELATIVE; how < PLACE; how++)
		if (decode(t,
			   base - (bytes + t->align - 1) / t->align * t->align,
			   base, how, k))
			return true;
	return false;
}

static bool find_tables(struct tables *t, size_t align)
{
	t->align = align;
	for (size_t at = aligned(t, 0); has(t, at, INDEX_BYTES) && spend(t, 1);
	     at += t->align)
		if (is_index(t, at) && find_table(t, at) && find_names(t))
			return true;
	return false;
}

enum kt_status kt_kallsyms_find(const unsigned char *data, size_t len,
				uint64_t addr, const char *what,
				uint64_t *steps, struct kt_kallsyms *out,
				struct kt_error *err)
{
	struct tables t KT_CLEANUP(tables_release) = {
		.data = data, .len = len, .addr = addr, .left = *steps
	};
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	const bool found = find_tables(&t, 8) || find_tables(&t, 4);
	enum kt_status st = kt_stop_check(err);

	*steps = t.left;
	if (st)
		return st;
	if (!found)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has no symbols (kallsyms)%s", what,
			       t.left ? "" :
					", or too much that looks like them");
	st = expand_all(&t, what, &k, err);
	if (st)
		return st;
	if (!decode_any(&t, &k))
		return kt_fail(err, KT_DATA,
			       "\"%s\": the addresses of its symbols are "
			       "written in a way that is not known here",
			       what);
	*out = k;
	k = (struct kt_kallsyms){ 0 };
	return KT_OK;
}
