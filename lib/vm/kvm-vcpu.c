// SPDX-License-Identifier: GPL-2.0-only
/* kvm-vcpu - CPUs: how they begin, and why they come out of KVM_RUN */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/cpuid.h"
#include "lib/vm/kvm-vm.h"
#include "lib/vm/layout.h"
#include "lib/xalloc.h"

#define KICK SIGRTMIN

/* Registers of the local APIC (Intel SDM volume 3, 11.5.1), and what is set. */
#define LVT_LINT0 0x350
#define LVT_LINT1 0x360
#define LVT_MODE_NMI (4 << 8)
#define LVT_MODE_EXTINT (7 << 8)

#define MSR_MISC_ENABLE 0x1a0
#define MISC_FAST_STRINGS 1
#define MSR_MTRR_DEF_TYPE 0x2ff
#define MTRR_ON_WRITE_BACK 0x806

static struct kvm_cpuid2 *cpuid_new(void)
{
	const size_t entries = KT_CPUID_MAX * sizeof(struct kvm_cpuid_entry2);

	return kt_xcalloc(1, sizeof(struct kvm_cpuid2) + entries);
}

static void cpuid_freep(struct kvm_cpuid2 **cpuid)
{
	free(*cpuid);
}

static enum kt_status set_cpuid(const struct kt_vcpu *cpu,
				const struct kvm_cpuid2 *host,
				const struct kt_cpuid_config *config,
				struct kvm_cpuid2 *table, struct kt_error *err)
{
	size_t nr;
	enum kt_status st = kt_cpuid_make(host->entries, host->nent, config,
					  cpu->index, table->entries, &nr, err);

	if (st)
		return st;
	table->nent = (uint32_t)nr;
	if (ioctl(cpu->fd, KVM_SET_CPUID2, table))
		return kt_fail_errno(err, "KVM refuses the CPUID of CPU %u",
				     cpu->index);
	return KT_OK;
}

static struct kvm_segment segment(const struct kt_boot_segment *s)
{
	return (struct kvm_segment){
		.base = s->base,
		.limit = s->limit,
		.selector = s->selector,
		.type = s->type,
		.present = s->present,
		.dpl = s->dpl,
		.db = s->db,
		.s = s->s,
		.l = s->l,
		.g = s->g,
		.avl = s->avl,
	};
}

/* The first CPU enters the kernel; the others wait for it to start them. */
static enum kt_status set_registers(const struct kt_vcpu *cpu, uint64_t entry,
				    struct kt_error *err)
{
	struct kt_boot_regs b;
	struct kvm_sregs s;
	struct kvm_regs r;

	kt_boot_regs(entry, &b);
	if (ioctl(cpu->fd, KVM_GET_SREGS, &s))
		return kt_fail_errno(err, "KVM does not tell its registers");
	s.cs = segment(&b.cs);
	s.ds = s.es = s.fs = s.gs = s.ss = segment(&b.data);
	s.tr = segment(&b.tr);
	s.gdt.base = b.gdt_base;
	s.gdt.limit = b.gdt_limit;
	s.idt.base = b.idt_base;
	s.idt.limit = b.idt_limit;
	s.cr0 = b.cr0;
	s.cr3 = b.cr3;
	s.cr4 = b.cr4;
	s.efer = b.efer;
	r = (struct kvm_regs){ .rip = b.rip,
			       .rsp = b.rsp,
			       .rbp = b.rbp,
			       .rsi = b.rsi,
			       .rflags = b.rflags };
	if (ioctl(cpu->fd, KVM_SET_SREGS, &s) ||
	    ioctl(cpu->fd, KVM_SET_REGS, &r))
		return kt_fail_errno(err, "KVM refuses the registers");
	return KT_OK;
}

/* What firmware would have left: memory is cached, on every CPU alike. */
static enum kt_status set_msrs(const struct kt_vcpu *cpu, struct kt_error *err)
{
	static const struct kvm_msr_entry entries[] = {
		{ .index = MSR_MISC_ENABLE, .data = MISC_FAST_STRINGS },
		{ .index = MSR_MTRR_DEF_TYPE, .data = MTRR_ON_WRITE_BACK },
	};
	struct kvm_msrs *msrs = kt_xcalloc(1, sizeof(*msrs) + sizeof(entries));
	const int nr = sizeof(entries) / sizeof(entries[0]);
	int set;

	msrs->nmsrs = (uint32_t)nr;
	memcpy(msrs->entries, entries, sizeof(entries));
	set = ioctl(cpu->fd, KVM_SET_MSRS, msrs);
	free(msrs);
	if (set != nr)
		return kt_fail(err, KT_SYS, "KVM refuses the MSRs of CPU %u",
			       cpu->index);
	return KT_OK;
}

static void set_lvt(struct kvm_lapic_state *lapic, unsigned int reg,
		    uint32_t val)
{
	memcpy(lapic->regs + reg, &val, sizeof(val));
}

/* The first CPU takes what the PIC and the NMI line bring. */
static enum kt_status set_lapic(const struct kt_vcpu *cpu, struct kt_error *err)
{
	struct kvm_lapic_state lapic;

	if (ioctl(cpu->fd, KVM_GET_LAPIC, &lapic))
		return kt_fail_errno(err, "KVM does not tell its APIC");
	set_lvt(&lapic, LVT_LINT0, LVT_MODE_EXTINT);
	set_lvt(&lapic, LVT_LINT1, LVT_MODE_NMI);
	if (ioctl(cpu->fd, KVM_SET_LAPIC, &lapic))
		return kt_fail_errno(err, "KVM refuses the APIC");
	return KT_OK;
}

/* KVM's local APIC has the id that its CPU was made with. */
static enum kt_status make_one(struct kt_vm *vm, unsigned int i,
			       struct kt_error *err)
{
	struct kt_vcpu *cpu = &vm->vcpus[i];
	void *run;

	cpu->vm = vm;
	cpu->index = i;
	cpu->apic_id = kt_topology_place(&vm->topology, i).apic_id;
	cpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, cpu->apic_id);
	if (cpu->fd < 0)
		return kt_fail_errno(err, "KVM does not make CPU %u of %u", i,
				     vm->nr_vcpus);
	run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		   cpu->fd, 0);
	if (run == MAP_FAILED)
		return kt_fail_errno(err, "cannot map CPU %u", i);
	cpu->run = run;
	return KT_OK;
}

enum kt_status kt_kvm_vcpus_make(struct kt_vm *vm, const struct kt_machine *m,
				 struct kt_error *err)
{
	const struct kt_cpuid_config config = {
		.topology = m->topology,
		.tsc_deadline = ioctl(vm->kvm, KVM_CHECK_EXTENSION,
				      KVM_CAP_TSC_DEADLINE_TIMER) > 0,
		.realtime = m->pin != NULL,
	};
	struct kvm_cpuid2 *host KT_CLEANUP(cpuid_freep) = cpuid_new();
	struct kvm_cpuid2 *table KT_CLEANUP(cpuid_freep) = cpuid_new();
	const int bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	enum kt_status st = KT_OK;

	host->nent = KT_CPUID_MAX;
	if (bytes < (int)sizeof(struct kvm_run) ||
	    ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, host))
		return kt_fail_errno(err, "KVM does not tell what it can");
	vm->run_bytes = (size_t)bytes;
	vm->vcpus = kt_xcalloc(vm->nr_vcpus, sizeof(*vm->vcpus));
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vm->vcpus[i].fd = -1;
	for (unsigned int i = 0; i < vm->nr_vcpus && !st; i++) {
		st = make_one(vm, i, err);
		if (!st)
			st = set_cpuid(&vm->vcpus[i], host, &config, table,
				       err);
		if (!st)
			st = set_msrs(&vm->vcpus[i], err);
	}
	if (!st)
		st = set_lapic(&vm->vcpus[0], err);
	return st ? st : set_registers(&vm->vcpus[0], vm->entry, err);
}

/* KVM gave up: say on which CPU, and where it was. */
static void fail(struct kt_vcpu *cpu, const char *what, uint64_t detail)
{
	struct kvm_regs regs = { 0 };
	struct kt_error why;

	if (ioctl(cpu->fd, KVM_GET_REGS, &regs))
		regs.rip = 0;
	kt_error_set(&why, KT_SYS,
		     "KVM stopped CPU %u at 0x%" PRIx64 ": %s 0x%" PRIx64,
		     cpu->index, (uint64_t)regs.rip, what, detail);
	kt_kvm_finish(cpu->vm, KT_VM_FAILED, &why);
}

static void fail_errno(struct kt_vcpu *cpu, int error)
{
	struct kt_error why;

	errno = error;
	kt_error_set_errno(&why, "KVM cannot run CPU %u", cpu->index);
	kt_kvm_finish(cpu->vm, KT_VM_FAILED, &why);
}

static void exit_io(struct kt_vcpu *cpu)
{
	struct kvm_run *run = cpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		enum kt_vm_state next;

		if (run->io.direction == KVM_EXIT_IO_IN) {
			kt_kvm_port_in(cpu->vm, run->io.port, data,
				       run->io.size);
			continue;
		}
		next = kt_kvm_port_out(cpu->vm, run->io.port, data,
				       run->io.size);
		if (next != KT_VM_RUNNING) {
			kt_kvm_finish(cpu->vm, next, NULL);
			return;
		}
	}
}

static void exit_event(struct kt_vcpu *cpu)
{
	const uint32_t type = cpu->run->system_event.type;

	if (type == KVM_SYSTEM_EVENT_SHUTDOWN)
		kt_kvm_finish(cpu->vm, KT_VM_POWEROFF, NULL);
	else if (type == KVM_SYSTEM_EVENT_RESET)
		kt_kvm_finish(cpu->vm, KT_VM_RESET, NULL);
	else
		fail(cpu, "system event", type);
}

static void exit_for(struct kt_vcpu *cpu)
{
	struct kvm_run *run = cpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit_io(cpu);
		break;
	case KVM_EXIT_MMIO:
		kt_kvm_mmio(cpu->vm, run->mmio.phys_addr, run->mmio.data,
			    run->mmio.len, run->mmio.is_write);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_HLT:
		break;
	case KVM_EXIT_SHUTDOWN:
		kt_kvm_finish(cpu->vm, KT_VM_TRIPLE_FAULT, NULL);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		exit_event(cpu);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		fail(cpu, "entry failed, reason",
		     run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		fail(cpu, "internal error", run->internal.suberror);
		break;
	default:
		fail(cpu, "unknown exit", run->exit_reason);
		break;
	}
}

static void *vcpu_thread(void *arg)
{
	struct kt_vcpu *cpu = arg;
	struct kt_vm *vm = cpu->vm;
	struct kt_error err;
	char name[16];

	snprintf(name, sizeof(name), "vcpu-%u", cpu->index);
	pthread_setname_np(pthread_self(), name);
	if (kt_sandbox_enter(&vm->vcpu_sandbox, &err)) {
		kt_kvm_finish(vm, KT_VM_FAILED, &err);
		return NULL;
	}
	/*
	 * immediate_exit is set before the signal is sent, and stopping before
	 * that: whether it comes before or within KVM_RUN, that returns.
	 */
	while (!atomic_load(&vm->stopping)) {
		if (!ioctl(cpu->fd, KVM_RUN, 0))
			exit_for(cpu);
		else if (errno != EINTR && errno != EAGAIN)
			fail_errno(cpu, errno);
	}
	return NULL;
}

void kt_kvm_vcpus_kick(struct kt_vm *vm)
{
	for (unsigned int i = 0; vm->vcpus && i < vm->nr_vcpus; i++) {
		struct kt_vcpu *cpu = &vm->vcpus[i];

		if (!cpu->started)
			continue;
		__atomic_store_n(&cpu->run->immediate_exit, 1,
				 __ATOMIC_RELEASE);
		pthread_kill(cpu->thread, KICK);
	}
}

static enum kt_status start_one(struct kt_vm *vm, unsigned int i,
				const struct kt_machine *m,
				struct kt_error *err)
{
	struct kt_vcpu *cpu = &vm->vcpus[i];
	enum kt_status st;

	/* Whoever kicks must see it whole, or not yet. */
	pthread_mutex_lock(&vm->lock);
	st = kt_kvm_thread(&cpu->thread, vcpu_thread, cpu,
			   m->pin ? (int)m->pin[i] : -1, err);
	cpu->started = !st;
	pthread_mutex_unlock(&vm->lock);
	return st;
}

enum kt_status kt_kvm_vcpus_start(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err)
{
	for (unsigned int i = vm->nr_vcpus; i-- > 0;) {
		enum kt_status st = start_one(vm, i, m, err);

		if (st)
			return st;
	}
	return KT_OK;
}

void kt_kvm_vcpus_join(struct kt_vm *vm)
{
	for (unsigned int i = 0; vm->vcpus && i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i].started)
			pthread_join(vm->vcpus[i].thread, NULL);
		vm->vcpus[i].started = false;
	}
}

void kt_kvm_vcpus_free(struct kt_vm *vm)
{
	for (unsigned int i = 0; vm->vcpus && i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i].run)
			munmap(vm->vcpus[i].run, vm->run_bytes);
		kt_closep(&vm->vcpus[i].fd);
	}
	free(vm->vcpus);
	vm->vcpus = NULL;
}
