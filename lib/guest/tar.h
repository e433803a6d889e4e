/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/tar.h - files of the guest as one stream, for the host
 *
 * For ktstr-init: libc only. A ustar archive (POSIX pax(1)) with names and
 * links of 100 bytes and more as GNU tar has them: raw bytes, whatever they
 * are. Its one top directory is the directory that was asked for; one file
 * stands in it as KT_CTL_OUT_FILE (lib/ctl.h). That is what lib/archive.h
 * takes.
 */
#ifndef KT_GUEST_TAR_H
#define KT_GUEST_TAR_H

#define KT_TAR_MAX_DEPTH 100
#define KT_TAR_MAX_NAME 1000 /* bytes, as the host has it */
#define KT_TAR_MAX_FILE (((long long)8 << 30) - 1) /* of lib/ustar.h */
#define KT_TAR_MAX_ODD ((size_t)16 << 20) /* a file that tells no size */

enum kt_tar {
	KT_TAR_WHOLE,	/* all of it is in the archive */
	KT_TAR_PARTLY,	/* the archive is well, but things were left out */
	KT_TAR_NOTHING, /* nothing can be read at that path, or written */
};

/* @path as it was given, and what stands below it ("/a/b" or ""). */
typedef void kt_tar_complain_fn(const char *path, const char *below,
				const char *why);

/*
 * Write what is at @path to @out. Only a link at @path itself is followed. What
 * a host would not unpack is left out with a complaint: devices, sockets, FIFOs,
 * links that lead out of the directory, what is above the limits. A file that
 * shrinks meanwhile is filled up with zeros.
 */
enum kt_tar kt_tar_write(int out, const char *path,
			 kt_tar_complain_fn *complain);

#endif
