// SPDX-License-Identifier: GPL-2.0-only
/* sandbox: what a thread may do behind its filter, and what ends it */
#include "lib/vm/sandbox.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/vm/terminal.h"
#include "tests/unit/tap.h"

static void do_write(void)
{
	syscall(SYS_write, -1, "", 0L);
}

static void do_recvmsg(void)
{
	syscall(SYS_recvmsg, -1, NULL, 0L);
}

static void do_run(void)
{
	syscall(SYS_ioctl, -1, KVM_RUN, 0L);
}

static void do_slot(void)
{
	syscall(SYS_ioctl, -1, KVM_SET_USER_MEMORY_REGION, NULL);
}

static void do_open(void)
{
	syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0L);
}

static void do_exec(void)
{
	syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void do_socket(void)
{
	syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0L);
}

static void do_map(void)
{
	syscall(SYS_mmap, NULL, 4096L, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
}

static void do_modes(void)
{
	syscall(SYS_ioctl, -1, TCSETS, NULL);
}

/* How a process ends that enters the filter and calls @fn: 0, or a signal. */
static int end_of(const struct kt_sandbox *box, void (*fn)(void))
{
	const pid_t pid = fork();
	struct kt_error err;
	int ws = 0;

	if (!pid) {
		if (kt_sandbox_enter(box, &err))
			_exit(99);
		fn();
		syscall(SYS_exit, 0);
	}
	if (pid < 0 || waitpid(pid, &ws, 0) != pid)
		return -1;
	return WIFSIGNALED(ws) ? WTERMSIG(ws) : WEXITSTATUS(ws);
}

static void test_calls(const struct kt_sandbox *vcpu,
		       const struct kt_sandbox *devices)
{
	static const struct {
		void (*fn)(void);
		int vcpu, devices;
		const char *what;
	} cases[] = {
		{ do_write, 0, 0, "write()" },
		{ do_recvmsg, SIGSYS, 0, "recvmsg()" },
		{ do_run, 0, SIGSYS, "KVM_RUN" },
		{ do_slot, SIGSYS, SIGSYS, "another ioctl() of KVM" },
		{ do_modes, SIGSYS, SIGSYS, "setting a terminal" },
		{ do_open, SIGSYS, SIGSYS, "openat()" },
		{ do_exec, SIGSYS, SIGSYS, "execve()" },
		{ do_socket, SIGSYS, SIGSYS, "socket()" },
		{ do_map, SIGSYS, SIGSYS, "mmap()" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(end_of(vcpu, cases[i].fn) == cases[i].vcpu,
		   "%s %s a CPU's thread", cases[i].what,
		   cases[i].vcpu ? "ends" : "is for");
		ok(end_of(devices, cases[i].fn) == cases[i].devices,
		   "%s %s the devices' thread", cases[i].what,
		   cases[i].devices ? "ends" : "is for");
	}
}

struct inside {
	const struct kt_sandbox *box;
	int ready[2], go[2];
	pid_t tid;
	bool entered;
};

static void *enter(void *ctx)
{
	struct inside *in = ctx;
	struct kt_error err;
	char c = 0;

	in->tid = (pid_t)syscall(SYS_gettid);
	in->entered = !kt_sandbox_enter(in->box, &err);
	if (write(in->ready[1], &c, 1) != 1 || read(in->go[0], &c, 1) != 1)
		in->entered = false;
	return NULL;
}

/* A line "NAME:\tVALUE" of the status of thread @tid. */
static int status_of(pid_t tid, const char *name)
{
	char path[64], line[256];
	int val = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    line[strlen(name)] == ':')
			val = atoi(line + strlen(name) + 1);
	if (file)
		fclose(file);
	return val;
}

static void test_thread(const struct kt_sandbox *devices)
{
	struct inside in = { .box = devices };
	const pid_t self = getpid();
	pthread_t thread;
	char c = 0;

	if (pipe2(in.ready, O_CLOEXEC) || pipe2(in.go, O_CLOEXEC) ||
	    pthread_create(&thread, NULL, enter, &in) ||
	    read(in.ready[0], &c, 1) != 1)
		abort();
	ok(status_of(in.tid, "Seccomp") == 2, "a thread is behind the filter");
	ok(status_of(in.tid, "NoNewPrivs") == 1, "and gets no new privileges");
	ok(status_of(self, "Seccomp") == 0 &&
		   status_of(self, "NoNewPrivs") == 0,
	   "its process is as it was");
	ok(write(in.go[1], &c, 1) == 1 && !pthread_join(thread, NULL) &&
		   in.entered,
	   "and the thread ends in peace");
}

/* A terminal, and what a thread does behind a filter that knows it. */
struct tty {
	int master, slave;
	enum kt_sandbox_kind kind;
	void (*fn)(int slave);
};

static void do_crash(int slave KT_UNUSED)
{
	char *page =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*(volatile char *)page = 1;
}

static void do_abort(int slave KT_UNUSED)
{
	abort();
}

static void do_type(int slave)
{
	syscall(SYS_ioctl, slave, TIOCSTI, "x");
}

static void do_other(int slave)
{
	syscall(SYS_ioctl, slave + 1, TCSETS, NULL);
}

static void *behind(void *ctx)
{
	const struct tty *t = ctx;
	struct kt_sandbox box = { 0 };
	struct kt_error err;

	if (kt_sandbox_make(t->kind, kt_terminal_tty(), &box, &err) ||
	    kt_sandbox_enter(&box, &err))
		_exit(99);
	t->fn(t->slave);
	return NULL;
}

/* As the kvm engine starts its threads. */
static void own(struct tty *t)
{
	const struct rlimit no_core = { 0, 0 };
	struct kt_error err;
	pthread_t thread;
	sigset_t set;

	/* Sanitizers have handlers of their own for some of these. */
	signal(SIGABRT, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	if (setsid() < 0 || ioctl(t->slave, TIOCSCTTY, 0) ||
	    kt_terminal_take(t->slave, &err) ||
	    kt_terminal_set(KT_TERMINAL_RAW, &err))
		_exit(98);
	sigfillset(&set);
	kt_terminal_spare(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	if (pthread_create(&thread, NULL, behind, t))
		_exit(97);
	pthread_join(thread, NULL);
	_exit(0);
}

/* How it ends, and whether the terminal is as it was. */
static int end_of_owner(struct tty *t, bool *restored)
{
	struct termios before, after;
	int ws = 0;
	pid_t pid;

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) || unlockpt(t->master))
		abort();
	t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0 || tcgetattr(t->master, &before))
		abort();
	fflush(stdout);
	pid = fork();
	if (!pid)
		own(t);
	/* By the master: the slave hangs up with the leader of its session. */
	if (pid < 0 || waitpid(pid, &ws, 0) != pid ||
	    tcgetattr(t->master, &after))
		abort();
	*restored = before.c_lflag == after.c_lflag &&
		    before.c_iflag == after.c_iflag &&
		    before.c_oflag == after.c_oflag;
	close(t->slave);
	close(t->master);
	return WIFSIGNALED(ws) ? WTERMSIG(ws) : WEXITSTATUS(ws);
}

static void test_terminal(void)
{
	static const struct {
		void (*fn)(int slave);
		int sig;
		bool restored;
		const char *what;
	} cases[] = {
		{ do_crash, SIGSEGV, true, "a crash" },
		{ do_abort, SIGABRT, true, "an abort" },
		{ do_type, SIGSYS, false, "typing into it" },
		{ do_other, SIGSYS, false, "setting another one" },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct tty t = { .fn = cases[i / 2].fn,
				 .kind = i % 2 ? KT_SANDBOX_DEVICES :
						 KT_SANDBOX_VCPU };
		bool restored;

		ok(end_of_owner(&t, &restored) == cases[i / 2].sig,
		   "%s behind the filter ends it", cases[i / 2].what);
		ok(restored == cases[i / 2].restored, "and the terminal is %s",
		   cases[i / 2].restored ? "as it was" : "left as it is");
	}
}

int main(void)
{
	struct kt_sandbox vcpu = { 0 }, devices = { 0 };
	struct kt_error err;

	if (kt_sandbox_make(KT_SANDBOX_VCPU, -1, &vcpu, &err) ||
	    kt_sandbox_make(KT_SANDBOX_DEVICES, -1, &devices, &err)) {
		ok(false, "filters are made: %s", err.msg);
		return tap_end();
	}
	test_calls(&vcpu, &devices);
	test_thread(&devices);
	test_terminal();
	kt_sandbox_free(&vcpu);
	kt_sandbox_free(&devices);
	return tap_end();
}
