// SPDX-License-Identifier: GPL-2.0-only
/* tool - what every program of ours does around its work */
#include "lib/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-version.h"
#include "lib/config.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

static struct {
	const char *name;
	bool quiet, verbose, text;
	bool exit_set;
	int exit_with;
	struct kt_config *config; /* NULL where there is no file */
	char *config_path;
} tool = { .name = "ktstr" };

const char *kt_tool_name(void)
{
	return tool.name;
}

const char *kt_tool_version(void)
{
	return KT_VERSION;
}

void kt_tool_exit_with(int status)
{
	tool.exit_set = true;
	tool.exit_with = status;
}

int kt_tool_coarse(int status)
{
	return status >= KT_DATA && status <= KT_AGAIN ? KT_FAIL : status;
}

bool kt_tool_quiet(void)
{
	return tool.quiet;
}

bool kt_tool_verbose(void)
{
	return tool.verbose;
}

/* What the file of defaults has for variable @name, or NULL. */
static const char *configured(const char *name, unsigned int *line)
{
	const char *setting;

	if (!tool.config || getenv(name))
		return NULL;
	setting = kt_config_setting(name);
	return setting ? kt_config_get(tool.config, setting, line) : NULL;
}

const char *kt_getenv(const char *name)
{
	const char *val = getenv(name);
	unsigned int line;

	if (val)
		return *val ? val : NULL;
	return configured(name, &line);
}

char *kt_getenv_origin(const char *name)
{
	unsigned int line;

	if (!configured(name, &line))
		return NULL;
	return kt_xasprintf("%s: line %u", tool.config_path, line);
}

/* The file is KTSTR_CONFIG, which must be there; or the usual one, if it is. */
static enum kt_status read_config(struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	const char *named = getenv("KTSTR_CONFIG"), *home = kt_getenv("HOME"),
		   *xdg = kt_getenv("XDG_CONFIG_HOME");
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	if (named ? !*named : !(xdg && xdg[0] == '/') && !home)
		return KT_OK;
	if (named)
		tool.config_path = kt_xstrdup(named);
	else if (xdg && xdg[0] == '/')
		tool.config_path = kt_path_join(xdg, "ktstr/config");
	else
		tool.config_path = kt_path_join(home, ".config/ktstr/config");
	fd = open(tool.config_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && !named && (errno == ENOENT || errno == ENOTDIR))
		return KT_OK;
	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"",
				     tool.config_path);
	st = kt_fd_read(fd, KT_CONFIG_MAX_BYTES, &text, tool.config_path, err);
	if (st)
		return st;
	st = kt_config_parse(text.len ? text.data : "", text.len, home,
			     &tool.config, err);
	return st ? kt_within(err, st, "%s", tool.config_path) : KT_OK;
}

/* Options that may be set for good and were not given. */
static enum kt_status take_settings(struct kt_args *args, struct kt_error *err)
{
	const struct kt_command *cmd = kt_args_command(args);
	const struct kt_option *o;

	for (size_t i = 0; (o = kt_command_own(cmd, i)); i++) {
		char *variable KT_CLEANUP(kt_freep) =
			kt_config_variable(o->name);
		char *origin KT_CLEANUP(kt_freep) = kt_getenv_origin(variable);
		const char *value = kt_getenv(variable);
		enum kt_status st = KT_OK;

		if (!o->setting || !value || kt_args_has(args, o->name))
			continue;
		st = kt_args_default(args, o->name, value,
				     origin ? origin : variable, err);
		if (st)
			return st;
	}
	return KT_OK;
}

/* One write a line, so that the lines of a pipe's tools do not mix. */
static void KT_PRINTF(1, 0) say(const char *fmt, va_list ap)
{
	char *line = NULL;

	if (vasprintf(&line, fmt, ap) < 0)
		kt_oom();
	fputs(line, stderr);
	free(line);
}

static void KT_PRINTF(1, 2) say_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void kt_tool_report(const struct kt_error *err)
{
	if (!err->msg[0])
		return;
	if (err->hint[0])
		say_line("%s: %s\nhint: %s\n", tool.name, err->msg, err->hint);
	else
		say_line("%s: %s\n", tool.name, err->msg);
}

static void KT_PRINTF(1, 0) say_of_tool(const char *fmt, va_list ap)
{
	char raw[1024], clean[1024];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	kt_printable(clean, sizeof(clean), raw);
	say_line("%s: %s\n", tool.name, clean);
}

void kt_note(const char *fmt, ...)
{
	va_list ap;

	if (tool.quiet)
		return;
	va_start(ap, fmt);
	say_of_tool(fmt, ap);
	va_end(ap);
}

void kt_detail(const char *fmt, ...)
{
	va_list ap;

	if (!tool.verbose)
		return;
	va_start(ap, fmt);
	say_of_tool(fmt, ap);
	va_end(ap);
}

void kt_tool_dirs(struct kt_env_dirs *out)
{
	*out = (struct kt_env_dirs){
		.home = kt_getenv("HOME"),
		.xdg_cache = kt_getenv("XDG_CACHE_HOME"),
		.xdg_state = kt_getenv("XDG_STATE_HOME"),
		.ktstr_cache = kt_getenv("KTSTR_CACHE_DIR"),
		.ktstr_build = kt_getenv("KTSTR_BUILD_DIR"),
	};
}

/* True if stdout is a pipe that nobody reads any more. */
static bool reader_left(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* Whoever left knows why; the end is by SIGPIPE, without a word. */
static void report_unless_left(const struct kt_error *err)
{
	if (err->status != KT_SYS || !reader_left())
		kt_tool_report(err);
}

enum kt_status kt_tool_filter_file(FILE *in, const char *schema,
				   kt_filter_fn *fn, void *ctx,
				   struct kt_error *err)
{
	const struct kt_filter filter = { .tool = tool.name,
					  .schema = schema,
					  .fn = fn,
					  .report = report_unless_left,
					  .ctx = ctx,
					  .text = tool.text };

	return kt_filter(&filter, in, stdout, err);
}

enum kt_status kt_tool_filter(const char *schema, kt_filter_fn *fn, void *ctx,
			      struct kt_error *err)
{
	enum kt_status st = kt_tool_filter_file(stdin, schema, fn, ctx, err);

	if (st == KT_DATA && err->msg[0] && isatty(STDIN_FILENO))
		return kt_hint(err, st,
			       "records come from another tool through a pipe: "
			       "see ktstr(7)");
	return st;
}

enum kt_status kt_tool_put(const struct kt_record *rec, struct kt_error *err)
{
	return kt_record_write(stdout, rec, err);
}

enum kt_status kt_tool_put_error(enum kt_status st, const struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_of_error(tool.name, 0, err);
	struct kt_error ignored;

	if (tool.text || !err->msg[0])
		return st;
	/* The error at hand is the one to report, whatever stdout says. */
	if (kt_record_write(stdout, rec, &ignored))
		return st;
	return st;
}

enum kt_status kt_tool_bindir(char **out, struct kt_error *err)
{
	char self[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return kt_fail_errno(err, "cannot read \"/proc/self/exe\"");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	*out = kt_xstrdup(self);
	return KT_OK;
}

/*
 * A filter that could not write has failed, even if every fputs() seemed to
 * work: only fflush() and close() know.
 */
static enum kt_status close_stdout(struct kt_error *err)
{
	if (fflush(stdout) || ferror(stdout) ||
	    (fclose(stdout) && errno != EBADF))
		return kt_fail_errno(err, "cannot write to standard output");
	return KT_OK;
}

static enum kt_status run(struct kt_args *args, struct kt_error *err)
{
	const struct kt_command *cmd = kt_args_command(args);
	enum kt_status st;

	if (kt_args_has(args, "version")) {
		printf("%s %s\n", tool.name, kt_tool_version());
		return KT_OK;
	}
	if (kt_args_has(args, "help")) {
		struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

		kt_args_help(args, &text);
		fputs(text.data, stdout);
		return KT_OK;
	}
	tool.quiet = kt_args_has(args, "quiet");
	tool.verbose = kt_args_has(args, "verbose") && !tool.quiet;
	tool.text = kt_args_knows(args, "text") && kt_args_has(args, "text");
	st = read_config(err);
	if (!st)
		st = take_settings(args, err);
	return st ? st : cmd->run(args, err);
}

static void die_of_signal(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

/*
 * Descriptors 0 to 2 are ours or nobody's: a file opened into the place of a
 * closed stdout would be written into. A closed stdout stays an error.
 */
static bool fill_stdio(void)
{
	bool stdout_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return stdout_open;
}

/*
 * A filter whose reader has left ends by SIGPIPE. But a status that was set is
 * a guest's, or another tool's, and stands if nothing was left unwritten.
 */
static bool needs_reader(enum kt_status st)
{
	return st || !tool.exit_set || fflush(stdout);
}

int kt_tool_main(const struct kt_command *root, int argc, char **argv)
{
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 }, late = { 0 };
	const bool stdout_open = fill_stdio();
	enum kt_status st;

	tool.name = root->name;
	/* A reader that leaves must not keep us from cleaning up. */
	signal(SIGPIPE, SIG_IGN);
	st = kt_args_parse(root, argc, argv, &args, &err);
	if (!st && !stdout_open) {
		errno = EBADF;
		st = kt_fail_errno(&err, "cannot write to standard output");
	}
	if (!st)
		st = run(args, &err);
	if (stdout_open && needs_reader(st) && reader_left())
		die_of_signal(SIGPIPE);
	if (st)
		kt_tool_report(&err);
	if (stdout_open && close_stdout(&late) && !st) {
		st = KT_SYS;
		kt_tool_report(&late);
	}
	if (kt_stop_signal())
		die_of_signal(kt_stop_signal());
	if (tool.exit_with)
		return tool.exit_with;
	return root->coarse ? kt_tool_coarse((int)st) : (int)st;
}
