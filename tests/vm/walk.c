// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk [-a WORD] [-m MIB] RECORD TOPOLOGY LOGS COMMAND... - look into a guest
 *
 * Boots the kernel of RECORD (a file with a ktstr.kernel/1 that has an initrd)
 * with the qemu engine, with WORD on its command line and MIB of memory, and
 * runs COMMAND, whose output passes through. Each time
 * that it prints a line "@walk" its memory is read: a line for each BPF program
 * as tests/guest/bpf-list.c prints them, with "host" for a kind, and behind the
 * tag the name of the function, the struct and the member; and a line "scx
 * STATE OPS SEQ". Then a line on its stdin lets it go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/bpf/programs.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/vm/qemu.h"
#include "lib/vm/run.h"
#include "lib/xalloc.h"

#define MAX_RECORD ((size_t)1 << 20)
#define TIMEOUT_S 400

/* The guest; an engine has no context, and this program has one guest. */
static struct {
	const struct kt_bpf_kernel *kernel;
	struct kt_vm *vm;
	int out[2], in[2]; /* pipes: the guest's stdout, and its stdin */
	struct kt_buf line;
	uint64_t slowest_ns;
} guest;

static _Noreturn void die(const struct kt_error *err)
{
	fprintf(stderr, "walk: %s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	exit(err->status == KT_SKIP ? 77 : 1);
}

static const char *or_dash(const char *s)
{
	return *s ? s : "-";
}

static void show(const struct kt_bpf_program *p)
{
	printf("host %u %u %s %u %" PRIu64 " %" PRIu64 " %" PRIu64
	       " %u %u %" PRIu64 " ",
	       p->id, p->type, or_dash(p->name), p->verified_insns, p->run_cnt,
	       p->run_ns, p->missed, p->xlated_bytes, p->jited_bytes,
	       p->loaded_ns);
	for (size_t i = 0; i < sizeof(p->tag); i++)
		printf("%02x", p->tag[i]);
	printf(" %s %s %s\n", or_dash(p->func), or_dash(p->ops),
	       or_dash(p->member));
}

static void walk(void)
{
	struct kt_bpf_programs progs KT_CLEANUP(
		kt_bpf_programs_release) = { 0 };
	struct kt_bpf_scx scx;
	struct kt_error err;
	struct kt_ram ram;
	uint64_t begin;

	if (kt_engine_qemu.ram(guest.vm, &ram, &err))
		die(&err);
	begin = kt_clock_ns();
	if (kt_bpf_programs(guest.kernel, &ram, &progs, &err))
		die(&err);
	begin = kt_clock_ns() - begin;
	if (begin > guest.slowest_ns)
		guest.slowest_ns = begin;
	for (size_t i = 0; i < progs.nr; i++)
		show(&progs.list[i]);
	printf("walked %zu %zu %d\n", progs.nr, progs.nr_skipped, progs.cut);
	if (kt_bpf_scx(guest.kernel, &ram, &scx, &err))
		die(&err);
	printf("scx %s %s %" PRIu64 "\n", or_dash(scx.state), or_dash(scx.ops),
	       scx.enable_seq);
}

/* Pass on what the guest printed, and do as it asks. */
static void listen(void)
{
	struct pollfd p = { .fd = guest.out[0], .events = POLLIN };
	char chunk[PIPE_BUF];
	char *lf;
	ssize_t n;

	while (poll(&p, 1, 0) > 0 && (p.revents & POLLIN)) {
		n = read(guest.out[0], chunk, sizeof(chunk));
		if (n <= 0)
			return;
		kt_buf_add(&guest.line, chunk, (size_t)n);
	}
	while (guest.line.len &&
	       (lf = memchr(guest.line.data, '\n', guest.line.len))) {
		const size_t len = (size_t)(lf - guest.line.data) + 1;

		if (len == strlen("@walk\n") &&
		    !memcmp(guest.line.data, "@walk\n", len)) {
			walk();
			if (write(guest.in[1], "\n", 1) != 1)
				perror("walk: cannot write to the guest");
		} else {
			fwrite(guest.line.data, 1, len, stdout);
		}
		kt_buf_consume(&guest.line, len);
	}
}

/* QEMU's engine, with an ear on what the guest prints. */
static enum kt_status start(const struct kt_machine *m, struct kt_vm **out,
			    struct kt_error *err)
{
	const enum kt_status st = kt_engine_qemu.start(m, out, err);

	if (!st)
		guest.vm = *out;
	return st;
}

static size_t fds(const struct kt_vm *vm, int fds[KT_VM_MAX_FDS])
{
	const size_t nr = kt_engine_qemu.fds(vm, fds);

	fds[nr] = guest.out[0];
	return nr + 1;
}

static enum kt_vm_state state(struct kt_vm *vm, struct kt_error *err)
{
	listen();
	return kt_engine_qemu.state(vm, err);
}

static struct kt_record *read_record(const char *path)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_record *rec;
	struct kt_error err;

	if (kt_file_read(AT_FDCWD, path, MAX_RECORD, &text, &err))
		die(&err);
	while (text.len && text.data[text.len - 1] == '\n')
		text.len--;
	if (kt_record_parse(text.data, text.len, &rec, &err))
		die(&err);
	return rec;
}

static enum kt_status boot(struct kt_run *run, char **args,
			   struct kt_outcome *end, struct kt_error *err)
{
	struct kt_bpf_kernel *kernel KT_CLEANUP(kt_bpf_kernel_freep) = NULL;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		read_record(args[0]);
	const char *vmlinux;
	size_t nr_missing;
	enum kt_status st = kt_topology_parse(args[1], &run->topology, err);

	if (!st)
		st = kt_record_str(rec, "vmlinux", &vmlinux, err);
	if (!st)
		st = kt_bpf_kernel_open(vmlinux, &kernel, err);
	if (st)
		return st;
	guest.kernel = kernel;
	run->logs = args[2];
	run->job.argv = (const char *const *)args + 3;
	run->limits = kt_limits_default(kt_topology_cpus(&run->topology));
	run->timeout_ns = TIMEOUT_S * KT_NS_PER_S;
	run->in = guest.in[0];
	run->path = getenv("PATH");
	return kt_run_text(run, rec, guest.out[1], STDERR_FILENO, end,
			   &nr_missing, err);
}

int main(int argc, char **argv)
{
	struct kt_engine engine = kt_engine_qemu;
	struct kt_run run = { .engine = &engine, .dmesg = -1 };
	const char *append[2] = { NULL, NULL };
	struct kt_outcome end = { 0 };
	struct kt_error err;
	int c;

	engine.start = start;
	engine.fds = fds;
	engine.state = state;
	while ((c = getopt(argc, argv, "+a:m:")) != -1)
		if (c == 'a')
			append[0] = optarg;
		else if (c == 'm')
			run.memory_mib = strtoull(optarg, NULL, 10);
		else
			return 2;
	if (argc - optind < 4)
		return 2;
	if (append[0])
		run.append = append;
	if (pipe2(guest.out, O_CLOEXEC) || pipe2(guest.in, O_CLOEXEC))
		return 1;
	if (boot(&run, argv + optind, &end, &err))
		die(&err);
	listen();
	fprintf(stderr, "slowest walk: %" PRIu64 " us\n",
		guest.slowest_ns / 1000);
	if (end.why.msg[0])
		fprintf(stderr, "walk: %s\n", end.why.msg);
	kt_buf_release(&guest.line);
	kt_outcome_release(&end);
	return end.exit_code < 0 ? 1 : end.exit_code;
}
