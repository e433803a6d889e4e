/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/verify.h - what the verifier paid for each profile of a scheduler
 *
 * The profiles run one after another in one boot: each is started, and once
 * sched_ext has taken it its programs are read out of the guest's memory, and
 * it is stopped. A crash costs one boot. The scheduler runs in the guest alone,
 * where it is also asked for its flags.
 */
#ifndef KT_VERIFIER_VERIFY_H
#define KT_VERIFIER_VERIFY_H

#include <stdint.h>

#include "lib/bpf/programs.h"
#include "lib/buf.h"
#include "lib/error.h"
#include "lib/record.h"
#include "lib/verifier/flags.h"
#include "lib/vm/run.h"

#define KT_VERIFIER_LIMIT 1000000 /* BPF_COMPLEXITY_LIMIT_INSNS */
#define KT_VERIFIER_MAX_LOG (UINT64_C(256) << 20) /* bytes that are kept */
#define KT_VERIFIER_MAX_JOBS 64
#define KT_VERIFIER_ASK_NS (30 * KT_NS_PER_S)  /* for the list of flags */
#define KT_VERIFIER_GRACE_NS (5 * KT_NS_PER_S) /* from SIGTERM to SIGKILL */

enum kt_verdict {
	KT_VERDICT_OK,
	KT_VERDICT_REJECTED, /* by the verifier: it says why in the log */
	KT_VERDICT_FAILED,   /* anything else */
};

/* One profile that has been run. */
struct kt_verified {
	const char *profile; /* its name */
	const char *label;   /* for people: of a plain run "verifier" */
	enum kt_verdict verdict;
	struct kt_error why;		/* not OK: for people */
	struct kt_bpf_program *program; /* struct_ops, as they were listed */
	size_t nr;
	struct kt_buf log;     /* all that the scheduler printed */
	const char *log_path;  /* where that is kept */
	struct kt_buf dump;    /* sched_ext's, unless it is in the log */
	struct kt_buf console; /* of a guest that crashed: its last lines */
};

struct kt_verify {
	const struct kt_run *run;	/* of each boot; without a command */
	const struct kt_record *kernel; /* with "initrd" and "vmlinux" */
	const char *program;		/* the scheduler in the guest */
	const char *const *args; /* for each profile; ends in NULL; or NULL */
	bool profiles;		 /* by flags: all, or as list has it */
	const char *list;	 /* of profiles, or NULL */
	uint64_t max_profiles;	 /* to run here; more are an error */
	uint64_t shard, shards;	 /* part 1 to shards; 0: all */
	uint64_t jobs;		 /* boots side by side */
	uint64_t timeout_ns;	 /* for each profile to attach and to end */
	uint64_t observe_ns;	 /* on top of that, how long it is attached */

	/* Something to tell people meanwhile; may be NULL. */
	void (*note)(const char *text, void *ctx);

	/* The list of flags that it answered with, once read; may be NULL. */
	void (*flags)(const char *text, size_t len, void *ctx);

	/* How many there are, and how many of those are done; may be NULL. */
	void (*progress)(uint64_t done, uint64_t all, void *ctx);

	/*
	 * In the order of profiles, each as soon as it and those before it are
	 * done, and never two at once. KT_OK to go on.
	 */
	enum kt_status (*result)(const struct kt_verified *v, void *ctx,
				 struct kt_error *err);
	void *ctx;
};

/*
 * Run them. KT_OK: all have been told, whatever their verdicts. KT_FAIL: there
 * was nothing to run, or no boot came as far, or a signal stopped it; KT_USAGE,
 * KT_DATA, KT_SKIP, KT_SYS: as kt_run_jobs(), kt_bpf_kernel_open() and
 * kt_profiles_parse(). It needs @how->run->logs, and puts the logs there.
 */
enum kt_status kt_verify(const struct kt_verify *how,
			 struct kt_error *err) KT_MUST_CHECK;

#endif
