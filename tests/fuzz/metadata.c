// SPDX-License-Identifier: GPL-2.0-only
/* fuzz metadata: whatever metadata.json holds, no name in it leads out */
#include "lib/metadata.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct kt_record *meta, const char *member)
{
	const char *name = kt_record_text(meta, member);
	char sha256[KT_SHA256_SIZE] = "";
	uint64_t bytes;

	if (!name)
		return;
	if (!*name || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		abort();
	if (kt_metadata_file(meta, name, &bytes, sha256) &&
	    (bytes > KT_RECORD_MAX_UINT ||
	     (sha256[0] && strlen(sha256) != KT_SHA256_SIZE - 1)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_record *meta KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *made KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error err = { 0 };

	if (kt_record_parse_object((const char *)data, size, &meta, &err))
		return 0;
	if (kt_metadata_foreign(meta) != kt_record_has_object(meta, "source"))
		abort();
	if (kt_metadata_check(meta, &err))
		return 0;
	check_name(meta, "image_name");
	check_name(meta, "boot_image_name");
	check_name(meta, "vmlinux_name");
	rec = kt_record_new(KT_SCHEMA_KERNEL);
	kt_metadata_describe(meta, rec);
	/* What was read can be stored again, if we build for that machine. */
	if (!kt_metadata_make(rec, "x", &made, &err) &&
	    kt_metadata_check(made, &err))
		abort();
	return 0;
}
