/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/run.h - one run of a command in a virtual machine, record to record
 */
#ifndef KT_VM_RUN_H
#define KT_VM_RUN_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/record.h"
#include "lib/vm/once.h"
#include "lib/vm/session.h"

#define KT_RUN_MIN_MIB 128	   /* no kernel of ours boots in less */
#define KT_RUN_DEFAULT_MIN_MIB 256 /* if the record does not say */
#define KT_RUN_SPARE_MIB 256	   /* for the command, on top of the least */
#define KT_RUN_INLINE_BYTES ((size_t)64 << 10) /* of output in the record */

struct kt_run {
	const struct kt_engine *engine;
	struct kt_topology topology;
	uint64_t memory_mib; /* 0: what the record needs and some more */
	struct kt_limits limits;
	const char *const *append; /* for the kernel; ends in NULL; or NULL */
	bool hugepages;		   /* see struct kt_machine */
	const unsigned int *pin;   /* likewise, for each CPU; or NULL */
	int dmesg;		   /* where the console goes live, or -1 */
	const char *path;  /* of the environment, to look for programs */
	const char *logs;  /* an absolute path to a directory that is there */
	const char *cache; /* see struct kt_machine */
	kt_guest_warn_fn *warn; /* may be NULL */
	void *ctx;
	struct kt_vm_stats *stats; /* filled at the end; or NULL */

	/* The command; kt_run_jobs() has its own. */
	struct kt_job job;
	int in;		     /* its stdin, or -1 for an empty one */
	uint64_t timeout_ns; /* 0: any */

	/* What is wanted of the guest then, and who is told what did not come. */
	const struct kt_out *outs;
	size_t nr_outs;
	kt_once_report_fn *report;
};

/*
 * Boot the kernel that @rec ("ktstr.kernel/1") describes and run what @hooks
 * give, one job after another (lib/vm/session.h). KT_OK: *outcome says how the
 * last of them ended, and the caller releases it. KT_DATA: the record lacks
 * something, or its files do. KT_USAGE: too little memory, or a command line
 * that is too long, or a job. KT_SKIP: the engine cannot do it here. KT_SYS.
 */
enum kt_status kt_run_jobs(const struct kt_run *run,
			   const struct kt_record *rec,
			   const struct kt_session_hooks *hooks,
			   void *hooks_ctx, struct kt_outcome *outcome,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * The same for one command, its output going to @out and @err_fd, and what is
 * wanted of the guest to its places; *nr_missing of that did not come, or not
 * whole.
 */
enum kt_status kt_run_text(const struct kt_run *run,
			   const struct kt_record *rec, int out, int err_fd,
			   struct kt_outcome *outcome, size_t *nr_missing,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * The same, as a "ktstr.run/1" record in *result, which the caller frees; the
 * output is in it, or in files beside the logs.
 */
enum kt_status kt_run_record(const struct kt_run *run,
			     const struct kt_record *rec,
			     struct kt_record **result,
			     struct kt_outcome *outcome, size_t *nr_missing,
			     struct kt_error *err) KT_MUST_CHECK;

#endif
