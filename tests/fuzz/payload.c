// SPDX-License-Identifier: GPL-2.0-only
/* payload: whatever a kernel is, what is made of it can be read */
#include "lib/payload.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	struct kt_buf config KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = memfd_create("fuzz", MFD_CLOEXEC);
	struct kt_error err;

	if (fd < 0 || kt_fd_write(fd, data, size, "fuzz", &err))
		abort();
	if (kt_payload_read(fd, "fuzz", &p, &err))
		return 0;
	if (p.btf.at > size || p.btf.bytes > size - p.btf.at)
		abort();
	if (!kt_payload_config(&p, "fuzz", &config, &err) &&
	    config.len > KT_KCONFIG_MAX_BYTES)
		abort();
	kt_payload_vmlinux(&p, &out);
	if (out.len < sizeof(Elf64_Ehdr) + p.btf.bytes)
		abort();
	return 0;
}
