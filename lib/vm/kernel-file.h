/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/kernel-file.h - a kernel as the file that it is loaded from
 *
 * Our own builds leave an ELF file. A distribution has a bzImage, whose payload
 * takes longer to unpack than the rest of a boot: it is kept, by the content of
 * the image, beside the initramfs archives, and swept with them
 * (lib/initramfs-sweep.h).
 */
#ifndef KT_VM_KERNEL_FILE_H
#define KT_VM_KERNEL_FILE_H

#include "lib/error.h"

/*
 * Open @path, if it is an ELF file, or what is packed in it. @dir is the cache,
 * made if need be, or NULL: then nothing is kept. A cache that cannot be used is
 * no error.
 *
 * KT_DATA: neither, or it is damaged. KT_SYS: a file cannot be read or written.
 */
enum kt_status kt_kernel_file_open(const char *path, const char *dir, int *fd,
				   struct kt_error *err) KT_MUST_CHECK;

#endif
