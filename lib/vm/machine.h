/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/machine.h - what a virtual machine is asked to be, and who runs it
 *
 * An engine turns a struct kt_machine into a running guest and tells how it
 * ends. What the guest says and does (lib/ctl.h, its console) passes through
 * the descriptors of the machine and is no engine's business.
 */
#ifndef KT_VM_MACHINE_H
#define KT_VM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/vm/ram.h"
#include "lib/vm/stats.h"
#include "lib/vm/topology.h"

/*
 * The ports of the machine's virtio console, by their numbers there: the first
 * is hvc0 (virtio 1.2, 5.3.2), the others have the names of lib/ctl.h.
 */
enum kt_port {
	KT_PORT_TTY,
	KT_PORT_CONTROL,
	KT_PORT_STDIN,
	KT_PORT_STDOUT,
	KT_PORT_STDERR,
	KT_NR_PORTS,
};

struct kt_machine {
	const char *kernel; /* bzImage, or an ELF file with a PVH note */
	const char *initrd;
	const char *cmdline;	     /* all of it */
	const char *cache;	     /* for what is made of a kernel; or NULL */
	struct kt_topology topology; /* kt_topology_check() takes it */
	uint64_t memory_mib;
	int console;		/* the engine's end of ttyS0, a stream */
	int serial;		/* of ttyS1, likewise: see lib/mux.h */
	int ports[KT_NR_PORTS]; /* likewise, of the ports */
	const char *path;	/* where programs are looked for; may be NULL */
	int log;		/* gets what the engine itself prints */
	bool hugepages;		/* of the host, for the guest's memory */
	const unsigned int *pin;   /* a CPU of the host for each; or NULL */
	struct kt_vm_stats *stats; /* filled by kill(), if not NULL */
};

enum kt_vm_state {
	KT_VM_RUNNING,
	KT_VM_POWEROFF, /* the guest switched itself off */
	KT_VM_RESET,	/* it reset itself: a reboot, or the end of a panic */
	KT_VM_TRIPLE_FAULT, /* its CPU did */
	KT_VM_FAILED,	    /* the engine gave up */
};

#define KT_VM_MAX_FDS 4

struct kt_vm;

struct kt_engine {
	const char *name;    /* as --engine has it */
	const char *cmdline; /* words of its own for the kernel; or NULL */
	const char *console; /* what a kernel needs to find its ports */
	bool tunes;	     /* it knows hugepages and pin */

	/*
	 * Start @m. The descriptors stay the caller's, who closes console, serial
	 * and ports when this returns, and log after kill(). KT_SKIP: this machine
	 * lacks what the engine needs.
	 */
	enum kt_status (*start)(const struct kt_machine *m, struct kt_vm **out,
				struct kt_error *err);

	/* What to poll for POLLIN; at most KT_VM_MAX_FDS. */
	size_t (*fds)(const struct kt_vm *vm, int fds[KT_VM_MAX_FDS]);

	/*
	 * Take in what there is, without waiting: has it ended, and how? *err
	 * is filled for KT_VM_FAILED. Once ended it stays so.
	 */
	enum kt_vm_state (*state)(struct kt_vm *vm, struct kt_error *err);

	/*
	 * The guest's memory, mapped for reading; valid until kill(). The
	 * guest goes on writing to it meanwhile.
	 */
	enum kt_status (*ram)(struct kt_vm *vm, struct kt_ram *out,
			      struct kt_error *err);

	/*
	 * The terminal at port KT_PORT_TTY has this size now. NULL: the engine
	 * cannot tell the guest.
	 */
	void (*resize)(struct kt_vm *vm, unsigned int cols, unsigned int rows);

	/*
	 * End it at once, if it has not, and free @vm: the other ends of the
	 * machine's descriptors then read what was sent, and end of file. The
	 * machine's stats are filled, if the engine counts anything.
	 */
	void (*kill)(struct kt_vm *vm);
};

#endif
