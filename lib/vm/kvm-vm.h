/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/kvm-vm.h - the parts of the kvm engine, for one another
 *
 *	kvm.c		starts and ends a machine
 *	kvm-memory.c	memory, and what is in it when the guest begins
 *	kvm-vcpu.c	CPUs: how they begin, and why they come out of KVM_RUN
 *	kvm-devices.c	devices: the bus, and the thread that moves bytes
 *	kvm-serial.c	the two serial lines
 *	kvm-stats.c	KVM's own counters
 *
 * Locks: struct kt_devices has one for all device models, which is held for
 * the time of a register access or a bounded round of moving bytes; struct
 * kt_vm has one for the end. Neither is held while anybody waits, and they are
 * never held both.
 */
#ifndef KT_VM_KVM_VM_H
#define KT_VM_KVM_VM_H

#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/vm/bootparams.h"
#include "lib/vm/machine.h"
#include "lib/vm/pm.h"
#include "lib/vm/sandbox.h"
#include "lib/vm/uart.h"
#include "lib/vm/virtio-console.h"

#define KT_SERIAL_BYTES ((size_t)16 << 10) /* of a line, not yet sent */

enum { KT_SERIAL_CONSOLE, KT_SERIAL_DATA, KT_NR_SERIALS }; /* ttyS0, ttyS1 */

/* A serial line; dev.lock is held when it is used, but to wait. */
struct kt_serial {
	struct kt_uart uart;
	struct kt_vm *vm;
	int fd;	 /* the far end */
	int irq; /* eventfd that interrupts */
	char out[KT_SERIAL_BYTES];
	size_t out_len;
	bool out_blocked, out_gone; /* it takes nothing now; or ever */
	bool in_blocked, in_ended;  /* the FIFO is full; it sends no more */
};

struct kt_devices {
	pthread_mutex_t lock;
	struct kt_serial serial[KT_NR_SERIALS];
	struct kt_pm pm;
	struct kt_vcon con;

	int ports[KT_NR_PORTS];
	int irq_virtio; /* eventfd that interrupts */
	int kick;	/* eventfd: the device thread has something to do */
	int timer;	/* the end of a line on a serial port does not come */
	bool timing;	/* it is set */
	pthread_t thread;
	bool started;
};

struct kt_vcpu {
	struct kt_vm *vm;
	unsigned int index, apic_id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
};

struct kt_vm {
	int kvm, fd;
	struct kt_topology topology;

	uint64_t memory_bytes;
	unsigned char *map; /* of all RAM, without the hole */
	size_t map_bytes;
	struct kt_dma dma; /* where it is for the guest */
	uint64_t entry;

	size_t run_bytes; /* of struct kvm_run */
	unsigned int nr_vcpus;
	struct kt_vcpu *vcpus;

	struct kt_vm_stats *stats; /* where they are put at the end, or NULL */
	struct kt_devices dev;
	struct kt_sandbox vcpu_sandbox, device_sandbox;

	pthread_mutex_t lock; /* of the end */
	enum kt_vm_state end; /* the first of all reasons */
	struct kt_error why;  /* KT_VM_FAILED: what happened */
	atomic_bool stopping; /* CPUs are not to be run any more */
	atomic_bool killed;   /* nor is anything to be sent */
	atomic_int told;      /* the end, once all is sent: enum kt_vm_state */
	int stop;	      /* eventfd: stopping */
	int ended;	      /* eventfd: told */
};

/*
 * End the machine for this reason, unless it has ended already; any thread may.
 * All CPUs leave KVM_RUN soon. @why is for KT_VM_FAILED, else NULL.
 */
void kt_kvm_finish(struct kt_vm *vm, enum kt_vm_state state,
		   const struct kt_error *why);

/* Start a thread of the machine: all signals blocked but the one that kicks. */
enum kt_status kt_kvm_thread(pthread_t *thread, void *(*fn)(void *), void *ctx,
			     int pin, struct kt_error *err) KT_MUST_CHECK;

/* The first register of each line. */
extern const uint16_t kt_kvm_serial_port[KT_NR_SERIALS];

/* A line that is idle; fd and irq are set. */
void kt_serial_init(struct kt_serial *s, struct kt_vm *vm);

/*
 * Register @offset. A write that fills the buffer yields true: the CPU that
 * wrote is to wait, as it would for a real line, with no lock held.
 */
uint8_t kt_serial_read(struct kt_serial *s, unsigned int offset);
bool kt_serial_write(struct kt_serial *s, unsigned int offset, uint8_t val);
void kt_serial_wait(struct kt_serial *s);

/*
 * What the device thread polls for it; and what it does then, @flush: also
 * send a line whose end has not come.
 */
struct pollfd kt_serial_events(const struct kt_serial *s, bool stopping);
void kt_serial_pump(struct kt_serial *s, short revents, bool flush);

/* Write to an eventfd; that cannot fail. */
void kt_kvm_signal(int eventfd);

/* Make the RAM and hand it to KVM. */
enum kt_status kt_kvm_memory_make(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err) KT_MUST_CHECK;
void kt_kvm_memory_free(struct kt_vm *vm);

/* Put kernel, initrd, boot_params and ACPI tables into it; sets entry. */
enum kt_status kt_kvm_memory_load(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err) KT_MUST_CHECK;

/* Make all CPUs, as they are before the first instruction. */
enum kt_status kt_kvm_vcpus_make(struct kt_vm *vm, const struct kt_machine *m,
				 struct kt_error *err) KT_MUST_CHECK;
/* Start their threads, the first CPU's last. */
enum kt_status kt_kvm_vcpus_start(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err) KT_MUST_CHECK;
/* Make all of them leave KVM_RUN; with vm->lock held. */
void kt_kvm_vcpus_kick(struct kt_vm *vm);
/* Wait for their threads. They are stopping. */
void kt_kvm_vcpus_join(struct kt_vm *vm);
void kt_kvm_vcpus_free(struct kt_vm *vm);

/* What it has counted of each CPU; *out is untouched if it counts nothing. */
void kt_kvm_stats(const struct kt_vm *vm, struct kt_vm_stats *out);

/* Copy the descriptors of @m and connect the devices to KVM. */
enum kt_status kt_kvm_devices_make(struct kt_vm *vm, const struct kt_machine *m,
				   struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_kvm_devices_start(struct kt_vm *vm,
				    struct kt_error *err) KT_MUST_CHECK;
void kt_kvm_devices_free(struct kt_vm *vm);

/* The size of hvc0's terminal is another now. */
void kt_kvm_resize(struct kt_vm *vm, unsigned int cols, unsigned int rows);

/*
 * An access of a CPU, of 1, 2, 4 or 8 bytes. Where nothing is, all ones are
 * read. A write yields what is to become of the machine.
 */
void kt_kvm_port_in(struct kt_vm *vm, uint16_t port, uint8_t *data, size_t len);
enum kt_vm_state kt_kvm_port_out(struct kt_vm *vm, uint16_t port,
				 const uint8_t *data, size_t len);
void kt_kvm_mmio(struct kt_vm *vm, uint64_t gpa, uint8_t *data, size_t len,
		 bool write);

#endif
