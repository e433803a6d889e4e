// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktstr-init - PID 1 of the guest: mounts, reaps, runs what the host asks for
 *
 * Static, and libc is all it has; its parts are in lib/guest/ and lib/ctl.c.
 * See ktstr-init(8).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/guest/machine.h"
#include "lib/guest/modules.h"
#include "lib/guest/session.h"
#include "lib/guest/tar.h"

#define PORTS_WAIT_MS 10000
#define PORTS_RETRY_MS 5
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

/* Open the virtio port @name, or yield -1: it may still be on its way. */
static int open_virtio(const char *name)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *entry;
	char path[PATH_MAX], text[64];
	int fd = -1, error = ENODEV;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 entry->d_name);
		kt_machine_read(path, text, sizeof(text));
		if (strcmp(text, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		error = errno;
	}
	if (dir)
		closedir(dir);
	errno = error;
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
static void open_ports(struct kt_session *session, const char *test_dir)
{
	const uint64_t end = kt_session_now_ms() + PORTS_WAIT_MS;

	for (int i = 0; i < KT_NR_PORTS; i++) {
		const char *name = kt_session_ports[i];
		int fd;

		while ((fd = test_dir ? open_socket(test_dir, name) :
					open_virtio(name)) < 0) {
			if (test_dir || kt_session_now_ms() >= end)
				die("cannot open port", name);
			poll(NULL, 0, PORTS_RETRY_MS);
		}
		session->ports[i].fd = fd;
	}
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
	struct kt_session *session;
	char path[PATH_BYTES], library_path[PATH_BYTES];

	if (test && argc == 3 && !strcmp(argv[1], "--tar"))
		return (int)kt_tar_write(STDOUT_FILENO, argv[2], left_out);
	if (test && (argc != 3 || strcmp(argv[1], "--test-ports"))) {
		fputs(usage, stderr);
		return 2;
	}
	if (!test)
		kt_machine_set_up(complain);
	fill_stdio();
	session = calloc(1, sizeof(*session));
	if (!session)
		die("cannot start", "init");
	session->signals = catch_children();
	kt_machine_path(path, sizeof(path));
	kt_machine_read(LIBRARY_PATH_FILE, library_path, sizeof(library_path));
	session->setup.path = path;
	session->setup.library_path = library_path;
	session->attach.dir = test ? argv[2] : KT_ATTACH_DIR;
	open_ports(session, test ? argv[2] : NULL);
	if (chdir("/") < 0)
		complain("cannot change to", "/");
	if (!test)
		kt_modules_load(KT_MODULES_FILE, kt_session_warn, session);
	kt_session_run(session);
	if (session->pid && test)
		kill(-session->pid, SIGKILL);
	end_machine(0);
}
