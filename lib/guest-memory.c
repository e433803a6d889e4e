// SPDX-License-Identifier: GPL-2.0-only
/* guest-memory - how much memory a guest needs to boot */
#include "lib/guest-memory.h"

#include <endian.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lib/bzimage.h"
#include "lib/fd.h"

#define HEAD_BYTES 0x40
#define MIB (UINT64_C(1) << 20)

/* No kernel is larger, and sums of such sizes cannot overflow. */
#define MAX_BYTES (UINT64_C(1) << 40)

static bool elf_bytes(int fd, uint64_t *out)
{
	uint64_t low = UINT64_MAX, high = 0;
	bool sound = true;
	size_t nr = 0;
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return false;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return false;
	sound = !elf_getphdrnum(elf, &nr);
	for (size_t i = 0; sound && i < nr; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph)) {
			sound = false;
		} else if (ph.p_type == PT_LOAD) {
			sound = ph.p_memsz < UINT64_MAX - ph.p_paddr;
			if (ph.p_paddr < low)
				low = ph.p_paddr;
			if (ph.p_paddr + ph.p_memsz > high)
				high = ph.p_paddr + ph.p_memsz;
		}
	}
	elf_end(elf);
	if (!sound || low >= high)
		return false;
	*out = high - low;
	return true;
}

static bool x86_bytes(int fd, const char *path, uint64_t *out)
{
	struct kt_bzimage image;
	struct kt_error ignored;

	if (kt_bzimage_read(fd, path, &image, &ignored))
		return false;
	*out = image.init_bytes;
	return true;
}

static bool arm64_bytes(const char *head, uint64_t *out)
{
	uint64_t size;

	memcpy(&size, head + 0x10, sizeof(size));
	*out = le64toh(size);
	return !memcmp(head + 0x38, "ARM\x64", 4);
}

enum kt_status kt_guest_kernel_bytes(const char *path, uint64_t *out,
				     struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[HEAD_BYTES] = { 0 };
	uint64_t bytes = 0;
	bool known;

	if (fd < 0 || pread(fd, head, sizeof(head), 0) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", path);
	if (!memcmp(head, ELFMAG, SELFMAG))
		known = elf_bytes(fd, &bytes);
	else
		known = x86_bytes(fd, path, &bytes) ||
			arm64_bytes(head, &bytes);
	if (!known || !bytes || bytes > MAX_BYTES)
		return kt_fail(err, KT_DATA, "\"%s\" is no kernel that boots",
			       path);
	*out = bytes;
	return KT_OK;
}

uint64_t kt_guest_root_bytes(uint64_t bytes)
{
	return (bytes + KT_GUEST_PAGE - 1) / KT_GUEST_PAGE * KT_GUEST_PAGE +
	       KT_GUEST_INODE;
}

static uint64_t at_most(uint64_t bytes)
{
	return bytes < MAX_BYTES ? bytes : MAX_BYTES;
}

uint64_t kt_guest_memory_mib(uint64_t kernel_bytes, uint64_t initrd_bytes,
			     uint64_t root_bytes)
{
	uint64_t bytes = at_most(kernel_bytes) + at_most(initrd_bytes) +
			 at_most(root_bytes) + KT_GUEST_RESERVE;

	bytes += (bytes + 62) / 63;
	return (bytes + MIB - 1) / MIB;
}
