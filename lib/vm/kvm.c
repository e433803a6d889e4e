// SPDX-License-Identifier: GPL-2.0-only
/* kvm - the engine that runs a guest on the processor itself */
#include "lib/vm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/kvm-vm.h"
#include "lib/vm/layout.h"
#include "lib/vm/terminal.h"
#include "lib/xalloc.h"

#define DEVICE "/dev/kvm"
#define STACK_BYTES ((size_t)256 << 10)
#define HALT_POLL_NS 200000 /* before a CPU that waits gives its host's away */

/*
 * There is no PCI bus to look for: all that there is, ACPI tells. Nor a device
 * that could not reach all memory, for which 64 MiB would be set aside.
 */
static const char cmdline[] = "pci=off swiotlb=noforce";

/* What the machine cannot be made without; all are there since Linux 4.13. */
static const struct {
	int cap;
	const char *name;
} needed[] = {
	{ KVM_CAP_IRQCHIP, "interrupt controllers" },
	{ KVM_CAP_USER_MEMORY, "memory of ours" },
	{ KVM_CAP_SET_TSS_ADDR, "a place for its TSS" },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR, "a place for its page table" },
	{ KVM_CAP_EXT_CPUID, "CPUID" },
	{ KVM_CAP_IRQFD, "interrupts by eventfd" },
	{ KVM_CAP_PIT2, "a timer" },
	{ KVM_CAP_IOEVENTFD, "notification by eventfd" },
	{ KVM_CAP_IMMEDIATE_EXIT, "immediate_exit" },
};

enum kt_status kt_kvm_open(int *out, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = open(DEVICE, O_RDWR | O_CLOEXEC);
	int version;

	if (fd < 0 && errno == EACCES)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP,
				       "no permission to open \"" DEVICE "\""),
			       "as root: usermod -aG kvm $USER, and log in "
			       "again");
	if (fd < 0)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP,
				       "cannot open \"" DEVICE "\": %s",
				       strerror(errno)),
			       "load kvm_intel or kvm_amd; the firmware may "
			       "have turned virtualization off");
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return kt_fail(err, KT_SKIP,
			       "\"" DEVICE "\" has API version %d, not %d",
			       version, KVM_API_VERSION);
	*out = kt_take_fd(&fd);
	return KT_OK;
}

bool kt_kvm_cpu_has_virt(const char *cpuinfo)
{
	const char *flags = strstr(cpuinfo, "\nflags");
	const char *end = flags ? strchr(flags + 1, '\n') : NULL;
	const char *p = flags;

	if (!flags)
		return false;
	while ((p = strchr(p + 1, ' ')) && (!end || p < end))
		if ((!strncmp(p + 1, "vmx", 3) || !strncmp(p + 1, "svm", 3)) &&
		    (p[4] == ' ' || p[4] == '\n'))
			return true;
	return false;
}

enum kt_status kt_kvm_check(struct kt_error *err)
{
	int kvm KT_CLEANUP(kt_closep) = -1;
	int fd KT_CLEANUP(kt_closep) = -1;
	char text
		[8192]; /* the first CPU's part; all of it takes long to make */
	ssize_t n;
	enum kt_status st = kt_kvm_open(&kvm, err);

	if (st)
		return st;
	fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (!kt_kvm_cpu_has_virt(text))
		return kt_fail(err, KT_SKIP,
			       "\"" DEVICE "\" opens, but the CPU has neither "
			       "VMX nor SVM, so it would emulate");
	return KT_OK;
}

void kt_kvm_signal(int eventfd)
{
	const uint64_t one = 1;

	/* Full (EAGAIN) is signalled too. */
	if (write(eventfd, &one, sizeof(one)) < 0)
		errno = 0;
}

void kt_kvm_finish(struct kt_vm *vm, enum kt_vm_state state,
		   const struct kt_error *why)
{
	pthread_mutex_lock(&vm->lock);
	if (vm->end == KT_VM_RUNNING) {
		vm->end = state;
		if (why)
			vm->why = *why;
		atomic_store(&vm->stopping, true);
		kt_kvm_signal(vm->stop);
		kt_kvm_vcpus_kick(vm);
	}
	pthread_mutex_unlock(&vm->lock);
}

/* It interrupts KVM_RUN, and that is all. */
static void on_kick(int sig KT_UNUSED)
{
}

enum kt_status kt_kvm_thread(pthread_t *thread, void *(*fn)(void *), void *ctx,
			     int pin, struct kt_error *err)
{
	sigset_t all, before;
	pthread_attr_t attr;
	cpu_set_t cpus;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pin >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((size_t)pin, &cpus);
		pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	}
	sigfillset(&all);
	sigdelset(&all, SIGRTMIN);
	kt_terminal_spare(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, &attr, fn, ctx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (!error)
		return KT_OK;
	errno = error;
	if (pin >= 0)
		return kt_fail_errno(err, "cannot start a thread on CPU %d",
				     pin);
	return kt_fail_errno(err, "cannot start a thread");
}

static enum kt_status check_caps(int kvm, const struct kt_topology *t,
				 struct kt_error *err)
{
	const unsigned int cpus = kt_topology_cpus(t);
	int most;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (ioctl(kvm, KVM_CHECK_EXTENSION, needed[i].cap) <= 0)
			return kt_fail(err, KT_SKIP, "this KVM has no %s",
				       needed[i].name);
	most = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	if (most > 0 && cpus > (unsigned int)most)
		return kt_fail(err, KT_SKIP, "KVM makes %d CPUs, not %u", most,
			       cpus);
	return KT_OK;
}

/* For its speed; whatever it refuses it is only slower without. */
static void tune(const struct kt_vm *vm, const struct kt_machine *m)
{
	struct kvm_enable_cap halt = { .cap = KVM_CAP_HALT_POLL };
	struct kvm_enable_cap pause = {
		.cap = KVM_CAP_X86_DISABLE_EXITS,
		.args = { KVM_X86_DISABLE_EXITS_PAUSE },
	};

	/* Where CPUs share one of the host's, waiting busily is a loss. */
	if (vm->nr_vcpus <= (unsigned int)get_nprocs())
		halt.args[0] = HALT_POLL_NS;
	ioctl(vm->fd, KVM_ENABLE_CAP, &halt);
	if (m->pin)
		ioctl(vm->fd, KVM_ENABLE_CAP, &pause);
}

static enum kt_status make_vm(struct kt_vm *vm, const struct kt_machine *m,
			      struct kt_error *err)
{
	const struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	uint64_t identity = KT_GPA_KVM_IDENTITY;

	do
		vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	while (vm->fd < 0 && errno == EINTR);
	if (vm->fd < 0)
		return kt_fail_errno(err, "KVM does not make a machine");
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, (unsigned long)KT_GPA_KVM_TSS) ||
	    ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) ||
	    ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) ||
	    ioctl(vm->fd, KVM_CREATE_PIT2, &pit))
		return kt_fail_errno(err, "KVM does not make the chips");
	tune(vm, m);
	return KT_OK;
}

static struct kt_vm *vm_new(const struct kt_machine *m)
{
	struct kt_vm *vm = kt_xcalloc(1, sizeof(*vm));

	vm->kvm = vm->fd = vm->stop = vm->ended = -1;
	vm->topology = m->topology;
	vm->nr_vcpus = kt_topology_cpus(&m->topology);
	vm->dev.kick = vm->dev.timer = vm->dev.irq_virtio = -1;
	for (int i = 0; i < KT_NR_SERIALS; i++)
		vm->dev.serial[i].fd = vm->dev.serial[i].irq = -1;
	for (int i = 0; i < KT_NR_PORTS; i++)
		vm->dev.ports[i] = -1;
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->dev.lock, NULL);
	return vm;
}

/* Threads first, then what they use, and the memory last. */
static void end(struct kt_vm *vm)
{
	atomic_store(&vm->killed, true);
	kt_kvm_finish(vm, KT_VM_FAILED, NULL);
	/* It may have been draining, and look no more at who stops. */
	kt_kvm_signal(vm->dev.kick);
	kt_kvm_vcpus_join(vm);
	kt_kvm_devices_free(vm);
	if (vm->stats)
		kt_kvm_stats(vm, vm->stats);
	kt_kvm_vcpus_free(vm);
	kt_closep(&vm->fd);
	kt_closep(&vm->kvm);
	kt_kvm_memory_free(vm);
	kt_closep(&vm->stop);
	kt_closep(&vm->ended);
	kt_sandbox_free(&vm->vcpu_sandbox);
	kt_sandbox_free(&vm->device_sandbox);
	pthread_mutex_destroy(&vm->dev.lock);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

static enum kt_status set_up(struct kt_vm *vm, const struct kt_machine *m,
			     struct kt_error *err)
{
	const struct sigaction sa = { .sa_handler = on_kick };
	enum kt_status st = kt_kvm_open(&vm->kvm, err);

	if (!st)
		st = check_caps(vm->kvm, &m->topology, err);
	if (st)
		return st;
	vm->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vm->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->stop < 0 || vm->ended < 0 || sigaction(SIGRTMIN, &sa, NULL))
		return kt_fail_errno(err, "cannot make a machine");
	st = make_vm(vm, m, err);
	if (!st)
		st = kt_kvm_memory_make(vm, m, err);
	if (!st)
		st = kt_kvm_memory_load(vm, m, err);
	if (!st)
		st = kt_kvm_vcpus_make(vm, m, err);
	if (!st)
		st = kt_kvm_devices_make(vm, m, err);
	if (!st)
		st = kt_sandbox_make(KT_SANDBOX_VCPU, kt_terminal_tty(),
				     &vm->vcpu_sandbox, err);
	if (!st)
		st = kt_sandbox_make(KT_SANDBOX_DEVICES, kt_terminal_tty(),
				     &vm->device_sandbox, err);
	return st;
}

static enum kt_status start(const struct kt_machine *m, struct kt_vm **out,
			    struct kt_error *err)
{
	struct kt_vm *vm = vm_new(m);
	enum kt_status st = set_up(vm, m, err);

	if (!st)
		st = kt_kvm_devices_start(vm, err);
	if (!st)
		st = kt_kvm_vcpus_start(vm, m, err);
	if (st) {
		end(vm);
		return st;
	}
	vm->stats = m->stats;
	*out = vm;
	return KT_OK;
}

static size_t fds(const struct kt_vm *vm, int out[KT_VM_MAX_FDS])
{
	out[0] = vm->ended;
	return 1;
}

static enum kt_vm_state state(struct kt_vm *vm, struct kt_error *err)
{
	const enum kt_vm_state told = (enum kt_vm_state)atomic_load(&vm->told);

	/* It was stored before, so there is nobody to lock out. */
	if (told == KT_VM_FAILED)
		*err = vm->why;
	return told;
}

static enum kt_status ram(struct kt_vm *vm, struct kt_ram *out,
			  struct kt_error *err KT_UNUSED)
{
	out->nr = vm->dma.nr;
	for (size_t i = 0; i < vm->dma.nr; i++)
		out->part[i] = (struct kt_ram_part){
			.gpa = vm->dma.part[i].gpa,
			.bytes = vm->dma.part[i].bytes,
			.map = vm->dma.part[i].map,
		};
	return KT_OK;
}

const struct kt_engine kt_engine_kvm = {
	.name = "kvm",
	.console = "CONFIG_VIRTIO_MMIO",
	.cmdline = cmdline,
	.tunes = true,
	.start = start,
	.fds = fds,
	.state = state,
	.ram = ram,
	.resize = kt_kvm_resize,
	.kill = end,
};
