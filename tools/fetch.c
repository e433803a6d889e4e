// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-fetch - find a kernel's source, or its cache entry */
#include "lib/fetch.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/fetch-git.h"
#include "lib/jobs.h"
#include "lib/kconfig.h"
#include "lib/progress.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/xalloc.h"
#include "tools/fetch/command.h"

#define STALL_S 60
#define MAX_STALL_S 3600
#define TRIES 4
#define MAX_TRIES 100
#define BACKOFF_MS 1000
#define MAX_BACKOFF_MS 60000

static enum kt_status fetch_package(const struct kt_fetch *how,
				    const struct kt_args *args,
				    struct kt_record **out,
				    struct kt_error *err)
{
	const size_t nr = kt_args_count(args, "package");
	const char **paths = kt_xcalloc(nr, sizeof(*paths));
	enum kt_status st;

	for (size_t i = 0; i < nr; i++)
		paths[i] = kt_args_nth(args, "package", i);
	st = kt_fetch_package(how, paths, nr, kt_args_has(args, "any"), out,
			      err);
	free(paths);
	return st;
}

/* The one place that knows which options mean which source. */
static enum kt_status fetch(const struct kt_fetch *how,
			    const struct kt_args *args, struct kt_record **out,
			    struct kt_error *err)
{
	const char *source = kt_args_str(args, "source");

	if (source)
		return kt_fetch_source(how, source, out, err);
	if (kt_args_has(args, "package"))
		return fetch_package(how, args, out, err);
	if (kt_args_has(args, "git"))
		return kt_fetch_git(how, kt_args_str(args, "git"),
				    kt_args_str(args, "ref"), out, err);
	return kt_fetch_version(how, kt_args_operand(args, 0), out, err);
}

/* Who owns the tree is decided by whether the record got out. */
static enum kt_status put(const struct kt_fetch *how,
			  const struct kt_record *rec, struct kt_error *err)
{
	enum kt_status st = kt_stop_check(err);

	if (!st)
		st = kt_tool_put(rec, err);
	if (!st && fflush(stdout))
		st = kt_fail_errno(err, "cannot write to standard output");
	if (st)
		kt_fetch_discard(how, rec);
	return st;
}

/* The key of what is built with --kconfig has its sum. */
static enum kt_status read_kconfig(struct kt_fetch *how, const char *file,
				   char crc[KT_CRC32_SIZE],
				   struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	if (!file)
		return KT_OK;
	how->kconfig_crc32 = crc;
	return kt_kconfig_read(file, &text, crc, err);
}

static enum kt_status number(const char *name, uint64_t absent, uint64_t max,
			     unsigned int *out, struct kt_error *err)
{
	const char *text = kt_getenv(name);
	uint64_t n = absent;
	const enum kt_status st =
		text ? kt_parse_u64(text, 1, max, name, &n, err) : KT_OK;

	if (!st)
		*out = (unsigned int)n;
	return st;
}

static enum kt_status read_limits(struct kt_fetch *how, struct kt_error *err)
{
	enum kt_status st = number("KTSTR_FETCH_STALL", STALL_S, MAX_STALL_S,
				   &how->stall_s, err);

	if (!st)
		st = number("KTSTR_FETCH_TRIES", TRIES, MAX_TRIES, &how->tries,
			    err);
	if (!st)
		st = number("KTSTR_FETCH_BACKOFF_MS", BACKOFF_MS,
			    MAX_BACKOFF_MS, &how->backoff_ms, err);
	return st;
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct kt_progress_steps steps KT_CLEANUP(
		kt_progress_steps_release) = { .unit = "B" };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	char *agent KT_CLEANUP(kt_freep) =
		kt_xasprintf("ktstr/%s", kt_tool_version());
	char crc[KT_CRC32_SIZE];
	struct kt_env_dirs dirs;
	struct kt_fetch how = {
		.dirs = &dirs,
		.env = (const char *const *)environ,
		.force = kt_args_has(args, "force"),
		.keep_tree = kt_args_has(args, "keep-tree"),
		.threads = kt_jobs("/sys/fs/cgroup", "/proc/self/cgroup"),
		.note = kt_note,
		.detail = kt_detail,
		.watch = kt_progress_watch(&steps),
		.mirrors = kt_getenv("KTSTR_KERNEL_MIRROR"),
		.remotes = kt_getenv("KTSTR_CACHE_REMOTE"),
		.keyring = kt_getenv("KTSTR_KEYRING"),
		.ca_file = kt_getenv("SSL_CERT_FILE"),
		.user_agent = agent,
		.no_verify = kt_args_has(args, "no-verify"),
	};
	enum kt_status st = kt_stop_catch(err);

	kt_tool_dirs(&dirs);
	if (kt_args_has(args, "keyring"))
		how.keyring = kt_args_str(args, "keyring");
	if (!st)
		st = read_limits(&how, err);
	if (!st)
		st = read_kconfig(&how, kt_args_str(args, "kconfig"), crc, err);
	if (!st)
		st = fetch(&how, args, &rec, err);
	if (st == KT_USAGE)
		return st;
	if (!st)
		st = put(&how, rec, err);
	return st ? kt_tool_put_error(st, err) : KT_OK;
}

int main(int argc, char **argv)
{
	struct kt_command command = kt_fetch_command;

	command.run = run;
	return kt_tool_main(&command, argc, argv);
}
