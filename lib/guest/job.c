// SPDX-License-Identifier: GPL-2.0-only
/* job - starting a command in the guest */
#include "lib/guest/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest/banner.h"

bool kt_job_add_env(struct kt_job_setup *setup, const char *word)
{
	const size_t size = strlen(word) + 1;
	char *copy;

	if (word[0] == '=' || !strchr(word, '=') ||
	    setup->nr_env >= KT_JOB_ENV_WORDS ||
	    size > KT_JOB_ENV_BYTES - setup->env_bytes)
		return false;
	copy = strdup(word);
	if (!copy)
		return false;
	setup->env[setup->nr_env++] = copy;
	setup->env_bytes += size;
	return true;
}

void kt_job_clear(struct kt_job_setup *setup)
{
	/* putenv() was the child's, so these are still ours alone. */
	while (setup->nr_env > 0)
		free(setup->env[--setup->nr_env]);
	setup->env_bytes = 0;
	free(setup->cwd);
	setup->cwd = NULL;
	setup->terminal = setup->greet = setup->join = false;
}

/* What a command has as stdio, and what we have of it; -1: none. */
struct ends {
	int theirs[3], ours[3];
	int report[2]; /* a pipe that exec closes; [1] is the child's */
};

static void close_all(int *fds, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* A pipe, of which the command has the end [@theirs]. */
static bool make_pipe(struct ends *e, int i, int theirs)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	e->theirs[i] = fds[theirs];
	e->ours[i] = fds[!theirs];
	fcntl(e->ours[i], F_SETFL, O_NONBLOCK);
	return true;
}

/*
 * Two descriptors of the master, for input and output end apart. stderr is the
 * terminal too: that pipe is at its end at once.
 */
static bool make_terminal(struct ends *e, const struct kt_job_setup *setup)
{
	int error = kt_pty_open(setup->size, &e->ours[0], &e->theirs[0]);

	errno = error;
	if (error || !make_pipe(e, 2, 1))
		return false;
	close(e->theirs[2]);
	e->theirs[2] = fcntl(e->theirs[0], F_DUPFD_CLOEXEC, 3);
	e->theirs[1] = fcntl(e->theirs[0], F_DUPFD_CLOEXEC, 3);
	e->ours[1] = fcntl(e->ours[0], F_DUPFD_CLOEXEC, 3);
	return e->theirs[2] >= 0 && e->theirs[1] >= 0 && e->ours[1] >= 0;
}

static bool make_ends(struct ends *e, const struct kt_job_setup *setup)
{
	if (pipe2(e->report, O_CLOEXEC))
		return false;
	if (setup->terminal)
		return make_terminal(e, setup);
	return make_pipe(e, 0, 0) && make_pipe(e, 1, 1) && make_pipe(e, 2, 1);
}

/* What a child that could not start the command says of it. */
struct failure {
	int error;
	bool cwd; /* it was the directory, not the command */
};

/* Ours is what the kernel's command line made of it. */
static void set_environment(const struct kt_job_setup *setup)
{
	char prompt[256];

	clearenv();
	setenv("PATH", setup->path, 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	if (setup->library_path[0])
		setenv("LD_LIBRARY_PATH", setup->library_path, 1);
	if (setup->greet) {
		kt_banner_prompt(prompt, sizeof(prompt));
		setenv("PS1", prompt, 1);
	}
	for (size_t i = 0; i < setup->nr_env; i++)
		putenv(setup->env[i]);
}

static void greet(void)
{
	char text[KT_BANNER_BYTES];

	kt_banner(text, sizeof(text));
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		errno = 0;
}

/* Between fork and exec. */
static void run_child(const struct kt_job_setup *setup, char **argv,
		      const struct ends *e)
{
	struct failure why = { 0, false };
	sigset_t none;

	setsid();
	if (setup->terminal)
		kt_pty_control(e->theirs[0]);
	for (int i = 0; i < 3; i++)
		dup2(e->theirs[i], i);
	if (setup->join)
		dup2(STDOUT_FILENO, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_environment(setup);
	if (setup->greet)
		greet();
	why.cwd = setup->cwd && chdir(setup->cwd) < 0;
	if (!why.cwd)
		execvp(argv[0], argv);
	why.error = errno;
	if (write(e->report[1], &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

int kt_job_start(const struct kt_job_setup *setup, char **argv, pid_t *pid,
		 int pipes[3], const char **what)
{
	struct ends e = { { -1, -1, -1 }, { -1, -1, -1 }, { -1, -1 } };
	struct failure why = { 0, false };
	pid_t child = -1;
	ssize_t n = -1;

	*what = argv[0];
	if (make_ends(&e, setup))
		child = fork();
	why.error = errno;
	if (!child)
		run_child(setup, argv, &e);
	close_all(e.theirs, 3);
	close_all(&e.report[1], 1);
	if (child > 0)
		n = read(e.report[0], &why, sizeof(why));
	close_all(e.report, 1);
	if (!n) {
		*pid = child;
		memcpy(pipes, e.ours, sizeof(e.ours));
		return 0;
	}
	if (why.cwd)
		*what = setup->cwd;
	close_all(e.ours, 3);
	return why.error;
}
