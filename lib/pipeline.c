// SPDX-License-Identifier: GPL-2.0-only
/* pipeline - our own tools, one into the next */
#include "lib/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define STOP_GRACE_NS (10 * KT_NS_PER_S)

struct stage {
	char **argv; /* ends in NULL */
	size_t argc;
	size_t spec_at; /* index of the spec file's word, or 0 */
};

struct kt_pipeline {
	struct stage stages[KT_PIPELINE_MAX];
	size_t nr;
	bool hushed;
};

struct kt_pipeline *kt_pipeline_new(void)
{
	return kt_xcalloc(1, sizeof(struct kt_pipeline));
}

void kt_pipeline_freep(struct kt_pipeline **p)
{
	if (!*p)
		return;
	for (size_t i = 0; i < (*p)->nr; i++) {
		for (size_t k = 0; k < (*p)->stages[i].argc; k++)
			free((*p)->stages[i].argv[k]);
		free((*p)->stages[i].argv);
	}
	free(*p);
}

void kt_pipeline_stage(struct kt_pipeline *p, const char *program)
{
	if (p->nr == KT_PIPELINE_MAX)
		abort();
	p->nr++;
	kt_pipeline_word(p, program);
}

void kt_pipeline_word(struct kt_pipeline *p, const char *word)
{
	struct stage *s = &p->stages[p->nr - 1];

	s->argv = kt_xrealloc(s->argv, (s->argc + 2) * sizeof(*s->argv));
	s->argv[s->argc++] = kt_xstrdup(word);
	s->argv[s->argc] = NULL;
}

void kt_pipeline_spec(struct kt_pipeline *p)
{
	struct stage *s = &p->stages[p->nr - 1];

	kt_pipeline_word(p, "--spec");
	s->spec_at = s->argc;
	kt_pipeline_word(p, "");
}

void kt_pipeline_hush(struct kt_pipeline *p)
{
	p->hushed = true;
}

void kt_pipeline_quote(const char *word, struct kt_buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:,+=@%";

	if (*word && !word[strspn(word, plain)]) {
		kt_buf_adds(out, word);
		return;
	}
	kt_buf_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			kt_buf_adds(out, "'\\''");
		else
			kt_buf_addc(out, *word);
	}
	kt_buf_addc(out, '\'');
}

static void explain_stage(const struct kt_pipeline *p, size_t i,
			  struct kt_buf *out);

static void explain_upto(const struct kt_pipeline *p, size_t nr,
			 struct kt_buf *out)
{
	for (size_t i = 0; i < nr; i++) {
		if (i)
			kt_buf_adds(out, " | ");
		explain_stage(p, i, out);
	}
}

static void explain_stage(const struct kt_pipeline *p, size_t i,
			  struct kt_buf *out)
{
	const struct stage *s = &p->stages[i];

	for (size_t k = 0; k < s->argc; k++) {
		if (k)
			kt_buf_addc(out, ' ');
		if (k && k == s->spec_at) {
			kt_buf_adds(out, "<(");
			explain_upto(p, i, out);
			kt_buf_addc(out, ')');
		} else {
			kt_pipeline_quote(s->argv[k], out);
		}
	}
	if (p->hushed)
		kt_buf_adds(out, " 2>/dev/null");
}

void kt_pipeline_explain(const struct kt_pipeline *p, struct kt_buf *out)
{
	if (p->stages[p->nr - 1].spec_at)
		explain_stage(p, p->nr - 1, out);
	else
		explain_upto(p, p->nr, out);
	kt_buf_addc(out, '\n');
}

/* One stage: @in is its input (-1: ours), or its spec file if it wants one. */
static enum kt_status start(const struct kt_pipeline *p, size_t i,
			    const char *bindir, int in, int out, pid_t *pid,
			    struct kt_error *err)
{
	const struct stage *s = &p->stages[i];
	char *program KT_CLEANUP(kt_freep) = kt_path_join(bindir, s->argv[0]);
	char spec[32];
	const char **argv = kt_xcalloc(s->argc + 1, sizeof(*argv));
	const int keep[] = { in, -1 };
	const bool by_spec = s->spec_at && in >= 0;
	const struct kt_spawn how = {
		.argv = argv,
		.in = in >= 0 && !by_spec ? in : KT_SPAWN_INHERIT,
		.out = out >= 0 ? out : KT_SPAWN_INHERIT,
		.err = p->hushed ? KT_SPAWN_NULL : KT_SPAWN_INHERIT,
		.keep = by_spec ? keep : NULL,
	};
	enum kt_status st;

	snprintf(spec, sizeof(spec), "/dev/fd/%d", in);
	for (size_t k = 0; k < s->argc; k++)
		argv[k] = k && k == s->spec_at ? spec : s->argv[k];
	argv[0] = program;
	st = kt_spawn_start(&how, pid, err);
	free(argv);
	return st;
}

/* @out is the last one's stdout, or -1 for ours. */
static enum kt_status start_all(const struct kt_pipeline *p, const char *bindir,
				int out, pid_t *pids, struct kt_error *err)
{
	int in = -1;

	for (size_t i = 0; i < p->nr; i++) {
		int fds[2] = { -1, -1 };
		enum kt_status st;

		if (i + 1 < p->nr && pipe2(fds, O_CLOEXEC))
			st = kt_fail_errno(err, "cannot make a pipe");
		else
			st = start(p, i, bindir, in,
				   i + 1 < p->nr ? fds[1] : out, &pids[i], err);
		kt_closep(&in);
		kt_closep(&fds[1]);
		in = fds[0];
		if (st) {
			kt_closep(&in);
			return st;
		}
	}
	return KT_OK;
}

/*
 * Wait for one stage. Told to stop, we tell the stages (a terminal has told
 * them already, a kill has not) and go on waiting for them to clean up.
 */
static enum kt_status wait_stage(pid_t pid, const pid_t *pids, size_t nr,
				 int *status, struct kt_error *err)
{
	enum kt_status st = kt_spawn_wait(pid, 0, status, err);

	if (st != KT_FAIL)
		return st;
	for (size_t i = 0; i < nr; i++)
		if (pids[i] > 0)
			kill(pids[i], kt_stop_signal());
	kt_spawn_end(pid, false, STOP_GRACE_NS, status);
	return st;
}

static enum kt_status run(const struct kt_pipeline *p, const char *bindir,
			  int out, int *status, struct kt_error *err)
{
	pid_t pids[KT_PIPELINE_MAX] = { 0 };
	int wstatus = 0;
	enum kt_status st = kt_stop_catch(err);

	if (!st)
		st = start_all(p, bindir, out, pids, err);
	for (size_t i = 0; i < p->nr && pids[i] > 0; i++) {
		struct kt_error late = { 0 };
		enum kt_status one = wait_stage(pids[i], pids + i, p->nr - i,
						&wstatus, &late);

		pids[i] = 0;
		if (one && !st) {
			st = one;
			*err = late;
		}
	}
	if (!st)
		*status = kt_spawn_exit_status(wstatus);
	return st;
}

enum kt_status kt_pipeline_run(const struct kt_pipeline *p, const char *bindir,
			       int *status, struct kt_error *err)
{
	return run(p, bindir, -1, status, err);
}

enum kt_status kt_pipeline_capture(const struct kt_pipeline *p,
				   const char *bindir, size_t max,
				   struct kt_buf *out, int *status,
				   struct kt_error *err)
{
	/* A file, not a pipe: nobody has to read while the stages run. */
	int fd KT_CLEANUP(kt_closep) = memfd_create("captured", MFD_CLOEXEC);
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot make a file in memory");
	st = run(p, bindir, fd, status, err);
	if (!st && lseek(fd, 0, SEEK_SET))
		st = kt_fail_errno(err, "cannot read what was captured");
	return st ? st : kt_fd_read(fd, max, out, "what was captured", err);
}
