// SPDX-License-Identifier: GPL-2.0-only
/* flags: whatever a scheduler answers, its profiles are whole and have names */
#include <stdlib.h>

#include "lib/verifier/flags.h"
#include "lib/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kt_flags *f, uint64_t profile)
{
	struct kt_profiles again KT_CLEANUP(kt_profiles_release) = { 0 };
	char *name KT_CLEANUP(kt_freep) = kt_profile_name(f, profile);
	struct kt_error err;
	const char **argv;

	for (size_t i = 0; i < f->nr; i++)
		if (profile >> i & 1 &&
		    (f->flag[i].unknown || f->flag[i].needs & ~profile))
			abort();
	if (kt_profiles_parse(f, name, &again, &err) || again.nr != 1 ||
	    again.v[0] != profile)
		abort();
	argv = kt_profile_argv(f, profile, "x", NULL);
	for (size_t i = 0; argv[i]; i++)
		if (i > KT_FLAGS_MAX * KT_FLAGS_MAX_ARGS)
			abort();
	free(argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_flags f KT_CLEANUP(kt_flags_release) = { 0 };
	struct kt_profiles all KT_CLEANUP(kt_profiles_release) = { 0 };
	struct kt_error err;

	if (kt_flags_parse((const char *)data, size, &f, &err))
		return 0;
	if (!kt_flags_is_list((const char *)data, size))
		abort();
	if (kt_profiles_count(&f) > 256 || kt_profiles_all(&f, &all, &err))
		return 0;
	for (size_t i = 0; i < all.nr; i++) {
		if (i && all.v[i] <= all.v[i - 1])
			abort();
		check(&f, all.v[i]);
	}
	return 0;
}
