// SPDX-License-Identifier: GPL-2.0-only
/*
 * payload: types, symbols and configuration come out of a kernel's own bytes
 *
 * "payload vmlinux KERNEL OUT" makes a vmlinux by hand; "payload strip KERNEL
 * OUT" takes the section headers away; "payload make OUT" is a small kernel for
 * the fuzzer.
 */
#include "lib/payload.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/fd.h"
#include "lib/kernel-elf.h"
#include "lib/stop.h"
#include "tests/unit/kallsyms.h"
#include "tests/unit/tap.h"

#define PAGE 4096

/* Section headers stand at the end: empty, .text, .BTF, .data, .shstrtab. */
enum {
	TEXT_SECTION = 1,
	BTF_SECTION,
	DATA_SECTION,
	NAMES_SECTION,
	NR_SECTIONS
};

static const char names[] = "\0.text\0.BTF\0.data\0.shstrtab";
static const unsigned char name_at[] = { 0, 1, 7, 12, 18 };

/* Type "int", and its name. */
static const char btf[] = "\x9f\xeb\1\0"
			  "\x18\0\0\0"
			  "\0\0\0\0"
			  "\x10\0\0\0"
			  "\x10\0\0\0"
			  "\x05\0\0\0"
			  "\1\0\0\0"
			  "\0\0\0\1"
			  "\4\0\0\0"
			  "\x20\0\0\1"
			  "\0int";

struct image {
	struct kt_buf b;
	size_t symbols, btf, config, sections;
};

static void image_release(struct image *m)
{
	kt_buf_release(&m->b);
}

static void pad(struct kt_buf *b, size_t to)
{
	while (b->len % to)
		kt_buf_addc(b, '\0');
}

static void add_config(struct kt_buf *b, const char *text)
{
	unsigned char packed[256];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)text,
		       .avail_in = (uInt)strlen(text),
		       .next_out = packed,
		       .avail_out = sizeof(packed) };

	if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0) ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	kt_buf_adds(b, "IKCFG_ST");
	kt_buf_add(b, packed, z.total_out);
	kt_buf_adds(b, "IKCFG_ED");
	deflateEnd(&z);
}

static Elf64_Ehdr *ehdr(struct image *m)
{
	return (Elf64_Ehdr *)(void *)m->b.data;
}

static Elf64_Phdr *phdr(struct image *m)
{
	return (Elf64_Phdr *)(void *)(m->b.data + sizeof(Elf64_Ehdr));
}

static Elf64_Shdr *shdr(struct image *m, int i)
{
	return (Elf64_Shdr *)(void *)(m->b.data + m->sections) + i;
}

static void section(struct image *m, int i, uint32_t type, size_t at,
		    size_t len)
{
	*shdr(m, i) = (Elf64_Shdr){
		.sh_name = name_at[i],
		.sh_type = type,
		.sh_flags = type == SHT_STRTAB ? 0 : SHF_ALLOC,
		.sh_addr = type == SHT_STRTAB ? 0 : TEXT + at - PAGE,
		.sh_offset = at,
		.sh_size = len,
	};
}

static void headers(struct image *m, size_t end)
{
	static const unsigned char ident[] = { ELFMAG0,	   ELFMAG1,
					       ELFMAG2,	   ELFMAG3,
					       ELFCLASS64, ELFDATA2LSB,
					       EV_CURRENT };

	memcpy(ehdr(m)->e_ident, ident, sizeof(ident));
	ehdr(m)->e_machine = EM_X86_64;
	ehdr(m)->e_phoff = sizeof(Elf64_Ehdr);
	ehdr(m)->e_phentsize = sizeof(Elf64_Phdr);
	ehdr(m)->e_phnum = 1;
	ehdr(m)->e_shoff = m->sections;
	ehdr(m)->e_shentsize = sizeof(Elf64_Shdr);
	ehdr(m)->e_shnum = NR_SECTIONS;
	ehdr(m)->e_shstrndx = NAMES_SECTION;
	*phdr(m) = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_offset = PAGE,
				 .p_vaddr = TEXT,
				 .p_filesz = end - PAGE };
}

static void build(struct image *m)
{
	size_t strings, end;

	for (int i = 0; i < PAGE; i++)
		kt_buf_addc(&m->b, '\0');
	m->symbols = m->b.len;
	{
		struct kt_buf k KT_CLEANUP(kt_buf_release) = { 0 };

		make(&forms[3], &k);
		kt_buf_add(&m->b, k.data, k.len);
	}
	pad(&m->b, 8);
	m->btf = m->b.len;
	kt_buf_add(&m->b, btf, sizeof(btf));
	m->config = m->b.len;
	add_config(&m->b, "CONFIG_X=y\n");
	end = m->b.len;
	strings = m->b.len;
	kt_buf_add(&m->b, names, sizeof(names));
	pad(&m->b, 8);
	m->sections = m->b.len;
	for (size_t i = 0; i < NR_SECTIONS * sizeof(Elf64_Shdr); i++)
		kt_buf_addc(&m->b, '\0');
	headers(m, end);
	section(m, TEXT_SECTION, SHT_PROGBITS, PAGE, 20);
	section(m, BTF_SECTION, SHT_PROGBITS, m->btf, sizeof(btf));
	section(m, DATA_SECTION, SHT_NOBITS, PAGE + 20, 1 << 20);
	section(m, NAMES_SECTION, SHT_STRTAB, strings, sizeof(names));
}

static enum kt_status read_it(const struct image *m, struct kt_payload *p,
			      struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = -1;

	if (kt_fd_nameless("/tmp", &fd, err) ||
	    kt_fd_write(fd, m->b.data, m->b.len, "test", err))
		abort();
	return kt_payload_read(fd, "kernel", p, err);
}

/* What others read of the vmlinux that is made of it. */
static void check_vmlinux(const struct kt_payload *p, const char *what)
{
	struct kt_kernel_elf elf KT_CLEANUP(kt_kernel_elf_close) = { 0 };
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = -1;
	struct kt_error err = { 0 };
	size_t good = 0, local = 0;

	kt_payload_vmlinux(p, &out);
	if (kt_fd_nameless("/tmp", &fd, &err) ||
	    kt_fd_write(fd, out.data, out.len, "test", &err))
		abort();
	ok(!kt_kernel_elf_open(&elf, fd, "vmlinux", &err),
	   "its vmlinux %s is read: %s", what, err.msg);
	for (size_t i = 1; elf.syms && i < elf.nr_syms; i++) {
		const char *name =
			(char *)elf.strings->d_buf + elf.syms[i].st_name;
		unsigned int nr;

		if (i < elf.symtab_hdr.sh_info)
			local++;
		good += sscanf(name, "sym_%u_", &nr) == 1 &&
			elf.syms[i].st_value == TEXT + nr / 2;
	}
	same_u64(good, NR - 1, "and has every symbol, where it is");
	same_u64(local, NR - 1, "local ones before the others");
	ok(elf.btf_data && elf.btf_data->d_size >= sizeof(btf) - 1 &&
		   !memcmp(elf.btf_data->d_buf, btf, sizeof(btf) - 1),
	   "and the types");
}

static void test_good(void)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	struct image m KT_CLEANUP(image_release) = { 0 };
	struct kt_buf config KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error err = { 0 };

	build(&m);
	ok(!read_it(&m, &p, &err), "a kernel is read: %s", err.msg);
	same_u64(p.nr_sections, 3, "with the sections that are loaded");
	same_str(kt_payload_name(&p, &p.sections[2]), ".data", "by name");
	ok(p.btf.at == m.btf && p.btf.addr == TEXT + m.btf - PAGE,
	   "and its types, where they are");
	ok(!kt_payload_config(&p, "kernel", &config, &err) &&
		   !strcmp(config.data, "CONFIG_X=y\n"),
	   "and its configuration");
	check_vmlinux(&p, "with sections");
}

/* Section headers that lead nowhere are as good as none. */
static void test_sections(void)
{
	for (int i = 0; i < 5; i++) {
		static const char *const what[] = {
			"without section headers",
			"with section headers that are not there",
			"with too many section headers",
			"with section headers of another size",
			"whose section names are not there",
		};
		struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
		struct image m KT_CLEANUP(image_release) = { 0 };
		struct kt_error err = { 0 };

		build(&m);
		if (i == 0)
			ehdr(&m)->e_shnum = 0;
		else if (i == 1)
			ehdr(&m)->e_shoff = m.b.len - 8;
		else if (i == 2)
			ehdr(&m)->e_shnum = 0xff00;
		else if (i == 3)
			ehdr(&m)->e_shentsize = 40;
		else
			shdr(&m, NAMES_SECTION)->sh_offset = m.b.len;
		ok(!read_it(&m, &p, &err) && p.btf.at == m.btf, "types %s",
		   what[i]);
		check_vmlinux(&p, what[i]);
	}
}

static void test_refused(void)
{
	static const char *const what[] = {
		"of another machine",
		"of 32 bits",
		"of another byte order",
		"whose program headers are not there",
		"with program headers of another size",
		"with too many program headers",
		"whose segment is not there",
		"whose segment is too large",
		"whose segments overlap",
		"shorter than its header",
		"that is none",
	};

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
		struct image m KT_CLEANUP(image_release) = { 0 };
		struct kt_error err = { 0 };

		build(&m);
		switch (i) {
		case 0:
			ehdr(&m)->e_machine = EM_AARCH64;
			break;
		case 1:
			ehdr(&m)->e_ident[EI_CLASS] = ELFCLASS32;
			break;
		case 2:
			ehdr(&m)->e_ident[EI_DATA] = ELFDATA2MSB;
			break;
		case 3:
			ehdr(&m)->e_phoff = m.b.len - 8;
			break;
		case 4:
			ehdr(&m)->e_phentsize = 32;
			break;
		case 5:
			ehdr(&m)->e_phnum = KT_PAYLOAD_MAX_HEADERS + 1;
			break;
		case 6:
			phdr(&m)->p_offset = UINT64_MAX - 8;
			break;
		case 7:
			phdr(&m)->p_filesz = UINT64_MAX - 8;
			break;
		case 8:
			ehdr(&m)->e_phnum = 2;
			phdr(&m)[1] = *phdr(&m);
			break;
		case 9:
			m.b.len = 40;
			break;
		default:
			m.b.data[0] = 'x';
		}
		ok(read_it(&m, &p, &err) == KT_DATA,
		   "a kernel %s is refused: %s", what[i], err.msg);
	}
}

static void test_config(void)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	struct kt_buf config KT_CLEANUP(kt_buf_release) = { 0 };
	struct image m KT_CLEANUP(image_release) = { 0 };
	struct kt_error err = { 0 };

	build(&m);
	if (read_it(&m, &p, &err))
		abort();
	p.data.data[m.config + 20] ^= 1;
	ok(kt_payload_config(&p, "kernel", &config, &err) == KT_DATA,
	   "a damaged configuration is refused: %s", err.msg);
	p.data.len = m.config + 12;
	ok(kt_payload_config(&p, "kernel", &config, &err) == KT_DATA,
	   "and one that has no end: %s", err.msg);
	p.data.len = m.config;
	ok(!kt_payload_config(&p, "kernel", &config, &err) && !config.len,
	   "none is nothing");
}

/* The last, since a signal is not forgotten. */
static void test_stopped(void)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	struct image m KT_CLEANUP(image_release) = { 0 };
	struct kt_error err = { 0 };

	build(&m);
	if (kt_stop_catch(&err) || raise(SIGTERM))
		abort();
	ok(read_it(&m, &p, &err) == KT_FAIL && strstr(err.msg, "SIGTERM"),
	   "a signal ends the reading: %s", err.msg);
}

static void by_hand(const char *what, const char *from, struct kt_buf *out)
{
	struct kt_payload p KT_CLEANUP(kt_payload_release) = { 0 };
	int in KT_CLEANUP(kt_closep) = open(from, O_RDONLY | O_CLOEXEC);
	struct kt_error err;

	if (in < 0 || kt_payload_read(in, from, &p, &err)) {
		fprintf(stderr, "payload: %s\n", in < 0 ? from : err.msg);
		exit(1);
	}
	if (!strcmp(what, "strip")) {
		Elf64_Ehdr *e = (Elf64_Ehdr *)(void *)p.data.data;

		e->e_shoff = 0;
		e->e_shnum = 0;
		e->e_shstrndx = 0;
		kt_buf_add(out, p.data.data, p.data.len);
		return;
	}
	if (!p.symbols.nr)
		fprintf(stderr, "payload: %s\n", p.why_none.msg);
	kt_payload_vmlinux(&p, out);
}

static int write_out(const char *to, const struct kt_buf *out)
{
	struct kt_error err;

	return kt_file_replace(AT_FDCWD, to, out->data, out->len, 0666, &err) !=
	       0;
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		struct image m KT_CLEANUP(image_release) = { 0 };

		build(&m);
		return write_out(argv[2], &m.b);
	}
	if (argc == 4) {
		struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };

		by_hand(argv[1], argv[2], &out);
		return write_out(argv[3], &out);
	}
	test_good();
	test_sections();
	test_refused();
	test_config();
	test_stopped();
	return tap_end();
}
