/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/kvm.h - the engine that runs a guest on the processor itself: KVM
 *
 * A machine of our own in this process (lib/vm/layout.h): memory, a kernel in
 * it, a thread for each CPU and one for the devices. All of the kvm engine's
 * files are for x86-64; elsewhere lib/vm/no-kvm.c stands for them.
 *
 * Threads, and what they may: the caller's thread only sets up, asks, and
 * tears down. CPU threads and the device thread, which look at what the guest
 * writes, run without new privileges and behind a seccomp filter
 * (lib/vm/sandbox.h).
 */
#ifndef KT_VM_KVM_H
#define KT_VM_KVM_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/vm/machine.h"

extern const struct kt_engine kt_engine_kvm;

/*
 * KT_SKIP, with the reason, unless /dev/kvm opens for reading and writing and
 * speaks the one API there is.
 */
enum kt_status kt_kvm_open(int *fd, struct kt_error *err) KT_MUST_CHECK;

/*
 * KT_OK if KVM is there and the processor has what makes it fast. Some nested
 * hosts offer /dev/kvm and then emulate each instruction: that is KT_SKIP.
 */
enum kt_status kt_kvm_check(struct kt_error *err) KT_MUST_CHECK;

/* Do these first lines of /proc/cpuinfo name VMX or SVM? */
bool kt_kvm_cpu_has_virt(const char *cpuinfo);

#endif
