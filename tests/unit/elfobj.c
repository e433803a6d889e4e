// SPDX-License-Identifier: GPL-2.0-only
/* elfobj: what an ELF file says it needs, whole and mutilated */
#include "lib/elfobj.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "tests/helpers/elf-file.h"
#include "tests/unit/tap.h"

#define NR_NOTES 6
#define NOTE_BYTES (KT_ELFOBJ_MAX_NOTES / 4)

/* A file of many notes, each of which opens a library. */
struct noted {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[NR_NOTES];
	struct {
		Elf64_Nhdr head;
		char owner[4], json[64];
		Elf64_Nhdr filler;
		char rest[NOTE_BYTES - 2 * sizeof(Elf64_Nhdr) - 4 - 64];
	} notes[NR_NOTES];
};

/* Many small claims may be a large one. */
static void test_notes(const char *path)
{
	static const char json[] = "[{\"soname\":[\"l.so\"]}]";
	struct noted *f = kt_xcalloc(1, sizeof(*f));
	struct elf_image im;
	struct kt_error err;
	struct kt_elfobj obj;

	elf_fill(&im, &(struct elf_file){ .name = "prog" });
	f->eh = im.eh;
	f->eh.e_phoff = offsetof(struct noted, ph);
	f->eh.e_phnum = NR_NOTES;
	for (size_t i = 0; i < NR_NOTES; i++) {
		f->ph[i] = (Elf64_Phdr){
			.p_type = PT_NOTE,
			.p_offset = offsetof(struct noted, notes) +
				    i * sizeof(f->notes[0]),
			.p_filesz = sizeof(f->notes[0]),
			.p_align = 4,
		};
		f->notes[i].head = (Elf64_Nhdr){ 4, sizeof(f->notes[i].json),
						 KT_DLOPEN_NOTE };
		memcpy(f->notes[i].owner, KT_DLOPEN_OWNER, 4);
		memcpy(f->notes[i].json, json, sizeof(json));
		f->notes[i].filler =
			(Elf64_Nhdr){ 0, sizeof(f->notes[i].rest), 1 };
	}
	file_put(path, f, sizeof(*f));
	if (!kt_elfobj_read(path, &obj, &err)) {
		same_u64(obj.dlopens.nr, 4,
			 "the limit of notes is one for all of them");
		kt_elfobj_release(&obj);
	}
	free(f);
}

static void test_headers(const char *path)
{
	const struct elf_file f = { .name = "prog", .needed = { "l1.so" } };
	struct kt_error err;
	struct kt_elfobj obj;
	struct elf_image im;
	char *file;

	elf_fill(&im, &f);
	im.ph[2] = im.ph[1];
	im.ph[1].p_offset = offsetof(struct elf_image, json);
	file_put(path, &im, sizeof(im));
	if (!kt_elfobj_read(path, &obj, &err)) {
		ok(!obj.dynamic && !obj.nr_needed,
		   "a second PT_DYNAMIC does not get a try");
		kt_elfobj_release(&obj);
	}
	file = kt_xcalloc(1, sizeof(im) + ((size_t)1 << 20));
	im.eh.e_phoff = sizeof(im);
	im.eh.e_phnum = KT_ELFOBJ_MAX_HEADERS + 1;
	memcpy(file, &im, sizeof(im));
	file_put(path, file, sizeof(im) + ((size_t)1 << 20));
	if (!kt_elfobj_read(path, &obj, &err)) {
		ok(!obj.class, "a file of too many headers is no program");
		kt_elfobj_release(&obj);
	}
	free(file);
}

/* Strings may share their end, so that a thousand cost one in the file. */
static void test_strings(const char *path)
{
	const size_t size = sizeof(struct elf_image) + KT_ELFOBJ_MAX_STRING + 1;
	struct elf_image *im = kt_xcalloc(1, size);
	struct kt_error err;
	struct kt_elfobj obj;

	elf_fill(im, &(struct elf_file){ .name = "prog" });
	im->ph[0].p_filesz = size;
	im->dyn[0] = (Elf64_Dyn){ DT_NEEDED, { 0 } };
	im->dyn[1] = (Elf64_Dyn){ DT_NEEDED, { 1 } };
	im->dyn[2] = (Elf64_Dyn){ DT_STRTAB, { 0x1000 + sizeof(*im) } };
	im->dyn[3] = (Elf64_Dyn){ DT_STRSZ, { KT_ELFOBJ_MAX_STRING + 1 } };
	memset(im + 1, 'x', KT_ELFOBJ_MAX_STRING);
	file_put(path, im, size);
	if (!kt_elfobj_read(path, &obj, &err)) {
		same_u64(obj.nr_needed, 1, "of two names one is too long");
		kt_elfobj_release(&obj);
	}
	free(im);
}

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
	test_notes(path);
	test_headers(path);
	test_strings(path);
	close(fd);
	unlink(path);
	return tap_end();
}
