/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/qemu.h - the engine for machines where KVM cannot be used: QEMU, q35
 *
 * Everything is emulated (TCG), so it runs anywhere. The guest's memory lies in
 * memfds that we share with QEMU.
 */
#ifndef KT_VM_QEMU_H
#define KT_VM_QEMU_H

#include <stddef.h>

#include "lib/error.h"
#include "lib/vm/machine.h"

#define KT_QEMU_PROGRAM "qemu-system-x86_64"
#define KT_QEMU_MAX_NODES 128 /* QEMU's MAX_NODES */
/*
 * CPUs tick a thousand times a second until all are up, and one thread runs
 * them all: 128 come up in 20 s, and 240 never have.
 */
#define KT_QEMU_MAX_CPUS 128
#define KT_QEMU_LOG_BYTES (256 << 10) /* of what it prints, at most */
#define KT_QMP_MAX_LINE ((size_t)64 << 10)

extern const struct kt_engine kt_engine_qemu;

/* KT_SKIP, with the reason, if QEMU cannot make such a machine. */
enum kt_status kt_qemu_check(const struct kt_topology *t,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * QEMU's command line for @m: a vector that ends in NULL, which the caller
 * frees with kt_qemu_argv_free(). @program is QEMU's path, @qmp the descriptor
 * of the monitor, @ram one memfd a socket.
 */
char **kt_qemu_argv(const struct kt_machine *m, const char *program, int qmp,
		    const int *ram);
void kt_qemu_argv_free(char **argv);

/*
 * The size of node @i in MiB: an equal share, and the remainder for node 0.
 */
uint64_t kt_qemu_node_mib(const struct kt_machine *m, unsigned int i);

/*
 * What one line of QEMU's monitor (QMP, docs/interop/qmp-spec) means for the
 * guest: KT_VM_POWEROFF or KT_VM_RESET for a SHUTDOWN event of the guest's
 * doing, KT_VM_FAILED for any other SHUTDOWN or a line that is not QMP,
 * KT_VM_RUNNING for all else.
 */
enum kt_vm_state kt_qmp_state(const char *line, size_t len);

#endif
