// SPDX-License-Identifier: GPL-2.0-only
/* setup - the machine that a person asks for, of every tool with one */
#include "tools/vmm/setup.h"

#include <stdlib.h>

#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/tool.h"
#include "lib/vm/engine.h"
#include "lib/vm/logs.h"
#include "lib/vm/pin.h"
#include "lib/xalloc.h"

const struct kt_option kt_setup_options[] = {
	{ .name = "engine",
	  .setting = true,
	  .value = "NAME",
	  .arg = KT_ARG_CHOICE,
	  .choices = KT_ENGINES,
	  .help = "what runs the machine (default: auto)" },
	{ .name = "hugepages",
	  .help = "take the guest's memory from the host's huge pages" },
	{ .name = "logs",
	  .value = "DIR",
	  .arg = KT_ARG_DIR,
	  .help = "put console.log and the rest into DIR" },
	{ .name = "memory-mb",
	  .setting = true,
	  .value = "N",
	  .arg = KT_ARG_NUMBER,
	  .min = KT_RUN_MIN_MIB,
	  .max = 1 << 20,
	  .help = "the guest's memory in MiB (default: what it needs)" },
	{ .name = "pin",
	  .value = "CPUS",
	  .arg = KT_ARG_STRING,
	  .help = "run each of the guest's CPUs on one of the host's CPUS" },
	{ .name = "topology",
	  .setting = true,
	  .value = "S,C,T",
	  .arg = KT_ARG_TOPOLOGY,
	  .help = "sockets, cores each, threads each (default: 1,1,1; "
		  "verifier: 1,2,1)" },
	{ 0 },
};

void kt_setup_release(struct kt_setup *setup)
{
	free(setup->pin);
	free(setup->cache);
	*setup = (struct kt_setup){ 0 };
}

/* Where what is made of a kernel is kept; NULL where nothing can be. */
static char *cache_dir(void)
{
	struct kt_env_dirs env;
	struct kt_error ignored;
	char *dir = NULL;

	kt_tool_dirs(&env);
	return kt_dir_initramfs(&env, &dir, &ignored) ? NULL : dir;
}

enum kt_status kt_setup_run(const struct kt_args *args, const char *topology,
			    struct kt_run *run, struct kt_setup *setup,
			    struct kt_error *err)
{
	const char *given = kt_args_str(args, "topology");
	const char *pin = kt_args_str(args, "pin");
	enum kt_status st = kt_topology_parse(given ? given : topology,
					      &run->topology, err);

	if (st && kt_args_origin(args, "topology"))
		return kt_within(err, st, "%s",
				 kt_args_origin(args, "topology"));
	if (!st && pin)
		st = kt_pin_parse(pin, kt_topology_cpus(&run->topology),
				  &setup->pin, err);
	if (st)
		return st;
	setup->cache = cache_dir();
	run->limits = kt_limits_default(kt_topology_cpus(&run->topology));
	run->memory_mib = kt_args_u64(args, "memory-mb", 0);
	run->hugepages = kt_args_has(args, "hugepages");
	run->pin = setup->pin;
	run->cache = setup->cache;
	run->path = kt_getenv("PATH");
	return KT_OK;
}

const struct kt_engine *kt_setup_engine(const struct kt_args *args,
					const struct kt_record *kernel)
{
	const char *given = kt_args_str(args, "engine");

	return kt_engine_for(given ? given : "auto", kernel, kt_note,
			     kt_detail);
}

enum kt_status kt_setup_logs(const struct kt_args *args, uint64_t nth,
			     char **dir, int *lock, struct kt_error *err)
{
	const char *given = kt_args_str(args, "logs");
	char *runs KT_CLEANUP(kt_freep) = NULL;
	char *numbered KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs env;
	enum kt_status st;

	if (given && nth == 1)
		return kt_mkdirs_real(given, dir, err);
	if (given) {
		numbered =
			kt_xasprintf("%s/%llu", given, (unsigned long long)nth);
		return kt_mkdirs_real(numbered, dir, err);
	}
	kt_tool_dirs(&env);
	st = kt_dir_runs(&env, &runs, err);
	return st ? st : kt_logs_new(runs, dir, lock, err);
}
