// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux: what is kept of a kernel, and what hostile files do
 *
 * The kernel here is this program itself: it is an ELF file with symbols.
 * Called with two names it reduces the first file into the second, to look at
 * by hand.
 */
#include "lib/vmlinux.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/unit/tap.h"

static int temporary(const void *data, size_t len)
{
	char name[] = "/tmp/ktstr-vmlinux.XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);
	struct kt_error err;

	if (fd < 0 || unlink(name) || kt_fd_write(fd, data, len, name, &err))
		abort();
	return fd;
}

static enum kt_status reduce(const void *data, size_t len, struct kt_error *err)
{
	int in KT_CLEANUP(kt_closep) = temporary(data, len);
	int out KT_CLEANUP(kt_closep) = temporary("", 0);

	return kt_vmlinux_reduce(in, out, "input", err);
}

/* Any outcome is fine but a crash, or a reduced form that is not one. */
static void hostile(const struct kt_buf *self, uint64_t seed, size_t nr)
{
	struct kt_buf copy KT_CLEANUP(kt_buf_release) = { 0 };
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)(const void *)self->data;
	const size_t table = ehdr->e_shoff;
	size_t refused = 0, blamed_system = 0;

	for (size_t i = 0; i < nr; i++) {
		struct kt_error err;

		copy.len = 0;
		kt_buf_add(&copy, self->data, self->len);
		for (int k = 0; k < 3; k++) {
			size_t at;

			seed = seed * 6364136223846793005u +
			       1442695040888963407u;
			/* The headers of the file and of its sections. */
			at = seed >> 33;
			if (k)
				at = table + at % (copy.len - table);
			else
				at %= sizeof(*ehdr);
			copy.data[at] = (char)(seed >> 25);
		}
		const enum kt_status st = reduce(copy.data, copy.len, &err);

		refused += st == KT_DATA;
		blamed_system += st && st != KT_DATA;
	}
	same_u64(blamed_system, 0, "damaged headers are bad data, no more");
	ok(refused > nr / 10, "%zu of %zu damaged headers are refused", refused,
	   nr);
}

static void truncated(const struct kt_buf *self)
{
	bool all = true;

	for (size_t i = 0; i < 300; i++) {
		const size_t len = i < 70 ? i : self->len / 300 * i;
		struct kt_error err = { 0 };
		const enum kt_status st = reduce(self->data, len, &err);

		all = all && st == KT_DATA && err.msg[0];
	}
	ok(all, "a file that ends early is refused");
}

static void set_header(const struct kt_buf *self, const char *what,
		       void (*change)(Elf64_Ehdr *))
{
	struct kt_buf copy KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	kt_buf_add(&copy, self->data, self->len);
	change((Elf64_Ehdr *)(void *)copy.data);
	ok(reduce(copy.data, copy.len, &err) == KT_DATA, "%s is refused: %s",
	   what, err.msg);
}

static void many_sections(Elf64_Ehdr *e)
{
	e->e_shnum = 0xfeff;
}

static void far_sections(Elf64_Ehdr *e)
{
	e->e_shoff = UINT64_MAX - 16;
}

static void other_class(Elf64_Ehdr *e)
{
	e->e_ident[EI_CLASS] = ELFCLASS32;
}

static void far_names(Elf64_Ehdr *e)
{
	e->e_shstrndx = 0xfef0;
}

static void no_sections(Elf64_Ehdr *e)
{
	e->e_shnum = 0;
	e->e_shoff = 0;
}

static void idempotent(const struct kt_buf *self)
{
	struct kt_buf once KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf twice KT_CLEANUP(kt_buf_release) = { 0 };
	int in KT_CLEANUP(kt_closep) = temporary(self->data, self->len);
	int a KT_CLEANUP(kt_closep) = temporary("", 0);
	int b KT_CLEANUP(kt_closep) = temporary("", 0);
	struct kt_error err = { 0 };

	ok(!kt_vmlinux_reduce(in, a, "input", &err), "a kernel is reduced");
	ok(!kt_vmlinux_reduce(a, b, "once", &err), "so is what comes of it");
	lseek(a, 0, SEEK_SET);
	lseek(b, 0, SEEK_SET);
	ok(!kt_fd_read(a, self->len, &once, "a", &err) &&
		   !kt_fd_read(b, self->len, &twice, "b", &err) &&
		   once.len == twice.len &&
		   !memcmp(once.data, twice.data, once.len),
	   "to the same bytes");
	ok(once.len < self->len, "which are fewer");
}

static void full(const struct kt_buf *self)
{
	int in KT_CLEANUP(kt_closep) = temporary(self->data, self->len);
	int out KT_CLEANUP(kt_closep) = open("/dev/full", O_RDWR | O_CLOEXEC);
	struct kt_error err = { 0 };

	ok(kt_vmlinux_reduce(in, out, "input", &err) == KT_SYS,
	   "a full disk is the system's fault: %s", err.msg);
}

static int reduce_file(const char *from, const char *to)
{
	int in KT_CLEANUP(kt_closep) = open(from, O_RDONLY | O_CLOEXEC);
	int out KT_CLEANUP(kt_closep) =
		open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct kt_error err = { 0 };
	enum kt_status st = kt_vmlinux_reduce(in, out, from, &err);

	if (st)
		fprintf(stderr, "%s\n", err.msg);
	return (int)st;
}

int main(int argc, char **argv)
{
	struct kt_buf self KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	if (argc == 3)
		return reduce_file(argv[1], argv[2]);
	if (kt_file_read(AT_FDCWD, "/proc/self/exe", (size_t)64 << 20, &self,
			 &err))
		return 99;
	idempotent(&self);
	truncated(&self);
	set_header(&self, "65279 sections", many_sections);
	set_header(&self, "a table behind the end", far_sections);
	set_header(&self, "another class", other_class);
	set_header(&self, "names nowhere", far_names);
	set_header(&self, "no section at all", no_sections);
	hostile(&self, 1, 1500);
	full(&self);
	return tap_end();
}
