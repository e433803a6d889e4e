// SPDX-License-Identifier: GPL-2.0-only
/* elfobj: what an ELF file says it needs, whole and mutilated */
#include "lib/elfobj.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/helpers/elf-file.h"
#include "tests/unit/tap.h"

/* Whatever is cut off or changed, there is an answer, and no crash. */
int main(void)
{
	char path[] = "/tmp/ktstr-elf.XXXXXX";
	const struct elf_file f = { .name = "prog",
				    .interp = "/lib/ld.so",
				    .runpath = "/a:/b",
				    .needed = { "l1.so", "l2.so" } };
	const int fd = mkstemp(path);
	struct kt_error err;
	struct kt_elfobj obj;
	struct elf_image im, bad;
	size_t nr = 0;

	elf_fill(&im, &f);
	for (size_t len = 0; len <= sizeof(im); len += 3) {
		file_put(path, &im, len);
		if (kt_elfobj_read(path, &obj, &err))
			break;
		kt_elfobj_release(&obj);
		nr++;
	}
	same_u64(nr, sizeof(im) / 3 + 1, "every prefix is read");
	for (size_t i = 0; i < offsetof(struct elf_image, strings); i++) {
		memcpy(&bad, &im, sizeof(im));
		((unsigned char *)&bad)[i] ^= 0xff;
		file_put(path, &bad, sizeof(bad));
		if (kt_elfobj_read(path, &obj, &err))
			break;
		kt_elfobj_release(&obj);
		nr++;
	}
	same_u64(nr, sizeof(im) / 3 + 1 + offsetof(struct elf_image, strings),
		 "so is every file with one byte changed");
	file_put(path, &im, sizeof(im));
	if (!kt_elfobj_read(path, &obj, &err)) {
		same_u64(obj.nr_needed, 2, "the whole one names two libraries");
		same_str(obj.interp, "/lib/ld.so", "and a loader");
		kt_elfobj_release(&obj);
	}
	close(fd);
	unlink(path);
	return tap_end();
}
