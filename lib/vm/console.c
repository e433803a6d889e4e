// SPDX-License-Identifier: GPL-2.0-only
/* console - what a guest's kernel says on its serial line */
#include "lib/vm/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

/* kernel/panic.c prints this and the message. */
static const char banner[] = "Kernel panic - not syncing";

struct kt_console {
	int log;
	uint64_t logged;
	char line[512]; /* the line at hand, cut */
	size_t line_len;
	struct kt_buf tail;
	bool panicked;
	char panic[256];
	char scx[KT_CONSOLE_SCX_SIZE];
};

struct kt_console *kt_console_new(int log)
{
	struct kt_console *con = kt_xcalloc(1, sizeof(*con));

	con->log = log;
	return con;
}

void kt_console_freep(struct kt_console **con)
{
	if (!*con)
		return;
	kt_buf_release(&(*con)->tail);
	free(*con);
	*con = NULL;
}

/*
 * Behind the time stamp ("[    1.234567] ", with a caller id "[   T1] "
 * perhaps) that printk puts in front of a message.
 */
static const char *behind_stamp(const char *line)
{
	for (;;) {
		const char *end;

		line += strspn(line, " ");
		end = *line == '[' ? strchr(line, ']') : NULL;
		if (!end)
			return line;
		line = end + 1;
	}
}

/*
 * kernel/sched/ext.c, scx_ops_disable_workfn(): that it is disabled and why,
 * then perhaps a message. That one was enabled, or was unregistered as it
 * should be, is only said when all messages are let out.
 */
static void scan_scx(struct kt_console *con, const char *msg)
{
	static const char prefix[] = "sched_ext: ";
	const size_t len = strlen(con->scx);
	char text[sizeof(con->scx)];

	if (strncmp(msg, prefix, strlen(prefix)) != 0)
		return;
	msg += strlen(prefix);
	if (strstr(msg, "\" enabled") || strstr(msg, "not yet used") ||
	    strstr(msg, "disabled (unregistered from user space)"))
		return;
	kt_printable(text, sizeof(text), msg);
	snprintf(con->scx + len, sizeof(con->scx) - len, "%s%s",
		 len ? "; " : "", text);
}

const char *kt_console_scx(const struct kt_console *con)
{
	return con->scx;
}

void kt_console_begin_job(struct kt_console *con)
{
	con->scx[0] = '\0';
}

/*
 * Only at the start of a message: a program that quotes the banner, or a guest
 * that prints this very file, has not panicked.
 */
static void scan_line(struct kt_console *con)
{
	const char *msg;

	con->line[con->line_len] = '\0';
	if (con->panicked)
		return;
	msg = behind_stamp(con->line);
	scan_scx(con, msg);
	if (strncmp(msg, banner, strlen(banner)) != 0)
		return;
	msg += strlen(banner);
	msg += strspn(msg, ": ");
	con->panicked = true;
	kt_printable(con->panic, sizeof(con->panic), msg);
	/* What led here is in the log; what follows tells where it was. */
	kt_buf_consume(&con->tail, con->tail.len);
}

static void keep(struct kt_console *con, const char *text, size_t len)
{
	/* After a panic the beginning counts, before it the end. */
	if (con->panicked && con->tail.len + len > KT_CONSOLE_TAIL)
		return;
	kt_buf_add(&con->tail, text, len);
	if (con->tail.len > 2 * KT_CONSOLE_TAIL)
		kt_buf_consume(&con->tail, con->tail.len - KT_CONSOLE_TAIL);
}

static void end_line(struct kt_console *con)
{
	scan_line(con);
	keep(con, con->line, con->line_len);
	keep(con, "\n", 1);
	con->line_len = 0;
}

enum kt_status kt_console_feed(struct kt_console *con, const void *data,
			       size_t len, struct kt_error *err)
{
	const char *p = data;
	const uint64_t room = KT_CONSOLE_MAX_BYTES - con->logged;
	const size_t log_len = len < room ? len : (size_t)room;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n')
			end_line(con);
		else if (p[i] != '\r' && p[i] &&
			 con->line_len < sizeof(con->line) - 1)
			con->line[con->line_len++] = p[i];
	}
	if (con->log < 0 || !log_len)
		return KT_OK;
	con->logged += log_len;
	return kt_fd_write(con->log, data, log_len, "the console log", err);
}

bool kt_console_panicked(const struct kt_console *con)
{
	return con->panicked;
}

const char *kt_console_panic(const struct kt_console *con)
{
	return con->panic;
}

/* Where the last @lines lines of @text begin. */
static size_t last_lines(const char *text, size_t len, int lines)
{
	size_t at = len;

	while (at > 0) {
		if (text[at - 1] == '\n' && at < len && !--lines)
			break;
		at--;
	}
	return at;
}

void kt_console_tail(const struct kt_console *con, struct kt_buf *out)
{
	struct kt_buf all KT_CLEANUP(kt_buf_release) = { 0 };
	const char *p, *end;
	int left = KT_CONSOLE_TAIL_LINES;

	kt_buf_add(&all, con->tail.data ? con->tail.data : "", con->tail.len);
	if (con->line_len) {
		kt_buf_add(&all, con->line, con->line_len);
		kt_buf_addc(&all, '\n');
	}
	p = all.data;
	if (!con->panicked)
		p += last_lines(all.data, all.len, KT_CONSOLE_TAIL_LINES);
	for (; *p && left > 0; p = end + 1, left--) {
		char *line KT_CLEANUP(kt_freep) = NULL;
		char clean[1024];

		end = strchr(p, '\n');
		if (!end)
			break;
		line = kt_xstrndup(p, (size_t)(end - p));
		kt_printable(clean, sizeof(clean), line);
		kt_buf_addf(out, "%s\n", clean);
	}
}

/* Put what had begun in front of @len bytes, and drop CR; the new length. */
static size_t join(struct kt_console_begun *begun, char *data, size_t len)
{
	size_t kept = begun->len;

	memmove(data + kept, data, len);
	memcpy(data, begun->bytes, kept);
	for (size_t i = begun->len; i < begun->len + len; i++)
		if (data[i] != '\r')
			data[kept++] = data[i];
	begun->len = 0;
	return kept;
}

static bool is_fit(const char *p, size_t len)
{
	return *p == '\n' || *p == '\t' || !kt_utf8_is_control(p, len);
}

size_t kt_console_clean(struct kt_console_begun *begun, char *data, size_t len)
{
	struct kt_console_begun none = { .len = 0 };
	size_t kept = 0, n;

	/* Without CR first: it might stand between the bytes of a character. */
	len = join(begun ? begun : &none, data, len);
	for (size_t at = 0; at < len; at += n ? n : 1) {
		const char *p = data + at;

		n = kt_utf8_len(p, len - at);
		if (n && is_fit(p, n)) {
			memmove(data + kept, p, n);
			kept += n;
		} else if (begun && kt_utf8_is_begun(p, len - at)) {
			begun->len = len - at;
			memcpy(begun->bytes, p, begun->len);
			break;
		} else {
			data[kept++] = '?';
		}
	}
	return kept;
}
