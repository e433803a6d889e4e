// SPDX-License-Identifier: GPL-2.0-only
/* attach - has sched_ext taken the command's scheduler? */
#include "lib/guest/attach.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/guest/machine.h"

static void read_file(const struct kt_attach *a, const char *name, char *out,
		      size_t size)
{
	char path[PATH_MAX];

	out[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", a->dir, name) < PATH_MAX)
		kt_machine_read(path, out, size);
}

bool kt_attach_free(const struct kt_attach *a)
{
	char state[24];

	read_file(a, "state", state, sizeof(state));
	return !state[0] || !strcmp(state, "disabled");
}

void kt_attach_begin(struct kt_attach *a)
{
	read_file(a, "enable_seq", a->seq, sizeof(a->seq));
	a->asked = false;
	a->waiting = true;
}

bool kt_attach_done(struct kt_attach *a)
{
	char text[24];

	read_file(a, "state", text, sizeof(text));
	if (strcmp(text, "enabled") != 0)
		return false;
	/* A kernel without enable_seq has nothing else to tell. */
	read_file(a, "enable_seq", text, sizeof(text));
	if (text[0] && !strcmp(text, a->seq))
		return false;
	read_file(a, "root/ops", a->ops, sizeof(a->ops));
	if (!a->ops[0])
		return false;
	a->waiting = false;
	return true;
}
