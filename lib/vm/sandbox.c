// SPDX-License-Identifier: GPL-2.0-only
/* sandbox - what a thread that faces the guest may ask of the kernel */
#include "lib/vm/sandbox.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"

#define MAX_FILTER_BYTES (BPF_MAXINSNS * sizeof(struct sock_filter))

/*
 * Both kinds: locks, eventfds, sockets that are there; tgkill, which kicks CPUs
 * out of KVM_RUN; and the way out of a thread, which gives its stack back, and
 * under the sanitizers maps memory for it anew: but none that is executed.
 */
static const int both[] = {
	SCMP_SYS(clock_gettime),   SCMP_SYS(exit),
	SCMP_SYS(futex),	   SCMP_SYS(getpid),
	SCMP_SYS(gettid),	   SCMP_SYS(madvise),
	SCMP_SYS(munmap),	   SCMP_SYS(poll),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),	   SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),	   SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill),	   SCMP_SYS(timerfd_settime),
	SCMP_SYS(write),
};

static const int devices[] = {
	SCMP_SYS(read),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
};

static const unsigned int vcpu_ioctls[] = {
	KVM_RUN,
	KVM_GET_REGS,
	KVM_GET_SREGS,
};

/*
 * What tcgetpgrp(3) and tcsetattr(3) ask: the latter reads, too, and does it by
 * the second kind since glibc 2.42.
 */
static const unsigned long tty_ioctls[] = {
	TIOCGPGRP, TCGETS, TCSETS, TCGETS2, TCSETS2,
};

/* How the end goes on from there: lib/vm/terminal.c. */
static const int tty_calls[] = { SCMP_SYS(getpgrp), SCMP_SYS(rt_sigaction) };

static int allow(scmp_filter_ctx ctx, const int *calls, size_t nr)
{
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return rc;
}

static int allow_tty(scmp_filter_ctx ctx, int tty)
{
	int rc = allow(ctx, tty_calls, sizeof(tty_calls) / sizeof(int));

	for (size_t i = 0;
	     !rc && i < sizeof(tty_ioctls) / sizeof(tty_ioctls[0]); i++)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
			SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)tty),
			SCMP_A1(SCMP_CMP_EQ, tty_ioctls[i], 0));
	return rc;
}

static int add_rules(scmp_filter_ctx ctx, enum kt_sandbox_kind kind, int tty)
{
	int rc = allow(ctx, both, sizeof(both) / sizeof(both[0]));

	if (!rc)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc && kind == KT_SANDBOX_DEVICES)
		rc = allow(ctx, devices, sizeof(devices) / sizeof(devices[0]));
	for (size_t i = 0; !rc && kind == KT_SANDBOX_VCPU &&
			   i < sizeof(vcpu_ioctls) / sizeof(vcpu_ioctls[0]);
	     i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_EQ, vcpu_ioctls[i], 0));
	return rc || tty < 0 ? rc : allow_tty(ctx, tty);
}

static int compile(enum kt_sandbox_kind kind, int tty, int to)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = add_rules(ctx, kind, tty);
	if (!rc)
		rc = seccomp_export_bpf(ctx, to);
	seccomp_release(ctx);
	return rc;
}

enum kt_status kt_sandbox_make(enum kt_sandbox_kind kind, int tty,
			       struct kt_sandbox *out, struct kt_error *err)
{
	struct kt_buf code KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = memfd_create("filter", MFD_CLOEXEC);
	enum kt_status st;
	int rc;

	if (fd < 0)
		return kt_fail_errno(err, "cannot make a seccomp filter");
	rc = compile(kind, tty, fd);
	if (rc || lseek(fd, 0, SEEK_SET)) {
		errno = -rc;
		return kt_fail_errno(err, "cannot make a seccomp filter");
	}
	st = kt_fd_read(fd, MAX_FILTER_BYTES, &code, "seccomp filter", err);
	if (st)
		return st;
	out->nr = (unsigned short)(code.len / sizeof(struct sock_filter));
	out->filter = (struct sock_filter *)(void *)kt_buf_take(&code);
	return KT_OK;
}

void kt_sandbox_free(struct kt_sandbox *box)
{
	free(box->filter);
	box->filter = NULL;
}

enum kt_status kt_sandbox_enter(const struct kt_sandbox *box,
				struct kt_error *err)
{
	const struct sock_fprog prog = { .len = box->nr,
					 .filter = box->filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog))
		return kt_fail_errno(err, "cannot enter the seccomp filter");
	return KT_OK;
}
