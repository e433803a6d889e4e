// SPDX-License-Identifier: GPL-2.0-only
/* pty - a terminal for a command */
#include "lib/guest/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/*
 * What a driver of a terminal starts with is for lines from the last century.
 * The person's own settings would be a guess about another kernel's flags.
 */
static void set_modes(int slave)
{
	struct termios t;

	if (tcgetattr(slave, &t))
		return;
	t.c_iflag |= IUTF8;
	t.c_cc[VERASE] = 0x7f;
	tcsetattr(slave, TCSANOW, &t);
}

int kt_pty_open(struct kt_pty_size size, int *master, int *slave)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	const int ptm = open("/dev/ptmx", flags | O_NONBLOCK);
	int pts = -1, error;

	if (ptm >= 0 && !unlockpt(ptm))
		pts = ioctl(ptm, TIOCGPTPEER, flags);
	if (pts < 0) {
		error = errno;
		if (ptm >= 0)
			close(ptm);
		return error;
	}
	set_modes(pts);
	kt_pty_resize(ptm, size);
	*master = ptm;
	*slave = pts;
	return 0;
}

void kt_pty_control(int slave)
{
	ioctl(slave, TIOCSCTTY, 0);
}

void kt_pty_resize(int master, struct kt_pty_size size)
{
	const struct winsize ws = { .ws_col = size.cols, .ws_row = size.rows };

	ioctl(master, TIOCSWINSZ, &ws);
}

void kt_pty_hang_up(int master, pid_t pid)
{
	const pid_t group = tcgetpgrp(master);

	if (group > 0 && group != pid)
		kill(-group, SIGHUP);
	kill(-pid, SIGHUP);
	/* One that is stopped would not see it. */
	if (group > 0 && group != pid)
		kill(-group, SIGCONT);
	kill(-pid, SIGCONT);
}
