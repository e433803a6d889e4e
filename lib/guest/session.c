// SPDX-License-Identifier: GPL-2.0-only
/* session - doing what the host says (lib/ctl.h), until it says bye */
#include "lib/guest/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPLY_BYTES ((size_t)64 << 10) /* unread replies: listen no more */
#define CONNECT_RETRY_MS 10 /* poll() shows no host as a constant POLLHUP */
#define BYE_WAIT_MS 1000

const char *const kt_session_ports[KT_NR_PORTS] = {
	KT_CTL_PORT_CONTROL,
	KT_CTL_PORT_STDIN,
	KT_CTL_PORT_STDOUT,
	KT_CTL_PORT_STDERR,
};

uint64_t kt_session_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Words of a message, ended by NULL. */
static void say(struct kt_session *session, const char *verb, ...)
{
	const char *words[8] = { verb };
	size_t nr = 1, size;
	va_list ap;
	char *grown;

	va_start(ap, verb);
	while (nr < 7 && (words[nr] = va_arg(ap, const char *)))
		nr++;
	va_end(ap);
	size = kt_ctl_size(words);
	grown = realloc(session->reply, session->reply_len + size);
	if (!grown)
		return;
	session->reply = grown;
	session->reply_len +=
		kt_ctl_format(words, grown + session->reply_len, size);
}

void kt_session_warn(void *session, const char *text)
{
	say(session, "warning", text, NULL);
}

static void say_number(struct kt_session *session, const char *verb,
		       const char *word, uint64_t nr)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)nr);
	if (word)
		say(session, verb, word, text, NULL);
	else
		say(session, verb, text, NULL);
}

/*
 * After the command has ended, only as much as the host says belonged to it;
 * until it says so, what is there may be for the next one.
 */
static bool wants_input(const struct kt_session *session)
{
	const struct kt_stream *s = &session->in;

	return session->job && !s->len && s->total < s->limit &&
	       (session->pid || s->limit != UINT64_MAX);
}

static bool job_done(const struct kt_session *session)
{
	return !session->job ||
	       (!session->pid && session->out.done && session->err.done &&
		(session->in.limit == UINT64_MAX ||
		 (session->in.total >= session->in.limit && !session->in.len)));
}

static void say_failed(struct kt_session *session, int error, const char *name)
{
	char nr[16], text[512];

	snprintf(nr, sizeof(nr), "%d", error);
	snprintf(text, sizeof(text), "%s: %s", name, strerror(error));
	say(session, "failed", nr, text, NULL);
}

static void start_command(struct kt_session *session, char **argv)
{
	const char *what;
	int pipes[3] = { -1, -1, -1 };
	int error;

	session->scheduler = session->attach.asked;
	if (session->scheduler)
		kt_attach_begin(&session->attach);
	error = kt_job_start(&session->setup, argv, &session->pid, pipes,
			     &what);

	session->job = true;
	session->free_ms = 0;
	session->terminal = session->setup.terminal && !error;
	kt_stream_open(&session->in, pipes[0]);
	kt_stream_open(&session->out, pipes[1]);
	kt_stream_open(&session->err, pipes[2]);
	if (!error)
		say_number(session, "started", NULL, (uint64_t)session->pid);
	else
		say_failed(session, error, what);
	session->attach.waiting &= !error;
}

static void do_run(struct kt_session *session, char **words, size_t nr)
{
	if (nr < 2)
		say(session, "warning", "\"run\" without a command", NULL);
	else if (session->pid)
		say_failed(session, EBUSY, words[1]);
	else
		start_command(session, words + 1);
	kt_job_clear(&session->setup);
}

static void do_shell(struct kt_session *session)
{
	char name[] = "sh", *argv[] = { name, NULL };

	session->setup.greet = true;
	if (session->pid)
		say_failed(session, EBUSY, name);
	else
		start_command(session, argv);
	kt_job_clear(&session->setup);
}

/* A whole decimal number up to @max. */
static bool number(const char *text, uint64_t max, uint64_t *out)
{
	unsigned long long val;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	val = strtoull(text, &end, 10);
	if (errno || *end || val > max)
		return false;
	*out = val;
	return true;
}

static bool size(char **words, size_t nr, struct kt_pty_size *out)
{
	uint64_t cols, rows;

	if (nr != 3 || !number(words[1], UINT16_MAX, &cols) ||
	    !number(words[2], UINT16_MAX, &rows))
		return false;
	*out = (struct kt_pty_size){ (unsigned short)cols,
				     (unsigned short)rows };
	return true;
}

static void do_winsize(struct kt_session *session, char **words, size_t nr)
{
	struct kt_pty_size new;

	if (size(words, nr, &new) && session->terminal &&
	    session->out.pipe >= 0)
		kt_pty_resize(session->out.pipe, new);
}

static void do_message(struct kt_session *session, char **words, size_t nr)
{
	const char *verb = words[0];
	const char *arg = nr > 1 ? words[1] : "";
	uint64_t val;

	if (!strcmp(verb, "run")) {
		do_run(session, words, nr);
	} else if (!strcmp(verb, "shell")) {
		do_shell(session);
	} else if (!strcmp(verb, "terminal")) {
		session->setup.terminal = size(words, nr, &session->setup.size);
	} else if (!strcmp(verb, "winsize")) {
		do_winsize(session, words, nr);
	} else if (!strcmp(verb, "env") && nr == 2) {
		if (!kt_job_add_env(&session->setup, arg))
			say(session, "warning", "no or too much \"env\"", NULL);
	} else if (!strcmp(verb, "cwd") && nr == 2) {
		free(session->setup.cwd);
		session->setup.cwd = strdup(arg);
	} else if (!strcmp(verb, "attach")) {
		session->attach.asked = true;
	} else if (!strcmp(verb, "join")) {
		session->setup.join = true;
	} else if (!strcmp(verb, "eof") && nr == 3 && !strcmp(arg, "stdin") &&
		   number(words[2], UINT64_MAX - 1, &val)) {
		session->in.limit = val;
	} else if (!strcmp(verb, "signal") && nr == 2 &&
		   number(arg, SIGRTMAX, &val)) {
		if (session->pid)
			kill(-session->pid, (int)val);
	} else if (!strcmp(verb, "ping") && nr == 2) {
		say(session, "pong", arg, NULL);
	} else if (!strcmp(verb, "bye")) {
		session->bye = true;
	}
}

/* A scheduler waits for the one before it to be gone, but not for ever. */
static bool wait_until_free(struct kt_session *session)
{
	const uint64_t now = kt_session_now_ms();

	if (!session->attach.asked || kt_attach_free(&session->attach))
		return false;
	if (!session->free_ms)
		session->free_ms = now + KT_CTL_DETACH_MS;
	return now < session->free_ms;
}

/* A run waits for the last bytes of the job before it. */
static bool must_wait(struct kt_session *session, const char *line, size_t len)
{
	const bool starts = (len >= 4 && !memcmp(line, "run\t", 4)) ||
			    (len == 5 && !memcmp(line, "shell", 5));

	return starts && !session->pid &&
	       (!job_done(session) || wait_until_free(session));
}

/* True if there was a message to act on. */
static bool do_lines(struct kt_session *session)
{
	bool acted = false;
	size_t start = 0;

	while (!session->bye && session->reply_len < REPLY_BYTES) {
		char *line = session->line + start;
		char *lf = memchr(line, '\n', session->line_len - start);
		const size_t len = lf ? (size_t)(lf - line) : 0;
		size_t nr;

		if (!lf || must_wait(session, line, len))
			break;
		start += len + 1;
		if (session->skipping) {
			session->skipping = false;
			continue;
		}
		nr = kt_ctl_parse(line, len, session->words,
				  KT_CTL_MAX_WORDS + 1);
		acted |= nr > 0;
		if (nr)
			do_message(session, session->words, nr);
		else
			say(session, "warning", "a line that is no message",
			    NULL);
	}
	session->line_len -= start;
	memmove(session->line, session->line + start, session->line_len);
	if (session->line_len == sizeof(session->line) &&
	    !memchr(session->line, '\n', session->line_len)) {
		if (!session->skipping)
			say(session, "warning", "a line that is too long",
			    NULL);
		session->skipping = true;
		session->line_len = 0;
	}
	return acted;
}

/* False if there was nothing to send, or the port is full. */
static bool send_replies(struct kt_session *session)
{
	const struct kt_port *port = &session->ports[KT_CONTROL];
	const ssize_t n = session->reply_len ? write(port->fd, session->reply,
						     session->reply_len) :
					       0;

	if (n <= 0)
		return false;
	session->reply_len -= (size_t)n;
	memmove(session->reply, session->reply + n, session->reply_len);
	return true;
}

/* True if a message has changed what the streams may do. */
static bool pump_control(struct kt_session *session)
{
	struct kt_port *port = &session->ports[KT_CONTROL];
	const size_t room = sizeof(session->line) - session->line_len;
	bool acted = false;
	ssize_t n;

	n = room && session->reply_len < REPLY_BYTES ?
		    read(port->fd, session->line + session->line_len, room) :
		    -1;
	if (n > 0)
		session->line_len += (size_t)n;
	if (n <= 0 && port->lost)
		session->bye = true;
	/* Lines may have waited for the room that a write has made. */
	do
		acted |= do_lines(session);
	while (send_replies(session));
	return acted;
}

/*
 * What a scheduler leaves behind could attach in the middle of the next one.
 * An init that tests started spares all but the group.
 */
static void end_scheduler(struct kt_session *session, pid_t pid)
{
	if (!session->scheduler)
		return;
	session->scheduler = session->attach.waiting = false;
	kill(getpid() == 1 ? -1 : -pid, SIGKILL);
}

static void reap(struct kt_session *session)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(session->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != session->pid)
			continue;
		end_scheduler(session, pid);
		session->pid = 0;
		/* Whoever else holds it open need not read it: eat the rest. */
		kt_stream_close_pipe(&session->in);
		session->ended_ms = kt_session_now_ms();
		if (WIFSIGNALED(status))
			say_number(session, "signaled", NULL,
				   (uint64_t)WTERMSIG(status));
		else
			say_number(session, "exited", NULL,
				   (uint64_t)WEXITSTATUS(status));
	}
}

/* The places in poll()'s array; the ports come first, by their numbers. */
enum {
	IN_PIPE = KT_NR_PORTS,
	OUT_PIPE,
	ERR_PIPE,
	SIGNALS,
	RELAY,
	NR_POLL = RELAY + KT_RELAY_FDS,
};

static int choose_events(const struct kt_session *session,
			 struct pollfd fds[NR_POLL])
{
	const struct kt_stream *in = &session->in, *out = &session->out,
			       *err = &session->err;
	int timeout = -1;

	for (int i = 0; i < KT_NR_PORTS; i++)
		fds[i] = (struct pollfd){ .fd = session->ports[i].fd };
	fds[KT_CONTROL].events = POLLIN | (session->reply_len ? POLLOUT : 0);
	fds[KT_STDIN].events = wants_input(session) ? POLLIN : 0;
	fds[KT_STDOUT].events = out->len ? POLLOUT : 0;
	fds[KT_STDERR].events = err->len ? POLLOUT : 0;
	fds[IN_PIPE] = (struct pollfd){ in->pipe, in->len ? POLLOUT : 0, 0 };
	fds[OUT_PIPE] = (struct pollfd){ out->len ? -1 : out->pipe, POLLIN, 0 };
	fds[ERR_PIPE] = (struct pollfd){ err->len ? -1 : err->pipe, POLLIN, 0 };
	fds[SIGNALS] = (struct pollfd){ session->signals, POLLIN, 0 };
	for (int i = 0; i < KT_RELAY_FDS; i++)
		fds[RELAY + i] = (struct pollfd){ .fd = -1 };
	if (session->relay)
		kt_relay_events(session->relay, fds + RELAY);
	if (session->reply_len >= REPLY_BYTES)
		fds[KT_CONTROL].events = POLLOUT;
	for (int i = 0; i < KT_NR_PORTS; i++) {
		if (fds[i].events && session->ports[i].waiting)
			timeout = CONNECT_RETRY_MS;
		if (!fds[i].events || session->ports[i].waiting)
			fds[i].fd = -1;
	}
	if (session->attach.waiting || session->free_ms)
		return timeout >= 0 && timeout < KT_ATTACH_POLL_MS ?
			       timeout :
			       KT_ATTACH_POLL_MS;
	return timeout;
}

/* How long to wait for a left-behind holder of the output; caps it when due. */
static int linger(struct kt_session *session, int timeout)
{
	const uint64_t due = session->ended_ms + KT_CTL_LINGER_MS;
	const uint64_t now = kt_session_now_ms();

	if (!session->job || session->pid ||
	    (session->out.done && session->err.done))
		return timeout;
	if (now >= due) {
		bool news = kt_stream_cap(&session->out);

		news |= kt_stream_cap(&session->err);
		return news ? 0 : timeout;
	}
	return timeout >= 0 ? timeout : (int)(due - now);
}

static void learn_connections(struct kt_session *session,
			      const struct pollfd *fds)
{
	for (int i = 0; i < KT_NR_PORTS; i++) {
		struct kt_port *port = &session->ports[i];
		const bool hup = fds[i].revents & (POLLHUP | POLLERR);

		port->waiting = false;
		if (fds[i].fd < 0 || !fds[i].revents)
			continue;
		if (!hup)
			port->connected = true;
		else if (port->connected)
			port->lost = true;
		else
			port->waiting = true;
	}
}

/* The end of a terminal's input is the end of the line it hangs on. */
static void hang_up(struct kt_session *session)
{
	if (!session->terminal || !session->pid || session->in.len ||
	    session->in.total < session->in.limit)
		return;
	kt_pty_hang_up(session->out.pipe, session->pid);
	session->terminal = false;
}

static void pump_job(struct kt_session *session)
{
	if (!session->job)
		return;
	kt_stream_pump_in(&session->in, wants_input(session));
	hang_up(session);
	if (kt_stream_pump_out(&session->out))
		say_number(session, "eof", "stdout", session->out.total);
	if (kt_stream_pump_out(&session->err))
		say_number(session, "eof", "stderr", session->err.total);
}

static void watch_scheduler(struct kt_session *session)
{
	if (session->attach.waiting && kt_attach_done(&session->attach))
		say(session, "attached", session->attach.ops, NULL);
}

static bool saying(const struct kt_session *session)
{
	return session->reply_len ||
	       (session->relay && kt_relay_busy(session->relay));
}

/* The last word, if the host still listens. */
static void say_bye(struct kt_session *session)
{
	const uint64_t end = kt_session_now_ms() + BYE_WAIT_MS;
	struct pollfd p = { session->ports[KT_CONTROL].fd, POLLOUT, 0 };

	if (session->ports[KT_CONTROL].lost)
		return;
	say(session, "bye", NULL);
	while (saying(session) && kt_session_now_ms() < end) {
		if (poll(&p, 1, CONNECT_RETRY_MS) > 0 &&
		    (p.revents & (POLLHUP | POLLERR)))
			return;
		send_replies(session);
		if (session->relay)
			kt_relay_pump(session->relay);
	}
}

void kt_session_run(struct kt_session *session)
{
	struct pollfd fds[NR_POLL];

	session->in.port = &session->ports[KT_STDIN];
	session->out.port = &session->ports[KT_STDOUT];
	session->err.port = &session->ports[KT_STDERR];
	session->in.pipe = session->out.pipe = session->err.pipe = -1;
	say(session, "hello", KT_CTL_PROTOCOL, NULL);
	while (!session->bye) {
		const int timeout =
			linger(session, choose_events(session, fds));

		if (poll(fds, NR_POLL, timeout) < 0)
			continue;
		learn_connections(session, fds);
		if (session->relay)
			kt_relay_pump(session->relay);
		/* Nobody reads it any more: free the writer, eat the rest. */
		if (fds[IN_PIPE].revents & (POLLERR | POLLHUP))
			kt_stream_close_pipe(&session->in);
		watch_scheduler(session);
		do {
			reap(session);
			pump_job(session);
		} while (pump_control(session));
	}
	say_bye(session);
}
