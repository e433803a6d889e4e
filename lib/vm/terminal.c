// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal - the person's terminal while it is the guest's
 *
 * What the handlers read is written before it is announced: fd last when it is
 * taken, first when it is given back. They call only what signal-safety(7)
 * lists.
 */
#include "lib/vm/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/fd.h"

/* The signals of a crash, and then the others. */
static const int caught[] = {
	SIGABRT, SIGBUS,  SIGFPE,  SIGILL,  SIGSEGV,
	SIGSYS,	 SIGTRAP, SIGTSTP, SIGCONT, SIGWINCH,
};

#define NR_CRASHES 7
#define NR_CAUGHT (sizeof(caught) / sizeof(caught[0]))

static struct {
	volatile sig_atomic_t fd; /* -1: nobody's */
	struct termios saved, keys, raw;
	const struct termios *volatile wanted;
	int changed[2]; /* a pipe: look at the size */
	bool at_exit;
	struct sigaction before[NR_CAUGHT];
} term = { .fd = -1, .changed = { -1, -1 } };

/*
 * A background job that sets its terminal is stopped, and would spoil what the
 * foreground has set. A terminal that is not our controlling one has no
 * foreground job (ENOTTY).
 */
static bool in_background(int fd)
{
	const pid_t group = tcgetpgrp(fd);

	return group >= 0 && group != getpgrp();
}

/* For a handler, and for exit: errno is kept. */
static void put_back(void)
{
	const int fd = term.fd;
	const int saved = errno;

	if (fd >= 0 && !in_background(fd))
		tcsetattr(fd, TCSANOW, &term.saved);
	errno = saved;
}

static void take_again(void)
{
	const int fd = term.fd;
	const struct termios *wanted = term.wanted;

	if (fd >= 0 && wanted && !in_background(fd))
		tcsetattr(fd, TCSANOW, wanted);
}

static void on_signal(int sig);

static const struct sigaction *before(int sig)
{
	size_t i = 0;

	while (caught[i] != sig)
		i++;
	return &term.before[i];
}

/* Do what would have been done without us; we are back if that was to stop. */
static void as_before(int sig)
{
	struct sigaction ours;
	sigset_t set, old;

	sigaction(sig, before(sig), &ours);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigaction(sig, &ours, NULL);
}

static void on_signal(int sig)
{
	const int saved = errno;

	switch (sig) {
	case SIGCONT:
	case SIGWINCH:
		break;
	default:
		put_back();
		as_before(sig);
	}
	if (sig != SIGWINCH)
		take_again();
	/* A full pipe is as readable as one byte more would make it. */
	if (write(term.changed[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NR_CAUGHT; i++) {
		sigaction(caught[i], NULL, &term.before[i]);
		if (term.before[i].sa_handler != SIG_IGN)
			sigaction(caught[i], &sa, NULL);
	}
}

static void make_modes(void)
{
	term.raw = term.saved;
	cfmakeraw(&term.raw);
	term.raw.c_cc[VMIN] = 1;
	term.raw.c_cc[VTIME] = 0;
	term.keys = term.raw;
	term.keys.c_oflag = term.saved.c_oflag;
	term.keys.c_lflag |= term.saved.c_lflag & ISIG;
}

/* Output is processed as it is written, so there is nothing to wait for. */
static enum kt_status set(int fd, const struct termios *mode,
			  struct kt_error *err)
{
	int ret;

	do
		ret = tcsetattr(fd, TCSANOW, mode);
	while (ret && errno == EINTR);
	if (ret)
		return kt_fail_errno(err, "cannot set the terminal");
	return KT_OK;
}

static enum kt_status prepare(int fd, struct kt_error *err)
{
	if (tcgetattr(fd, &term.saved))
		return kt_fail_errno(err, "cannot ask the terminal");
	if (!term.at_exit && (atexit(put_back) || at_quick_exit(put_back)))
		return kt_fail(err, KT_SYS, "cannot watch for the exit");
	term.at_exit = true;
	make_modes();
	if (pipe2(term.changed, O_CLOEXEC | O_NONBLOCK))
		return kt_fail_errno(err, "cannot make a pipe");
	return KT_OK;
}

enum kt_status kt_terminal_take(int fd, struct kt_error *err)
{
	enum kt_status st;

	if (term.fd >= 0)
		return kt_fail(err, KT_SYS, "the terminal has an owner");
	if (!isatty(fd))
		return kt_fail(err, KT_USAGE, "this is no terminal");
	st = prepare(fd, err);
	if (st)
		return st;
	term.wanted = &term.keys;
	term.fd = fd;
	catch_signals();
	st = set(fd, &term.keys, err);
	if (st)
		kt_terminal_release();
	return st;
}

enum kt_status kt_terminal_set(enum kt_terminal_mode mode, struct kt_error *err)
{
	if (term.fd < 0)
		abort();
	term.wanted = mode == KT_TERMINAL_RAW ? &term.raw : &term.keys;
	return set(term.fd, term.wanted, err);
}

int kt_terminal_fd(void)
{
	return term.fd < 0 ? -1 : term.changed[0];
}

int kt_terminal_tty(void)
{
	return term.fd;
}

void kt_terminal_spare(sigset_t *set)
{
	for (size_t i = 0; i < NR_CRASHES; i++)
		sigdelset(set, caught[i]);
}

struct kt_terminal_size kt_terminal_size(void)
{
	struct winsize ws = { 0 };
	char drain[64];

	while (read(term.changed[0], drain, sizeof(drain)) > 0)
		;
	if (term.fd < 0 || ioctl(term.fd, TIOCGWINSZ, &ws))
		return (struct kt_terminal_size){ 0, 0 };
	return (struct kt_terminal_size){ ws.ws_col, ws.ws_row };
}

void kt_terminal_release(void)
{
	if (term.fd < 0)
		return;
	term.wanted = NULL;
	put_back();
	term.fd = -1;
	for (size_t i = 0; i < NR_CAUGHT; i++)
		sigaction(caught[i], &term.before[i], NULL);
	kt_closep(&term.changed[0]);
	kt_closep(&term.changed[1]);
	term.changed[0] = term.changed[1] = -1;
}
