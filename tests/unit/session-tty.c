// SPDX-License-Identifier: GPL-2.0-only
/* session: a person at a terminal, who types, resizes and leaves */
#include "lib/vm/session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/vm/terminal.h"
#include "tests/helpers/fake-guest.h"
#include "tests/unit/tap.h"

/* Reads @len bytes of input into @got, which is a string then. */
static void listen_to(const struct guest_ends *e, char *got, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len &&
	       (n = read(e->ports[KT_PORT_STDIN], got + at, len - at)) > 0)
		at += (size_t)n;
	got[at] = '\0';
}

/* Asks for keys, is told another size, and says what came. */
static void play_terminal(const struct guest_ends *e)
{
	char got[64];

	guest_say(e, "hello\t1\n");
	guest_hear(e, "terminal\t90\t20");
	guest_hear(e, "shell");
	guest_say(e, "started\t9\n");
	/* What was typed before. */
	guest_hear(e, "winsize\t90\t20");
	guest_put(e->ports[KT_PORT_STDOUT], "prompt");
	listen_to(e, got, 6);
	guest_put(e->ports[KT_PORT_STDOUT], got);
	guest_hear(e, "winsize\t50\t10");
	guest_put(e->console, "a\r\nb\r\n");
	guest_put(e->ports[KT_PORT_STDOUT], "!");
	guest_say(e, "exited\t7\neof\tstderr\t0\neof\tstdout\t13\n");
	pause();
}

/* Takes no keys at all. */
static void play_deaf(const struct guest_ends *e)
{
	guest_say(e, "hello\t1\n");
	guest_hear(e, "shell");
	guest_say(e, "started\t9\n");
	guest_put(e->ports[KT_PORT_STDOUT], "prompt");
	pause();
}

static void play_silent(const struct guest_ends *e KT_UNUSED)
{
	pause();
}

/* The person: a pty, and a child that types and looks at it. */
struct person {
	int master, slave;
	pid_t pid;
};

/* Until @want has come out of the terminal; false if something else ends it. */
static bool sees(int master, const char *want)
{
	char got[256] = "";
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(got) - 1 && !strstr(got, want)) {
		struct pollfd p = { master, POLLIN, 0 };

		if (poll(&p, 1, 5000) != 1)
			return false;
		n = read(master, got + len, sizeof(got) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	return strstr(got, want);
}

static void sit_down(struct person *p, bool (*types)(int master, pid_t guest))
{
	const struct winsize ws = { .ws_col = 90, .ws_row = 20 };
	const pid_t parent = getpid();

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->master < 0 || grantpt(p->master) || unlockpt(p->master))
		abort();
	p->slave = open(ptsname(p->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ioctl(p->slave, TIOCSWINSZ, &ws);
	fflush(stdout);
	p->pid = fork();
	if (p->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(p->slave);
	_exit(!types(p->master, parent));
}

static bool types_and_resizes(int master, pid_t parent)
{
	const struct winsize ws = { .ws_col = 50, .ws_row = 10 };

	/* While it boots: type-ahead, with a Ctrl-A that is one. */
	guest_put(master, "\x01"
			  "aTYPE");
	if (!sees(master, "prompt"))
		return false;
	guest_put(master, "\x03");
	if (!sees(master, "\x01TYPE\x03"))
		return false;
	ioctl(master, TIOCSWINSZ, &ws);
	kill(parent, SIGWINCH);
	return sees(master, "!");
}

static bool leaves(int master, pid_t parent KT_UNUSED)
{
	if (!sees(master, "prompt"))
		return false;
	guest_put(master, "some keys \x01");
	usleep(50000);
	guest_put(master, "xignored");
	pause();
	return true;
}

static bool leaves_a_boot(int master, pid_t parent KT_UNUSED)
{
	guest_put(master, "\x01x");
	pause();
	return true;
}

static bool gets_up(struct person *p)
{
	int status = 0;

	if (waitpid(p->pid, &status, WNOHANG) != p->pid) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	close(p->master);
	close(p->slave);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A session with a person at a terminal. */
static bool meet(guest_play_fn *scene, bool (*types)(int master, pid_t parent),
		 int dmesg, struct kt_outcome *got)
{
	struct guest_tasks tasks = { .nr = 1 };
	struct termios before = { 0 }, after = { 0 };
	struct kt_error err = { 0 };
	struct person person;
	struct kt_vm vm;
	struct kt_session how = {
		.engine = &guest_engine,
		.vm = &vm,
		.started_ns = kt_clock_ns(),
		.dmesg = dmesg,
		.log = -1,
		.hooks = &guest_hooks,
		.hooks_ctx = &tasks,
		.limits = kt_limits_default(1),
	};
	bool good;

	sit_down(&person, types);
	tcgetattr(person.slave, &before);
	good = !kt_terminal_take(person.slave, &err);
	guest_boot(scene, KT_VM_FAILED, false, &how, &vm);
	tasks.task[0] = (struct kt_task){
		.job = { .terminal = true, .cols = 90, .rows = 20 },
		.in = person.slave,
		.out = person.slave,
		.err = -1,
	};
	good &= !kt_session_run(&how, got, &err);
	kt_terminal_release();
	tcgetattr(person.slave, &after);
	good &= !memcmp(&before, &after, sizeof(before));
	guest_close(&how);
	ok(good, "a session at a terminal, which is given back: %s", err.msg);
	return gets_up(&person);
}

int main(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	const int dmesg = memfd_create("dmesg", MFD_CLOEXEC);

	signal(SIGPIPE, SIG_IGN);
	ok(meet(play_terminal, types_and_resizes, dmesg, &got),
	   "keys, output and sizes pass");
	ok(got.reason == KT_REASON_EXIT && got.exit_code == 7,
	   "the shell's status is told");
	ok(file_holds(dmesg, "a\r\nb\r\n"),
	   "other lines on a raw terminal have their CR");
	close(dmesg);
	meet(play_deaf, leaves, -1, &got);
	ok(got.reason == KT_REASON_ESCAPE && got.exit_code == -1,
	   "Ctrl-A x leaves a guest that does not listen");
	same_str(got.why.msg, "left by Ctrl-A x", "which is told");
	meet(play_silent, leaves_a_boot, -1, &got);
	ok(got.reason == KT_REASON_ESCAPE, "and one that boots for ever");
	return tap_end();
}
