// SPDX-License-Identifier: GPL-2.0-only
/* machine - making a booted kernel a machine that commands run on */
#include "lib/guest/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALK_DEPTH 64
#define BIN_DIRS "/bin:/sbin:/usr/bin:/usr/sbin"
#define INCLUDE_DIR "/include-files"

void kt_machine_write(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	/* Best effort: what the kernel does not have is not there to set. */
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

static const struct {
	const char *type, *dir, *options;
	bool needed;
	bool unless_used; /* files packed there would vanish below it */
} mounts[] = {
	{ "proc", "/proc", "", true, false },
	{ "sysfs", "/sys", "", true, false },
	{ "devtmpfs", "/dev", "", true, false },
	{ "tmpfs", "/tmp", "mode=1777", true, true },
	{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", false, false },
	{ "tmpfs", "/dev/shm", "mode=1777", false, false },
	{ "tmpfs", "/run", "mode=0755", false, true },
	{ "debugfs", "/sys/kernel/debug", "", false, false },
	{ "tracefs", "/sys/kernel/tracing", "", false, false },
	{ "bpf", "/sys/fs/bpf", "mode=0700", false, false },
	{ "cgroup2", "/sys/fs/cgroup", "", false, false },
};

static bool has_entries(const char *path)
{
	DIR *dir = opendir(path);
	int nr = 0;

	while (dir && readdir(dir))
		nr++;
	if (dir)
		closedir(dir);
	return nr > 2;
}

static void mount_all(kt_complain_fn *complain)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mounts[i].unless_used && has_entries(mounts[i].dir))
			continue;
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].options) < 0 &&
		    errno != EBUSY && mounts[i].needed)
			complain("cannot mount", mounts[i].dir);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
			complain("cannot make", links[i][1]);
}

/* Read at most @size - 1 bytes; the last newline is dropped. "" if absent. */
void kt_machine_read(const char *path, char *out, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, out, size - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
}

/* Every controller there is, each for itself: one that refuses is left out. */
static void delegate_cgroups(void)
{
	char names[512], word[64], *save = NULL;

	kt_machine_read("/sys/fs/cgroup/cgroup.controllers", names,
			sizeof(names));
	for (char *p = strtok_r(names, " ", &save); p;
	     p = strtok_r(NULL, " ", &save)) {
		snprintf(word, sizeof(word), "+%s", p);
		kt_machine_write("/sys/fs/cgroup/cgroup.subtree_control", word);
	}
}

static void bring_lo_up(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &req);
	close(fd);
}

static bool is_program(const char *dir, const char *name, bool *is_dir)
{
	char path[PATH_MAX];
	struct stat sb;

	*is_dir = false;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX ||
	    lstat(path, &sb) < 0)
		return false;
	*is_dir = S_ISDIR(sb.st_mode);
	return S_ISREG(sb.st_mode) && (sb.st_mode & 0111);
}

/* Append @dir to @path if it holds a program, and so on for those below it. */
static void add_program_dirs(char *path, size_t size, const char *dir,
			     int depth)
{
	struct dirent **list = NULL;
	const int nr = scandir(dir, &list, NULL, alphasort);
	const size_t len = strlen(path);
	char below[PATH_MAX];
	bool is_dir, found = false;

	for (int i = 0; i < nr && !found; i++)
		found = is_program(dir, list[i]->d_name, &is_dir);
	if (found && !strchr(dir, ':') &&
	    len + strlen(dir) + sizeof(":" BIN_DIRS) < size)
		snprintf(path + len, size - len, "%s:", dir);
	for (int i = 0; i < nr; i++) {
		const char *name = list[i]->d_name;

		is_program(dir, name, &is_dir);
		if (is_dir && depth && strcmp(name, ".") &&
		    strcmp(name, "..") &&
		    snprintf(below, sizeof(below), "%s/%s", dir, name) <
			    PATH_MAX)
			add_program_dirs(path, size, below, depth - 1);
		free(list[i]);
	}
	free(list);
}

void kt_machine_path(char *path, size_t size)
{
	size_t len;

	path[0] = '\0';
	add_program_dirs(path, size, INCLUDE_DIR, WALK_DEPTH);
	len = strlen(path);
	snprintf(path + len, size - len, "%s", BIN_DIRS);
}

void kt_machine_set_up(kt_complain_fn *complain)
{
	umask(022);
	mount_all(complain);
	kt_machine_write("/proc/sys/kernel/bpf_stats_enabled", "1");
	kt_machine_write("/sys/kernel/tracing/events/sched_ext/sched_ext_dump/"
			 "enable",
			 "1");
	kt_machine_write("/proc/sys/kernel/hostname", "ktstr");
	delegate_cgroups();
	bring_lo_up();
}
