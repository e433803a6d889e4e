// SPDX-License-Identifier: GPL-2.0-only
/* elfload: whatever the file says, what is loaded stays where RAM can be */
#include "lib/vm/elfload.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kt_elf_plan *p, size_t size)
{
	uint64_t end = KT_GPA_HIGH;

	if (!p->nr || p->nr > KT_ELF_MAX_SEGMENTS || p->end > KT_GPA_HOLE ||
	    p->start != p->segment[0].gpa || p->entry < p->start ||
	    p->entry >= p->end)
		abort();
	for (size_t i = 0; i < p->nr; i++) {
		const struct kt_elf_segment *s = &p->segment[i];

		if (s->gpa < end || s->file_bytes > s->mem_bytes ||
		    s->offset + s->file_bytes > size)
			abort();
		end = s->gpa + s->mem_bytes;
	}
	if (end != p->end)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd KT_CLEANUP(kt_closep) = memfd_create("fuzz", MFD_CLOEXEC);
	struct kt_elf_plan plan;
	struct kt_error err;
	unsigned char *ram;

	if (fd < 0 || kt_fd_write(fd, data, size, "fuzz", &err))
		abort();
	if (kt_elf_plan(fd, "fuzz", &plan, &err))
		return 0;
	check(&plan, size);
	ram = mmap(NULL, plan.end, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED ||
	    kt_elf_load(fd, "fuzz", &plan, ram, plan.end, &err))
		abort();
	munmap(ram, plan.end);
	return 0;
}
