/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/sandbox.h - what a thread that faces the guest may ask of the kernel
 *
 * A seccomp filter (by libseccomp) that allows what the thread does and ends
 * the process for anything else. It is compiled once, in the thread that sets
 * up, and entered by each thread for itself: the caller's own thread, which
 * opens logs and writes records, stays as it was.
 *
 * Descriptors are not opened behind it, nor programs run, nor memory mapped to
 * be executed; of ioctl(2) KVM_RUN is left, and the two that read registers for
 * a message. A thread that crashes may still give a terminal back. The filter
 * does not turn off speculation of stores (SSBD), which would slow the guest
 * down and protects nothing here: one process is one guest.
 */
#ifndef KT_VM_SANDBOX_H
#define KT_VM_SANDBOX_H

#include "lib/error.h"

struct sock_filter;

struct kt_sandbox {
	struct sock_filter *filter;
	unsigned short nr;
};

enum kt_sandbox_kind { KT_SANDBOX_VCPU, KT_SANDBOX_DEVICES };

/*
 * @tty is the terminal that lib/vm/terminal.h gives back in a handler, or -1:
 * of that descriptor the modes may be set. KT_SYS: libseccomp refused.
 */
enum kt_status kt_sandbox_make(enum kt_sandbox_kind kind, int tty,
			       struct kt_sandbox *out,
			       struct kt_error *err) KT_MUST_CHECK;
void kt_sandbox_free(struct kt_sandbox *box);

/*
 * From here on the calling thread has no new privileges and is behind the
 * filter. KT_SYS: the kernel refused.
 */
enum kt_status kt_sandbox_enter(const struct kt_sandbox *box,
				struct kt_error *err) KT_MUST_CHECK;

#endif
