// SPDX-License-Identifier: GPL-2.0-only
/* session: every way a guest can end, played by a child process */
#include "lib/vm/session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/helpers/fake-guest.h"
#include "tests/unit/tap.h"

#define BLOCK 50000 /* bytes: two of them are more than a pipe holds */
#define NR_BLOCKS 20

static void play_exit(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->ports[KT_PORT_STDOUT], "out");
	guest_say(e, "exited\t3\n");
	guest_put(e->ports[KT_PORT_STDERR], "err");
	guest_say(e, "eof\tstdout\t3\neof\tstderr\t3\n");
	pause();
}

static void play_stdin(const struct guest_ends *e)
{
	char got[64];
	const int in = e->ports[KT_PORT_STDIN];
	ssize_t n, len = 0;

	guest_start(e);
	guest_hear(e, "eof\tstdin\t5");
	while (len < 5 && (n = read(in, got + len, sizeof(got) - 1)) > 0)
		len += n;
	got[len] = '\0';
	guest_put(e->ports[KT_PORT_STDOUT], got);
	guest_say(e, "eof\tstderr\t0\neof\tstdout\t5\nexited\t0\n");
	pause();
}

static void play_silent(const struct guest_ends *e KT_UNUSED)
{
	pause();
}

static void play_sleep(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->ports[KT_PORT_STDOUT], "begun");
	guest_hear(e, "ping");
	guest_say(e, "pong\t1\n");
	pause();
}

static void play_stuck(const struct guest_ends *e)
{
	guest_start(e);
	pause();
}

static void play_short(const struct guest_ends *e)
{
	guest_start(e);
	guest_say(e, "exited\t0\neof\tstdout\t10\neof\tstderr\t0\n");
	guest_put(e->ports[KT_PORT_STDOUT], "short");
	pause();
}

/* Init is dead, its kernel is not. */
static void play_dead_init(const struct guest_ends *e)
{
	guest_start(e);
	guest_say(e, "exited\t0\n");
	for (;;) {
		guest_put(e->console, "soft lockup\n");
		poll(NULL, 0, 50);
	}
}

/* One byte more, and one byte more. */
static void play_trickle(const struct guest_ends *e)
{
	guest_start(e);
	guest_say(e, "exited\t0\n");
	for (;;) {
		guest_put(e->ports[KT_PORT_STDOUT], "x");
		poll(NULL, 0, 50);
	}
}

/* Words are no output. */
static void play_talk(const struct guest_ends *e)
{
	guest_start(e);
	guest_say(e, "exited\t0\n");
	for (;;) {
		guest_say(e, "newverb\n");
		poll(NULL, 0, 50);
	}
}

static void play_more(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->ports[KT_PORT_STDOUT], "much more");
	guest_say(e, "eof\tstdout\t3\n");
	pause();
}

/* Both outputs at once, without an end. */
static void play_yes(const struct guest_ends *e)
{
	static char text[BLOCK + 1];

	memset(text, 'y', BLOCK);
	guest_start(e);
	for (int i = KT_PORT_STDOUT; i <= KT_PORT_STDERR; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			guest_put(e->ports[i], text);
	}
	guest_hear(e, "ping");
	guest_say(e, "pong\t1\n");
	pause();
}

static void play_garbage(const struct guest_ends *e)
{
	guest_say(e, "hello\t1\n%%%%\n");
	pause();
}

static void play_panic(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->console,
		  "[1.0] Kernel panic - not syncing: oh\r\n[1.1] x\n");
	pause();
}

static void play_panic_reset(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->console,
		  "[1.0] Kernel panic - not syncing: oh\r\n[1.1] x\n");
}

static void play_leave(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->ports[KT_PORT_STDOUT], "last words");
}

static void play_close(const struct guest_ends *e)
{
	for (int i = 0; i < KT_NR_PORTS; i++)
		close(e->ports[i]);
	close(e->console);
	pause();
}

/* Garbage on ttyS1, before and after somebody speaks there. */
static void play_noise(const struct guest_ends *e)
{
	guest_put(e->serial, "SeaBIOS\r\n\r\nlogin: \n\nserial\t1\tdriver\n"
			     "login: \r\n");
	pause();
}

/* Bytes without an end, of a guest that never says hello. */
static void play_babble(const struct guest_ends *e)
{
	static const char line[] = "0123456789012345678901234567890123456789";

	for (;;)
		guest_put(e->serial, line);
}

/* A command has ttyS1 for itself, where there is a console. */
static void play_own_serial(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->serial, "\nserial\t1\n\n\nwhatever\n");
	guest_put(e->ports[KT_PORT_STDOUT], "out");
	guest_say(e, "exited\t3\neof\tstdout\t3\neof\tstderr\t0\n");
	pause();
}

static const struct scene {
	const char *name;
	guest_play_fn *play;
	enum kt_vm_state end; /* if it ends by itself */
	enum kt_reason want;
	int exit_code;
	const char *out, *err; /* out may be NULL: any */
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
	{ "an init that dies before the output ends", play_dead_init,
	  KT_VM_FAILED, KT_REASON_ENGINE_ERROR, -1, "", "" },
	{ "a guest that talks on after the end", play_talk, KT_VM_FAILED,
	  KT_REASON_ENGINE_ERROR, -1, "", "" },
	{ "output that does not end with its command", play_trickle,
	  KT_VM_FAILED, KT_REASON_TIMEOUT, -1, NULL, "" },
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

static void count(const char *text, void *ctx)
{
	*(int *)ctx += strstr(text, "CONFIG_VIRTIO_CONSOLE=y,") ? 1 : 100;
}

static struct kt_session session_of(struct guest_tasks *tasks, struct kt_vm *vm)
{
	return guest_session(
		vm, &guest_hooks, tasks,
		(struct kt_limits){ .hello_ns = 1500 * KT_NS_PER_MS,
				    .pong_ns = 600 * KT_NS_PER_MS,
				    .linger_ns = 500 * KT_NS_PER_MS });
}

static void test_scene(const struct scene *sc, bool serial)
{
	int nr_warnings = 0;
	static const char *const argv[] = { "x", NULL };
	struct guest_tasks tasks = { .nr = 1 };
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	const uint64_t begun = kt_clock_ns();
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = session_of(&tasks, &vm);

	how.warn = count;
	how.ctx = &nr_warnings;
	tasks.task[0] = (struct kt_task){
		.job = { .argv = argv },
		.in = pipe_of("input"),
		.out = memfd_create("out", MFD_CLOEXEC),
		.err = memfd_create("err", MFD_CLOEXEC),
		.timeout_ns = 500 * KT_NS_PER_MS,
	};
	/* No timeout is to end what another wait ends. */
	if (sc->want == KT_REASON_PANIC || sc->play == play_silent)
		tasks.task[0].timeout_ns = 20 * KT_NS_PER_S;
	guest_boot(sc->play, sc->end, serial, &how, &vm);
	ok(!kt_session_run(&how, &got, &err), "%s is told", sc->name);
	same_str(kt_reason_name(got.reason), kt_reason_name(sc->want),
		 sc->name);
	ok(got.exit_code == sc->exit_code, "its exit code");
	ok((!sc->out || file_holds(tasks.task[0].out, sc->out)) &&
		   file_holds(tasks.task[0].err, sc->err),
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
	guest_close(&how);
}

/* More than fits into what is between a guest and a reader. */
static void play_much(const struct guest_ends *e)
{
	static char text[BLOCK + 1];

	memset(text, 'y', BLOCK);
	guest_start(e);
	guest_say(e, "exited\t0\n");
	for (int i = 0; i < NR_BLOCKS; i++)
		guest_put(e->ports[KT_PORT_STDOUT], text);
	guest_say(e, "eof\tstdout\t1000000\neof\tstderr\t0\n");
	pause();
}

/* Read it all, but not at once; a child's status is whether that was all. */
static pid_t read_late(int fd, int other)
{
	char drop[4096];
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	close(other);
	for (int i = 0; i < 4; i++) {
		poll(NULL, 0, 500);
		if (read(fd, drop, 1) == 1)
			got++;
	}
	while ((n = read(fd, drop, sizeof(drop))) > 0)
		got += (size_t)n;
	_exit(got != (size_t)BLOCK * NR_BLOCKS);
}

static void test_late_reader(void)
{
	static const char *const argv[] = { "x", NULL };
	struct guest_tasks tasks = { .nr = 1 };
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = session_of(&tasks, &vm);
	int both[2], status = 1;
	pid_t pid;

	if (pipe2(both, O_CLOEXEC))
		abort();
	tasks.task[0] = (struct kt_task){
		.job = { .argv = argv },
		.in = -1,
		.out = both[1],
		.err = -1,
		.timeout_ns = 500 * KT_NS_PER_MS,
	};
	pid = read_late(both[0], both[1]);
	guest_boot(play_much, KT_VM_FAILED, false, &how, &vm);
	ok(!kt_session_run(&how, &got, &err) && got.reason == KT_REASON_EXIT,
	   "who reads late does not make a command that ended one that did "
	   "not");
	close(both[0]);
	close(both[1]);
	waitpid(pid, &status, 0);
	ok(status == 0, "and gets it all");
	guest_close(&how);
}

/* "2>&1 | less", and nobody turns the page. */
static void test_one_pipe(void)
{
	static const char *const argv[] = { "x", NULL };
	struct guest_tasks tasks = { .nr = 1 };
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = session_of(&tasks, &vm);
	int both[2];

	if (pipe(both))
		abort();
	tasks.task[0] = (struct kt_task){
		.job = { .argv = argv },
		.in = -1,
		.out = both[1],
		.err = both[1],
		.timeout_ns = 500 * KT_NS_PER_MS,
	};
	guest_boot(play_yes, KT_VM_FAILED, false, &how, &vm);
	ok(!kt_session_run(&how, &got, &err) && got.reason == KT_REASON_TIMEOUT,
	   "a pipe for both that nobody reads does not stop the clock");
	close(both[0]);
	close(both[1]);
	guest_close(&how);
}

static void test_limits(void)
{
	same_u64(kt_limits_default(1).hello_ns, 60 * KT_NS_PER_S,
		 "a guest of one CPU has a minute to come up");
	same_u64(kt_limits_default(100).hello_ns, 159 * KT_NS_PER_S,
		 "one of many has more");
	same_u64(kt_limits_timeout(
			 &(struct kt_limits){ .hello_ns = 60 * KT_NS_PER_S }),
		 120 * KT_NS_PER_S, "a command has two minutes");
	same_u64(kt_limits_timeout(
			 &(struct kt_limits){ .hello_ns = 300 * KT_NS_PER_S }),
		 360 * KT_NS_PER_S, "and one at least once its guest is up");
	same_u64(kt_limits_timeout(&(struct kt_limits){ .hello_ns = 1 }),
		 120 * KT_NS_PER_S, "however soon that is to be");
}

int main(void)
{
	/* A session that hangs is a test that fails. */
	alarm(120);
	test_limits();
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		test_scene(&scenes[i], false);
		test_scene(&scenes[i], true);
	}
	for (size_t i = 0; i < sizeof(serial_scenes) / sizeof(serial_scenes[0]);
	     i++)
		test_scene(&serial_scenes[i], false);
	test_one_pipe();
	test_late_reader();
	return tap_end();
}
