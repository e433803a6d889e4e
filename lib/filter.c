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

/* One line: acted on, copied, or found to be no record. */
static enum kt_status one_line(const struct kt_filter *filter,
			       const struct line *ln, FILE *out,
			       uint64_t *nr_read, uint64_t *nr_errors,
			       struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = kt_record_parse(ln->text, ln->len, &rec, err);

	if (st)
		return kt_within(err, st, "line %llu",
				 (unsigned long long)ln->number);
	(*nr_read)++;
	if (!strcmp(kt_record_schema(rec), filter->schema))
		return filter->fn(rec, out, filter->ctx, err);
	*nr_errors += !strcmp(kt_record_schema(rec), KT_SCHEMA_ERROR);
	return filter->text ? KT_OK : copy_line(out, ln, err);
}

/*
 * Tell of a record that has failed with @st, and put the error in its place.
 * KT_OK to go on with the next; else @st, of which all has been said.
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
	if (!filter->text && kt_record_write(out, bad, &late)) {
		/* Nobody reads on; if that was the error, it has been told. */
		if (st == KT_SYS)
			late.msg[0] = '\0';
		*err = late;
		return KT_SYS;
	}
	if (st == KT_FAIL || st == KT_DATA || st == KT_AGAIN)
		return KT_OK;
	err->msg[0] = '\0';
	return st;
}

enum kt_status kt_filter(const struct kt_filter *filter, FILE *in, FILE *out,
			 struct kt_error *err)
{
	struct line ln KT_CLEANUP(line_freep) = { 0 };
	uint64_t nr_read = 0, nr_errors = 0;

	while (line_read(in, &ln)) {
		enum kt_status st =
			one_line(filter, &ln, out, &nr_read, &nr_errors, err);

		if (st) {
			nr_errors++;
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
	if (nr_errors)
		return kt_fail(err, nr_read ? KT_FAIL : KT_DATA, "%s", "");
	return KT_OK;
}
