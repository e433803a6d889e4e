// SPDX-License-Identifier: GPL-2.0-only
/* report-records - what became of each profile, for programs */
#include <string.h>

#include "lib/verifier/log.h"
#include "lib/verifier/report-parts.h"

static struct kt_record *begin(const struct kt_verify_report *r,
			       const struct kt_verified *v, const char *program)
{
	struct kt_record *rec = kt_record_new(KT_SCHEMA_PROGRAM);

	kt_record_set_str(rec, "scheduler", r->how.scheduler);
	kt_record_share(rec, r->how.kernel, "version");
	kt_record_share(rec, r->how.kernel, "key");
	kt_record_set_str(rec, "profile", v->profile);
	kt_record_set_str(rec, "program", program);
	kt_record_set_str(rec, "type", kt_bpf_type_name(KT_BPF_STRUCT_OPS));
	return rec;
}

static void set_baseline(const struct kt_verify_report *r,
			 struct kt_record *rec, const struct kt_verified *v,
			 const char *program)
{
	const struct kt_baseline_program *then =
		kt_report_then(r, v->profile, program);

	if (then)
		kt_record_set_u64(rec, "baseline_insns", then->verified_insns);
}

static enum kt_status put(const struct kt_verify_report *r,
			  struct kt_record *rec, const struct kt_verified *v,
			  struct kt_error *err)
{
	enum kt_status st =
		kt_record_set_path(rec, "log_path", v->log_path, err);

	return st ? st : kt_record_write(r->how.out, rec, err);
}

static enum kt_status put_program(const struct kt_verify_report *r,
				  const struct kt_verified *v,
				  const struct kt_bpf_program *p,
				  struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		begin(r, v, p->func);

	if (p->member[0])
		kt_record_set_str(rec, "member", p->member);
	if (p->has_verified_insns)
		kt_record_set_u64(rec, "verified_insns", p->verified_insns);
	kt_record_set_u64(rec, "limit", KT_VERIFIER_LIMIT);
	set_baseline(r, rec, v, p->func);
	if (p->has_stats) {
		kt_record_set_u64(rec, "run_cnt", p->run_cnt);
		kt_record_set_u64(rec, "run_ns", p->run_ns);
	}
	kt_record_set_str(rec, "load", "ok");
	return put(r, rec, v, err);
}

static enum kt_status put_rejected(const struct kt_verify_report *r,
				   const struct kt_verified *v,
				   const struct kt_load_log *log,
				   struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		begin(r, v, log->program[0] ? log->program : r->how.scheduler);

	if (log->processed) {
		kt_record_set_u64(rec, "verified_insns", log->processed);
		kt_record_set_u64(rec, "limit", KT_VERIFIER_LIMIT);
	}
	kt_record_set_str(rec, "load", "rejected");
	if (log->processed) {
		kt_record_set_u64(rec, "states", log->total_states);
		kt_record_set_u64(rec, "peak_states", log->peak_states);
	}
	if (log->stack[0])
		kt_record_set_str(rec, "stack", log->stack);
	return put(r, rec, v, err);
}

static enum kt_status put_failed(const struct kt_verify_report *r,
				 const struct kt_verified *v,
				 struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error why;

	kt_error_set(&why, KT_FAIL, "profile \"%s\": %s", v->profile,
		     v->why.msg);
	rec = kt_record_of_error(r->how.tool, 0, &why);
	kt_record_set_str(rec, "scheduler", r->how.scheduler);
	kt_record_set_str(rec, "profile", v->profile);
	return put(r, rec, v, err);
}

enum kt_status kt_report_records_add(const struct kt_verify_report *r,
				     const struct kt_verified *v,
				     struct kt_error *err)
{
	struct kt_load_log_at at = { 0 };
	enum kt_status st = KT_OK;
	struct kt_load_log log;

	for (size_t i = 0; !st && i < v->nr; i++)
		st = put_program(r, v, &v->program[i], err);
	if (v->verdict == KT_VERDICT_FAILED && !st)
		st = put_failed(r, v, err);
	if (v->verdict != KT_VERDICT_REJECTED)
		return st;
	while (!st && kt_load_log_next(v->log.data, v->log.len, &at, &log))
		st = put_rejected(r, v, &log, err);
	return st;
}

/* A name for a column: veristat splits lines at commas, quoted or not. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc(*name == ',' || (unsigned char)*name < ' ' ? '_' : *name,
		      out);
}

static void put_line(const struct kt_verify_report *r,
		     const struct kt_verified *v, const char *program, bool ok,
		     uint64_t insns)
{
	FILE *out = r->how.out;

	put_name(out, r->how.scheduler);
	if (strcmp(v->profile, "default") != 0) {
		fputc(':', out);
		put_name(out, v->profile);
	}
	if (r->how.name) {
		fputc('@', out);
		put_name(out, r->how.name);
	}
	fputc(',', out);
	put_name(out, program);
	fprintf(out, ",%s,%llu\n", ok ? "success" : "failure",
		(unsigned long long)insns);
}

void kt_report_csv_add(const struct kt_verify_report *r,
		       const struct kt_verified *v)
{
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;

	if (!r->nr && !r->how.more)
		fputs("file_name,prog_name,verdict,total_insns\n", r->how.out);
	for (size_t i = 0; i < v->nr; i++)
		put_line(r, v, v->program[i].func, true,
			 v->program[i].verified_insns);
	while (v->verdict == KT_VERDICT_REJECTED &&
	       kt_load_log_next(v->log.data, v->log.len, &at, &log))
		put_line(r, v, log.program[0] ? log.program : r->how.scheduler,
			 false, log.processed);
}
