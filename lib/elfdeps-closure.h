/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfdeps-closure.h - a program, and all that has to be loaded with it
 *
 * Inside lib/elfdeps*.c alone.
 */
#ifndef KT_ELFDEPS_CLOSURE_H
#define KT_ELFDEPS_CLOSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/elfdeps-uses.h"
#include "lib/elfdeps.h"
#include "lib/elfobj.h"
#include "lib/error.h"

/* { 0 } is empty; v ends in NULL once there is one. */
struct kt_strv {
	char **v;
	size_t nr;
};

void kt_strv_add(struct kt_strv *list, const char *s);
bool kt_strv_has(const struct kt_strv *list, const char *s);
void kt_strv_release(struct kt_strv *list);

/* Of all programs. */
struct kt_elfdeps {
	struct kt_elfdeps_places places;
	struct kt_buf cache;
	char **conf_dirs;
	struct kt_elfdep *found;
	size_t nr_found;
	bool sorted;
	struct kt_strv dirs, missing;
	struct kt_elfuses uses;
};

/*
 * Add what @program, which is consumed, needs; the rest is kt_elfdeps_add()'s.
 */
enum kt_status kt_elfdeps_close(struct kt_elfdeps *deps,
				struct kt_elfobj *program, const char *path,
				const char *guest,
				struct kt_error *err) KT_MUST_CHECK;

#endif
