// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktstr-init - PID 1 of the guest: mounts, reaps, runs what the host asks for
 *
 * Static, and libc is all it has. It speaks lib/ctl.h over four virtio ports
 * and relays between them and the pipes of the one command that runs. Nothing
 * in the loop blocks: whoever is slow, on either side, slows the other down by
 * full buffers. See ktstr-init(8).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/ctl.h"

#define STREAM_BYTES ((size_t)64 << 10)
#define PUMP_ROUNDS 16		       /* reads in a row before others' turn */
#define REPLY_BYTES ((size_t)64 << 10) /* unread replies: listen no more */
#define ENV_BYTES ((size_t)4 << 20)    /* of "env" words for one job */
#define ENV_WORDS 4096
#define PORTS_WAIT_MS 10000
#define PORTS_RETRY_MS 5
#define CONNECT_RETRY_MS 10 /* poll() shows no host as a constant POLLHUP */
#define BYE_WAIT_MS 1000
#define PATH_MAX_BYTES ((size_t)16 << 10)
#define WALK_DEPTH 16
#define BIN_DIRS "/bin:/sbin:/usr/bin:/usr/sbin"
#define INCLUDE_DIR "/include-files"
#define LIBRARY_PATH_FILE "/etc/ktstr/library-path"

enum { CONTROL, STDIN, STDOUT, STDERR, NR_PORTS };

static const char *const port_names[NR_PORTS] = {
	KT_CTL_PORT_CONTROL,
	KT_CTL_PORT_STDIN,
	KT_CTL_PORT_STDOUT,
	KT_CTL_PORT_STDERR,
};

struct port {
	int fd;
	bool connected; /* the host has been seen at the other end */
	bool waiting;	/* it has not: look again in a while */
	bool lost;	/* it was there, and has gone */
};

/* Bytes on their way; @port is one end, @pipe (-1: closed) the other. */
struct stream {
	struct port *port;
	int pipe;
	size_t off, len;
	uint64_t total; /* that went through the port */
	uint64_t limit; /* stdin: as told by "eof"; UINT64_MAX before */
	size_t left;	/* output: bytes still to be read, once capped */
	bool capped;	/* output: the command has ended, and so does this */
	bool done;	/* output: eof is told */
	char buf[STREAM_BYTES];
};

struct init {
	bool test;
	int signals;
	struct port ports[NR_PORTS];
	struct stream in, out, err;
	bool job;  /* there has been a run whose streams may not be done */
	pid_t pid; /* of the command, 0 once it has ended */
	uint64_t ended_ms;
	bool bye; /* the host wants, or has, no more */
	char *cwd;
	char *env[ENV_WORDS];
	size_t nr_env, env_bytes;
	char path[PATH_MAX_BYTES];
	char library_path[PATH_MAX_BYTES];
	char *reply; /* what the control port has not taken yet */
	size_t reply_len;
	bool skipping; /* the rest of a line that is too long */
	size_t line_len;
	char line[KT_CTL_MAX_LINE + 1];
	char *words[KT_CTL_MAX_WORDS + 1];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void write_file(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	/* Best effort: what the kernel does not have is not there to set. */
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

/* For people who watch the serial console; there is nobody else yet. */
static void complain(const struct init *init, const char *fmt, ...)
{
	char text[512] = "ktstr-init: ";
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len - 1, fmt, ap);
	va_end(ap);
	strcat(text, "\n");
	write_file(init->test ? "/dev/stderr" : "/dev/console", text);
	if (!init->test)
		write_file("/dev/kmsg", text);
}

static void end_machine(const struct init *init, int status)
{
	if (init->test)
		exit(status);
	reboot(RB_AUTOBOOT);
	/* The kernel panics when its PID 1 ends, which ends the machine too. */
	_exit(status);
}

static void die(const struct init *init, const char *what, const char *name)
{
	complain(init, "%s \"%s\": %s", what, name, strerror(errno));
	end_machine(init, 1);
}

/* Words of a message, ended by NULL. */
static void say(struct init *init, const char *verb, ...)
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
	grown = realloc(init->reply, init->reply_len + size);
	if (!grown)
		return;
	init->reply = grown;
	init->reply_len += kt_ctl_format(words, grown + init->reply_len, size);
}

static void say_number(struct init *init, const char *verb, const char *word,
		       uint64_t nr)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)nr);
	if (word)
		say(init, verb, word, text, NULL);
	else
		say(init, verb, text, NULL);
}

static void close_pipe(struct stream *s)
{
	if (s->pipe >= 0)
		close(s->pipe);
	s->pipe = -1;
}

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Take what is there from the port; false: nothing now. */
static bool fill_from_port(struct stream *s)
{
	const uint64_t left = s->limit - s->total;
	const size_t want = left < STREAM_BYTES ? (size_t)left : STREAM_BYTES;
	const ssize_t n = want ? read(s->port->fd, s->buf, want) : 0;

	if (n <= 0)
		return false;
	s->off = 0;
	s->len = (size_t)n;
	s->total += (uint64_t)n;
	return true;
}

/*
 * After the command has ended, only as much as the host says belonged to it;
 * until it says so, what is there may be for the next one.
 */
static bool wants_input(const struct init *init)
{
	const struct stream *s = &init->in;

	return init->job && !s->len && s->total < s->limit &&
	       (init->pid || s->limit != UINT64_MAX);
}

/*
 * Towards the command. What it will not read is read all the same, up to the
 * eof the host told: the next job's input comes after it.
 */
static void pump_in(struct init *init)
{
	struct stream *s = &init->in;

	for (int i = 0; i < PUMP_ROUNDS; i++) {
		ssize_t n;

		if (!s->len && (!wants_input(init) || !fill_from_port(s)))
			break;
		if (s->pipe < 0) {
			s->len = 0;
			continue;
		}
		n = write(s->pipe, s->buf + s->off, s->len);
		if (would_block(n))
			break;
		if (n < 0) {
			close_pipe(s);
			continue;
		}
		s->off += (size_t)n;
		s->len -= (size_t)n;
	}
	if (s->port->lost && !s->len)
		s->limit = s->total;
	if (!s->len && s->total >= s->limit)
		close_pipe(s);
}

/* Take what is there from the command; false: nothing now. */
static bool fill_from_pipe(struct stream *s)
{
	size_t want = STREAM_BYTES;
	ssize_t n;

	if (s->pipe < 0)
		return false;
	if (s->capped && s->left < want)
		want = s->left;
	n = want ? read(s->pipe, s->buf, want) : 0;
	if (would_block(n))
		return false;
	if (n <= 0) {
		close_pipe(s);
		return false;
	}
	s->off = 0;
	s->len = (size_t)n;
	s->left -= s->capped ? (size_t)n : 0;
	return true;
}

/* Away from the command, which is told by SIGPIPE if the host takes no more. */
static void pump_out(struct init *init, struct stream *s, const char *name)
{
	for (int i = 0; i < PUMP_ROUNDS && !s->done; i++) {
		ssize_t n;

		if (!s->len && !fill_from_pipe(s))
			break;
		n = write(s->port->fd, s->buf + s->off, s->len);
		if (s->port->lost || (n < 0 && !would_block(n))) {
			s->len = 0;
			close_pipe(s);
			break;
		}
		if (n < 0)
			break;
		s->off += (size_t)n;
		s->len -= (size_t)n;
		s->total += (uint64_t)n;
	}
	if (s->done || s->len || s->pipe >= 0)
		return;
	s->done = true;
	say_number(init, "eof", name, s->total);
}

/*
 * The command has ended, and somebody it left behind holds its output open:
 * all that the command itself wrote is in the pipe now, and no more is read. True
 * if that is news.
 */
static bool cap(struct stream *s)
{
	int left = 0;

	if (s->capped)
		return false;
	s->capped = true;
	if (s->pipe >= 0 && !ioctl(s->pipe, FIONREAD, &left))
		s->left = (size_t)left;
	return true;
}

static bool job_done(const struct init *init)
{
	return !init->job ||
	       (!init->pid && init->out.done && init->err.done &&
		(init->in.limit == UINT64_MAX ||
		 (init->in.total >= init->in.limit && !init->in.len)));
}

/* A new job: its counts begin. @fd -1 is a job that could not be started. */
static void open_stream(struct stream *s, int fd)
{
	struct port *port = s->port;

	close_pipe(s);
	/* Not the buffer: that is large, and len says what of it counts. */
	memset(s, 0, offsetof(struct stream, buf));
	s->port = port;
	s->pipe = fd;
	s->limit = UINT64_MAX;
	s->done = fd < 0;
}

/* What a child that could not start the command says of it. */
struct failure {
	int error;
	bool cwd; /* it was the directory, not the command */
};

/* Between fork and exec. */
static void run_child(const struct init *init, char **argv, const int fds[3],
		      int report)
{
	struct failure why = { 0, false };
	sigset_t none;

	setsid();
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Ours is what the kernel's command line made of it. */
	clearenv();
	setenv("PATH", init->path, 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	if (init->library_path[0])
		setenv("LD_LIBRARY_PATH", init->library_path, 1);
	for (size_t i = 0; i < init->nr_env; i++)
		putenv(init->env[i]);
	why.cwd = init->cwd && chdir(init->cwd) < 0;
	if (!why.cwd)
		execvp(argv[0], argv);
	why.error = errno;
	if (write(report, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

static void say_failed(struct init *init, int error, const char *name)
{
	char nr[16], text[512];

	snprintf(nr, sizeof(nr), "%d", error);
	snprintf(text, sizeof(text), "%s: %s", name, strerror(error));
	say(init, "failed", nr, text, NULL);
}

/* Three pipes and one that exec closes; ends [2i] are read, [2i + 1] written. */
static bool make_pipes(int fds[8])
{
	for (int i = 0; i < 4; i++) {
		if (!pipe2(fds + i * 2, O_CLOEXEC))
			continue;
		while (i-- > 0) {
			close(fds[i * 2]);
			close(fds[i * 2 + 1]);
		}
		return false;
	}
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	fcntl(fds[2], F_SETFL, O_NONBLOCK);
	fcntl(fds[4], F_SETFL, O_NONBLOCK);
	return true;
}

/* Fork and exec with these pipes; 0 if the command runs, else why not. */
static int spawn(struct init *init, char **argv, const int fds[8], bool *cwd)
{
	struct failure why = { 0, false };
	const pid_t pid = fork();
	ssize_t n = -1;

	if (!pid)
		run_child(init, argv, (int[]){ fds[0], fds[3], fds[5] },
			  fds[7]);
	why.error = errno;
	close(fds[0]);
	close(fds[3]);
	close(fds[5]);
	close(fds[7]);
	if (pid > 0)
		n = read(fds[6], &why, sizeof(why));
	close(fds[6]);
	if (!n) {
		init->pid = pid;
		return 0;
	}
	*cwd = why.cwd;
	close(fds[1]);
	close(fds[2]);
	close(fds[4]);
	return why.error;
}

static void start_command(struct init *init, char **argv)
{
	bool cwd = false;
	int fds[8], error;

	init->job = true;
	error = make_pipes(fds) ? spawn(init, argv, fds, &cwd) : errno;
	open_stream(&init->in, error ? -1 : fds[1]);
	open_stream(&init->out, error ? -1 : fds[2]);
	open_stream(&init->err, error ? -1 : fds[4]);
	if (!error)
		say_number(init, "started", NULL, (uint64_t)init->pid);
	else
		say_failed(init, error, cwd ? init->cwd : argv[0]);
}

static void forget_settings(struct init *init)
{
	/* putenv() was the child's, so these are still ours alone. */
	while (init->nr_env > 0)
		free(init->env[--init->nr_env]);
	init->env_bytes = 0;
	free(init->cwd);
	init->cwd = NULL;
}

static void do_run(struct init *init, char **words, size_t nr)
{
	if (nr < 2)
		say(init, "warning", "\"run\" without a command", NULL);
	else if (init->pid)
		say_failed(init, EBUSY, words[1]);
	else
		start_command(init, words + 1);
	forget_settings(init);
}

static void do_env(struct init *init, const char *word)
{
	const size_t size = strlen(word) + 1;
	char *copy;

	if (word[0] == '=' || !strchr(word, '=')) {
		say(init, "warning", "\"env\" is not NAME=VALUE", NULL);
		return;
	}
	copy = init->nr_env < ENV_WORDS && size <= ENV_BYTES - init->env_bytes ?
		       strdup(word) :
		       NULL;
	if (!copy) {
		say(init, "warning", "too much \"env\"", NULL);
		return;
	}
	init->env[init->nr_env++] = copy;
	init->env_bytes += size;
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

static void do_message(struct init *init, char **words, size_t nr)
{
	const char *verb = words[0];
	const char *arg = nr > 1 ? words[1] : "";
	uint64_t val;

	if (!strcmp(verb, "run")) {
		do_run(init, words, nr);
	} else if (!strcmp(verb, "env") && nr == 2) {
		do_env(init, arg);
	} else if (!strcmp(verb, "cwd") && nr == 2) {
		free(init->cwd);
		init->cwd = strdup(arg);
	} else if (!strcmp(verb, "eof") && nr == 3 && !strcmp(arg, "stdin") &&
		   number(words[2], UINT64_MAX - 1, &val)) {
		init->in.limit = val;
	} else if (!strcmp(verb, "signal") && nr == 2 &&
		   number(arg, SIGRTMAX, &val)) {
		if (init->pid)
			kill(-init->pid, (int)val);
	} else if (!strcmp(verb, "ping") && nr == 2) {
		say(init, "pong", arg, NULL);
	} else if (!strcmp(verb, "bye")) {
		init->bye = true;
	}
}

/* A run waits for the last bytes of the job before it. */
static bool must_wait(const struct init *init, const char *line, size_t len)
{
	return len >= 4 && !memcmp(line, "run\t", 4) && !init->pid &&
	       !job_done(init);
}

/* True if there was a message to act on. */
static bool do_lines(struct init *init)
{
	bool acted = false;
	size_t start = 0;

	while (!init->bye && init->reply_len < REPLY_BYTES) {
		char *line = init->line + start;
		char *lf = memchr(line, '\n', init->line_len - start);
		const size_t len = lf ? (size_t)(lf - line) : 0;
		size_t nr;

		if (!lf || must_wait(init, line, len))
			break;
		start += len + 1;
		if (init->skipping) {
			init->skipping = false;
			continue;
		}
		nr = kt_ctl_parse(line, len, init->words, KT_CTL_MAX_WORDS + 1);
		acted |= nr > 0;
		if (nr)
			do_message(init, init->words, nr);
		else
			say(init, "warning", "a line that is no message", NULL);
	}
	init->line_len -= start;
	memmove(init->line, init->line + start, init->line_len);
	if (init->line_len == sizeof(init->line) &&
	    !memchr(init->line, '\n', init->line_len)) {
		if (!init->skipping)
			say(init, "warning", "a line that is too long", NULL);
		init->skipping = true;
		init->line_len = 0;
	}
	return acted;
}

/* False if there was nothing to send, or the port is full. */
static bool send_replies(struct init *init)
{
	const struct port *port = &init->ports[CONTROL];
	const ssize_t n = init->reply_len ? write(port->fd, init->reply,
						  init->reply_len) :
					    0;

	if (n <= 0)
		return false;
	init->reply_len -= (size_t)n;
	memmove(init->reply, init->reply + n, init->reply_len);
	return true;
}

/* True if a message has changed what the streams may do. */
static bool pump_control(struct init *init)
{
	struct port *port = &init->ports[CONTROL];
	const size_t room = sizeof(init->line) - init->line_len;
	bool acted = false;
	ssize_t n;

	n = room && init->reply_len < REPLY_BYTES ?
		    read(port->fd, init->line + init->line_len, room) :
		    -1;
	if (n > 0)
		init->line_len += (size_t)n;
	if (n <= 0 && port->lost)
		init->bye = true;
	/* Lines may have waited for the room that a write has made. */
	do
		acted |= do_lines(init);
	while (send_replies(init));
	return acted;
}

static void reap(struct init *init)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(init->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != init->pid)
			continue;
		init->pid = 0;
		init->ended_ms = now_ms();
		if (WIFSIGNALED(status))
			say_number(init, "signaled", NULL,
				   (uint64_t)WTERMSIG(status));
		else
			say_number(init, "exited", NULL,
				   (uint64_t)WEXITSTATUS(status));
	}
}

/* The places in poll()'s array; the ports come first, by their numbers. */
enum { IN_PIPE = NR_PORTS, OUT_PIPE, ERR_PIPE, SIGNALS, NR_POLL };

static int choose_events(const struct init *init, struct pollfd fds[NR_POLL])
{
	const struct stream *in = &init->in, *out = &init->out,
			    *err = &init->err;
	int timeout = -1;

	for (int i = 0; i < NR_PORTS; i++)
		fds[i] = (struct pollfd){ .fd = init->ports[i].fd };
	fds[CONTROL].events = POLLIN | (init->reply_len ? POLLOUT : 0);
	fds[STDIN].events = wants_input(init) ? POLLIN : 0;
	fds[STDOUT].events = out->len ? POLLOUT : 0;
	fds[STDERR].events = err->len ? POLLOUT : 0;
	fds[IN_PIPE] = (struct pollfd){ in->pipe, in->len ? POLLOUT : 0, 0 };
	fds[OUT_PIPE] = (struct pollfd){ out->len ? -1 : out->pipe, POLLIN, 0 };
	fds[ERR_PIPE] = (struct pollfd){ err->len ? -1 : err->pipe, POLLIN, 0 };
	fds[SIGNALS] = (struct pollfd){ init->signals, POLLIN, 0 };
	if (init->reply_len >= REPLY_BYTES)
		fds[CONTROL].events = POLLOUT;
	for (int i = 0; i < NR_PORTS; i++) {
		if (fds[i].events && init->ports[i].waiting)
			timeout = CONNECT_RETRY_MS;
		if (!fds[i].events || init->ports[i].waiting ||
		    (init->ports[i].lost && i != CONTROL))
			fds[i].fd = -1;
	}
	return timeout;
}

/* How long to wait for a left-behind holder of the output; caps it when due. */
static int linger(struct init *init, int timeout)
{
	const uint64_t due = init->ended_ms + KT_CTL_LINGER_MS;
	const uint64_t now = now_ms();

	if (!init->job || init->pid || (init->out.done && init->err.done))
		return timeout;
	if (now >= due) {
		const bool news = cap(&init->out) | cap(&init->err);

		return news ? 0 : timeout;
	}
	return timeout >= 0 ? timeout : (int)(due - now);
}

static void learn_connections(struct init *init, const struct pollfd *fds)
{
	for (int i = 0; i < NR_PORTS; i++) {
		struct port *port = &init->ports[i];
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

static void pump_job(struct init *init)
{
	if (!init->job)
		return;
	pump_in(init);
	pump_out(init, &init->out, "stdout");
	pump_out(init, &init->err, "stderr");
}

static void loop(struct init *init)
{
	struct pollfd fds[NR_POLL];

	say(init, "hello", KT_CTL_PROTOCOL, NULL);
	while (!init->bye) {
		const int timeout = linger(init, choose_events(init, fds));

		if (poll(fds, NR_POLL, timeout) < 0)
			continue;
		learn_connections(init, fds);
		/* Nobody reads it any more: free the writer, eat the rest. */
		if (fds[IN_PIPE].revents & POLLERR)
			close_pipe(&init->in);
		reap(init);
		do
			pump_job(init);
		while (pump_control(init));
	}
}

/* The last word, if the host still listens. */
static void say_bye(struct init *init)
{
	const uint64_t end = now_ms() + BYE_WAIT_MS;
	struct pollfd p = { init->ports[CONTROL].fd, POLLOUT, 0 };

	if (init->ports[CONTROL].lost)
		return;
	say(init, "bye", NULL);
	while (init->reply_len && now_ms() < end) {
		if (poll(&p, 1, CONNECT_RETRY_MS) > 0 &&
		    (p.revents & (POLLHUP | POLLERR)))
			return;
		send_replies(init);
	}
}

static const struct {
	const char *type, *dir, *options;
	bool needed;
} mounts[] = {
	{ "proc", "/proc", "", true },
	{ "sysfs", "/sys", "", true },
	{ "devtmpfs", "/dev", "", true },
	{ "tmpfs", "/tmp", "mode=1777", true },
	{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", false },
	{ "tmpfs", "/dev/shm", "mode=1777", false },
	{ "tmpfs", "/run", "mode=0755", false },
	{ "debugfs", "/sys/kernel/debug", "", false },
	{ "tracefs", "/sys/kernel/tracing", "", false },
	{ "bpf", "/sys/fs/bpf", "mode=0700", false },
	{ "cgroup2", "/sys/fs/cgroup", "", false },
};

static void mount_all(const struct init *init)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].options) < 0 &&
		    errno != EBUSY && mounts[i].needed)
			complain(init, "cannot mount \"%s\": %s", mounts[i].dir,
				 strerror(errno));
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
			complain(init, "cannot make \"%s\": %s", links[i][1],
				 strerror(errno));
}

/* Read at most @size - 1 bytes; the last newline is dropped. "" if absent. */
static void read_text(const char *path, char *out, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, out, size - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
}

/* Every controller there is, each for itself: one that refuses is left out. */
static void delegate_cgroups(void)
{
	char names[512], word[64], *save = NULL;

	read_text("/sys/fs/cgroup/cgroup.controllers", names, sizeof(names));
	for (char *p = strtok_r(names, " ", &save); p;
	     p = strtok_r(NULL, " ", &save)) {
		snprintf(word, sizeof(word), "+%s", p);
		write_file("/sys/fs/cgroup/cgroup.subtree_control", word);
	}
}

static void bring_lo_up(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &req);
	close(fd);
}

static bool is_program(const char *dir, const char *name, bool *is_dir)
{
	char path[PATH_MAX];
	struct stat sb;

	*is_dir = false;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX ||
	    lstat(path, &sb) < 0)
		return false;
	*is_dir = S_ISDIR(sb.st_mode);
	return S_ISREG(sb.st_mode) && (sb.st_mode & 0111);
}

/* Append @dir to PATH if it holds a program, and so on for those below it. */
static void add_program_dirs(struct init *init, const char *dir, int depth)
{
	struct dirent **list = NULL;
	const int nr = scandir(dir, &list, NULL, alphasort);
	const size_t len = strlen(init->path);
	char below[PATH_MAX];
	bool is_dir, found = false;

	for (int i = 0; i < nr && !found; i++)
		found = is_program(dir, list[i]->d_name, &is_dir);
	if (found && !strchr(dir, ':') &&
	    len + strlen(dir) + sizeof(":" BIN_DIRS) < sizeof(init->path)) {
		strcpy(init->path + len, dir);
		strcat(init->path, ":");
	}
	for (int i = 0; i < nr; i++) {
		const char *name = list[i]->d_name;

		is_program(dir, name, &is_dir);
		if (is_dir && depth && strcmp(name, ".") &&
		    strcmp(name, "..") &&
		    snprintf(below, sizeof(below), "%s/%s", dir, name) <
			    PATH_MAX)
			add_program_dirs(init, below, depth - 1);
		free(list[i]);
	}
	free(list);
}

/* Open the virtio port @name, or yield -1: it may still be on its way. */
static int open_virtio(const char *name)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *entry;
	char path[PATH_MAX], text[64];
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 entry->d_name);
		read_text(path, text, sizeof(text));
		if (strcmp(text, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* The tests' stand-in: a UNIX socket DIR/NAME. */
static int open_socket(const char *dir, const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s",
			       dir, name) >= (int)sizeof(addr.sun_path))
		return -1;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !fcntl(fd, F_SETFL, O_NONBLOCK))
		return fd;
	close(fd);
	return -1;
}

/* Devices are probed while we are already up, so they may come late. */
static void open_ports(struct init *init, const char *test_dir)
{
	const uint64_t end = now_ms() + PORTS_WAIT_MS;

	for (int i = 0; i < NR_PORTS; i++) {
		struct port *port = &init->ports[i];
		const char *name = port_names[i];

		for (;;) {
			port->fd = test_dir ? open_socket(test_dir, name) :
					      open_virtio(name);
			if (port->fd >= 0)
				break;
			if (test_dir || now_ms() >= end)
				die(init, "cannot open port", name);
			poll(NULL, 0, PORTS_RETRY_MS);
		}
	}
}

static void set_up_signals(struct init *init)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	init->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (init->signals < 0)
		die(init, "cannot make", "signalfd");
}

/* Commands get 0 to 2 anew, so a descriptor of ours must not be one of them. */
static void fill_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void set_up_machine(const struct init *init)
{
	umask(022);
	mount_all(init);
	write_file("/proc/sys/kernel/bpf_stats_enabled", "1");
	write_file("/proc/sys/kernel/hostname", "ktstr");
	delegate_cgroups();
	bring_lo_up();
}

int main(int argc, char **argv)
{
	const bool test = getpid() != 1;
	struct init *init = calloc(1, sizeof(*init));

	if (!init)
		return 1;
	init->test = test;
	if (test && (argc != 3 || strcmp(argv[1], "--test-ports"))) {
		static const char text[] =
			"ktstr-init: this is PID 1 of a guest: see "
			"ktstr-init(8)\n";

		return write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 1 : 2;
	}
	if (!test)
		set_up_machine(init);
	fill_stdio();
	set_up_signals(init);
	add_program_dirs(init, INCLUDE_DIR, WALK_DEPTH);
	strcat(init->path, BIN_DIRS);
	read_text(LIBRARY_PATH_FILE, init->library_path,
		  sizeof(init->library_path));
	init->in.port = &init->ports[STDIN];
	init->out.port = &init->ports[STDOUT];
	init->err.port = &init->ports[STDERR];
	init->in.pipe = init->out.pipe = init->err.pipe = -1;
	open_ports(init, test ? argv[2] : NULL);
	loop(init);
	say_bye(init);
	if (init->pid && init->test)
		kill(-init->pid, SIGKILL);
	end_machine(init, 0);
}
