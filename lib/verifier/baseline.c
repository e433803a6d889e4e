// SPDX-License-Identifier: GPL-2.0-only
/* baseline - the figures of an earlier run, to compare with */
#include "lib/verifier/baseline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/verifier/report.h"
#include "lib/xalloc.h"

/* Records of kernels and of programs name a kernel alike. */
static const char *version_of(const struct kt_record *rec)
{
	const char *version = kt_record_text(rec, "version");

	return version ? version : "";
}

static const char *kernel_of(const struct kt_record *rec)
{
	const char *key = kt_record_text(rec, "key");

	return key ? key : version_of(rec);
}

static enum kt_status add(struct kt_baseline *b, const struct kt_record *rec,
			  const char *scheduler, struct kt_error *err)
{
	const char *of, *profile, *program;
	uint64_t insns;
	enum kt_status st = kt_record_str_or_null(rec, "scheduler", &of, err);

	if (!st)
		st = kt_record_str_or_null(rec, "profile", &profile, err);
	if (!st)
		st = kt_record_str(rec, "program", &program, err);
	if (st)
		return st;
	if ((of && strcmp(of, scheduler) != 0) ||
	    !kt_record_has(rec, "verified_insns"))
		return KT_OK;
	st = kt_record_u64(rec, "verified_insns", &insns, err);
	if (st)
		return st;
	b->v = kt_xrealloc(b->v, (b->nr + 1) * sizeof(*b->v));
	b->v[b->nr++] = (struct kt_baseline_program){
		.kernel = kt_xstrdup(kernel_of(rec)),
		.version = kt_xstrdup(version_of(rec)),
		.profile = kt_xstrdup(profile ? profile : "default"),
		.program = kt_xstrdup(program),
		.verified_insns = insns,
	};
	return KT_OK;
}

static enum kt_status add_line(struct kt_baseline *b, const char *line,
			       size_t len, const char *scheduler,
			       struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	enum kt_status st = kt_record_parse(line, len, &rec, err);

	if (st || strcmp(kt_record_schema(rec), KT_SCHEMA_PROGRAM) != 0)
		return st;
	return add(b, rec, scheduler, err);
}

enum kt_status kt_baseline_read(const char *path, const char *scheduler,
				struct kt_baseline *out, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_baseline made = { 0 };
	enum kt_status st =
		kt_file_read(AT_FDCWD, path, KT_BASELINE_MAX_BYTES, &text, err);
	unsigned int line = 0;

	for (size_t at = 0; !st && at < text.len; line++) {
		const char *p = text.data + at;
		const char *lf = memchr(p, '\n', text.len - at);
		const size_t len = lf ? (size_t)(lf - p) : text.len - at;

		st = add_line(&made, p, len, scheduler, err);
		if (st)
			st = kt_within(err, st, "\"%s\", line %u", path,
				       line + 1);
		at += len + 1;
	}
	if (!st && !made.nr)
		st = kt_hint(err,
			     kt_fail(err, KT_DATA,
				     "\"%s\" has no program of \"%s\"", path,
				     scheduler),
			     "it is what an earlier ktstr-verifier wrote to "
			     "stdout, without --text");
	if (st) {
		kt_baseline_release(&made);
		return st;
	}
	*out = made;
	return KT_OK;
}

void kt_baseline_release(struct kt_baseline *b)
{
	for (size_t i = 0; i < b->nr; i++) {
		free(b->v[i].kernel);
		free(b->v[i].version);
		free(b->v[i].profile);
		free(b->v[i].program);
	}
	free(b->v);
	*b = (struct kt_baseline){ 0 };
}

const char *kt_baseline_kernel(const struct kt_baseline *b,
			       const struct kt_record *kernel)
{
	const char *name = kernel_of(kernel), *version = version_of(kernel);

	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->v[i].kernel, name))
			return b->v[i].kernel;
	for (size_t i = 0; i < b->nr; i++)
		if (version[0] && !strcmp(b->v[i].version, version))
			return b->v[i].kernel;
	return b->nr ? b->v[0].kernel : "";
}

const struct kt_baseline_program *kt_baseline_find(const struct kt_baseline *b,
						   const char *kernel,
						   const char *profile,
						   const char *program)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->v[i].kernel, kernel) &&
		    !strcmp(b->v[i].profile, profile) &&
		    !strcmp(b->v[i].program, program))
			return &b->v[i];
	return NULL;
}

double kt_baseline_growth(uint64_t then, uint64_t now)
{
	if (now <= then)
		return 0;
	return 100.0 * (double)(now - then) / (double)(then ? then : 1);
}
