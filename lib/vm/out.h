/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/out.h - files of the guest that are wanted on the host
 *
 * GUESTPATH:HOSTDIR asks for what is at GUESTPATH, a file or a directory, to
 * become HOSTDIR/NAME, NAME being the last part of GUESTPATH. After the command
 * the guest is asked for it as one more job (kt_out_argv()), whose stdout is a
 * tar archive, never compressed. That is unpacked in a directory beside its
 * place by the rules of lib/archive.h, and gets its name only when it is whole.
 * A file takes the place of a file; nothing takes the place of a directory.
 */
#ifndef KT_VM_OUT_H
#define KT_VM_OUT_H

#include <stdint.h>

#include "lib/archive.h"
#include "lib/error.h"

/* Of the archive: what lib/archive.h takes, and three blocks an entry. */
#define KT_OUT_MAX_BYTES \
	(KT_ARCHIVE_MAX_BYTES + (uint64_t)KT_ARCHIVE_MAX_ENTRIES * 4096)

struct kt_out {
	char *guest; /* the path there */
	char *dir;   /* on the host */
	char *path;  /* DIR/NAME */
};

/* For KT_CLEANUP(). */
void kt_out_release(struct kt_out *out);

/*
 * Read "GUESTPATH:HOSTDIR"; the first colon counts. KT_USAGE: it is not that,
 * NAME would be none, or there is a directory at that
 * place already. The caller releases *out.
 */
enum kt_status kt_out_parse(const char *text, struct kt_out *out,
			    struct kt_error *err) KT_MUST_CHECK;

/* The command that has the guest write it to its stdout; borrows @out. */
void kt_out_argv(const struct kt_out *out, const char *argv[4]);

/*
 * Unpack the archive @tar, read from its start, to its place. KT_DATA: it is
 * none, or is refused. KT_SYS. KT_FAIL: told to stop.
 */
enum kt_status kt_out_store(const struct kt_out *out, int tar,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
