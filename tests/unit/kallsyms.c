// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms: symbols are found in every form that kernels have written them
 *
 * "kallsyms make FORM OUT" writes a small kernel of that form, for the fuzzer;
 * form "hostile" is bytes of which nearly all look like names.
 */
#include "lib/kallsyms.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"
#include "tests/unit/kallsyms.h"
#include "tests/unit/tap.h"

static enum kt_status find(const struct kt_buf *b, struct kt_kallsyms *k,
			   struct kt_error *err)
{
	uint64_t steps = KT_KALLSYMS_MAX_STEPS;

	return kt_kallsyms_find((const unsigned char *)b->data, b->len, TEXT,
				"kernel", &steps, k, err);
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
		char *exact = kt_xrealloc(NULL, len ? len : 1);
		struct kt_buf part = { .data = exact, .len = len };

		memcpy(exact, b.data, len);
		if (!find(&part, &none, &err) || err.status != KT_DATA ||
		    none.syms)
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

/*
 * Tokens, and then @bytes of which each eighth begins 639 symbols by its looks:
 * names of 127 tokens, all good, until one is empty.
 */
static void make_hostile(struct kt_buf *b, size_t bytes)
{
	add_tokens(b, 8);
	for (size_t i = 0; i < bytes / 8; i++)
		put(b, i % 1024 < 16 ? 0 : 0x027f, 8);
}

static void test_hostile(void)
{
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };
	uint64_t steps = 1 << 22;

	make_hostile(&b, 1 << 17);
	ok(kt_kallsyms_find((const unsigned char *)b.data, b.len, TEXT,
			    "kernel", &steps, &k, &err) == KT_DATA &&
		   !steps && strstr(err.msg, "too much"),
	   "a search that would not end is given up: %s", err.msg);
	b.len = 0;
	make(&forms[3], &b);
	ok(kt_kallsyms_find((const unsigned char *)b.data, b.len, TEXT,
			    "kernel", &steps, &k, &err) == KT_DATA,
	   "and so is the next one of the same kernel: %s", err.msg);
	steps = 1 << 22;
	err.msg[0] = '\0';
	ok(!kt_kallsyms_find((const unsigned char *)b.data, b.len, TEXT,
			     "kernel", &steps, &k, &err) &&
		   steps > (1 << 22) - 100000,
	   "a good one is found in few steps: %s", err.msg);
}

/* The last, since a signal is not forgotten. */
static void test_stopped(void)
{
	struct kt_kallsyms k KT_CLEANUP(kt_kallsyms_release) = { 0 };
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	make_hostile(&b, 1 << 17);
	if (kt_stop_catch(&err) || raise(SIGTERM))
		abort();
	ok(find(&b, &k, &err) == KT_FAIL && strstr(err.msg, "SIGTERM"),
	   "a signal ends the search: %s", err.msg);
}

static int by_hand(const char *name, const char *to)
{
	struct kt_buf b KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err;

	if (!strcmp(name, "hostile"))
		make_hostile(&b, 1 << 13);
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
	test_hostile();
	test_stopped();
	return tap_end();
}
