/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/jobs.h - how many processors we may use
 *
 * The smaller of what the affinity mask has and what the cgroup v2 quotas
 * (Documentation/admin-guide/cgroup-v2.rst, "cpu.max") allow.
 */
#ifndef KT_JOBS_H
#define KT_JOBS_H

#include <stdbool.h>

/*
 * Parse the text of a cpu.max file, "QUOTA PERIOD" or "max PERIOD" in
 * microseconds: *cpus is their quotient rounded up, at least 1. False, and
 * *cpus untouched, if there is no limit or the text is something else.
 */
bool kt_jobs_cpu_max(const char *text, unsigned int *cpus);

/*
 * The number of jobs that suit this process, at least 1. @cgroups is where
 * cgroup v2 is mounted ("/sys/fs/cgroup") and @self tells our place in it
 * ("/proc/self/cgroup"); a file that cannot be read limits nothing.
 */
unsigned int kt_jobs(const char *cgroups, const char *self);

#endif
