// SPDX-License-Identifier: GPL-2.0-only
/* modules - the kernel modules that came along */
#include "lib/guest/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel unpacks one itself, if CONFIG_MODULE_DECOMPRESS says so. */
static int flags_for(const char *path)
{
	const size_t len = strlen(path);
	const bool plain = len > 3 && !strcmp(path + len - 3, ".ko");

	return plain ? 0 : MODULE_INIT_COMPRESSED_FILE;
}

/* What the error of finit_module(2) means to people. */
static const char *reason(int error)
{
	switch (error) {
	case ENOEXEC:
		return "no module for this kernel";
	case ENOENT:
		return "it needs a symbol that the kernel and the modules "
		       "before it do not have";
	case ENOSYS:
		return "this kernel has no modules";
	case EEXIST:
		return "there is one of that name";
	default:
		return strerror(error);
	}
}

static void load(const char *path, kt_modules_warn_fn *tell, void *ctx)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512];

	if (fd < 0)
		snprintf(text, sizeof(text), "cannot open module \"%s\": %s",
			 path, strerror(errno));
	else if (syscall(SYS_finit_module, fd, "", flags_for(path)) < 0)
		snprintf(text, sizeof(text),
			 "cannot load module \"%s\": %s (--dmesg may say more)",
			 path, reason(errno));
	else
		text[0] = '\0';
	if (text[0])
		tell(ctx, text);
	if (fd >= 0)
		close(fd);
}

void kt_modules_load(const char *list, kt_modules_warn_fn *tell, void *ctx)
{
	FILE *in = fopen(list, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (in && (len = getline(&line, &size, in)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0])
			load(line, tell, ctx);
	}
	free(line);
	if (in)
		fclose(in);
}
