// SPDX-License-Identifier: GPL-2.0-only
/*
 * payload: types, symbols and configuration come out of a kernel's own bytes
 *
 * "payload vmlinux KERNEL OUT" makes a vmlinux by hand; "payload strip KERNEL
 * OUT" takes the section headers away.
 */
#include "lib/payload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/unit/tap.h"

static int by_hand(const char *what, const char *from, const char *to)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	int in KT_CLEANUP(kt_closep) = open(from, O_RDONLY | O_CLOEXEC);
	struct kt_error err;

	if (in < 0 || kt_payload_read(in, from, &p, &err)) {
		fprintf(stderr, "payload: %s\n", in < 0 ? from : err.msg);
		return 1;
	}
	if (!strcmp(what, "strip")) {
		Elf64_Ehdr *ehdr = (Elf64_Ehdr *)(void *)p.data.data;

		ehdr->e_shoff = 0;
		ehdr->e_shnum = 0;
		ehdr->e_shstrndx = 0;
		kt_buf_add(&out, p.data.data, p.data.len);
	} else {
		if (!p.symbols.nr)
			fprintf(stderr, "payload: %s\n", p.why_none.msg);
		kt_payload_vmlinux(&p, &out);
	}
	if (kt_file_replace(AT_FDCWD, to, out.data, out.len, 0666, &err)) {
		fprintf(stderr, "payload: %s\n", err.msg);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return by_hand(argv[1], argv[2], argv[3]);
	return tap_end();
}
