// SPDX-License-Identifier: GPL-2.0-only
/* elfobj: whatever a file holds, it is read as some program or none */
#include "lib/elfobj.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("elfobj", MFD_CLOEXEC);
	struct kt_elfobj obj;
	struct kt_error err;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (kt_elfobj_read(path, &obj, &err))
		abort();
	if (obj.nr_needed > KT_ELFOBJ_MAX_NEEDED ||
	    obj.dlopens.nr > KT_DLOPEN_MAX ||
	    (!obj.class && (obj.interp || obj.dynamic || obj.nr_needed)))
		abort();
	for (size_t i = 0; i < obj.nr_needed; i++)
		if (!strlen(obj.needed[i]))
			abort();
	kt_elfobj_release(&obj);
	close(fd);
	return 0;
}
