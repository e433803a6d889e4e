// SPDX-License-Identifier: GPL-2.0-only
/* terminal: it is given back, whatever ends or stops its owner */
#include "lib/vm/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/stop.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define WAIT_MS 10000

/* What the owner does once it has the terminal; the status it returns. */
typedef int owner_fn(int fd);

static int returns(int fd)
{
	(void)fd;
	kt_terminal_release();
	return 0;
}

static int exits(int fd)
{
	(void)fd;
	exit(3);
}

static int lacks_memory(int fd)
{
	(void)fd;
	kt_oom();
}

static int aborts(int fd)
{
	(void)fd;
	abort();
}

static int crashes(int fd)
{
	(void)fd;
	raise(SIGSEGV);
	return 9;
}

/* As a tool does: wait, unwind, and the end is the caller's affair. */
static int waits(int fd)
{
	struct pollfd p = { kt_stop_fd(), POLLIN, 0 };
	struct kt_error err;

	(void)fd;
	while (!kt_stop_check(&err))
		poll(&p, 1, WAIT_MS);
	kt_terminal_release();
	return 100 + kt_stop_signal();
}

static bool is_raw(const struct termios *t)
{
	return !(t->c_lflag & (ICANON | ECHO | ISIG)) &&
	       !(t->c_oflag & OPOST) && !(t->c_iflag & (ICRNL | IXON)) &&
	       t->c_cc[VMIN] == 1;
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

/* In the child: the slave is its controlling terminal, in the foreground. */
static int own(int slave, int ready, owner_fn *fn)
{
	const struct rlimit no_core = { 0, 0 };
	struct kt_error err = { 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) || kt_stop_catch(&err) ||
	    kt_terminal_take(slave, &err) ||
	    kt_terminal_set(KT_TERMINAL_RAW, &err))
		return 99;
	if (write(ready, "", 1) != 1)
		return 98;
	return fn(slave);
}

/* A pty, its modes, and a child that owns it raw. */
struct owner {
	int master, slave, ready[2];
	struct termios before, during;
	pid_t pid;
};

/* By the master: the slave hangs up when the leader of its session ends. */
static struct termios modes(const struct owner *o)
{
	struct termios now = { 0 };

	if (tcgetattr(o->master, &now))
		puts("# the terminal does not tell its modes");
	return now;
}

static void open_pty(struct owner *o)
{
	o->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (o->master < 0 || grantpt(o->master) || unlockpt(o->master) ||
	    pipe(o->ready))
		abort();
	o->slave = open(ptsname(o->master), O_RDWR | O_NOCTTY);
	tcgetattr(o->slave, &o->before);
	/* Not what anybody would guess. */
	o->before.c_cc[VERASE] = 8;
	o->before.c_iflag |= IUTF8;
	o->before.c_lflag &= ~(tcflag_t)ECHOE;
	tcsetattr(o->slave, TCSANOW, &o->before);
	o->before = modes(o);
	fflush(stdout);
}

static void start(struct owner *o, owner_fn *fn)
{
	char byte;

	open_pty(o);
	o->pid = fork();
	if (!o->pid) {
		/* Sanitizers have handlers of their own for some of these. */
		signal(SIGABRT, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		exit(own(o->slave, o->ready[1], fn));
	}
	close(o->ready[1]);
	if (read(o->ready[0], &byte, 1) != 1)
		puts("# the owner did not come up");
	o->during = modes(o);
}

static int wait_for(struct owner *o)
{
	int status = 0;

	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		if (waitpid(o->pid, &status, WNOHANG) == o->pid)
			return status;
		poll(NULL, 0, 5);
	}
	kill(o->pid, SIGKILL);
	waitpid(o->pid, &status, 0);
	return -1;
}

static void finish(struct owner *o)
{
	close(o->slave);
	close(o->master);
	close(o->ready[0]);
}

static void test_ends(void)
{
	static const struct {
		const char *name;
		owner_fn *fn;
		int sig;    /* sent to it, or 0 */
		int status; /* as a shell would have it */
	} cases[] = {
		{ "a return", returns, 0, 0 },
		{ "exit", exits, 0, 3 },
		{ "the lack of memory", lacks_memory, 0, KT_SYS },
		{ "abort", aborts, 0, 128 + SIGABRT },
		{ "a crash", crashes, 0, 128 + SIGSEGV },
		{ "SIGTERM", waits, SIGTERM, 100 + SIGTERM },
		{ "SIGINT", waits, SIGINT, 100 + SIGINT },
		{ "SIGHUP", waits, SIGHUP, 100 + SIGHUP },
		{ "SIGQUIT", waits, SIGQUIT, 100 + SIGQUIT },
		{ "SIGABRT of somebody", waits, SIGABRT, 128 + SIGABRT },
		{ "SIGBUS of somebody", waits, SIGBUS, 128 + SIGBUS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct termios after;
		struct owner o;
		int status;

		start(&o, cases[i].fn);
		if (cases[i].sig)
			kill(o.pid, cases[i].sig);
		status = wait_for(&o);
		after = modes(&o);
		ok((cases[i].sig ? is_raw(&o.during) : true) &&
			   same_mode(&o.before, &after),
		   "%s gives the terminal back", cases[i].name);
		same_u64((unsigned long long)(WIFSIGNALED(status) ?
						      128 + WTERMSIG(status) :
						      WEXITSTATUS(status)),
			 (unsigned long long)cases[i].status,
			 "and the process ends as it would have");
		finish(&o);
	}
}

static bool becomes_raw(const struct owner *o)
{
	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		const struct termios now = modes(o);

		if (is_raw(&now))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

/*
 * The child leads the session, so its group is orphaned and SIGTSTP would not
 * stop it; hence one in between.
 */
static int leads(int slave, int ready)
{
	int status;
	pid_t pid;

	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	pid = fork();
	if (!pid) {
		struct kt_error err = { 0 };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		tcsetpgrp(slave, getpid());
		signal(SIGTTOU, SIG_DFL);
		if (kt_stop_catch(&err) || kt_terminal_take(slave, &err) ||
		    kt_terminal_set(KT_TERMINAL_RAW, &err))
			exit(99);
		if (write(ready, &(pid_t){ getpid() }, sizeof(pid_t)) < 0)
			exit(98);
		exit(waits(slave));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static bool stopped(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		const int fd = open(path, O_RDONLY);
		const ssize_t n = read(fd, text, sizeof(text) - 1);

		close(fd);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, ") T "))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

static void test_stop(void)
{
	struct termios now;
	struct owner o;
	pid_t job = 0;

	open_pty(&o);
	o.pid = fork();
	if (!o.pid)
		_exit(leads(o.slave, o.ready[1]));
	if (read(o.ready[0], &job, sizeof(job)) != sizeof(job))
		abort();
	for (int round = 1; round <= 2; round++) {
		ok(becomes_raw(&o), "it is raw while the owner runs (%d)",
		   round);
		kill(job, SIGTSTP);
		ok(stopped(job), "SIGTSTP stops the owner (%d)", round);
		now = modes(&o);
		ok(same_mode(&o.before, &now),
		   "and the terminal is what it was meanwhile (%d)", round);
		kill(job, SIGCONT);
	}
	ok(becomes_raw(&o), "after SIGCONT it is raw again");
	kill(job, SIGTERM);
	same_u64((unsigned long long)WEXITSTATUS(wait_for(&o)), 100 + SIGTERM,
		 "and SIGTERM ends the owner as before");
	now = modes(&o);
	ok(same_mode(&o.before, &now), "and gives the terminal back");
	finish(&o);
}

/* Here, and not in a child: no signal is sent but harmless ones. */
static void test_keys_and_size(void)
{
	struct winsize ws = { .ws_col = 97, .ws_row = 31 };
	struct kt_terminal_size size;
	struct kt_error err = { 0 };
	struct termios now;
	struct owner o;
	struct pollfd p;
	int slave;

	open_pty(&o);
	slave = o.slave;
	ioctl(slave, TIOCSWINSZ, &ws);
	ok(kt_terminal_fd() == -1, "without an owner there is nothing to poll");
	ok(!kt_terminal_take(slave, &err), "a terminal can be taken");
	ok(kt_terminal_take(slave, &err) == KT_SYS, "and not twice");
	now = modes(&o);
	ok(!(now.c_lflag & (ICANON | ECHO)) && (now.c_lflag & ISIG) &&
		   (now.c_oflag & OPOST) && !(now.c_iflag & ICRNL),
	   "keys come one by one, with signals, and output has its newlines");
	size = kt_terminal_size();
	ok(size.cols == 97 && size.rows == 31, "the size is the terminal's");
	p = (struct pollfd){ kt_terminal_fd(), POLLIN, 0 };
	ok(poll(&p, 1, 0) == 0, "nothing has changed yet");
	ws.ws_col = 50;
	ioctl(slave, TIOCSWINSZ, &ws);
	raise(SIGWINCH);
	ok(poll(&p, 1, 0) == 1, "SIGWINCH makes the descriptor readable");
	size = kt_terminal_size();
	ok(size.cols == 50 && poll(&p, 1, 0) == 0,
	   "and whoever asks has the new size, once");
	kt_terminal_release();
	kt_terminal_release();
	now = modes(&o);
	ok(same_mode(&o.before, &now), "release gives it back, twice too");
	ok(!kt_terminal_take(slave, &err), "it can be taken again");
	kt_terminal_release();
	finish(&o);
}

static void test_no_terminal(void)
{
	struct kt_error err = { 0 };
	int fds[2];

	if (pipe(fds))
		abort();
	ok(kt_terminal_take(fds[0], &err) == KT_USAGE, "a pipe is no terminal");
	ok(kt_terminal_fd() == -1, "and has no owner then");
}

int main(void)
{
	test_ends();
	test_stop();
	test_keys_and_size();
	test_no_terminal();
	return tap_end();
}
