/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/doctor.h - what this machine has and lacks, and the command to get it
 */
#ifndef KT_DOCTOR_H
#define KT_DOCTOR_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/cargo.h"
#include "lib/dirs.h"
#include "lib/error.h"

struct kt_doctor {
	struct kt_cargo cargo; /* with PATH and HOME */
	const char *busybox;   /* KTSTR_BUSYBOX, or NULL */
	const char *bindir;    /* where our own programs are */
	struct kt_env_dirs dirs;
	const struct kt_error *no_kvm; /* why not to use KVM; NULL: it works */
};

/*
 * Append the report, a line a thing: its name, "ok", "missing" or "note", what
 * was found, and for what is missing the command that installs it. Returns how
 * many needed things are missing; notes do not count. QEMU is needed where KVM
 * cannot be used.
 */
size_t kt_doctor_report(const struct kt_doctor *what, struct kt_buf *out);

#endif
