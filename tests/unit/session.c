// SPDX-License-Identifier: GPL-2.0-only
/* session: every way a guest can end, played by a child process */
#include "lib/vm/session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/relay.h"
#include "lib/vm/terminal.h"
#include "tests/unit/tap.h"

/* The guest's ends. */
struct ends {
	int console, serial, ports[KT_NR_PORTS];
};

struct kt_vm {
	pid_t pid;
	int alive; /* end of file once the guest is gone */
	enum kt_vm_state end;
};

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

static void end(struct kt_vm *vm)
{
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	close(vm->alive);
}

static const struct kt_engine engine = {
	.name = "fake",
	.fds = fds,
	.state = state,
	.kill = end,
};

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

static void say(const struct ends *e, const char *text)
{
	put(e->ports[KT_PORT_CONTROL], text);
}

/* Wait for a message that begins with @verb, and drop what came before. */
static void hear(const struct ends *e, const char *verb)
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

static void start(const struct ends *e)
{
	say(e, "hello\t1\n");
	hear(e, "run");
	say(e, "started\t9\n");
}

static void play_exit(const struct ends *e)
{
	start(e);
	put(e->ports[KT_PORT_STDOUT], "out");
	say(e, "exited\t3\n");
	put(e->ports[KT_PORT_STDERR], "err");
	say(e, "eof\tstdout\t3\neof\tstderr\t3\n");
	pause();
}

static void play_stdin(const struct ends *e)
{
	char got[64];
	const int in = e->ports[KT_PORT_STDIN];
	ssize_t n, len = 0;

	start(e);
	hear(e, "eof\tstdin\t5");
	while (len < 5 && (n = read(in, got + len, sizeof(got) - 1)) > 0)
		len += n;
	got[len] = '\0';
	put(e->ports[KT_PORT_STDOUT], got);
	say(e, "eof\tstderr\t0\neof\tstdout\t5\nexited\t0\n");
	pause();
}

static void play_silent(const struct ends *e KT_UNUSED)
{
	pause();
}

static void play_sleep(const struct ends *e)
{
	start(e);
	put(e->ports[KT_PORT_STDOUT], "begun");
	hear(e, "ping");
	say(e, "pong\tdeadline\n");
	pause();
}

static void play_stuck(const struct ends *e)
{
	start(e);
	pause();
}

static void play_short(const struct ends *e)
{
	start(e);
	say(e, "exited\t0\neof\tstdout\t10\neof\tstderr\t0\n");
	put(e->ports[KT_PORT_STDOUT], "short");
	pause();
}

static void play_more(const struct ends *e)
{
	start(e);
	put(e->ports[KT_PORT_STDOUT], "much more");
	say(e, "eof\tstdout\t3\n");
	pause();
}

static void play_garbage(const struct ends *e)
{
	say(e, "hello\t1\n%%%%\n");
	pause();
}

static void play_panic(const struct ends *e)
{
	start(e);
	put(e->console, "[1.0] Kernel panic - not syncing: oh\r\n[1.1] x\n");
	pause();
}

static void play_panic_reset(const struct ends *e)
{
	start(e);
	put(e->console, "[1.0] Kernel panic - not syncing: oh\r\n[1.1] x\n");
}

static void play_leave(const struct ends *e)
{
	start(e);
	put(e->ports[KT_PORT_STDOUT], "last words");
}

static void play_no_init(const struct ends *e)
{
	put(e->console, "ktstr-init: cannot open port\r\n");
}

static void play_close(const struct ends *e)
{
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(e->ports[i]);
	close(e->console);
	pause();
}

static void finish(const struct ends *e)
{
	say(e, "exited\t0\neof\tstdout\t1\neof\tstderr\t0\n");
}

/* Three jobs: a reader, one that does not read, a scheduler that is stopped. */
static void play_jobs(const struct ends *e)
{
	char got;

	start(e);
	hear(e, "eof\tstdin\t1\n");
	if (read(e->ports[KT_PORT_STDIN], &got, 1) != 1)
		_exit(1);
	put(e->ports[KT_PORT_STDOUT], "1");
	finish(e);
	hear(e, "run");
	say(e, "started\t10\n");
	put(e->ports[KT_PORT_STDOUT], "2");
	finish(e);
	hear(e, "eof\tstdin\t");
	hear(e, "attach");
	hear(e, "run");
	say(e, "started\t11\nattached\tone\n");
	hear(e, "signal\t15");
	hear(e, "signal\t9");
	put(e->ports[KT_PORT_STDERR], "nobody listens");
	put(e->ports[KT_PORT_STDOUT], "3 and more");
	say(e, "signaled\t9\neof\tstdout\t10\neof\tstderr\t14\n");
	pause();
}

/* The first takes too long, the second panics, the third is not reached. */
static void play_bad_jobs(const struct ends *e)
{
	start(e);
	hear(e, "ping");
	say(e, "pong\tdeadline\n");
	hear(e, "signal\t15");
	say(e, "signaled\t15\neof\tstdout\t0\neof\tstderr\t0\n");
	hear(e, "run");
	say(e, "started\t10\n");
	put(e->console, "[1.0] Kernel panic - not syncing: oh\r\n");
}

/* One that nothing ends. */
static void play_immortal(const struct ends *e)
{
	start(e);
	say(e, "attached\tx\n");
	hear(e, "signal\t9");
	pause();
}

/* Reads @len bytes of input into @got, which is a string then. */
static void listen_to(const struct ends *e, char *got, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len &&
	       (n = read(e->ports[KT_PORT_STDIN], got + at, len - at)) > 0)
		at += (size_t)n;
	got[at] = '\0';
}

/* Asks for keys, is told another size, and says what came. */
static void play_terminal(const struct ends *e)
{
	char got[64];

	say(e, "hello\t1\n");
	hear(e, "terminal\t90\t20");
	hear(e, "shell");
	say(e, "started\t9\n");
	/* What was typed before. */
	hear(e, "winsize\t90\t20");
	put(e->ports[KT_PORT_STDOUT], "prompt");
	listen_to(e, got, 6);
	put(e->ports[KT_PORT_STDOUT], got);
	hear(e, "winsize\t50\t10");
	put(e->console, "a\r\nb\r\n");
	put(e->ports[KT_PORT_STDOUT], "!");
	say(e, "exited\t7\neof\tstderr\t0\neof\tstdout\t13\n");
	pause();
}

/* Takes no keys at all. */
static void play_deaf(const struct ends *e)
{
	say(e, "hello\t1\n");
	hear(e, "shell");
	say(e, "started\t9\n");
	put(e->ports[KT_PORT_STDOUT], "prompt");
	pause();
}

static void play_flood(const struct ends *e)
{
	start(e);
	for (;;)
		put(e->ports[KT_PORT_STDOUT], "0123456789");
}

/* Garbage on ttyS1, before and after somebody speaks there. */
static void play_noise(const struct ends *e)
{
	put(e->serial, "SeaBIOS\r\n\r\nlogin: \n\nserial\t1\tdriver\n"
		       "login: \r\n");
	pause();
}

/* Bytes without an end, of a guest that never says hello. */
static void play_babble(const struct ends *e)
{
	static const char line[] = "0123456789012345678901234567890123456789";

	for (;;)
		put(e->serial, line);
}

/* A command has ttyS1 for itself, where there is a console. */
static void play_own_serial(const struct ends *e)
{
	start(e);
	put(e->serial, "\nserial\t1\n\n\nwhatever\n");
	put(e->ports[KT_PORT_STDOUT], "out");
	say(e, "exited\t3\neof\tstdout\t3\neof\tstderr\t0\n");
	pause();
}

static const struct scene {
	const char *name;
	void (*play)(const struct ends *e);
	enum kt_vm_state end; /* if it ends by itself */
	enum kt_reason want;
	int exit_code;
	const char *out, *err;
} scenes[] = {
	{ "a command that exits", play_exit, KT_VM_FAILED, KT_REASON_EXIT, 3,
	  "out", "err" },
	{ "a command that reads", play_stdin, KT_VM_FAILED, KT_REASON_EXIT, 0,
	  "input", "" },
	{ "a guest that never says hello", play_silent, KT_VM_FAILED,
	  KT_REASON_HANG, -1, "", "" },
	{ "a command that takes too long", play_sleep, KT_VM_FAILED,
	  KT_REASON_TIMEOUT, -1, "begun", "" },
	{ "a guest that does not answer", play_stuck, KT_VM_FAILED,
	  KT_REASON_HANG, -1, "", "" },
	{ "output that never comes", play_short, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "short", "" },
	{ "more output than announced", play_more, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "much more", "" },
	{ "garbage for words", play_garbage, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "", "" },
	{ "a panic that stays", play_panic, KT_VM_FAILED, KT_REASON_PANIC, -1,
	  "", "" },
	{ "a panic that resets", play_panic_reset, KT_VM_RESET, KT_REASON_PANIC,
	  -1, "", "" },
	{ "a power-off", play_leave, KT_VM_POWEROFF, KT_REASON_POWEROFF, -1,
	  "last words", "" },
	{ "a reset", play_leave, KT_VM_RESET, KT_REASON_RESET, -1, "last words",
	  "" },
	{ "a triple fault", play_leave, KT_VM_TRIPLE_FAULT,
	  KT_REASON_TRIPLE_FAULT, -1, "last words", "" },
	{ "an engine that breaks", play_leave, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "last words", "" },
	{ "ports that close", play_close, KT_VM_FAILED, KT_REASON_HANG, -1, "",
	  "" },
};

static const struct scene serial_scenes[] = {
	{ "a serial line that is not init's alone", play_noise, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "", "" },
	{ "a serial line that babbles", play_babble, KT_VM_FAILED,
	  KT_REASON_HANG, -1, "", "" },
	{ "a command that writes to its serial line", play_own_serial,
	  KT_VM_FAILED, KT_REASON_EXIT, 3, "out", "" },
};

static void pair(int *ours, int *theirs)
{
	int both[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both))
		abort();
	*ours = both[0];
	*theirs = both[1];
}

/*
 * The scene as a guest without a virtio console plays it: a child, whose ports
 * go through the serial line.
 */
static void play_on_serial(const struct scene *sc, const struct ends *e)
{
	struct kt_relay *r = calloc(1, sizeof(*r));
	struct ends there = *e;
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
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sc->play(&there);
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

static void close_ours(const struct kt_session *how)
{
	close(how->console);
	close(how->serial);
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(how->ports[i]);
}

static void boot(const struct scene *sc, bool serial, struct kt_session *how,
		 struct kt_vm *vm)
{
	struct ends e;
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
		/* Else the guest would hold the host's ends open. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_ours(how);
		if (serial)
			play_on_serial(sc, &e);
		else
			sc->play(&e);
		_exit(0);
	}
	close(alive[1]);
	close(e.console);
	close(e.serial);
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(e.ports[i]);
	vm->alive = alive[0];
	vm->end = sc->end;
}

static bool holds(int fd, const char *want)
{
	char got[64] = "";

	return pread(fd, got, sizeof(got) - 1, 0) >= 0 && !strcmp(got, want);
}

static int input_of(const char *text)
{
	int both[2];

	if (pipe(both) || write(both[1], text, strlen(text)) < 0)
		abort();
	close(both[1]);
	return both[0];
}

/* The commands of a session, and what came of them. */
struct tasks {
	struct kt_task task[3];
	struct kt_outcome got[3];
	bool up[3]; /* was the machine, then? */
	size_t nr, given, ended, nr_attached;
	const char *ops;
};

static const struct kt_task *next(void *ctx)
{
	struct tasks *t = ctx;

	return t->given < t->nr ? &t->task[t->given++] : NULL;
}

/* Once more after a while; then it is enough. */
static uint64_t attached(const char *ops, struct kt_vm *vm KT_UNUSED, void *ctx)
{
	struct tasks *t = ctx;

	if (t->nr_attached++)
		return 0;
	same_str(ops, t->ops, "sched_ext names the scheduler");
	return kt_clock_ns() + 50 * KT_NS_PER_MS;
}

static void ended(const struct kt_outcome *o, struct kt_vm *vm, void *ctx)
{
	struct tasks *t = ctx;

	t->up[t->ended] = vm;

	t->got[t->ended] = *o;
	t->got[t->ended++].tail = (struct kt_buf){ 0 };
}

static const struct kt_session_hooks hooks = {
	.next = next,
	.attached = attached,
	.ended = ended,
};

static void count(const char *text, void *ctx)
{
	*(int *)ctx += strstr(text, "CONFIG_VIRTIO_CONSOLE=y,") ? 1 : 100;
}

static void test_scene(const struct scene *sc, bool serial)
{
	int nr_warnings = 0;
	static const char *const argv[] = { "x", NULL };
	struct tasks tasks = { .nr = 1 };
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	const uint64_t begun = kt_clock_ns();
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = {
		.engine = &engine,
		.vm = &vm,
		.started_ns = begun,
		.dmesg = -1,
		.log = -1,
		.hooks = &hooks,
		.hooks_ctx = &tasks,
		.limits = { .hello_ns = 400 * KT_NS_PER_MS,
			    .pong_ns = 300 * KT_NS_PER_MS,
			    .linger_ns = 200 * KT_NS_PER_MS },
		.warn = count,
		.ctx = &nr_warnings,
	};

	tasks.task[0] = (struct kt_task){
		.job = { .argv = argv },
		.in = input_of("input"),
		.out = memfd_create("out", MFD_CLOEXEC),
		.err = memfd_create("err", MFD_CLOEXEC),
		.timeout_ns = 500 * KT_NS_PER_MS,
	};
	/* No timeout is to end what another wait ends. */
	if (sc->want == KT_REASON_PANIC || sc->play == play_silent)
		tasks.task[0].timeout_ns = 20 * KT_NS_PER_S;
	boot(sc, serial, &how, &vm);
	ok(!kt_session_run(&how, &got, &err), "%s is told", sc->name);
	same_str(kt_reason_name(got.reason), kt_reason_name(sc->want),
		 sc->name);
	ok(got.exit_code == sc->exit_code, "its exit code");
	ok(holds(tasks.task[0].out, sc->out) &&
		   holds(tasks.task[0].err, sc->err),
	   "all of its output is here, apart");
	ok(!got.why.msg[0] == (sc->want == KT_REASON_EXIT),
	   "people are told why, unless it just ended");
	ok(got.serial == (serial || sc->play == play_noise) &&
		   nr_warnings == got.serial,
	   "if it went through a serial line that is said, once");
	ok(kt_clock_ns() - begun < 10 * KT_NS_PER_S, "and it took no time");
	close(tasks.task[0].in);
	close(tasks.task[0].out);
	close(tasks.task[0].err);
	close_ours(&how);
}

/* Three tasks, of which @scheduler is one; each output in a file. */
static void play(const char *name, void (*scene)(const struct ends *e),
		 struct tasks *tasks, int scheduler, struct kt_outcome *got)
{
	static const char *const argv[] = { "x", NULL };
	const struct scene sc = { name, scene, KT_VM_RESET, 0, 0, "", "" };
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = {
		.engine = &engine,
		.vm = &vm,
		.started_ns = kt_clock_ns(),
		.dmesg = -1,
		.log = -1,
		.hooks = &hooks,
		.hooks_ctx = tasks,
		.limits = { .hello_ns = 2 * KT_NS_PER_S,
			    .pong_ns = 2 * KT_NS_PER_S,
			    .linger_ns = 2 * KT_NS_PER_S },
	};

	tasks->nr = 3;
	for (int i = 0; i < 3; i++)
		tasks->task[i] = (struct kt_task){
			.job = { .argv = argv, .attach = i == scheduler },
			.in = input_of("i"),
			.out = memfd_create("out", MFD_CLOEXEC),
			.err = -1,
			.keep_out = 1,
			.timeout_ns = tasks->task[i].timeout_ns,
			.max_out = tasks->task[i].max_out,
			.grace_ns = 100 * KT_NS_PER_MS,
		};
	boot(&sc, false, &how, &vm);
	ok(!kt_session_run(&how, got, &err), "%s", name);
	close_ours(&how);
}

static void close_tasks(const struct tasks *tasks)
{
	for (int i = 0; i < 3; i++) {
		close(tasks->task[i].in);
		close(tasks->task[i].out);
	}
}

static void test_jobs(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct tasks tasks = { .ops = "one" };

	play("three jobs in one boot", play_jobs, &tasks, 2, &got);
	same_u64(tasks.ended, 3, "each is told when it has ended");
	for (int i = 0; i < 3; i++)
		ok(holds(tasks.task[i].out,
			 (const char *[]){ "1", "2", "3" }[i]),
		   "job %d has its own output", i);
	ok(!tasks.got[0].attached && !tasks.got[0].stopped &&
		   tasks.got[0].exit_code == 0,
	   "a job that just ends has not attached");
	same_u64(tasks.nr_attached, 2, "its owner was asked until satisfied");
	ok(got.reason == KT_REASON_EXIT && got.attached && got.stopped &&
		   got.exit_code == 137 && !strcmp(got.ops, "one"),
	   "and one that heeds no SIGTERM is killed");
	close_tasks(&tasks);
}

static void test_bad_jobs(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct tasks tasks = { 0 };

	tasks.task[0].timeout_ns = 100 * KT_NS_PER_MS;
	play("a job that hangs, and one that panics", play_bad_jobs, &tasks, -1,
	     &got);
	same_u64(tasks.ended, 2, "two have ended");
	same_u64(tasks.given, 2, "and the third was not begun");
	ok(tasks.got[0].reason == KT_REASON_TIMEOUT && tasks.got[0].stopped,
	   "the first was stopped at its deadline");
	ok(tasks.up[0] && !tasks.up[1],
	   "the machine is up after the first, and gone after the other");
	ok(tasks.got[1].reason == KT_REASON_PANIC && tasks.got[1].started &&
		   got.reason == KT_REASON_PANIC && got.tail.len,
	   "the panic is the second's, and the session's");
	close_tasks(&tasks);
}

static void test_immortal(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct tasks tasks = { .ops = "x" };

	play("a job that SIGKILL does not end", play_immortal, &tasks, 0, &got);
	ok(tasks.ended == 1 && got.reason == KT_REASON_HANG && got.attached,
	   "is a hang");
	same_str(got.why.msg,
		 "the guest hangs: SIGKILL does not end the command",
		 "which is told");
	close_tasks(&tasks);
}

/* The person: a pty, and a child that types and looks at it. */
struct person {
	int master, slave;
	pid_t pid;
};

/* Until @want has come out of the terminal; false if something else ends it. */
static bool sees(int master, const char *want)
{
	char got[256] = "";
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(got) - 1 && !strstr(got, want)) {
		struct pollfd p = { master, POLLIN, 0 };

		if (poll(&p, 1, 5000) != 1)
			return false;
		n = read(master, got + len, sizeof(got) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	return strstr(got, want);
}

static void sit_down(struct person *p, bool (*types)(int master, pid_t guest))
{
	const struct winsize ws = { .ws_col = 90, .ws_row = 20 };
	const pid_t parent = getpid();

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->master < 0 || grantpt(p->master) || unlockpt(p->master))
		abort();
	p->slave = open(ptsname(p->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ioctl(p->slave, TIOCSWINSZ, &ws);
	fflush(stdout);
	p->pid = fork();
	if (p->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(p->slave);
	_exit(!types(p->master, parent));
}

static bool types_and_resizes(int master, pid_t parent)
{
	const struct winsize ws = { .ws_col = 50, .ws_row = 10 };

	/* While it boots: type-ahead, with a Ctrl-A that is one. */
	put(master, "\x01"
		    "aTYPE");
	if (!sees(master, "prompt"))
		return false;
	put(master, "\x03");
	if (!sees(master, "\x01TYPE\x03"))
		return false;
	ioctl(master, TIOCSWINSZ, &ws);
	kill(parent, SIGWINCH);
	return sees(master, "!");
}

static bool leaves(int master, pid_t parent KT_UNUSED)
{
	if (!sees(master, "prompt"))
		return false;
	put(master, "some keys \x01");
	usleep(50000);
	put(master, "xignored");
	pause();
	return true;
}

static bool leaves_a_boot(int master, pid_t parent KT_UNUSED)
{
	put(master, "\x01x");
	pause();
	return true;
}

static bool gets_up(struct person *p)
{
	int status = 0;

	if (waitpid(p->pid, &status, WNOHANG) != p->pid) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	close(p->master);
	close(p->slave);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A session with a person at a terminal. */
static bool meet(void (*scene)(const struct ends *e),
		 bool (*types)(int master, pid_t parent), int dmesg,
		 struct kt_outcome *got)
{
	const struct scene sc = { "", scene, KT_VM_FAILED, 0, 0, "", "" };
	struct tasks tasks = { .nr = 1 };
	struct termios before = { 0 }, after = { 0 };
	struct kt_error err = { 0 };
	struct person person;
	struct kt_vm vm;
	struct kt_session how = {
		.engine = &engine,
		.vm = &vm,
		.started_ns = kt_clock_ns(),
		.dmesg = dmesg,
		.log = -1,
		.hooks = &hooks,
		.hooks_ctx = &tasks,
		.limits = kt_limits_default(1),
	};
	bool good;

	sit_down(&person, types);
	tcgetattr(person.slave, &before);
	good = !kt_terminal_take(person.slave, &err);
	boot(&sc, false, &how, &vm);
	tasks.task[0] = (struct kt_task){
		.job = { .terminal = true, .cols = 90, .rows = 20 },
		.in = person.slave,
		.out = person.slave,
		.err = -1,
	};
	good &= !kt_session_run(&how, got, &err);
	kt_terminal_release();
	tcgetattr(person.slave, &after);
	good &= !memcmp(&before, &after, sizeof(before));
	close_ours(&how);
	ok(good, "a session at a terminal, which is given back: %s", err.msg);
	return gets_up(&person);
}

static void test_terminal(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	const int dmesg = memfd_create("dmesg", MFD_CLOEXEC);

	ok(meet(play_terminal, types_and_resizes, dmesg, &got),
	   "keys, output and sizes pass");
	ok(got.reason == KT_REASON_EXIT && got.exit_code == 7,
	   "the shell's status is told");
	ok(holds(dmesg, "a\r\nb\r\n"),
	   "other lines on a raw terminal have their CR");
	close(dmesg);
	meet(play_deaf, leaves, -1, &got);
	ok(got.reason == KT_REASON_ESCAPE && got.exit_code == -1,
	   "Ctrl-A x leaves a guest that does not listen");
	same_str(got.why.msg, "left by Ctrl-A x", "which is told");
	meet(play_silent, leaves_a_boot, -1, &got);
	ok(got.reason == KT_REASON_ESCAPE, "and one that boots for ever");
}

static void test_flood(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct tasks tasks = { 0 };

	for (int i = 0; i < 3; i++)
		tasks.task[i].max_out = 1000;
	play("a job that writes more than is wanted", play_flood, &tasks, -1,
	     &got);
	ok(got.reason == KT_REASON_ENGINE_ERROR && tasks.given == 1,
	   "ends the session");
	same_str(got.why.msg, "the guest sent more than 1000 bytes",
		 "which is told");
	close_tasks(&tasks);
}

static void test_no_init(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct tasks tasks = { 0 };

	play("an init that cannot start", play_no_init, &tasks, -1, &got);
	ok(got.reason == KT_REASON_RESET, "is a reset");
	same_str(got.why.msg, "the guest rebooted before its init was ready",
		 "which is told");
	same_str(got.tail.data, "ktstr-init: cannot open port\n",
		 "and so is what it said");
	close_tasks(&tasks);
}

static void test_limits(void)
{
	same_u64(kt_limits_default(1).hello_ns, 60 * KT_NS_PER_S,
		 "a guest of one CPU has a minute to come up");
	same_u64(kt_limits_default(100).hello_ns, 159 * KT_NS_PER_S,
		 "one of many has more");
}

int main(void)
{
	test_limits();
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		test_scene(&scenes[i], false);
		test_scene(&scenes[i], true);
	}
	for (size_t i = 0; i < sizeof(serial_scenes) / sizeof(serial_scenes[0]);
	     i++)
		test_scene(&serial_scenes[i], false);
	test_jobs();
	test_bad_jobs();
	test_immortal();
	test_terminal();
	test_flood();
	test_no_init();
	return tap_end();
}
