// SPDX-License-Identifier: GPL-2.0-only
/* filter - records in, records out, one line at a time */
#include "lib/filter.h"

#include <stdlib.h>
#include <string.h>

#include "lib/stop.h"
#include "lib/xalloc.h"

/* A line and where it came from. len excludes the LF. */
struct line {
	char *text;
	size_t len, cap;
	uint64_t number;
};

static void line_freep(struct line *ln)
{
	free(ln->text);
}

/*
 * True if a line was read. One that is too long is read to its end but only
 * KT_RECORD_MAX_BYTES + 1 of it kept, which kt_record_parse() then refuses.
 */
static bool line_read(FILE *in, struct line *ln)
{
	int c;

	ln->len = 0;
	while ((c = getc_unlocked(in)) != EOF && c != '\n') {
		if (ln->len > KT_RECORD_MAX_BYTES)
			continue;
		if (ln->len == ln->cap) {
			ln->cap = ln->cap ? ln->cap * 2 : 4096;
			ln->text = kt_xrealloc(ln->text, ln->cap);
		}
		ln->text[ln->len++] = (char)c;
	}
	if (c == EOF && ln->len == 0)
		return false;
	ln->number++;
	return true;
}

static enum kt_status copy_line(FILE *out, const struct line *ln,
				struct kt_error *err)
{
	if (fwrite(ln->text, 1, ln->len, out) != ln->len ||
	    putc('\n', out) == EOF || fflush(out))
		return kt_fail_errno(err, "cannot write to standard output");
	return KT_OK;
}

/* What has come of the lines so far. */
struct tally {
	uint64_t nr_read; /* records, of any schema */
	uint64_t nr_done; /* of those to act on, that did not fail */
	uint64_t nr_errors;
	enum kt_status why; /* of the errors, KT_FAIL unless all agree */
};

/* Only what is no record's own fault can hold for all of them. */
static void count_error(struct tally *t, enum kt_status st)
{
	if (st != KT_SYS && st != KT_AGAIN && st != KT_SKIP)
		st = KT_FAIL;
	t->why = t->nr_errors++ && t->why != st ? KT_FAIL : st;
}

/* What an error from upstream was; KT_FAIL if it does not say. */
static enum kt_status upstream(const struct kt_record *rec)
{
	struct kt_error ignored;
	uint64_t status;

	if (kt_record_u64(rec, "status", &status, &ignored) || status > KT_SKIP)
		return KT_FAIL;
	return (enum kt_status)status;
}

/* One line: acted on, copied, or found to be no record. */
static enum kt_status one_line(const struct kt_filter *filter,
			       const struct line *ln, FILE *out,
			       struct tally *t, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = kt_record_parse(ln->text, ln->len, &rec, err);

	if (st)
		return kt_within(err, st, "line %llu",
				 (unsigned long long)ln->number);
	t->nr_read++;
	if (!strcmp(kt_record_schema(rec), filter->schema)) {
		st = filter->fn(rec, out, filter->ctx, err);
		t->nr_done += !st;
		return st;
	}
	if (!strcmp(kt_record_schema(rec), KT_SCHEMA_ERROR))
		count_error(t, upstream(rec));
	return filter->text ? KT_OK : copy_line(out, ln, err);
}

/* What has failed stays so: a line that is half written is the last. */
static enum kt_status put_error(const struct kt_filter *filter, FILE *out,
				const struct kt_record *bad,
				struct kt_error *err)
{
	if (ferror(out))
		return kt_fail(err, KT_SYS, "cannot write to standard output");
	return filter->text ? KT_OK : kt_record_write(out, bad, err);
}

/*
 * Tell of a record that has failed with @st, and put the error in its place.
 * KT_OK to go on with the next; else the run ends, and of an error with an
 * empty message all has been said.
 */
static enum kt_status spoil(const struct kt_filter *filter,
			    const struct line *ln, FILE *out, enum kt_status st,
			    struct kt_error *err)
{
	struct kt_record *bad KT_CLEANUP(kt_record_freep) =
		kt_record_of_error(filter->tool, ln->number, err);
	struct kt_error late;

	if (filter->report)
		filter->report(err);
	if (put_error(filter, out, bad, &late)) {
		/* Nobody reads on; if that was the error, it has been told. */
		if (st == KT_SYS)
			late.msg[0] = '\0';
		*err = late;
		return KT_SYS;
	}
	if (st != KT_USAGE)
		return KT_OK;
	err->msg[0] = '\0';
	return st;
}

/* What the run comes to, when all has been read and told. */
static enum kt_status verdict(const struct tally *t)
{
	if (!t->nr_errors)
		return KT_OK;
	if (!t->nr_read)
		return KT_DATA;
	return t->nr_done ? KT_FAIL : t->why;
}

enum kt_status kt_filter(const struct kt_filter *filter, FILE *in, FILE *out,
			 struct kt_error *err)
{
	struct line ln KT_CLEANUP(line_freep) = { 0 };
	struct tally t = { 0 };
	enum kt_status st;

	while (line_read(in, &ln)) {
		st = one_line(filter, &ln, out, &t, err);
		if (st) {
			count_error(&t, st);
			st = spoil(filter, &ln, out, st, err);
		}
		if (st)
			return st;
		if (kt_stop_signal())
			break;
	}
	if (ferror(in))
		return kt_fail_errno(err, "cannot read standard input");
	if (!ln.number)
		return kt_fail(err, KT_DATA, "no record on standard input");
	st = verdict(&t);
	return st ? kt_fail(err, st, "%s", "") : KT_OK;
}
