/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/listing.h - cached kernels as text and as the JSON of "kernel list"
 *
 * All of it is appended to a buffer; records are as lib/cache.h gives them.
 * Text for people is printable whatever metadata.json held.
 */
#ifndef KT_LISTING_H
#define KT_LISTING_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/record.h"

struct kt_listing_totals {
	size_t nr_stale, nr_corrupt, nr_foreign;
	uint64_t bytes; /* of all that are neither corrupt, foreign nor links */
};

/*
 * A table: key, version, source, architecture, time of building, age at @now
 * and size, in columns as wide as what they hold, with a tag on stale and
 * corrupt entries.
 */
void kt_listing_table(struct kt_record *const *list, size_t nr, time_t now,
		      struct kt_listing_totals *totals, struct kt_buf *out);

/*
 * The Rust ktstr 0.2.2's "kernel list --json": pretty, two spaces, members in
 * alphabetical order, a newline at the end. @kconfig_crc32 is of the fragment
 * that builds use now. "entry_bytes", "package", "reason" and "foreign" are
 * ours, and there where they say something.
 */
void kt_listing_json(struct kt_record *const *list, size_t nr,
		     const char *kconfig_crc32, struct kt_buf *out);

/* One kernel, a line for each member that a person may want to know. */
void kt_listing_one(const struct kt_record *rec, struct kt_buf *out);

#endif
