// SPDX-License-Identifier: GPL-2.0-only
/* run - one run of a command in a virtual machine, record to record */
#include "lib/vm/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/utf8.h"
#include "lib/vm/cmdline.h"
#include "lib/vm/logs.h"
#include "lib/xalloc.h"

/* The machine's lines to us; [0] is our end, [1] the engine's. */
struct lines {
	int console[2], serial[2];
	int ports[KT_NR_PORTS][2];
};

/* What runs in it. */
struct jobs {
	const struct kt_session_hooks *hooks;
	void *ctx;
};

static void close_end(struct lines *l, int end)
{
	kt_closep(&l->console[end]);
	kt_closep(&l->serial[end]);
	l->console[end] = l->serial[end] = -1;
	for (int i = 0; i < KT_NR_PORTS; i++) {
		kt_closep(&l->ports[i][end]);
		l->ports[i][end] = -1;
	}
}

static void lines_close(struct lines *l)
{
	close_end(l, 0);
	close_end(l, 1);
}

static void lines_init(struct lines *l)
{
	l->console[0] = l->console[1] = -1;
	l->serial[0] = l->serial[1] = -1;
	for (int i = 0; i < KT_NR_PORTS; i++)
		l->ports[i][0] = l->ports[i][1] = -1;
}

static enum kt_status lines_open(struct lines *l, struct kt_error *err)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC;

	if (socketpair(AF_UNIX, type, 0, l->console) ||
	    socketpair(AF_UNIX, type, 0, l->serial) ||
	    fcntl(l->serial[0], F_SETFL, O_NONBLOCK))
		return kt_fail_errno(err, "cannot make a socket");
	for (int i = 0; i < KT_NR_PORTS; i++)
		if (socketpair(AF_UNIX, type, 0, l->ports[i]))
			return kt_fail_errno(err, "cannot make a socket");
	return KT_OK;
}

/* Open the file that member @key names, which is bad data if it is not there. */
static enum kt_status open_member(const struct kt_record *rec, const char *key,
				  const char **path, int *fd,
				  struct kt_error *err)
{
	enum kt_status st = kt_record_str(rec, key, path, err);
	struct stat sb;

	if (st)
		return st;
	*fd = open(*path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return kt_fail(err, KT_DATA, "cannot open %s \"%s\": %s", key,
			       *path, strerror(errno));
	if (fstat(*fd, &sb) || !S_ISREG(sb.st_mode))
		return kt_fail(err, KT_DATA, "%s \"%s\" is no regular file",
			       key, *path);
	return KT_OK;
}

/* The uncompressed kernel boots faster, where there is one. */
static enum kt_status set_files(struct kt_machine *m,
				const struct kt_record *rec, size_t *limit,
				struct kt_error *err)
{
	const char *key =
		kt_record_has(rec, "boot_image") ? "boot_image" : "image";
	int kernel KT_CLEANUP(kt_closep) = -1;
	int initrd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	if (!kt_record_has(rec, key))
		return kt_hint(
			err,
			kt_fail(err, KT_DATA, "the record has no kernel image"),
			"build it with ktstr-kbuild, or take one from "
			"the cache with ktstr-cache get");
	if (!kt_record_has(rec, "initrd"))
		return kt_hint(
			err, kt_fail(err, KT_DATA, "the record has no initrd"),
			"pipe it through ktstr-initramfs");
	st = open_member(rec, key, &m->kernel, &kernel, err);
	if (st)
		return st;
	*limit = kt_cmdline_limit(kernel);
	return open_member(rec, "initrd", &m->initrd, &initrd, err);
}

static enum kt_status set_memory(struct kt_machine *m, const struct kt_run *run,
				 const struct kt_record *rec,
				 struct kt_error *err)
{
	uint64_t least;
	enum kt_status st = kt_record_u64_or(
		rec, "memory_min_mib", KT_RUN_DEFAULT_MIN_MIB, &least, err);

	if (st)
		return st;
	if (run->memory_mib && run->memory_mib < least &&
	    kt_record_has(rec, "memory_min_mib"))
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "%llu MiB of memory are too little for "
				       "this initrd",
				       (unsigned long long)run->memory_mib),
			       "give it at least --memory-mb %llu",
			       (unsigned long long)least);
	m->memory_mib =
		run->memory_mib ? run->memory_mib : least + KT_RUN_SPARE_MIB;
	return KT_OK;
}

static enum kt_status start(const struct kt_run *run, struct kt_machine *m,
			    struct lines *l, struct kt_vm **vm,
			    struct kt_error *err)
{
	enum kt_status st = lines_open(l, err);

	if (st)
		return st;
	m->console = l->console[1];
	m->serial = l->serial[1];
	for (int i = 0; i < KT_NR_PORTS; i++)
		m->ports[i] = l->ports[i][1];
	st = run->engine->start(m, vm, err);
	/* Else we would not see the end of what the engine holds. */
	close_end(l, 1);
	return st;
}

static enum kt_status run_session(const struct kt_run *run,
				  const struct lines *l, struct kt_vm *vm,
				  uint64_t started_ns, const struct jobs *jobs,
				  struct kt_outcome *outcome,
				  struct kt_error *err)
{
	struct kt_session how = {
		.engine = run->engine,
		.vm = vm,
		.started_ns = started_ns,
		.console = l->console[0],
		.serial = l->serial[0],
		.dmesg = run->dmesg,
		.hooks = jobs->hooks,
		.hooks_ctx = jobs->ctx,
		.limits = run->limits,
		.warn = run->warn,
		.ctx = run->ctx,
	};
	int log KT_CLEANUP(kt_closep) = -1;
	enum kt_status st = kt_logs_open(run->logs, "console.log", &log, err);

	if (st) {
		run->engine->kill(vm);
		return st;
	}
	how.log = log;
	for (int i = 0; i < KT_NR_PORTS; i++)
		how.ports[i] = l->ports[i][0];
	return kt_session_run(&how, outcome, err);
}

static enum kt_status run_machine(const struct kt_run *run,
				  const struct kt_record *rec,
				  const struct jobs *jobs, uint64_t *memory_mib,
				  struct kt_outcome *outcome,
				  struct kt_error *err)
{
	struct kt_machine m = { .topology = run->topology,
				.path = run->path,
				.cache = run->cache,
				.hugepages = run->hugepages,
				.pin = run->pin,
				.stats = run->stats };
	char *cmdline KT_CLEANUP(kt_freep) = NULL;
	struct lines l KT_CLEANUP(lines_close);
	int log KT_CLEANUP(kt_closep) = -1;
	struct kt_vm *vm = NULL;
	size_t limit = 0;
	uint64_t started_ns;
	enum kt_status st;

	lines_init(&l);
	if ((run->hugepages || run->pin) && !run->engine->tunes)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP,
				       "the %s engine knows neither "
				       "--hugepages nor --pin",
				       run->engine->name),
			       "they are for --engine kvm");
	st = kt_topology_check(&m.topology, err);
	if (!st)
		st = set_files(&m, rec, &limit, err);
	if (!st)
		st = set_memory(&m, run, rec, err);
	if (!st)
		st = kt_cmdline_make(run->engine->cmdline, run->append,
				     run->dmesg >= 0, limit, &cmdline, err);
	if (!st)
		st = kt_logs_open(run->logs, "engine.log", &log, err);
	if (st)
		return st;
	m.cmdline = cmdline;
	m.log = log;
	started_ns = kt_clock_ns();
	st = start(run, &m, &l, &vm, err);
	if (st)
		return st;
	*memory_mib = m.memory_mib;
	return run_session(run, &l, vm, started_ns, jobs, outcome, err);
}

enum kt_status kt_run_jobs(const struct kt_run *run,
			   const struct kt_record *rec,
			   const struct kt_session_hooks *hooks,
			   void *hooks_ctx, struct kt_outcome *outcome,
			   struct kt_error *err)
{
	const struct jobs jobs = { hooks, hooks_ctx };
	uint64_t memory_mib;

	return run_machine(run, rec, &jobs, &memory_mib, outcome, err);
}

/* What a run came to, for those who wrote it down. */
struct result {
	uint64_t memory_mib;
	struct kt_outcome end;
	size_t nr_missing;
};

/* Where the command's output goes; names as in struct kt_task. */
struct sink {
	int out, err;
	char *out_name, *err_name;
};

static void sink_release(struct sink *to)
{
	kt_closep(&to->out);
	kt_closep(&to->err);
	free(to->out_name);
	free(to->err_name);
}

static enum kt_status open_sink(const char *logs, struct sink *to,
				struct kt_error *err)
{
	enum kt_status st = kt_logs_open(logs, "stdout", &to->out, err);

	to->out_name = kt_xasprintf("\"%s/stdout\"", logs);
	to->err_name = kt_xasprintf("\"%s/stderr\"", logs);
	return st ? st : kt_logs_open(logs, "stderr", &to->err, err);
}

static enum kt_status run_once(const struct kt_run *run,
			       const struct kt_record *rec,
			       const struct sink *to, struct result *result,
			       struct kt_error *err)
{
	struct kt_once once KT_CLEANUP(kt_once_release) = {
		.task = {
			.job = run->job,
			.in = run->in,
			.out = to->out,
			.err = to->err,
			.out_name = to->out_name,
			.err_name = to->err_name,
			.timeout_ns = run->timeout_ns,
		},
		.outs = run->outs,
		.nr_outs = run->nr_outs,
	};
	const struct jobs jobs = { &kt_once_hooks, &once };
	struct kt_outcome end = { 0 };
	enum kt_status st = kt_once_init(&once, run->logs, err);

	if (!st)
		st = run_machine(run, rec, &jobs, &result->memory_mib, &end,
				 err);
	if (st && !kt_once_is_fetching(&once))
		return st;
	if (st)
		run->report(err, run->ctx);
	kt_once_settle(&once, &end);
	st = kt_once_store(&once, run->report, run->ctx, &result->nr_missing,
			   err);
	if (st)
		kt_outcome_release(&end);
	else
		result->end = end;
	return st;
}

enum kt_status kt_run_text(const struct kt_run *run,
			   const struct kt_record *rec, int out, int err_fd,
			   struct kt_outcome *outcome, size_t *nr_missing,
			   struct kt_error *err)
{
	const struct sink to = { .out = out, .err = err_fd };
	struct result result;
	enum kt_status st = run_once(run, rec, &to, &result, err);

	if (st)
		return st;
	*outcome = result.end;
	*nr_missing = result.nr_missing;
	return KT_OK;
}

/* Text that is short goes into the record, all else stays in its file. */
static enum kt_status set_output(struct kt_record *result, const char *dir,
				 const char *name, int fd, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, name);
	char *key KT_CLEANUP(kt_freep) = kt_xasprintf("%s_path", name);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct stat sb;
	enum kt_status st;

	if (lseek(fd, 0, SEEK_SET) || fstat(fd, &sb))
		return kt_fail_errno(err, "cannot read \"%s\"", path);
	if (sb.st_size <= (off_t)KT_RUN_INLINE_BYTES) {
		st = kt_fd_read(fd, KT_RUN_INLINE_BYTES, &text, path, err);
		if (st)
			return st;
		if (kt_utf8_valid(text.data ? text.data : "", text.len)) {
			kt_record_set_str(result, name,
					  text.data ? text.data : "");
			return KT_OK;
		}
	}
	return kt_record_set_path(result, key, path, err);
}

static void copy_str(struct kt_record *to, const struct kt_record *from,
		     const char *key)
{
	struct kt_error ignored;
	const char *val;

	if (!kt_record_str_or_null(from, key, &val, &ignored) && val)
		kt_record_set_str(to, key, val);
}

/* An object a CPU; numbers that do not fit into a record are its greatest. */
static void set_stats(struct kt_record *result, const struct kt_vm_stats *stats)
{
	for (unsigned int i = 0; stats->nr && i < stats->nr_cpus; i++) {
		const struct kt_stat *stat = stats->stat + i * stats->nr;
		struct kt_record *cpu = kt_record_new(NULL);

		for (size_t k = 0; k < stats->nr; k++)
			kt_record_set_u64(cpu, stat[k].name, stat[k].value);
		kt_record_take_element(result, "kvm_stats", cpu);
	}
}

static struct kt_record *describe(const struct kt_run *run,
				  const struct kt_record *rec,
				  const struct result *got)
{
	const struct kt_outcome *outcome = &got->end;
	struct kt_record *result = kt_record_new(KT_SCHEMA_RUN);
	char topology[KT_TOPOLOGY_SIZE];

	copy_str(result, rec, "version");
	copy_str(result, rec, "key");
	kt_record_set_str(result, "reason", kt_reason_name(outcome->reason));
	if (outcome->exit_code >= 0)
		kt_record_set_u64(result, "exit_code",
				  (uint64_t)outcome->exit_code);
	if (outcome->why.msg[0])
		kt_record_set_str(result, "message", outcome->why.msg);
	if (outcome->scx_exit[0])
		kt_record_set_str(result, "sched_ext_exit", outcome->scx_exit);
	kt_record_set_str(result, "engine", run->engine->name);
	if (outcome->serial)
		kt_record_set_bool(result, "serial", true);
	if (outcome->boot_ns)
		kt_record_set_u64(result, "boot_ns", outcome->boot_ns);
	if (outcome->run_ns)
		kt_record_set_u64(result, "run_ns", outcome->run_ns);
	kt_topology_format(&run->topology, topology);
	kt_record_set_str(result, "topology", topology);
	kt_record_set_u64(result, "memory_mib", got->memory_mib);
	if (run->nr_outs)
		kt_record_set_u64(result, "out_missing", got->nr_missing);
	if (run->stats)
		set_stats(result, run->stats);
	return result;
}

enum kt_status kt_run_record(const struct kt_run *run,
			     const struct kt_record *rec,
			     struct kt_record **result,
			     struct kt_outcome *outcome, size_t *nr_missing,
			     struct kt_error *err)
{
	char *console KT_CLEANUP(kt_freep) =
		kt_path_join(run->logs, "console.log");
	struct kt_record *made KT_CLEANUP(kt_record_freep) = NULL;
	struct sink to KT_CLEANUP(sink_release) = { .out = -1, .err = -1 };
	struct result got;
	enum kt_status st = open_sink(run->logs, &to, err);

	if (!st)
		st = run_once(run, rec, &to, &got, err);
	if (st)
		return st;
	made = describe(run, rec, &got);
	st = set_output(made, run->logs, "stdout", to.out, err);
	if (!st)
		st = set_output(made, run->logs, "stderr", to.err, err);
	if (!st)
		st = kt_record_set_path(made, "console_path", console, err);
	if (st) {
		kt_outcome_release(&got.end);
		return st;
	}
	*outcome = got.end;
	*nr_missing = got.nr_missing;
	*result = made;
	made = NULL;
	return KT_OK;
}
