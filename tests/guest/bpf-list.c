// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf-list [load N] - what the kernel itself says of its BPF programs
 *
 * Runs in the guest, static. A line "KIND ID TYPE NAME INSNS CNT NS MISSED
 * XLATED JITED LOADED TAG" for each program, by bpf(2); NAME is "-" if it has
 * none. All lines are printed twice, first as "before", then as "after"; in
 * between it says "@walk" and waits for a line, during which the host may look
 * at the same programs from outside. With "load" it has N programs of its own
 * loaded meanwhile, each of which has run.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#define INSN(op, dst, val) \
	((struct bpf_insn){ .code = (op), .dst_reg = (dst), .imm = (val) })
#define MAX_FILLER 50 /* instructions beside the two that are needed */

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bpf-list: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Those that any kernel with CONFIG_NET has. */
static const enum bpf_prog_type types[] = {
	BPF_PROG_TYPE_SOCKET_FILTER,
	BPF_PROG_TYPE_SCHED_CLS,
	BPF_PROG_TYPE_SCHED_ACT,
	BPF_PROG_TYPE_XDP,
};

static enum bpf_prog_type type_of(int i)
{
	return types[(size_t)i % (sizeof(types) / sizeof(types[0]))];
}

/* Program number @i: one of the types, and longer the higher the number is. */
static int load(int i)
{
	static const char license[] = "GPL";
	struct bpf_insn insns[MAX_FILLER + 2];
	union bpf_attr attr = {
		.prog_type =
			types[(size_t)i % (sizeof(types) / sizeof(types[0]))],
		.insns = (uintptr_t)insns,
		.license = (uintptr_t)license,
	};
	uint32_t nr = 0;
	int fd;

	for (int n = 0; n <= i % MAX_FILLER; n++)
		insns[nr++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 1);
	insns[nr++] = INSN(BPF_JMP | BPF_EXIT, 0, 0);
	attr.insn_cnt = nr;
	snprintf(attr.prog_name, sizeof(attr.prog_name), "prog.%d", i);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("cannot load a program");
	return fd;
}

/* Let a socket filter see @nr packets. */
static void run(int fd, int nr)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)))
		die("cannot attach a filter");
	while (nr--) {
		char c = 'x';

		if (send(pair[0], &c, 1, 0) != 1 ||
		    recv(pair[1], &c, 1, 0) != 1)
			die("cannot send a packet");
	}
	close(pair[0]);
	close(pair[1]);
}

static void show(const char *kind, const struct bpf_prog_info *info)
{
	printf("%s %u %u %s %u %" PRIu64 " %" PRIu64 " %" PRIu64
	       " %u %u %" PRIu64 " ",
	       kind, info->id, info->type, info->name[0] ? info->name : "-",
	       info->verified_insns, (uint64_t)info->run_cnt,
	       (uint64_t)info->run_time_ns, (uint64_t)info->recursion_misses,
	       info->xlated_prog_len, info->jited_prog_len,
	       (uint64_t)info->load_time);
	for (size_t i = 0; i < sizeof(info->tag); i++)
		printf("%02x", info->tag[i]);
	putchar('\n');
}

static void list(const char *kind)
{
	uint32_t id = 0;

	for (;;) {
		union bpf_attr next = { .start_id = id };
		union bpf_attr attr = { 0 };
		struct bpf_prog_info info = { 0 };
		int fd;

		if (bpf(BPF_PROG_GET_NEXT_ID, &next))
			break;
		id = next.next_id;
		attr.prog_id = id;
		fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			die("cannot open a program");
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = (uint32_t)fd;
		attr.info.info_len = sizeof(info);
		attr.info.info = (uintptr_t)&info;
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
			die("cannot ask for a program");
		close(fd);
		show(kind, &info);
	}
	if (errno != ENOENT)
		die("cannot list programs");
}

int main(int argc, char **argv)
{
	const int nr = argc > 2 && !strcmp(argv[1], "load") ? atoi(argv[2]) : 0;
	union bpf_attr stats = { .enable_stats.type = BPF_STATS_RUN_TIME };
	char line[16];

	if (bpf(BPF_ENABLE_STATS, &stats) < 0)
		die("cannot enable statistics");
	for (int i = 0; i < nr; i++) {
		const int fd = load(i);

		if (type_of(i) == BPF_PROG_TYPE_SOCKET_FILTER)
			run(fd, i + 1);
	}
	list("before");
	printf("@walk\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	list("after");
	return 0;
}
