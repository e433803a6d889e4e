// SPDX-License-Identifier: GPL-2.0-only
/* listing - cached kernels as text and as the JSON of "kernel list" */
#include "lib/listing.h"

#include <string.h>

#include "lib/error.h"
#include "lib/key.h"
#include "lib/utf8.h"

#define CELL_SIZE 512 /* bytes; what is longer is cut */
#define NR_COLUMNS 5

static const char *const columns[NR_COLUMNS][2] = {
	{ "key", "KEY" },   { "version", "VERSION" }, { "source", "SOURCE" },
	{ "arch", "ARCH" }, { "built_at", "BUILT" },
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

static void cell_of(const struct kt_record *rec, size_t column,
		    char out[CELL_SIZE])
{
	const char *text = rec ? kt_record_text(rec, columns[column][0]) :
				 columns[column][1];

	kt_printable(out, CELL_SIZE, text ? text : "-");
}

static void add_cell(struct kt_buf *out, const char *cell, size_t width)
{
	const size_t have = width_of(cell);

	kt_buf_adds(out, cell);
	for (size_t i = have; i < width; i++)
		kt_buf_addc(out, ' ');
}

/* A row; @rec NULL is the heading. */
static void add_row(struct kt_buf *out, const struct kt_record *rec,
		    const size_t widths[NR_COLUMNS])
{
	const char *error = rec ? kt_record_text(rec, "error") : NULL;
	const size_t nr = error ? 1 : NR_COLUMNS;
	char cell[CELL_SIZE];

	kt_buf_adds(out, " ");
	for (size_t i = 0; i < nr; i++) {
		cell_of(rec, i, cell);
		kt_buf_addc(out, ' ');
		add_cell(out, cell, i + 1 < NR_COLUMNS ? widths[i] : 0);
	}
	if (error) {
		kt_printable(cell, sizeof(cell), error);
		kt_buf_addf(out, " (%s: %s)",
			    kt_record_flag(rec, "foreign") ? "foreign" :
							     "corrupt",
			    cell);
	} else if (rec && kt_record_flag(rec, "stale_kconfig")) {
		kt_buf_adds(out, " (stale kconfig)");
	}
	kt_buf_addc(out, '\n');
}

size_t kt_listing_table(struct kt_record *const *list, size_t nr,
			struct kt_buf *out)
{
	size_t widths[NR_COLUMNS] = { 0 }, nr_stale = 0;
	char cell[CELL_SIZE];

	for (size_t i = 0; i <= nr; i++) {
		const struct kt_record *rec = i < nr ? list[i] : NULL;
		const bool bad = rec && kt_record_has(rec, "error");

		for (size_t c = 0; c < (bad ? 1 : NR_COLUMNS); c++) {
			cell_of(rec, c, cell);
			if (width_of(cell) > widths[c])
				widths[c] = width_of(cell);
		}
		nr_stale += rec && kt_record_flag(rec, "stale_kconfig");
	}
	add_row(out, NULL, widths);
	for (size_t i = 0; i < nr; i++)
		add_row(out, list[i], widths);
	return nr_stale;
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
		add_cell(out, members[i], width + 1);
		kt_buf_addf(
			out, "%s%s\n", cell,
			!strcmp(members[i], "kconfig_crc32") &&
					kt_record_flag(rec, "stale_kconfig") ?
				" (stale)" :
				"");
	}
}
