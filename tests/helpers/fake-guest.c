// SPDX-License-Identifier: GPL-2.0-only
/* fake-guest - a guest that a child process plays */
#include "tests/helpers/fake-guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/relay.h"

static size_t fds(const struct kt_vm *vm, int out[KT_VM_MAX_FDS])
{
	out[0] = vm->alive;
	return 1;
}

static enum kt_vm_state state(struct kt_vm *vm, struct kt_error *err)
{
	struct pollfd p = { .fd = vm->alive, .events = POLLIN };

	if (poll(&p, 1, 0) == 0)
		return KT_VM_RUNNING;
	if (vm->end == KT_VM_FAILED)
		kt_error_set(err, KT_SYS, "the engine is broken");
	return vm->end;
}

static void kill_guest(struct kt_vm *vm)
{
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	close(vm->alive);
}

const struct kt_engine guest_engine = {
	.name = "fake",
	.fds = fds,
	.state = state,
	.kill = kill_guest,
};

void guest_put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

void guest_say(const struct guest_ends *e, const char *text)
{
	guest_put(e->ports[KT_PORT_CONTROL], text);
}

void guest_hear(const struct guest_ends *e, const char *verb)
{
	char line[256];
	size_t len = 0;

	while (read(e->ports[KT_PORT_CONTROL], line + len, 1) == 1) {
		if (line[len] != '\n') {
			len += len < sizeof(line) - 1;
			continue;
		}
		if (!strncmp(line, verb, strlen(verb)))
			return;
		len = 0;
	}
}

void guest_start(const struct guest_ends *e)
{
	guest_say(e, "hello\t1\n");
	guest_hear(e, "run");
	guest_say(e, "started\t9\n");
}

static void pair(int *ours, int *theirs)
{
	int both[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both))
		abort();
	*ours = both[0];
	*theirs = both[1];
}

/* End when @parent does, also if it has by now. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/*
 * @play as a guest without a virtio console does it: a child, whose ports
 * go through the serial line.
 */
static void play_on_serial(guest_play_fn *play, const struct guest_ends *e)
{
	struct kt_relay *r = calloc(1, sizeof(*r));
	struct guest_ends there = *e;
	const pid_t self = getpid();
	bool gone = false;
	pid_t pid;
	int ours[KT_MUX_NR];

	if (!r || fcntl(e->serial, F_SETFL, O_NONBLOCK))
		_exit(1);
	kt_mux_init(&r->mux, true, KT_MUX_NO_DRIVER);
	r->line = e->serial;
	if (!kt_relay_connect(r, ours))
		_exit(1);
	for (int i = 0; i < KT_MUX_NR; i++) {
		fcntl(ours[i], F_SETFL, 0);
		there.ports[KT_PORT_CONTROL + i] = ours[i];
	}
	pid = fork();
	if (!pid) {
		die_with(self);
		play(&there);
		_exit(0);
	}
	for (int i = 0; i < KT_MUX_NR; i++)
		close(ours[i]);
	while (!gone || kt_relay_busy(r)) {
		struct pollfd fds[KT_RELAY_FDS];

		gone = gone || waitpid(pid, NULL, WNOHANG) == pid;
		kt_relay_events(r, fds);
		poll(fds, KT_RELAY_FDS, 10);
		kt_relay_pump(r);
	}
}

struct kt_session guest_session(struct kt_vm *vm,
				const struct kt_session_hooks *hooks, void *ctx,
				struct kt_limits limits)
{
	return (struct kt_session){
		.engine = &guest_engine,
		.vm = vm,
		.started_ns = kt_clock_ns(),
		.dmesg = -1,
		.log = -1,
		.hooks = hooks,
		.hooks_ctx = ctx,
		.limits = limits,
	};
}

void guest_close(const struct kt_session *how)
{
	close(how->console);
	close(how->serial);
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(how->ports[i]);
}

void guest_boot(guest_play_fn *play, enum kt_vm_state end, bool serial,
		struct kt_session *how, struct kt_vm *vm)
{
	const pid_t self = getpid();
	struct guest_ends e;
	int alive[2];

	pair(&how->console, &e.console);
	pair(&how->serial, &e.serial);
	fcntl(how->serial, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < KT_NR_PORTS; i++)
		pair(&how->ports[i], &e.ports[i]);
	if (pipe(alive))
		abort();
	fflush(stdout);
	vm->pid = fork();
	if (!vm->pid) {
		die_with(self);
		/* Else the guest would hold the host's ends open. */
		guest_close(how);
		if (serial)
			play_on_serial(play, &e);
		else
			play(&e);
		_exit(0);
	}
	close(alive[1]);
	close(e.console);
	close(e.serial);
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(e.ports[i]);
	vm->alive = alive[0];
	vm->end = end;
}

bool file_holds(int fd, const char *want)
{
	char got[64] = "";

	return pread(fd, got, sizeof(got) - 1, 0) >= 0 && !strcmp(got, want);
}

int pipe_of(const char *text)
{
	int both[2];

	if (pipe(both) || write(both[1], text, strlen(text)) < 0)
		abort();
	close(both[1]);
	return both[0];
}

static const struct kt_task *next(void *ctx)
{
	struct guest_tasks *t = ctx;

	return t->given < t->nr ? &t->task[t->given++] : NULL;
}

/* Once more after a while; then it is enough. */
static uint64_t attached(const char *ops, struct kt_vm *vm KT_UNUSED, void *ctx)
{
	struct guest_tasks *t = ctx;

	if (t->nr_attached++)
		return 0;
	snprintf(t->ops, sizeof(t->ops), "%s", ops);
	return kt_clock_ns() + 50 * KT_NS_PER_MS;
}

static void ended(const struct kt_outcome *o, struct kt_vm *vm, void *ctx)
{
	struct guest_tasks *t = ctx;

	t->up[t->ended] = vm;
	t->got[t->ended] = *o;
	t->got[t->ended++].tail = (struct kt_buf){ 0 };
}

const struct kt_session_hooks guest_hooks = {
	.next = next,
	.attached = attached,
	.ended = ended,
};
