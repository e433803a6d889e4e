// SPDX-License-Identifier: GPL-2.0-only
/* elfload - an uncompressed x86-64 kernel, from its file to memory */
#include "lib/vm/elfload.h"

#include <elf.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/layout.h"

/* All of @len bytes at @at; KT_DATA if the file ends before. */
static enum kt_status read_at(int fd, const char *what, void *out, uint64_t len,
			      uint64_t at, struct kt_error *err)
{
	uint64_t got;
	const enum kt_status st =
		kt_fd_read_at(fd, what, out, len, at, &got, err);

	if (!st && got < len)
		return kt_fail(err, KT_DATA, "\"%s\" ends too soon", what);
	return st;
}

static bool is_kernel(const Elf64_Ehdr *eh)
{
	const unsigned int type = le16toh(eh->e_type);

	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) &&
	       eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       le16toh(eh->e_machine) == EM_X86_64 &&
	       (type == ET_EXEC || type == ET_DYN);
}

/*
 * Put the segment of @ph into @plan, in the order of addresses. Returns what is
 * wrong with it, or NULL.
 */
static const char *add_segment(struct kt_elf_plan *plan, const Elf64_Phdr *ph,
			       uint64_t file_size)
{
	const struct kt_elf_segment s = {
		.gpa = le64toh(ph->p_paddr),
		.offset = le64toh(ph->p_offset),
		.file_bytes = le64toh(ph->p_filesz),
		.mem_bytes = le64toh(ph->p_memsz),
	};
	size_t i = plan->nr;

	if (s.file_bytes > s.mem_bytes)
		return "is larger in the file than in memory";
	if (s.offset > file_size || s.file_bytes > file_size - s.offset)
		return "is not in the file";
	if (s.gpa < KT_GPA_HIGH || s.gpa > KT_GPA_HOLE ||
	    s.mem_bytes > KT_GPA_HOLE - s.gpa)
		return "lies outside of what RAM there can be";
	if (i == KT_ELF_MAX_SEGMENTS)
		return "is one too many";
	for (; i && plan->segment[i - 1].gpa > s.gpa; i--)
		plan->segment[i] = plan->segment[i - 1];
	plan->segment[i] = s;
	plan->nr++;
	for (i = 1; i < plan->nr; i++)
		if (plan->segment[i].gpa - plan->segment[i - 1].gpa <
		    plan->segment[i - 1].mem_bytes)
			return "overlaps another";
	return NULL;
}

static bool entry_is_loaded(const struct kt_elf_plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++)
		if (plan->entry >= plan->segment[i].gpa &&
		    plan->entry - plan->segment[i].gpa <
			    plan->segment[i].file_bytes)
			return true;
	return false;
}

static enum kt_status read_segments(int fd, const char *what,
				    const Elf64_Ehdr *eh,
				    struct kt_elf_plan *plan,
				    struct kt_error *err)
{
	const unsigned int nr = le16toh(eh->e_phnum);
	Elf64_Phdr ph[KT_ELF_MAX_HEADERS];
	enum kt_status st;
	struct stat sb;

	if (le16toh(eh->e_phentsize) != sizeof(ph[0]) || !nr ||
	    nr > KT_ELF_MAX_HEADERS)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has no program headers as kernels have "
			       "them",
			       what);
	if (fstat(fd, &sb))
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	if (le64toh(eh->e_phoff) > (uint64_t)sb.st_size)
		return kt_fail(err, KT_DATA, "\"%s\" ends too soon", what);
	st = read_at(fd, what, ph, nr * sizeof(ph[0]), le64toh(eh->e_phoff),
		     err);
	for (unsigned int i = 0; !st && i < nr; i++) {
		const char *wrong;

		if (le32toh(ph[i].p_type) != PT_LOAD || !ph[i].p_memsz)
			continue;
		wrong = add_segment(plan, &ph[i], (uint64_t)sb.st_size);
		if (wrong)
			st = kt_fail(err, KT_DATA,
				     "\"%s\" cannot be loaded: segment %u %s",
				     what, i, wrong);
	}
	return st;
}

enum kt_status kt_elf_plan(int fd, const char *what, struct kt_elf_plan *out,
			   struct kt_error *err)
{
	struct kt_elf_plan plan = { 0 };
	const struct kt_elf_segment *last;
	enum kt_status st;
	Elf64_Ehdr eh;

	st = read_at(fd, what, &eh, sizeof(eh), 0, err);
	if (st)
		return st;
	if (!is_kernel(&eh))
		return kt_fail(err, KT_DATA,
			       "\"%s\" is no uncompressed x86-64 kernel", what);
	st = read_segments(fd, what, &eh, &plan, err);
	if (st)
		return st;
	plan.entry = le64toh(eh.e_entry);
	if (!entry_is_loaded(&plan))
		return kt_fail(err, KT_DATA,
			       "\"%s\" cannot be entered: 0x%llx is in none of "
			       "its segments",
			       what, (unsigned long long)plan.entry);
	last = &plan.segment[plan.nr - 1];
	plan.start = plan.segment[0].gpa;
	plan.end = last->gpa + last->mem_bytes;
	*out = plan;
	return KT_OK;
}

enum kt_status kt_elf_load(int fd, const char *what,
			   const struct kt_elf_plan *plan, unsigned char *ram,
			   uint64_t ram_bytes, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	if (plan->end > ram_bytes)
		return kt_hint(
			err,
			kt_fail(err, KT_USAGE,
				"\"%s\" needs memory up to %llu MiB, "
				"and there are %llu",
				what,
				(unsigned long long)plan->end / 0x100000 + 1,
				(unsigned long long)ram_bytes / 0x100000),
			"give it more with --memory-mb");
	for (size_t i = 0; !st && i < plan->nr; i++) {
		const struct kt_elf_segment *s = &plan->segment[i];

		st = read_at(fd, what, ram + s->gpa, s->file_bytes, s->offset,
			     err);
	}
	return st;
}
