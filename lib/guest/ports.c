// SPDX-License-Identifier: GPL-2.0-only
/* ports - finding the lines to the host */
#include "lib/guest/ports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "lib/guest/machine.h"

#define PORTS_WAIT_MS 10000 /* devices are probed while we are already up */
#define DEVICE_WAIT_MS 500
#define RETRY_MS 5

#define DRIVER "/sys/bus/virtio/drivers/virtio_console"
#define DEVICES "/sys/bus/virtio/devices"
#define DEVICE_ID "0x0003"

/* Is there an entry of @dir whose file @file reads @text? It goes to *name. */
static bool find_entry(const char *dir, const char *file, const char *text,
		       char name[NAME_MAX + 1])
{
	char path[PATH_MAX], got[64];
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	while (d && !found && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s/%s", dir, entry->d_name,
			     file) >= PATH_MAX)
			continue;
		kt_machine_read(path, got, sizeof(got));
		found = !strcmp(got, text);
		if (found)
			memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
	}
	if (d)
		closedir(d);
	return found;
}

/* Open the virtio port @name, or yield -1: it may still be on its way. */
static int open_virtio(const char *name)
{
	char entry[NAME_MAX + 1], path[PATH_MAX];

	errno = ENODEV;
	if (!find_entry("/sys/class/virtio-ports", "name", name, entry))
		return -1;
	snprintf(path, sizeof(path), "/dev/%s", entry);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static unsigned int look(void)
{
	char entry[NAME_MAX + 1];
	unsigned int lacks = 0;

	if (access(DRIVER, F_OK))
		lacks |= KT_MUX_NO_DRIVER;
	if (!find_entry(DEVICES, "device", DEVICE_ID, entry))
		lacks |= KT_MUX_NO_DEVICE;
	return lacks;
}

/* Is it too late for a port, after @ms? */
static bool give_up(uint64_t ms, unsigned int *lacks)
{
	*lacks = look();
	if (*lacks & KT_MUX_NO_DRIVER)
		return true;
	return ms >= (*lacks ? DEVICE_WAIT_MS : PORTS_WAIT_MS);
}

const char *kt_ports_open(int fds[KT_NR_PORTS], unsigned int *lacks)
{
	const uint64_t start = kt_session_now_ms();

	for (int i = 0; i < KT_NR_PORTS; i++) {
		while ((fds[i] = open_virtio(kt_session_ports[i])) < 0) {
			const int error = errno;

			if (give_up(kt_session_now_ms() - start, lacks)) {
				while (i > 0)
					close(fds[--i]);
				errno = error;
				return kt_session_ports[i];
			}
			poll(NULL, 0, RETRY_MS);
		}
	}
	return NULL;
}

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

const char *kt_ports_open_sockets(const char *dir, int fds[KT_NR_PORTS])
{
	for (int i = 0; i < KT_NR_PORTS; i++) {
		fds[i] = open_socket(dir, kt_session_ports[i]);
		if (fds[i] < 0)
			return kt_session_ports[i];
	}
	return NULL;
}

/* Bytes as they are. A port that is not there has no settings to be read. */
static bool make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return false;
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
	return !tcsetattr(fd, TCSANOW, &t);
}

bool kt_ports_open_serial(const char *path, unsigned int lacks,
			  struct kt_relay *relay, int fds[KT_NR_PORTS])
{
	const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	const int fd = open(path, flags);
	int error;

	kt_mux_init(&relay->mux, true, lacks);
	relay->line = fd;
	if (fd >= 0 && make_raw(fd) && kt_relay_connect(relay, fds))
		return true;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return false;
}
