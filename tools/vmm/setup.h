/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/vmm/setup.h - the machine a person asks for, of every tool with one
 */
#ifndef KT_TOOLS_VMM_SETUP_H
#define KT_TOOLS_VMM_SETUP_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/options.h"
#include "lib/vm/run.h"

/* Of such a tool: --engine, --hugepages, --logs and so on. */
extern const struct kt_option kt_setup_options[];

/* What a run borrows; { 0 } is nothing. */
struct kt_setup {
	unsigned int *pin;
	char *cache;
};

void kt_setup_release(struct kt_setup *setup);

/*
 * Fill in of @run, but for the engine, what the options say, where @topology
 * stands for one that is not given, and what is the same for all. It borrows
 * from *setup. KT_USAGE: an option makes no sense.
 */
enum kt_status kt_setup_run(const struct kt_args *args, const char *topology,
			    struct kt_run *run, struct kt_setup *setup,
			    struct kt_error *err) KT_MUST_CHECK;

/*
 * The engine for the machine that runs @kernel, a "ktstr.kernel/1"; which it is,
 * and why not kvm, is said.
 */
const struct kt_engine *kt_setup_engine(const struct kt_args *args,
					const struct kt_record *kernel);

/*
 * A directory for the files of the @nth run, from 1, of this process: where
 * --logs says, or among those that are swept (lib/vm/logs.h). *dir is the
 * caller's, and so is *lock, which is to be open until it is over. KT_SYS.
 */
enum kt_status kt_setup_logs(const struct kt_args *args, uint64_t nth,
			     char **dir, int *lock,
			     struct kt_error *err) KT_MUST_CHECK;

#endif
