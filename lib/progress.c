// SPDX-License-Identifier: GPL-2.0-only
/* progress - how far a long job is, on stderr */
#include "lib/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

#define REDRAW_NS (KT_NS_PER_S / 10)
#define BAR_WIDTH 20
#define LINE_MAX_BYTES 512

struct kt_progress {
	char *what, *unit;
	uint64_t total, done;
	uint64_t started, drawn; /* monotonic */
	bool live;		 /* a terminal that can redraw */
	bool on_line;		 /* something of ours stands there */
};

static bool can_redraw(void)
{
	const char *term = kt_getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       !kt_getenv("NO_COLOR");
}

static int width(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) || ws.ws_col < 20)
		return 79;
	return ws.ws_col - 1;
}

/* "1345 files", "151.9 MB" */
static void amount(const struct kt_progress *p, uint64_t n, char *out,
		   size_t size)
{
	static const char *const prefix[] = { "", "k", "M", "G", "T" };
	double scaled = (double)n;
	size_t i = 0;

	if (strcmp(p->unit, "B") != 0) {
		snprintf(out, size, "%llu %s", (unsigned long long)n, p->unit);
		return;
	}
	for (; scaled >= 1000 && i < 4; i++)
		scaled /= 1000;
	snprintf(out, size, i ? "%.1f %sB" : "%.0f %sB", scaled, prefix[i]);
}

static void duration(uint64_t ns, char *out, size_t size)
{
	const unsigned long long s = ns / KT_NS_PER_S, tenths = ns / 100000000;

	if (s >= 3600)
		snprintf(out, size, "%lluh%02llum", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(out, size, "%llum%02llus", s / 60, s % 60);
	else
		snprintf(out, size, "%llu.%llus", s, tenths % 10);
}

static void draw(struct kt_progress *p)
{
	char line[LINE_MAX_BYTES], now[40], rate[40], left[24] = "";
	const uint64_t ns = kt_clock_ns() - p->started;
	const double per_s = ns ? (double)p->done * 1e9 / (double)ns : 0;
	int len;

	p->drawn = kt_clock_ns();
	amount(p, p->done, now, sizeof(now));
	amount(p, (uint64_t)per_s, rate, sizeof(rate));
	if (p->total && p->done <= p->total) {
		char bar[BAR_WIDTH + 1];
		const uint64_t fill = p->done * BAR_WIDTH / p->total;

		for (unsigned int i = 0; i < BAR_WIDTH; i++)
			bar[i] = i < fill ? '#' : '.';
		bar[BAR_WIDTH] = '\0';
		if (per_s > 0)
			duration((uint64_t)((double)(p->total - p->done) /
					    per_s * 1e9),
				 left, sizeof(left));
		len = snprintf(line, sizeof(line), "%s [%s] %3llu%% %s %s/s %s",
			       p->what, bar,
			       (unsigned long long)(p->done * 100 / p->total),
			       now, rate, left);
	} else {
		duration(ns, left, sizeof(left));
		len = snprintf(line, sizeof(line), "%s %s %s", p->what, now,
			       left);
	}
	if (len > width())
		len = width();
	fprintf(stderr, "\r%.*s\033[K", len, line);
	p->on_line = true;
}

struct kt_progress *kt_progress_new(const char *what, uint64_t total,
				    const char *unit)
{
	struct kt_progress *p = kt_xcalloc(1, sizeof(*p));

	p->what = kt_xstrdup(what);
	p->unit = kt_xstrdup(unit);
	p->total = total;
	p->started = kt_clock_ns();
	p->live = !kt_tool_quiet() && can_redraw();
	if (!p->live)
		kt_note("%s", what);
	return p;
}

void kt_progress_set(struct kt_progress *p, uint64_t done)
{
	p->done = done;
	if (p->live && kt_clock_ns() - p->drawn >= REDRAW_NS)
		draw(p);
}

void kt_progress_done(struct kt_progress *p)
{
	char now[40], took[24];

	amount(p, p->done, now, sizeof(now));
	duration(kt_clock_ns() - p->started, took, sizeof(took));
	if (p->on_line)
		fputs("\r\033[K", stderr);
	p->on_line = false;
	/* Nothing is what was not counted. */
	if (p->done)
		kt_note("%s: %s in %s", p->what, now, took);
	else
		kt_note("%s: done in %s", p->what, took);
	kt_progress_freep(&p);
}

void kt_progress_freep(struct kt_progress **progress)
{
	struct kt_progress *p = *progress;

	if (!p)
		return;
	if (p->on_line)
		fputs("\r\033[K", stderr);
	free(p->what);
	free(p->unit);
	free(p);
	*progress = NULL;
}

void kt_progress_steps_release(struct kt_progress_steps *steps)
{
	kt_progress_freep(&steps->now);
}

static void begin_step(const char *what, uint64_t total, void *ctx)
{
	struct kt_progress_steps *steps = ctx;

	kt_progress_freep(&steps->now);
	steps->now = kt_progress_new(what, total, steps->unit);
}

static void set_step(uint64_t done, void *ctx)
{
	struct kt_progress_steps *steps = ctx;

	if (steps->now)
		kt_progress_set(steps->now, done);
}

static void end_step(void *ctx)
{
	struct kt_progress_steps *steps = ctx;

	kt_progress_done(steps->now);
	steps->now = NULL;
}

struct kt_watch kt_progress_watch(struct kt_progress_steps *steps)
{
	return (struct kt_watch){ .begin = begin_step,
				  .at = set_step,
				  .end = end_step,
				  .ctx = steps };
}
