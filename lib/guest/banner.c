// SPDX-License-Identifier: GPL-2.0-only
/* banner - what a person who gets a shell is told first */
#include "lib/guest/banner.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define INCLUDE_DIR "/include-files"
#define MAX_NAMES 20

struct text {
	char *at;
	size_t left; /* the NUL not counted */
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left + 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > t->left)
		n = (int)t->left;
	t->at += n;
	t->left -= (size_t)n;
}

static int nodes(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "node", 4) && entry->d_name[4] >= '0' &&
	       entry->d_name[4] <= '9';
}

static int shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void free_list(struct dirent **list, int nr)
{
	for (int i = 0; i < nr; i++)
		free(list[i]);
	free(list);
}

static void add_machine(struct text *t)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct dirent **list = NULL;
	struct sysinfo info = { .mem_unit = 1 };
	struct utsname name = { 0 };
	int nr;

	uname(&name);
	sysinfo(&info);
	add(t, "Linux %s, %ld CPU%s", name.release, cpus, cpus == 1 ? "" : "s");
	nr = scandir("/sys/devices/system/node", &list, nodes, NULL);
	if (nr > 1)
		add(t, " on %d nodes", nr);
	free_list(list, nr);
	add(t, ", %llu MiB of memory\n",
	    (unsigned long long)info.totalram * info.mem_unit >> 20);
}

/* A name is anybody's: only what is plain is shown as it is. */
static void add_name(struct text *t, const char *dir, const char *name)
{
	char path[512];
	struct stat sb = { 0 };

	add(t, " ");
	for (const char *p = name; *p; p++)
		add(t, "%c", *p > ' ' && *p < 0x7f ? *p : '?');
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (stat(path, &sb))
		return;
	if (S_ISDIR(sb.st_mode))
		add(t, "/");
	else if (sb.st_mode & 0111)
		add(t, "*");
}

static void add_included(struct text *t)
{
	struct dirent **list = NULL;
	const int nr = scandir(INCLUDE_DIR, &list, shown, alphasort);

	if (nr > 0)
		add(t, INCLUDE_DIR ":");
	for (int i = 0; i < nr && i < MAX_NAMES; i++)
		add_name(t, INCLUDE_DIR, list[i]->d_name);
	if (nr > MAX_NAMES)
		add(t, " and %d more", nr - MAX_NAMES);
	if (nr > 0)
		add(t, "\n");
	free_list(list, nr);
}

void kt_banner(char *out, size_t size)
{
	struct text t = { out, size - 1 };

	*out = '\0';
	add_machine(&t);
	add_included(&t);
	add(&t, "\"exit\" leaves with a status, Ctrl-A x at any time; "
		"Ctrl-A a is Ctrl-A\n");
}

void kt_banner_prompt(char *out, size_t size)
{
	struct utsname name = { 0 };

	uname(&name);
	snprintf(out, size, "ktstr %.*s \\w # ",
		 (int)strcspn(name.release, "\\$`"), name.release);
}
