// SPDX-License-Identifier: GPL-2.0-only
/* guest - the host's side of lib/ctl.h: jobs, from hello to the last eof */
#include "lib/vm/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ctl.h"
#include "lib/options.h"
#include "lib/xalloc.h"

/* No message to us has more words; a longer one is of a verb to come. */
#define MAX_WORDS 64

static enum kt_status queue(struct kt_buf *out, const char *const *words,
			    struct kt_error *err)
{
	const size_t size = kt_ctl_size(words);
	size_t len;

	kt_buf_reserve(out, size);
	len = kt_ctl_format(words, out->data + out->len, size);
	if (!len)
		return kt_fail(err, KT_USAGE,
			       "the command is too long for the guest");
	out->len += len;
	return KT_OK;
}

static enum kt_status queue_run(struct kt_buf *out, const char *const *argv,
				struct kt_error *err)
{
	const char **words;
	enum kt_status st;
	size_t nr = 0;

	while (argv[nr])
		nr++;
	words = kt_xcalloc(nr + 2, sizeof(*words));
	words[0] = "run";
	memcpy(words + 1, argv, nr * sizeof(*words));
	st = queue(out, words, err);
	free(words);
	return st;
}

static enum kt_status queue_size(struct kt_buf *out, const char *verb,
				 unsigned short cols, unsigned short rows,
				 struct kt_error *err)
{
	char text[2][8];
	const char *const words[] = { verb, text[0], text[1], NULL };

	snprintf(text[0], sizeof(text[0]), "%hu", cols);
	snprintf(text[1], sizeof(text[1]), "%hu", rows);
	return queue(out, words, err);
}

static enum kt_status queue_job(struct kt_buf *out, const struct kt_job *job,
				struct kt_error *err)
{
	const char *const cwd[] = { "cwd", job->cwd, NULL };
	static const char *const attach[] = { "attach", NULL };
	static const char *const shell[] = { "shell", NULL };
	static const char *const join[] = { "join", NULL };
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && job->env && job->env[i]; i++) {
		const char *const env[] = { "env", job->env[i], NULL };

		st = queue(out, env, err);
	}
	if (!st && job->cwd)
		st = queue(out, cwd, err);
	if (!st && job->attach)
		st = queue(out, attach, err);
	if (!st && job->join)
		st = queue(out, join, err);
	if (!st && job->terminal)
		st = queue_size(out, "terminal", job->cols, job->rows, err);
	if (st)
		return st;
	return job->argv ? queue_run(out, job->argv, err) :
			   queue(out, shell, err);
}

enum kt_status kt_guest_init(struct kt_guest *g, const struct kt_job *job,
			     kt_guest_warn_fn *warn, void *ctx,
			     struct kt_error *err)
{
	struct kt_buf words KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = queue_job(&words, job, err);

	if (st)
		return st;
	*g = (struct kt_guest){
		.warn = warn, .ctx = ctx, .job = words, .attach = job->attach
	};
	words = (struct kt_buf){ 0 };
	return KT_OK;
}

enum kt_status kt_guest_again(struct kt_guest *g, const struct kt_job *job,
			      struct kt_error *err)
{
	struct kt_buf words KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = queue_job(&words, job, err);

	if (st)
		return st;
	kt_buf_add(&g->out, words.data, words.len);
	g->stage = KT_GUEST_ASKED;
	g->attach = job->attach;
	g->has_eof[0] = g->has_eof[1] = false;
	g->pinged = g->ponged = g->attached = false;
	g->started_ns = g->ended_ns = g->eof_ns = 0;
	return KT_OK;
}

void kt_guest_release(struct kt_guest *g)
{
	kt_buf_release(&g->out);
	kt_buf_release(&g->job);
	kt_buf_release(&g->line);
}

void kt_guest_stdin_eof(struct kt_guest *g, uint64_t bytes)
{
	char nr[24];
	const char *const words[] = { "eof", "stdin", nr, NULL };
	struct kt_error ignored;

	snprintf(nr, sizeof(nr), "%llu", (unsigned long long)bytes);
	/* Three short words always fit. */
	if (queue(&g->out, words, &ignored))
		abort();
}

void kt_guest_ping(struct kt_guest *g)
{
	const char *const words[] = { "ping", g->ping, NULL };
	struct kt_error ignored;

	g->pinged = true;
	snprintf(g->ping, sizeof(g->ping), "%u", ++g->nr_pings);
	if (queue(&g->out, words, &ignored))
		abort();
}

void kt_guest_signal(struct kt_guest *g, int signo)
{
	char nr[16];
	const char *const words[] = { "signal", nr, NULL };
	struct kt_error ignored;

	snprintf(nr, sizeof(nr), "%d", signo);
	if (queue(&g->out, words, &ignored))
		abort();
}

void kt_guest_winsize(struct kt_guest *g, unsigned short cols,
		      unsigned short rows)
{
	struct kt_error ignored;

	if (queue_size(&g->out, "winsize", cols, rows, &ignored))
		abort();
}

static enum kt_status out_of_order(const char *verb, struct kt_error *err)
{
	return kt_fail(err, KT_DATA, "the guest said \"%s\" out of order",
		       verb);
}

static enum kt_status number(const char *verb, const char *word, uint64_t max,
			     uint64_t *out, struct kt_error *err)
{
	if (kt_parse_u64(word ? word : "", 0, max, verb, out, err))
		return kt_fail(err, KT_DATA,
			       "the guest said \"%s\" with \"%s\" for a number",
			       verb, word ? word : "");
	return KT_OK;
}

static enum kt_status on_hello(struct kt_guest *g, char **words,
			       struct kt_error *err)
{
	const char *protocol = words[1] ? words[1] : "";

	if (g->stage != KT_GUEST_BOOTING)
		return out_of_order(words[0], err);
	if (strcmp(protocol, KT_CTL_PROTOCOL) != 0)
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "the guest's init speaks protocol "
				       "\"%s\", not \"%s\"",
				       protocol, KT_CTL_PROTOCOL),
			       "make the initrd again with this version's "
			       "ktstr-initramfs");
	g->hello_ns = kt_clock_ns();
	g->stage = KT_GUEST_ASKED;
	kt_buf_add(&g->out, g->job.data, g->job.len);
	kt_buf_release(&g->job);
	return KT_OK;
}

static enum kt_status on_started(struct kt_guest *g, char **words,
				 struct kt_error *err)
{
	if (g->stage != KT_GUEST_ASKED)
		return out_of_order(words[0], err);
	g->started_ns = kt_clock_ns();
	g->stage = KT_GUEST_RUNNING;
	return KT_OK;
}

static enum kt_status on_attached(struct kt_guest *g, char **words,
				  struct kt_error *err)
{
	if (g->stage != KT_GUEST_RUNNING || !g->attach || g->attached)
		return out_of_order(words[0], err);
	kt_printable(g->ops, sizeof(g->ops), words[1] ? words[1] : "");
	g->attached = true;
	return KT_OK;
}

/* As env(1) and the shells have it: 127 if it is not there, 126 if it is. */
static enum kt_status on_failed(struct kt_guest *g, char **words,
				struct kt_error *err)
{
	uint64_t no;
	enum kt_status st;

	if (g->stage != KT_GUEST_ASKED)
		return out_of_order(words[0], err);
	st = number(words[0], words[1], 4095, &no, err);
	if (st)
		return st;
	g->status = no == ENOENT ? 127 : 126;
	kt_printable(g->failure, sizeof(g->failure),
		     words[2] ? words[2] : strerror((int)no));
	g->stage = KT_GUEST_FAILED;
	return KT_OK;
}

static enum kt_status on_eof(struct kt_guest *g, char **words,
			     struct kt_error *err)
{
	const char *name = words[1] ? words[1] : "";
	const int i = !strcmp(name, "stderr");
	enum kt_status st;

	if ((g->stage != KT_GUEST_RUNNING && g->stage != KT_GUEST_ENDED) ||
	    (!i && strcmp(name, "stdout") != 0) || g->has_eof[i])
		return out_of_order(words[0], err);
	st = number(words[0], words[2], UINT64_MAX, &g->eof[i], err);
	if (st)
		return st;
	g->has_eof[i] = true;
	g->eof_ns = kt_clock_ns();
	return KT_OK;
}

static enum kt_status on_end(struct kt_guest *g, char **words,
			     struct kt_error *err)
{
	const bool signaled = !strcmp(words[0], "signaled");
	enum kt_status st;
	uint64_t val;

	if (g->stage != KT_GUEST_RUNNING)
		return out_of_order(words[0], err);
	st = number(words[0], words[1], signaled ? 64 : 255, &val, err);
	if (st)
		return st;
	g->status = (int)val + (signaled ? 128 : 0);
	g->ended_ns = kt_clock_ns();
	g->stage = KT_GUEST_ENDED;
	return KT_OK;
}

static enum kt_status on_pong(struct kt_guest *g, char **words,
			      struct kt_error *err)
{
	if (!g->nr_pings)
		return out_of_order(words[0], err);
	/* One that is due to the job before may come late. */
	if (g->pinged && words[1] && !strcmp(words[1], g->ping))
		g->ponged = true;
	return KT_OK;
}

static enum kt_status on_warning(struct kt_guest *g, char **words,
				 struct kt_error *err KT_UNUSED)
{
	char text[512];

	if (!g->warn || g->nr_warnings >= KT_GUEST_MAX_WARNINGS)
		return KT_OK;
	g->nr_warnings++;
	kt_printable(text, sizeof(text), words[1] ? words[1] : "");
	g->warn(text, g->ctx);
	return KT_OK;
}

typedef enum kt_status verb_fn(struct kt_guest *g, char **words,
			       struct kt_error *err);

static const struct {
	const char *verb;
	verb_fn *fn;
} verbs[] = {
	{ "hello", on_hello },	     { "started", on_started },
	{ "failed", on_failed },     { "eof", on_eof },
	{ "exited", on_end },	     { "signaled", on_end },
	{ "pong", on_pong },	     { "warning", on_warning },
	{ "attached", on_attached },
};

/* Verbs not in the table are ignored: the protocol may grow. */
static enum kt_status on_line(struct kt_guest *g, char *line, size_t len,
			      struct kt_error *err)
{
	char *words[MAX_WORDS];

	if (!kt_ctl_parse(line, len, words, MAX_WORDS))
		return kt_fail(err, KT_DATA,
			       "the guest sent a line that is no message");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(words[0], verbs[i].verb))
			return verbs[i].fn(g, words, err);
	return KT_OK;
}

enum kt_status kt_guest_feed(struct kt_guest *g, const void *data, size_t len,
			     struct kt_error *err)
{
	const char *p = data;
	enum kt_status st = KT_OK;

	while (!st && len > 0) {
		const char *lf = memchr(p, '\n', len);
		const size_t part = lf ? (size_t)(lf - p) : len;

		if (part > KT_CTL_MAX_LINE - g->line.len)
			return kt_fail(err, KT_DATA,
				       "the guest does not end a line");
		kt_buf_add(&g->line, p, part);
		if (!lf)
			break;
		st = on_line(g, g->line.data, g->line.len, err);
		g->line.len = 0;
		p += part + 1;
		len -= part + 1;
	}
	return st;
}
