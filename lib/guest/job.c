// SPDX-License-Identifier: GPL-2.0-only
/* job - starting a command in the guest */
#include "lib/guest/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
}

/* What a child that could not start the command says of it. */
struct failure {
	int error;
	bool cwd; /* it was the directory, not the command */
};

/* Between fork and exec. */
static void run_child(const struct kt_job_setup *setup, char **argv,
		      const int fds[3], int report)
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
	setenv("PATH", setup->path, 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	if (setup->library_path[0])
		setenv("LD_LIBRARY_PATH", setup->library_path, 1);
	for (size_t i = 0; i < setup->nr_env; i++)
		putenv(setup->env[i]);
	why.cwd = setup->cwd && chdir(setup->cwd) < 0;
	if (!why.cwd)
		execvp(argv[0], argv);
	why.error = errno;
	if (write(report, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

/* Three pipes and one that exec closes; ends [2i] are read, [2i + 1] written. */
static bool make_pipes(int fds[8])
{
	for (size_t i = 0; i < 8; i += 2) {
		if (!pipe2(&fds[i], O_CLOEXEC))
			continue;
		while (i-- > 0)
			close(fds[i]);
		return false;
	}
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	fcntl(fds[2], F_SETFL, O_NONBLOCK);
	fcntl(fds[4], F_SETFL, O_NONBLOCK);
	return true;
}

int kt_job_start(const struct kt_job_setup *setup, char **argv, pid_t *pid,
		 int pipes[3], const char **what)
{
	struct failure why = { 0, false };
	ssize_t n = -1;
	int fds[8];
	pid_t child;

	*what = argv[0];
	if (!make_pipes(fds))
		return errno;
	child = fork();
	if (!child)
		run_child(setup, argv, (int[]){ fds[0], fds[3], fds[5] },
			  fds[7]);
	why.error = errno;
	close(fds[0]);
	close(fds[3]);
	close(fds[5]);
	close(fds[7]);
	if (child > 0)
		n = read(fds[6], &why, sizeof(why));
	close(fds[6]);
	if (!n) {
		*pid = child;
		memcpy(pipes, (int[]){ fds[1], fds[2], fds[4] },
		       3 * sizeof(int));
		return 0;
	}
	if (why.cwd)
		*what = setup->cwd;
	close(fds[1]);
	close(fds[2]);
	close(fds[4]);
	return why.error;
}
