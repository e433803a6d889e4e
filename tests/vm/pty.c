// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty - run a command on a terminal, and do at it what a script says
 *
 *   pty ROWS COLUMNS SCRIPT COMMAND...
 *
 * Lines of SCRIPT: "wait TEXT", until the command has printed it after what
 * was waited for before; "send TEXT", which is typed, and Enter; "size ROWS
 * COLUMNS", which the terminal then has. What the command prints goes to
 * stdout. The exit status is the command's, or 99 after a minute's wait in
 * vain. Links nothing, so that it can be compiled anywhere.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

struct terminal {
	int fd;
	pid_t pid;
	char text[65536]; /* printed and not yet waited for */
	size_t len;
};

static void die(const struct terminal *t, const char *what, const char *text)
{
	fprintf(stderr, "pty: %s%s\n", what, text);
	if (t->pid > 0)
		kill(t->pid, SIGKILL);
	exit(99);
}

/* Take in what it prints; 0 at the end. */
static int take(struct terminal *t)
{
	struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
	ssize_t n;

	if (t->len == sizeof(t->text) - 1)
		t->len = 0;
	if (poll(&pfd, 1, WAIT_MS) <= 0)
		die(t, "nothing is printed after: ", t->text);
	n = read(t->fd, t->text + t->len, sizeof(t->text) - 1 - t->len);
	if (n <= 0)
		return 0;
	if (write(STDOUT_FILENO, t->text + t->len, (size_t)n) != n)
		die(t, "cannot write", "");
	t->len += (size_t)n;
	t->text[t->len] = '\0';
	return 1;
}

static void wait_for(struct terminal *t, const char *words)
{
	const char *at;

	while (!(at = strstr(t->text, words)))
		if (!take(t))
			die(t, "it ended before: ", words);
	at += strlen(words);
	t->len -= (size_t)(at - t->text);
	memmove(t->text, at, t->len + 1);
}

static void act(struct terminal *t, char *line)
{
	struct winsize size = { 0 };

	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "wait ", 5)) {
		wait_for(t, line + 5);
	} else if (!strncmp(line, "send ", 5)) {
		if (dprintf(t->fd, "%s\r", line + 5) < 0)
			die(t, "cannot type: ", line + 5);
	} else if (sscanf(line, "size %hu %hu", &size.ws_row, &size.ws_col) ==
		   2) {
		if (ioctl(t->fd, TIOCSWINSZ, &size))
			die(t, "cannot set the size", "");
	} else {
		die(t, "bad line: ", line);
	}
}

int main(int argc, char **argv)
{
	static struct terminal t;
	struct winsize size = { 0 };
	char line[4096];
	FILE *script;
	int ws;

	if (argc < 5 || !(script = fopen(argv[3], "re"))) {
		fputs("usage: pty ROWS COLUMNS SCRIPT COMMAND...\n", stderr);
		return 99;
	}
	size.ws_row = (unsigned short)strtoul(argv[1], NULL, 10);
	size.ws_col = (unsigned short)strtoul(argv[2], NULL, 10);
	t.pid = forkpty(&t.fd, NULL, NULL, &size);
	if (t.pid < 0)
		die(&t, "no terminal", "");
	if (!t.pid) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	while (fgets(line, sizeof(line), script))
		act(&t, line);
	fclose(script);
	while (take(&t))
		;
	if (waitpid(t.pid, &ws, 0) < 0)
		return 99;
	return WIFEXITED(ws) ? WEXITSTATUS(ws) : 128 + WTERMSIG(ws);
}
