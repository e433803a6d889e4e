// SPDX-License-Identifier: GPL-2.0-only
/* log - what a scheduler's output says about a failed load */
#include "lib/verifier/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"

static const char begin[] = "-- BEGIN PROG LOAD LOG --";
static const char end[] = "-- END PROG LOAD LOG --";

static const char *find(const char *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what));
}

static const char *find_last(const char *text, size_t len, const char *what)
{
	const char *last = NULL, *p = text;

	while ((p = find(p, len - (size_t)(p - text), what)))
		last = p++;
	return last;
}

/* The whole number that the @len bytes at @s are; false: they are none. */
static bool number(const char *s, size_t len, uint64_t *out)
{
	char text[24];
	char *stop;

	if (!len || len >= sizeof(text) || s[0] < '0' || s[0] > '9')
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	errno = 0;
	*out = strtoull(text, &stop, 10);
	return !errno && !*stop;
}

/* The next word of *s, whose length it returns; 0: there is no more. */
static size_t word(const char **s, const char *stop)
{
	const char *p = *s;
	size_t len = 0;

	while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	while (p + len < stop && p[len] != ' ' && p[len] != '\t' &&
	       p[len] != '\r')
		len++;
	*s = p;
	return len;
}

static void read_processed(const char *line, const char *stop,
			   struct kt_load_log *out)
{
	const char *p = line;
	uint64_t *to = NULL;
	size_t len, nr = 0;

	out->total_states = out->peak_states = 0;
	for (; (len = word(&p, stop)); p += len, nr++) {
		if (nr == 1)
			to = &out->processed;
		if (to && !number(p, len, to))
			*to = 0;
		to = NULL;
		if (len == 12 && !memcmp(p, "total_states", 12))
			to = &out->total_states;
		if (len == 11 && !memcmp(p, "peak_states", 11))
			to = &out->peak_states;
	}
}

static void read_time(const char *line, const char *stop,
		      struct kt_load_log *out)
{
	size_t len;

	for (const char *p = line; (len = word(&p, stop)); p += len)
		if (!out->has_time)
			out->has_time = number(p, len, &out->time_us);
}

static void read_stack(const char *after, const char *stop,
		       struct kt_load_log *out)
{
	char text[sizeof(out->stack)];
	size_t len;

	while (after < stop && strchr(" \t\r", *after) && *after)
		after++;
	while (stop > after && strchr(" \t\r", stop[-1]) && stop[-1])
		stop--;
	len = (size_t)(stop - after);
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, after, len);
	text[len] = '\0';
	kt_printable(out->stack, sizeof(out->stack), text);
}

/* Where the line that ends at @stop begins. */
static const char *line_before(const char *text, const char *stop)
{
	while (stop > text && stop[-1] != '\n')
		stop--;
	return stop;
}

/* Of each figure the last line that has it counts. */
static void read_figures(struct kt_load_log *out)
{
	static const char depth[] = "stack depth";
	bool processed = false;
	const char *stop = out->text + out->len;

	while (stop > out->text) {
		const char *line = line_before(out->text, stop);
		const size_t len = (size_t)(stop - line);
		const char *stack = find(line, len, depth);

		if (!processed && len >= 10 &&
		    !memcmp(line, "processed ", 10)) {
			processed = true;
			read_processed(line, stop, out);
		}
		if (!out->has_time && find(line, len, "verification time"))
			read_time(line, stop, out);
		if (!out->stack[0] && stack)
			read_stack(stack + strlen(depth), stop, out);
		if (line == out->text ||
		    (processed && out->has_time && out->stack[0]))
			break;
		stop = line - 1;
	}
}

/*
 * "prog 'NAME': " stands before the mark, on its line. A line may be all there
 * is, with a mark every few bytes, and is not looked through for each.
 */
static void read_name(const char *text, const char *mark,
		      struct kt_load_log *out)
{
	const size_t before = (size_t)(mark - text);
	const size_t reach =
		before < KT_LOG_NAME_REACH ? before : KT_LOG_NAME_REACH;
	const char *lf = memrchr(mark - reach, '\n', reach);
	const char *line = lf ? lf + 1 : mark - reach;
	const char *name = find_last(line, (size_t)(mark - line), "prog '");
	const char *quote;
	char raw[KT_LOG_NAME_SIZE];

	if (!name)
		return;
	name += strlen("prog '");
	quote = memchr(name, '\'', (size_t)(mark - name));
	if (!quote || (size_t)(quote - name) >= sizeof(raw))
		return;
	memcpy(raw, name, (size_t)(quote - name));
	raw[quote - name] = '\0';
	kt_printable(out->program, sizeof(out->program), raw);
}

static void trim_lf(struct kt_load_log *out)
{
	while (out->len && out->text[out->len - 1] == '\n')
		out->len--;
}

bool kt_load_log_next(const char *text, size_t len, struct kt_load_log_at *at,
		      struct kt_load_log *out)
{
	const char *mark = NULL, *from, *next, *stop, *lf;

	if (at->nr < KT_LOG_MAX && at->byte < len)
		mark = find(text + at->byte, len - at->byte, begin);
	if (!mark)
		return false;
	at->nr++;
	*out = (struct kt_load_log){ 0 };
	read_name(text, mark, out);
	from = mark + strlen(begin);
	next = find(from, len - (size_t)(from - text), begin);
	if (!next)
		next = text + len;
	stop = find_last(from, (size_t)(next - from), end);
	at->byte = (size_t)((stop ? stop + strlen(end) : next) - text);
	if (!stop)
		stop = next;
	/* What the printer puts before each message it prints is no log. */
	lf = stop < text + len && stop > from ?
		     memrchr(from, '\n', (size_t)(stop - from)) :
		     NULL;
	if (lf)
		stop = lf;
	if (from < stop && *from == '\n')
		from++;
	out->text = from;
	out->len = (size_t)(stop - from);
	trim_lf(out);
	read_figures(out);
	return true;
}

void kt_load_log_first(const char *text, size_t len, struct kt_load_log *out)
{
	struct kt_load_log_at at = { 0 };

	if (kt_load_log_next(text, len, &at, out))
		return;
	*out = (struct kt_load_log){ .text = text, .len = len };
	read_figures(out);
}
