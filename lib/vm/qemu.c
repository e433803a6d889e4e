// SPDX-License-Identifier: GPL-2.0-only
/* qemu - the engine for machines where KVM cannot be used */
#include "lib/vm/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/record.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

/* QEMU's -d cpu_reset says this before it resets (target/i386). */
static const char triple_fault[] = "Triple fault";

/* What q35 keeps below its hole: all that is less, and else the other. */
#define BIG_RAM UINT64_C(0xb0000000)
#define BIG_RAM_LOW UINT64_C(0x80000000)
#define HIGH_RAM (UINT64_C(4) << 30)

struct kt_vm {
	pid_t pid;
	int qmp, out; /* out: what QEMU prints */
	int log;
	unsigned int nr_nodes;
	int *node_ram; /* a memfd a node */
	uint64_t *node_bytes;
	unsigned char **node_map;	 /* NULL: not mapped */
	struct kt_ram ram;		 /* empty until asked for */
	struct kt_buf line;		 /* of QMP, unfinished */
	struct kt_buf said;		 /* what it printed, the beginning */
	char seam[sizeof(triple_fault)]; /* the end of the last read of that */
	size_t seam_len;
	bool faulted;
	enum kt_vm_state state;
};

static void argv_freep(char ***argv)
{
	kt_qemu_argv_free(*argv);
}

enum kt_vm_state kt_qmp_state(const char *line, size_t len)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *data KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error ignored;
	const char *event = NULL, *reason = NULL;

	if (kt_record_parse_object(line, len, &rec, &ignored) ||
	    kt_record_str_or_null(rec, "event", &event, &ignored))
		return KT_VM_FAILED;
	if (!event || strcmp(event, "SHUTDOWN") != 0)
		return KT_VM_RUNNING;
	if (kt_record_object(rec, "data", &data, &ignored) ||
	    kt_record_str(data, "reason", &reason, &ignored))
		return KT_VM_FAILED;
	if (!strcmp(reason, "guest-shutdown"))
		return KT_VM_POWEROFF;
	if (!strcmp(reason, "guest-reset"))
		return KT_VM_RESET;
	return KT_VM_FAILED;
}

static void close_all(const int *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		close(fds[i]);
}

static enum kt_status make_ram(const struct kt_machine *m, int *ram,
			       struct kt_error *err)
{
	for (unsigned int i = 0; i < m->topology.sockets; i++) {
		const off_t size = (off_t)(kt_qemu_node_mib(m, i) << 20);

		ram[i] = memfd_create("ktstr-ram", MFD_CLOEXEC);
		if (ram[i] >= 0 && !ftruncate(ram[i], size))
			continue;
		close_all(ram, i + (ram[i] >= 0));
		return kt_fail_errno(err, "cannot make %llu MiB of memory",
				     (unsigned long long)m->memory_mib);
	}
	return KT_OK;
}

/* Both ends of the monitor and of the pipe for what QEMU prints. */
struct lines {
	int qmp[2], out[2];
};

static void lines_close(struct lines *l)
{
	kt_closep(&l->qmp[0]);
	kt_closep(&l->qmp[1]);
	kt_closep(&l->out[0]);
	kt_closep(&l->out[1]);
}

static enum kt_status lines_open(struct lines *l, struct kt_error *err)
{
	/* Events come only after this; it waits in the socket for QEMU. */
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, l->qmp) ||
	    pipe2(l->out, O_CLOEXEC) || fcntl(l->out[0], F_SETFL, O_NONBLOCK) ||
	    send(l->qmp[0], hello, strlen(hello), MSG_NOSIGNAL) < 0)
		return kt_fail_errno(err, "cannot connect to QEMU");
	return KT_OK;
}

static enum kt_status spawn(const struct kt_machine *m, const char *program,
			    const struct lines *l, const int *ram, pid_t *pid,
			    struct kt_error *err)
{
	char **argv KT_CLEANUP(argv_freep) =
		kt_qemu_argv(m, program, l->qmp[1], ram);
	int keep[KT_NR_PORTS + KT_QEMU_MAX_NODES + 4];
	const struct kt_spawn how = {
		.argv = (const char *const *)argv,
		.in = KT_SPAWN_NULL,
		.out = l->out[1],
		.err = l->out[1],
		.keep = keep,
		.group = true,
		.die_with_us = true,
	};
	size_t nr = 0;

	keep[nr++] = m->console;
	keep[nr++] = m->serial;
	keep[nr++] = l->qmp[1];
	for (int i = 0; i < KT_NR_PORTS; i++)
		keep[nr++] = m->ports[i];
	for (unsigned int i = 0; i < m->topology.sockets; i++)
		keep[nr++] = ram[i];
	keep[nr] = -1;
	return kt_spawn_start(&how, pid, err);
}

/* Takes over @ram, and our ends of @l. */
static struct kt_vm *vm_new(const struct kt_machine *m, pid_t pid,
			    struct lines *l, const int *ram)
{
	struct kt_vm *vm = kt_xcalloc(1, sizeof(*vm));

	vm->pid = pid;
	vm->qmp = l->qmp[0];
	vm->out = l->out[0];
	vm->log = m->log;
	l->qmp[0] = l->out[0] = -1;
	vm->nr_nodes = m->topology.sockets;
	vm->node_ram = kt_xcalloc(vm->nr_nodes, sizeof(*vm->node_ram));
	vm->node_bytes = kt_xcalloc(vm->nr_nodes, sizeof(*vm->node_bytes));
	vm->node_map = kt_xcalloc(vm->nr_nodes, sizeof(*vm->node_map));
	for (unsigned int i = 0; i < vm->nr_nodes; i++) {
		vm->node_ram[i] = ram[i];
		vm->node_bytes[i] = kt_qemu_node_mib(m, i) << 20;
	}
	return vm;
}

static enum kt_status start(const struct kt_machine *m, struct kt_vm **out,
			    struct kt_error *err)
{
	char *program KT_CLEANUP(kt_freep) =
		kt_path_search(m->path ? m->path : "", KT_QEMU_PROGRAM);
	struct lines l = { { -1, -1 }, { -1, -1 } };
	int ram[KT_QEMU_MAX_NODES];
	enum kt_status st = kt_qemu_check(&m->topology, err);
	pid_t pid = 0;

	if (st)
		return st;
	if (!program)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP, "no \"%s\" on PATH",
				       KT_QEMU_PROGRAM),
			       "apt install qemu-system-x86");
	st = make_ram(m, ram, err);
	if (st)
		return st;
	st = lines_open(&l, err);
	if (!st)
		st = spawn(m, program, &l, ram, &pid, err);
	if (st)
		close_all(ram, m->topology.sockets);
	else
		*out = vm_new(m, pid, &l, ram);
	lines_close(&l);
	return st;
}

static size_t fds(const struct kt_vm *vm, int out[KT_VM_MAX_FDS])
{
	size_t nr = 0;

	if (vm->qmp >= 0)
		out[nr++] = vm->qmp;
	if (vm->out >= 0)
		out[nr++] = vm->out;
	return nr;
}

/* The words may come in two reads. */
static void look_for_fault(struct kt_vm *vm, const char *chunk, size_t len)
{
	struct kt_buf both KT_CLEANUP(kt_buf_release) = { 0 };
	const size_t keep = strlen(triple_fault) - 1;

	kt_buf_add(&both, vm->seam, vm->seam_len);
	kt_buf_add(&both, chunk, len);
	if (memmem(both.data, both.len, triple_fault, strlen(triple_fault)))
		vm->faulted = true;
	vm->seam_len = both.len < keep ? both.len : keep;
	memcpy(vm->seam, both.data + both.len - vm->seam_len, vm->seam_len);
}

/*
 * What is kept is bounded: a guest can make QEMU print a page with every reset
 * of a CPU.
 */
static void read_out(struct kt_vm *vm)
{
	char chunk[16384];
	ssize_t n;

	while (vm->out >= 0 && (n = read(vm->out, chunk, sizeof(chunk))) != 0) {
		struct kt_error ignored;
		size_t take = KT_QEMU_LOG_BYTES - vm->said.len;

		if (n < 0)
			return;
		look_for_fault(vm, chunk, (size_t)n);
		if ((size_t)n < take)
			take = (size_t)n;
		kt_buf_add(&vm->said, chunk, take);
		/* The log is for people: without it the run still counts. */
		if (vm->log >= 0 && take &&
		    kt_fd_write(vm->log, chunk, take, "log", &ignored))
			vm->log = -1;
	}
	kt_closep(&vm->out);
	vm->out = -1;
}

/* The last line QEMU printed in its own name, without that name. */
static void last_words(struct kt_vm *vm, char *out, size_t size)
{
	static const char prefix[] = KT_QEMU_PROGRAM ": ";
	char *line = vm->said.data, *next;

	out[0] = '\0';
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, prefix, strlen(prefix)))
			snprintf(out, size, ": %s", line + strlen(prefix));
	}
}

/* The monitor is gone without a word, so QEMU is, or is about to be. */
static void explain_end(struct kt_vm *vm, struct kt_error *err)
{
	struct kt_error ignored;
	char words[512];
	int ws = 0;

	if (!kt_spawn_wait(vm->pid, kt_deadline_in(KT_NS_PER_S), &ws, &ignored))
		vm->pid = -1;
	read_out(vm);
	last_words(vm, words, sizeof(words));
	if (vm->pid > 0)
		kt_error_set(err, KT_SYS, "QEMU closed its monitor%s", words);
	else if (WIFSIGNALED(ws))
		kt_error_set(err, KT_SYS, "QEMU was killed by SIG%s%s",
			     sigabbrev_np(WTERMSIG(ws)), words);
	else
		kt_error_set(err, KT_SYS, "QEMU ended with status %d%s",
			     WEXITSTATUS(ws), words);
}

/* Act on the whole lines there are. */
static void take_lines(struct kt_vm *vm, struct kt_error *err)
{
	char *lf;

	while (vm->state == KT_VM_RUNNING && vm->line.len &&
	       (lf = memchr(vm->line.data, '\n', vm->line.len))) {
		const size_t len = (size_t)(lf - vm->line.data);

		vm->state = kt_qmp_state(vm->line.data, len);
		if (vm->state == KT_VM_FAILED)
			kt_error_set(err, KT_SYS, "QEMU's monitor said: %.*s",
				     (int)len, vm->line.data);
		kt_buf_consume(&vm->line, len + 1);
	}
	if (vm->state == KT_VM_RUNNING && vm->line.len > KT_QMP_MAX_LINE) {
		kt_error_set(err, KT_SYS, "QEMU's monitor does not end a line");
		vm->state = KT_VM_FAILED;
	}
}

static enum kt_vm_state state(struct kt_vm *vm, struct kt_error *err)
{
	char chunk[4096];
	ssize_t n;

	while (vm->state == KT_VM_RUNNING) {
		n = recv(vm->qmp, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			explain_end(vm, err);
			vm->state = KT_VM_FAILED;
			break;
		}
		kt_buf_add(&vm->line, chunk, (size_t)n);
		take_lines(vm, err);
	}
	/* A fault is printed before the reset that comes of it is told. */
	read_out(vm);
	if (vm->state == KT_VM_RESET && vm->faulted)
		vm->state = KT_VM_TRIPLE_FAULT;
	return vm->state;
}

/*
 * The nodes one after another are the machine's memory, of which q35 puts what
 * does not fit below its hole at 4 GiB (hw/i386/pc_q35.c).
 */
static void add_ram(struct kt_ram *ram, unsigned char *map, uint64_t from,
		    uint64_t bytes, uint64_t total)
{
	const uint64_t low = total >= BIG_RAM ? BIG_RAM_LOW : BIG_RAM;
	uint64_t below = from < low ? low - from : 0;

	if (below > bytes)
		below = bytes;
	if (below)
		ram->part[ram->nr++] = (struct kt_ram_part){
			.gpa = from,
			.bytes = below,
			.map = map,
		};
	if (bytes > below)
		ram->part[ram->nr++] = (struct kt_ram_part){
			.gpa = HIGH_RAM + from + below - low,
			.bytes = bytes - below,
			.map = map + below,
		};
}

static void unmap_ram(struct kt_vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_nodes; i++) {
		if (vm->node_map[i])
			munmap(vm->node_map[i], vm->node_bytes[i]);
		vm->node_map[i] = NULL;
	}
	vm->ram.nr = 0;
}

static enum kt_status map_ram(struct kt_vm *vm, struct kt_error *err)
{
	uint64_t total = 0, from = 0;

	for (unsigned int i = 0; i < vm->nr_nodes; i++)
		total += vm->node_bytes[i];
	for (unsigned int i = 0; i < vm->nr_nodes; i++) {
		const uint64_t bytes = vm->node_bytes[i];
		void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED,
				 vm->node_ram[i], 0);

		if (map == MAP_FAILED)
			return kt_fail_errno(err,
					     "cannot map the guest's memory");
		vm->node_map[i] = map;
		add_ram(&vm->ram, map, from, bytes, total);
		from += bytes;
	}
	return KT_OK;
}

static enum kt_status ram(struct kt_vm *vm, struct kt_ram *out,
			  struct kt_error *err)
{
	enum kt_status st = vm->ram.nr ? KT_OK : map_ram(vm, err);

	if (st) {
		unmap_ram(vm);
		return st;
	}
	*out = vm->ram;
	return KT_OK;
}

static void end(struct kt_vm *vm)
{
	if (vm->pid > 0)
		kt_spawn_end(vm->pid, true, 0, NULL);
	read_out(vm);
	unmap_ram(vm);
	close_all(vm->node_ram, vm->nr_nodes);
	free(vm->node_ram);
	free(vm->node_bytes);
	free(vm->node_map);
	kt_closep(&vm->qmp);
	kt_closep(&vm->out);
	kt_buf_release(&vm->line);
	kt_buf_release(&vm->said);
	free(vm);
}

const struct kt_engine kt_engine_qemu = {
	.name = "qemu",
	.console = "CONFIG_VIRTIO_PCI",
	.start = start,
	.fds = fds,
	.state = state,
	.ram = ram,
	.kill = end,
};
