// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktstr-init - PID 1 of the guest: mounts, reaps, runs what the host asks for
 *
 * Static, and libc is all it has; its parts are in lib/guest/ and lib/ctl.c.
 * See ktstr-init(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/guest/machine.h"
#include "lib/guest/modules.h"
#include "lib/guest/ports.h"
#include "lib/guest/session.h"
#include "lib/guest/tar.h"

#define PATH_BYTES ((size_t)16 << 10)
#define LIBRARY_PATH_FILE "/etc/ktstr/library-path"

/* For people who watch the serial console, unless there is somebody else. */
static void complain(const char *what, const char *name)
{
	char text[512];

	snprintf(text, sizeof(text), "ktstr-init: %s \"%s\": %s\n", what, name,
		 strerror(errno));
	if (getpid() != 1) {
		fputs(text, stderr);
		return;
	}
	kt_machine_write("/dev/console", text);
	kt_machine_write("/dev/kmsg", text);
}

static void left_out(const char *path, const char *below, const char *why)
{
	fprintf(stderr, "ktstr-init: \"%s%s\" is left out: %s\n", path, below,
		why);
}

static void end_machine(int status)
{
	if (getpid() == 1)
		reboot(RB_AUTOBOOT);
	/* The kernel panics when its PID 1 ends, which ends the machine too. */
	exit(status);
}

static void die(const char *what, const char *name)
{
	complain(what, name);
	end_machine(1);
}

/* What an ordinary process is asked to try instead of a machine's ports. */
enum test { TEST_NONE, TEST_PORTS, TEST_SERIAL };

/*
 * The ports; where there is no virtio console, a serial line that stands for
 * them. It is in *relay, which lives as long as the session.
 */
static void open_ports(struct kt_session *session, struct kt_relay *relay,
		       enum test test, const char *dir)
{
	const char *missing = NULL;
	char path[PATH_MAX] = KT_PORTS_SERIAL;
	unsigned int lacks = KT_MUX_NO_DRIVER;
	bool serial = test == TEST_SERIAL;
	int fds[KT_NR_PORTS];

	if (test == TEST_PORTS)
		missing = kt_ports_open_sockets(dir, fds);
	else if (test == TEST_SERIAL)
		snprintf(path, sizeof(path), "%s/serial", dir);
	else
		missing = kt_ports_open(fds, &lacks);
	if (missing && test == TEST_NONE)
		serial = true;
	if (serial && kt_ports_open_serial(path, lacks, relay, fds))
		session->relay = relay;
	else if (serial || missing)
		die("cannot open port", missing ? missing : path);
	for (int i = 0; i < KT_NR_PORTS; i++)
		session->ports[i].fd = fds[i];
}

static enum test what_test(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--test-ports"))
		return TEST_PORTS;
	if (argc == 3 && !strcmp(argv[1], "--test-serial"))
		return TEST_SERIAL;
	return TEST_NONE;
}

static int catch_children(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		die("cannot watch", "SIGCHLD");
	return fd;
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

int main(int argc, char **argv)
{
	static const char usage[] =
		"ktstr-init: this is PID 1 of a guest: see ktstr-init(8)\n";
	const bool test = getpid() != 1;
	const enum test how = test ? what_test(argc, argv) : TEST_NONE;
	struct kt_session *session;
	struct kt_relay *relay;
	char path[PATH_BYTES], library_path[PATH_BYTES];

	if (test && argc == 3 && !strcmp(argv[1], "--tar"))
		return (int)kt_tar_write(STDOUT_FILENO, argv[2], left_out);
	if (test && !how) {
		fputs(usage, stderr);
		return 2;
	}
	if (!test)
		kt_machine_set_up(complain);
	fill_stdio();
	session = calloc(1, sizeof(*session));
	relay = calloc(1, sizeof(*relay));
	if (!session || !relay)
		die("cannot start", "init");
	session->signals = catch_children();
	kt_machine_path(path, sizeof(path));
	kt_machine_read(LIBRARY_PATH_FILE, library_path, sizeof(library_path));
	session->setup.path = path;
	session->setup.library_path = library_path;
	session->attach.dir = test ? argv[2] : KT_ATTACH_DIR;
	/* One of them may be what the ports need. */
	if (!test)
		kt_modules_load(KT_MODULES_FILE, kt_session_warn, session);
	open_ports(session, relay, how, argv[argc - 1]);
	if (chdir("/") < 0)
		complain("cannot change to", "/");
	kt_session_run(session);
	if (relay->mux.broken)
		complain(relay->mux.broken, KT_PORTS_SERIAL);
	if (session->pid && test)
		kill(-session->pid, SIGKILL);
	end_machine(0);
}
