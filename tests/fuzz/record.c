// SPDX-License-Identifier: GPL-2.0-only
/* record: any bytes as the input of a filter; what goes out are records */
#include <stdlib.h>
#include <string.h>

#include "lib/filter.h"
#include "lib/record.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum kt_status take(struct kt_record *rec, FILE *out,
			   void *ctx KT_UNUSED, struct kt_error *err)
{
	struct kt_record *obj KT_CLEANUP(kt_record_freep) = NULL;
	const char **strv = NULL;
	const char *s;
	uint64_t n;
	bool b;

	if (!kt_record_strv(rec, "v", &strv, err))
		free(strv);
	if (kt_record_object(rec, "o", &obj, err) ||
	    kt_record_u64_or(rec, "n", 0, &n, err) ||
	    kt_record_bool_or(rec, "b", false, &b, err))
		return KT_DATA;
	if (kt_record_str_or_null(rec, "s", &s, err))
		return KT_DATA;
	kt_record_set_str(rec, "s", s);
	return kt_record_write(out, rec, err);
}

/* Each line is UTF-8 and a record, and written again it is one. */
static void check(const char *text, size_t len)
{
	const char *end;

	for (; len; len -= (size_t)(end + 1 - text), text = end + 1) {
		struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
		struct kt_record *again KT_CLEANUP(kt_record_freep) = NULL;
		struct kt_buf line KT_CLEANUP(kt_buf_release) = { 0 };
		struct kt_error err;

		end = memchr(text, '\n', len);
		if (!end || !kt_utf8_valid(text, (size_t)(end - text)) ||
		    kt_record_parse(text, (size_t)(end - text), &rec, &err))
			abort();
		kt_record_line(rec, &line);
		if (!kt_utf8_valid(line.data, line.len) ||
		    kt_record_parse(line.data, line.len - 1, &again, &err))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kt_filter filter = { .tool = "fuzz",
					  .schema = "a/1",
					  .fn = take };
	struct kt_error err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *in, *out;

	if (!size)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	out = open_memstream(&text, &len);
	if (!in || !out || kt_filter(&filter, in, out, &err) == KT_USAGE)
		abort();
	fclose(in);
	fclose(out);
	check(text, len);
	free(text);
	return 0;
}
