// SPDX-License-Identifier: GPL-2.0-only
/* report-text - what became of each profile, for people */
#include <stdlib.h>
#include <string.h>

#include "lib/verifier/fold.h"
#include "lib/verifier/log.h"
#include "lib/verifier/report-parts.h"
#include "lib/vm/console.h"
#include "lib/xalloc.h"

#define NAME_WIDTH 40
#define COLUMN_WIDTH 12

void kt_report_text_add(const struct kt_verify_report *r,
			const struct kt_verified *v)
{
	FILE *out = r->how.out;

	fprintf(out, "\n%s\n", v->label);
	for (size_t i = 0; i < v->nr; i++)
		fprintf(out, "  %-*s verified_insns=%u\n", NAME_WIDTH,
			v->program[i].func, v->program[i].verified_insns);
}

/* What the guest printed, which may hold anything. */
static void write_text(const struct kt_verify_report *r, char *text, size_t len)
{
	if (r->how.terminal)
		len = kt_console_clean(NULL, text, len);
	fwrite(text, 1, len, r->how.out);
	if (len && text[len - 1] != '\n')
		fputc('\n', r->how.out);
}

/* What is too long for that comes as it is: others have more to tell. */
static enum kt_status fold(const char *log, size_t len, FILE *out,
			   struct kt_error *err)
{
	struct kt_error why;
	enum kt_status st = kt_fold(log, len, out, &why);

	if (st == KT_DATA) {
		fwrite(log, 1, len, out);
		return KT_OK;
	}
	if (st)
		*err = why;
	return st;
}

static enum kt_status write_log(const struct kt_verify_report *r,
				const char *log, size_t log_len, bool raw,
				struct kt_error *err)
{
	char *text KT_CLEANUP(kt_freep) = NULL;
	size_t len = 0;
	FILE *mem = kt_xcheck(open_memstream(&text, &len));
	enum kt_status st = KT_OK;

	if (raw)
		fwrite(log, 1, log_len, mem);
	else
		st = fold(log, log_len, mem, err);
	if (fclose(mem))
		kt_oom();
	if (!st)
		write_text(r, text, len);
	return st;
}

static void write_stats(FILE *out, const char *label,
			const struct kt_load_log *log)
{
	if (!log->processed)
		return;
	fprintf(out, "\n%s --- verifier stats ---\n", label);
	fprintf(out, "  processed=%llu  states=%llu/%llu",
		(unsigned long long)log->processed,
		(unsigned long long)log->peak_states,
		(unsigned long long)log->total_states);
	if (log->has_time)
		fprintf(out, "  time=%lluus", (unsigned long long)log->time_us);
	if (log->stack[0])
		fprintf(out, "  stack=%s", log->stack);
	fputc('\n', out);
}

/* libbpf ends at the first program that fails, but a scheduler may go on. */
static enum kt_status write_more(const struct kt_verify_report *r,
				 const struct kt_verified *v,
				 struct kt_error *err)
{
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;
	enum kt_status st = KT_OK;

	for (int i = 0;
	     !st && kt_load_log_next(v->log.data, v->log.len, &at, &log); i++) {
		if (!i)
			continue;
		fprintf(r->how.out, "\n%s --- verifier log of %s ---\n",
			v->label, log.program[0] ? log.program : "a program");
		st = write_log(r, log.text, log.len, false, err);
	}
	return st;
}

enum kt_status kt_report_text_log(const struct kt_verify_report *r,
				  const struct kt_verified *v,
				  struct kt_error *err)
{
	FILE *out = r->how.out;
	struct kt_load_log log;
	enum kt_status st = KT_OK;

	if (v->log.len) {
		kt_load_log_first(v->log.data, v->log.len, &log);
		write_stats(out, v->label, &log);
		fprintf(out, "\n%s --- scheduler log ---\n", v->label);
		if (r->how.raw)
			st = write_log(r, v->log.data, v->log.len, true, err);
		else
			st = write_log(r, log.text, log.len, false, err);
		if (!st && !r->how.raw)
			st = write_more(r, v, err);
	}
	if (!st && v->dump.len) {
		fprintf(out, "\n%s --- sched_ext dump ---\n", v->label);
		st = write_log(r, v->dump.data, v->dump.len, true, err);
	}
	if (!st && v->console.len) {
		fprintf(out, "\n%s --- guest console ---\n", v->label);
		fwrite(v->console.data, 1, v->console.len, out);
	}
	return st;
}

/* @text to the right of a column, whose width counts characters. */
static void write_column(FILE *out, const char *text)
{
	int width = 0;

	for (const char *p = text; *p; p++)
		width += (*p & 0xc0) != 0x80;
	fprintf(out, " %*s%s", width < COLUMN_WIDTH ? COLUMN_WIDTH - width : 0,
		"", text);
}

static void rule(FILE *out, int width)
{
	for (int i = 0; i < width; i++)
		fputc('-', out);
}

static uint64_t insns_of(const struct kt_kept *k, const char *name)
{
	for (size_t i = 0; i < k->nr; i++)
		if (!strcmp(k->v[i].name, name))
			return k->v[i].insns;
	return 0;
}

/* Has a profile before @upto, or a program before @i in it, that name? */
static bool is_first(const struct kt_verify_report *r, size_t upto, size_t i)
{
	const char *name = r->kept[upto].v[i].name;

	for (size_t k = 0; k <= upto; k++) {
		const size_t nr = k < upto ? r->kept[k].nr : i;

		for (size_t at = 0; at < nr; at++)
			if (!strcmp(r->kept[k].v[at].name, name))
				return false;
	}
	return true;
}

static void write_row(const struct kt_verify_report *r, const char *name)
{
	fprintf(r->how.out, "  %-*s", NAME_WIDTH, name);
	for (size_t i = 0; i < r->nr; i++)
		fprintf(r->how.out, " %*llu", COLUMN_WIDTH,
			(unsigned long long)insns_of(&r->kept[i], name));
	fputc('\n', r->how.out);
}

void kt_report_text_summary(const struct kt_verify_report *r)
{
	FILE *out = r->how.out;

	if (r->nr < 2)
		return;
	fprintf(out, "\n--- profile summary ---\n  %-*s", NAME_WIDTH,
		"program");
	for (size_t i = 0; i < r->nr; i++)
		write_column(out, r->kept[i].label);
	fputs("\n  ", out);
	rule(out, NAME_WIDTH);
	for (size_t i = 0; i < r->nr; i++) {
		fputc(' ', out);
		rule(out, COLUMN_WIDTH);
	}
	fputc('\n', out);
	for (size_t k = 0; k < r->nr; k++)
		for (size_t i = 0; i < r->kept[k].nr; i++)
			if (is_first(r, k, i))
				write_row(r, r->kept[k].v[i].name);
}

static void write_change(const struct kt_verify_report *r,
			 const struct kt_kept *k)
{
	const struct kt_baseline *b = r->how.baseline;
	FILE *out = r->how.out;

	fprintf(out, "\ndelta A/B diff: baseline vs %s\n", k->label);
	fprintf(out, "  %-*s %10s %10s %10s\n  ", NAME_WIDTH, "program", "A",
		"B", "delta");
	rule(out, 72);
	fputc('\n', out);
	for (size_t i = 0; i < b->nr; i++) {
		const struct kt_baseline_program *p = &b->v[i];
		const uint64_t then = p->verified_insns;
		uint64_t now;

		if (strcmp(p->profile, k->profile) != 0 ||
		    kt_report_then(r, p->profile, p->program) != p)
			continue;
		now = insns_of(k, p->program);
		fprintf(out, "  %-*s %10llu %10llu %+10lld\n", NAME_WIDTH,
			p->program, (unsigned long long)then,
			(unsigned long long)now, (long long)(then - now));
	}
}

void kt_report_text_changes(const struct kt_verify_report *r)
{
	for (size_t i = 0; r->how.baseline && i < r->nr; i++)
		write_change(r, &r->kept[i]);
}
