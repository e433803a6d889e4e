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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

int main(void)
{
	struct kt_sandbox vcpu = { 0 }, devices = { 0 };
	struct kt_error err;

	if (kt_sandbox_make(KT_SANDBOX_VCPU, &vcpu, &err) ||
	    kt_sandbox_make(KT_SANDBOX_DEVICES, &devices, &err)) {
		ok(false, "filters are made: %s", err.msg);
		return tap_end();
	}
	test_calls(&vcpu, &devices);
	test_thread(&devices);
	kt_sandbox_free(&vcpu);
	kt_sandbox_free(&devices);
	return tap_end();
}
