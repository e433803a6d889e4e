/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/job.h - starting a command in the guest
 *
 * For ktstr-init: libc only.
 */
#ifndef KT_GUEST_JOB_H
#define KT_GUEST_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/guest/pty.h"

#define KT_JOB_ENV_WORDS 4096
#define KT_JOB_ENV_BYTES ((size_t)4 << 20)

/* { 0 } has no settings of the host's; strings of its own are freed by clear. */
struct kt_job_setup {
	const char *path;	  /* PATH; borrowed */
	const char *library_path; /* LD_LIBRARY_PATH, "" for none; borrowed */
	char *cwd;		  /* or NULL */
	bool terminal;		  /* its stdio is one, of that size */
	struct kt_pty_size size;
	bool greet; /* say on it what machine this is, and prompt so */
	bool join;  /* stderr is stdout */
	char *env[KT_JOB_ENV_WORDS];
	size_t nr_env, env_bytes;
};

/* Add NAME=VALUE, copied; false if it is not that, or above the limits. */
bool kt_job_add_env(struct kt_job_setup *setup, const char *word);

/* Forget all but path and library_path. */
void kt_job_clear(struct kt_job_setup *setup);

/*
 * Start @argv, found on PATH, as the leader of a session of its own. 0: *pid
 * runs, and pipes[] are our ends of its stdin, stdout and stderr, O_NONBLOCK; of
 * a terminal the first two are its master, and the third has nothing to tell.
 * Else the errno, and *what is the word that it is about, borrowed.
 */
int kt_job_start(const struct kt_job_setup *setup, char **argv, pid_t *pid,
		 int pipes[3], const char **what);

#endif
