// SPDX-License-Identifier: GPL-2.0-only
/* listing - cached kernels as text and as the JSON of "kernel list" */
#include "lib/listing.h"

#include <stdbool.h>
#include <string.h>

#include "lib/cache.h"
#include "lib/clock.h"
#include "lib/error.h"
#include "lib/key.h"
#include "lib/units.h"
#include "lib/utf8.h"

#define CELL_SIZE 512 /* bytes; what is longer is cut */
enum column { KEY, VERSION, SOURCE, ARCH, BUILT, AGE, SIZE, NR_COLUMNS };

static const struct {
	const char *heading, *member;
	bool right; /* numbers end where the column does */
} columns[NR_COLUMNS] = {
	[KEY] = { "KEY", "key", false },
	[VERSION] = { "VERSION", "version", false },
	[SOURCE] = { "SOURCE", "source", false },
	[ARCH] = { "ARCH", "arch", false },
	[BUILT] = { "BUILT", "built_at", false },
	[AGE] = { "AGE", NULL, .right = true },
	[SIZE] = { "SIZE", NULL, .right = true },
};

/* Characters, which is what columns are made of. */
static size_t width_of(const char *text)
{
	size_t left = strlen(text), width = 0;

	while (left) {
		const size_t len = kt_utf8_len(text, left);

		text += len ? len : 1;
		left -= len ? len : 1;
		width++;
	}
	return width;
}

static void age_of(const struct kt_record *rec, time_t now, char out[CELL_SIZE])
{
	const char *text = kt_record_text(rec, "built_at");
	time_t built;

	memcpy(out, "-", 2);
	/* A clock that was wrong then makes no age now. */
	if (text && kt_clock_parse_utc(text, &built) && built <= now)
		kt_format_age((uint64_t)(now - built), out);
}

static uint64_t size_of(const struct kt_record *rec)
{
	struct kt_error ignored;
	uint64_t bytes = 0;

	if (kt_record_u64_or(rec, "entry_bytes", 0, &bytes, &ignored))
		return 0;
	return bytes;
}

/* @rec NULL is the heading. */
static void cell_of(const struct kt_record *rec, size_t column, time_t now,
		    char out[CELL_SIZE])
{
	const char *text;

	if (!rec) {
		text = columns[column].heading;
	} else if (column == AGE) {
		age_of(rec, now, out);
		return;
	} else if (column == SIZE) {
		kt_format_size(size_of(rec), out);
		return;
	} else {
		text = kt_record_text(rec, columns[column].member);
	}
	kt_printable(out, CELL_SIZE, text ? text : "-");
}

static void add_blanks(struct kt_buf *out, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		kt_buf_addc(out, ' ');
}

static void add_cell(struct kt_buf *out, const char *cell, size_t width,
		     bool right)
{
	const size_t have = width_of(cell),
		     blanks = width > have ? width - have : 0;

	if (right)
		add_blanks(out, blanks);
	kt_buf_adds(out, cell);
	if (!right)
		add_blanks(out, blanks);
}

static size_t nr_cells(const struct kt_record *rec)
{
	/* What is wrong with an entry stands behind its key. */
	return rec && kt_record_has(rec, "error") ? 1 : NR_COLUMNS;
}

static void add_tag(struct kt_buf *out, const struct kt_record *rec)
{
	const char *error = rec ? kt_record_text(rec, "error") : NULL;
	char text[CELL_SIZE];

	if (error) {
		kt_printable(text, sizeof(text), error);
		kt_buf_addf(out, " (%s: %s)",
			    kt_record_flag(rec, "foreign") ? "foreign" :
							     "corrupt",
			    text);
	} else if (rec && kt_record_flag(rec, "stale_kconfig")) {
		kt_buf_adds(out, " (stale kconfig)");
	}
	kt_buf_addc(out, '\n');
}

static void add_row(struct kt_buf *out, const struct kt_record *rec, time_t now,
		    const size_t widths[NR_COLUMNS])
{
	char cell[CELL_SIZE];

	kt_buf_adds(out, " ");
	for (size_t i = 0; i < nr_cells(rec); i++) {
		cell_of(rec, i, now, cell);
		kt_buf_addc(out, ' ');
		add_cell(out, cell, widths[i], columns[i].right);
	}
	add_tag(out, rec);
}

static void count(const struct kt_record *rec, struct kt_listing_totals *totals)
{
	if (kt_record_flag(rec, "foreign")) {
		totals->nr_foreign++;
	} else if (kt_record_has(rec, "error")) {
		totals->nr_corrupt++;
	} else {
		totals->nr_stale += kt_record_flag(rec, "stale_kconfig");
		if (!kt_cache_is_link(rec))
			totals->bytes += size_of(rec);
	}
}

void kt_listing_table(struct kt_record *const *list, size_t nr, time_t now,
		      struct kt_listing_totals *totals, struct kt_buf *out)
{
	struct kt_listing_totals sum = { 0 };
	size_t widths[NR_COLUMNS] = { 0 };
	char cell[CELL_SIZE];

	for (size_t i = 0; i <= nr; i++) {
		const struct kt_record *rec = i < nr ? list[i] : NULL;

		for (size_t c = 0; c < nr_cells(rec); c++) {
			cell_of(rec, c, now, cell);
			if (width_of(cell) > widths[c])
				widths[c] = width_of(cell);
		}
		if (rec)
			count(rec, &sum);
	}
	add_row(out, NULL, now, widths);
	for (size_t i = 0; i < nr; i++)
		add_row(out, list[i], now, widths);
	*totals = sum;
}

static void set_or_null(struct kt_record *to, const char *key, const char *text)
{
	if (text)
		kt_record_set_str(to, key, text);
	else
		kt_record_set_null(to, key);
}

static const char *base_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static struct kt_record *json_corrupt(const struct kt_record *rec)
{
	struct kt_record *obj = kt_record_new(NULL);
	const bool foreign = kt_record_flag(rec, "foreign");

	kt_record_set_str(obj, "error",
			  foreign ? kt_record_text(rec, "error") :
				    "corrupt metadata");
	if (foreign)
		kt_record_set_bool(obj, "foreign", true);
	set_or_null(obj, "key", kt_record_text(rec, "key"));
	set_or_null(obj, "path", kt_record_text(rec, "entry"));
	if (!foreign)
		set_or_null(obj, "reason", kt_record_text(rec, "error"));
	return obj;
}

/* Seven digits, as the Rust ktstr has it; "" never. */
static const char *short_hash(const struct kt_record *rec, char out[8])
{
	const char *hash = kt_record_text(rec, "git_hash");

	if (!hash)
		return NULL;
	out[0] = '\0';
	return strncat(out, hash, 7);
}

static struct kt_record *json_valid(const struct kt_record *rec)
{
	const char *source = kt_record_text(rec, "source");
	struct kt_record *obj = kt_record_new(NULL);
	enum kt_source parsed = KT_SOURCE_LOCAL;
	char hash[8];

	if (source && kt_source_parse(source, &parsed) &&
	    parsed == KT_SOURCE_PACKAGE)
		source = kt_source_name(KT_SOURCE_TARBALL);
	set_or_null(obj, "arch", kt_record_text(rec, "arch"));
	set_or_null(obj, "built_at", kt_record_text(rec, "built_at"));
	set_or_null(obj, "config_hash", kt_record_text(rec, "config_hash"));
	if (kt_record_has(rec, "entry_bytes"))
		kt_record_set_u64(obj, "entry_bytes", size_of(rec));
	set_or_null(obj, "git_hash", short_hash(rec, hash));
	set_or_null(obj, "git_ref", kt_record_text(rec, "git_ref"));
	set_or_null(obj, "image_name", base_of(kt_record_text(rec, "image")));
	set_or_null(obj, "image_path", kt_record_text(rec, "image"));
	set_or_null(obj, "key", kt_record_text(rec, "key"));
	set_or_null(obj, "ktstr_kconfig_hash",
		    kt_record_text(rec, "kconfig_crc32"));
	if (parsed == KT_SOURCE_PACKAGE)
		kt_record_set_bool(obj, "package", true);
	set_or_null(obj, "path", kt_record_text(rec, "entry"));
	set_or_null(obj, "source", source);
	set_or_null(obj, "source_tree_path",
		    kt_record_text(rec, "source_tree_path"));
	kt_record_set_bool(obj, "stale_kconfig",
			   kt_record_flag(rec, "stale_kconfig"));
	set_or_null(obj, "version", kt_record_text(rec, "version"));
	set_or_null(obj, "vmlinux_name",
		    base_of(kt_record_text(rec, "vmlinux")));
	return obj;
}

void kt_listing_json(struct kt_record *const *list, size_t nr,
		     const char *kconfig_crc32, struct kt_buf *out)
{
	struct kt_record *all KT_CLEANUP(kt_record_freep) = kt_record_new(NULL);

	set_or_null(all, "current_ktstr_kconfig_hash", kconfig_crc32);
	kt_record_set_array(all, "entries");
	for (size_t i = 0; i < nr; i++)
		kt_record_take_element(all, "entries",
				       kt_record_has(list[i], "error") ?
					       json_corrupt(list[i]) :
					       json_valid(list[i]));
	kt_record_pretty(all, out);
	kt_buf_addc(out, '\n');
}

void kt_listing_one(const struct kt_record *rec, struct kt_buf *out)
{
	static const char *const members[] = {
		"key",	      "version",  "source", "git_ref",
		"git_hash",   "verified", "arch",   "built_at",
		"compiler",   "entry",	  "tree",   "image",
		"boot_image", "vmlinux",  "config", "kconfig_crc32",
		"error",      NULL
	};
	size_t width = 0;

	for (size_t i = 0; members[i]; i++)
		if (strlen(members[i]) > width)
			width = strlen(members[i]);
	for (size_t i = 0; members[i]; i++) {
		const char *text = kt_record_text(rec, members[i]);
		char cell[4096 + 1];

		if (!text)
			continue;
		kt_printable(cell, sizeof(cell), text);
		add_cell(out, members[i], width + 1, false);
		kt_buf_addf(
			out, "%s%s\n", cell,
			!strcmp(members[i], "kconfig_crc32") &&
					kt_record_flag(rec, "stale_kconfig") ?
				" (stale)" :
				"");
	}
}
