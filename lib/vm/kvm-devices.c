// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm-devices - devices: the bus, and the thread that moves bytes
 *
 * What the guest gives to the console device is moved by the device thread,
 * which KVM wakes without any CPU coming out of KVM_RUN.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ctl.h"
#include "lib/fd.h"
#include "lib/vm/kvm-vm.h"
#include "lib/vm/layout.h"

#define DRAIN_MS 1000 /* without progress, when the machine has ended */

static const char *const port_names[KT_NR_PORTS] = {
	[KT_PORT_CONTROL] = KT_CTL_PORT_CONTROL,
	[KT_PORT_STDIN] = KT_CTL_PORT_STDIN,
	[KT_PORT_STDOUT] = KT_CTL_PORT_STDOUT,
	[KT_PORT_STDERR] = KT_CTL_PORT_STDERR,
};

/* What a call on a non-blocking socket has moved: lib/vm/virtio-console.h. */
static long moved(ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n;
}

static long send_port(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	const struct kt_vm *vm = ctx;
	const struct msghdr msg = { .msg_iov = (struct iovec *)iov,
				    .msg_iovlen = nr };

	return moved(sendmsg(vm->dev.ports[port], &msg,
			     MSG_DONTWAIT | MSG_NOSIGNAL));
}

static long recv_port(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	const struct kt_vm *vm = ctx;
	struct msghdr msg = { .msg_iov = (struct iovec *)iov,
			      .msg_iovlen = nr };
	const ssize_t n = recvmsg(vm->dev.ports[port], &msg, MSG_DONTWAIT);

	return n ? moved(n) : -1;
}

static void irq_virtio(void *ctx)
{
	kt_kvm_signal(((struct kt_vm *)ctx)->dev.irq_virtio);
}

static void kick(void *ctx)
{
	kt_kvm_signal(((struct kt_vm *)ctx)->dev.kick);
}

static bool in_range(uint16_t port, unsigned int from, unsigned int len)
{
	return port >= from && port - from < len;
}

/* The line that has this register, or NULL. */
static struct kt_serial *serial_at(struct kt_devices *dev, uint16_t port,
				   unsigned int *offset)
{
	for (int i = 0; i < KT_NR_SERIALS; i++) {
		const unsigned int from = kt_kvm_serial_port[i];

		if (!in_range(port, from, KT_PORT_UART_BYTES))
			continue;
		*offset = port - from;
		return &dev->serial[i];
	}
	return NULL;
}

void kt_kvm_port_in(struct kt_vm *vm, uint16_t port, uint8_t *data, size_t len)
{
	struct kt_devices *dev = &vm->dev;
	unsigned int offset = 0;
	struct kt_serial *serial = serial_at(dev, port, &offset);

	memset(data, 0xff, len);
	pthread_mutex_lock(&dev->lock);
	if (serial)
		data[0] = kt_serial_read(serial, offset);
	else if (in_range(port, KT_PORT_PM, KT_PM_BYTES))
		kt_pm_read(&dev->pm, port - KT_PORT_PM, data, len);
	else if (port == KT_PORT_I8042_DATA || port == KT_PORT_RESET)
		data[0] = 0;
	pthread_mutex_unlock(&dev->lock);
}

enum kt_vm_state kt_kvm_port_out(struct kt_vm *vm, uint16_t port,
				 const uint8_t *data, size_t len)
{
	struct kt_devices *dev = &vm->dev;
	enum kt_vm_state next = KT_VM_RUNNING;
	unsigned int offset = 0;
	struct kt_serial *serial = serial_at(dev, port, &offset);
	bool full = false;

	pthread_mutex_lock(&dev->lock);
	if (serial)
		full = kt_serial_write(serial, offset, data[0]);
	else if (port == KT_PORT_RESET && data[0] == KT_RESET_VALUE)
		next = KT_VM_RESET;
	else if (in_range(port, KT_PORT_PM, KT_PM_BYTES) &&
		 kt_pm_write(&dev->pm, port - KT_PORT_PM, data, len))
		next = KT_VM_POWEROFF;
	pthread_mutex_unlock(&dev->lock);
	if (full)
		kt_serial_wait(serial);
	return next;
}

void kt_kvm_mmio(struct kt_vm *vm, uint64_t gpa, uint8_t *data, size_t len,
		 bool write)
{
	struct kt_devices *dev = &vm->dev;
	const uint64_t offset = gpa - KT_GPA_VIRTIO;

	if (gpa < KT_GPA_VIRTIO || offset >= KT_VIRTIO_BYTES) {
		if (!write)
			memset(data, 0xff, len);
		return;
	}
	pthread_mutex_lock(&dev->lock);
	if (write)
		kt_virtio_write(&dev->con.virtio, offset, data, len);
	else
		kt_virtio_read(&dev->con.virtio, offset, data, len);
	pthread_mutex_unlock(&dev->lock);
}

void kt_kvm_resize(struct kt_vm *vm, unsigned int cols, unsigned int rows)
{
	pthread_mutex_lock(&vm->dev.lock);
	kt_vcon_resize(&vm->dev.con, cols, rows);
	pthread_mutex_unlock(&vm->dev.lock);
	kick(vm);
}

/* Places in the device thread's poll(); the ports come first. */
enum {
	KICK = KT_NR_PORTS,
	STOP,
	TIMER,
	SERIAL,
	NR_POLL = SERIAL + KT_NR_SERIALS,
};

/*
 * @stopping is what work() goes by in this round: who took it to be later than
 * that would wait without looking at vm->stop, and without end.
 */
static void choose(const struct kt_vm *vm, bool stopping,
		   struct pollfd fds[NR_POLL])
{
	const struct kt_devices *dev = &vm->dev;

	for (unsigned int i = 0; i < KT_NR_PORTS; i++) {
		const bool out = kt_vcon_wants_out(&dev->con, i);
		const bool in = !stopping && kt_vcon_wants_in(&dev->con, i);

		fds[i].fd = out || in ? dev->ports[i] : -1;
		fds[i].events =
			(short)((out ? POLLOUT : 0) | (in ? POLLIN : 0));
	}
	fds[KICK] = (struct pollfd){ dev->kick, POLLIN, 0 };
	fds[STOP] = (struct pollfd){ stopping ? -1 : vm->stop, POLLIN, 0 };
	fds[TIMER] = (struct pollfd){ dev->timer, POLLIN, 0 };
	for (int i = 0; i < KT_NR_SERIALS; i++)
		fds[SERIAL + i] = kt_serial_events(&dev->serial[i], stopping);
}

static void take_events(struct kt_devices *dev, const struct pollfd *fds)
{
	uint64_t count;

	if (fds[KICK].revents && read(dev->kick, &count, sizeof(count)) < 0)
		count = 0;
	if (fds[TIMER].revents) {
		if (read(dev->timer, &count, sizeof(count)) < 0)
			count = 0;
		dev->timing = false;
	}
	for (int i = 0; i < KT_NR_SERIALS; i++)
		kt_serial_pump(&dev->serial[i], fds[SERIAL + i].revents,
			       fds[TIMER].revents != 0);
	for (unsigned int i = 0; i < KT_NR_PORTS; i++)
		if (fds[i].revents)
			kt_vcon_unblock(&dev->con, i);
}

/* The machine has ended; but is there something on its way still? */
static bool drained(struct kt_vm *vm)
{
	struct kt_devices *dev = &vm->dev;
	bool all = true;

	if (atomic_load(&vm->killed))
		return true;
	for (int i = 0; i < KT_NR_SERIALS; i++) {
		kt_serial_pump(&dev->serial[i], 0, true);
		all = all && !dev->serial[i].out_len;
	}
	return all && !kt_vcon_pending(&dev->con);
}

static void tell(struct kt_vm *vm)
{
	enum kt_vm_state end;

	pthread_mutex_lock(&vm->lock);
	end = vm->end;
	pthread_mutex_unlock(&vm->lock);
	atomic_store(&vm->told, end);
	kt_kvm_signal(vm->ended);
}

static void work(struct kt_vm *vm)
{
	struct kt_devices *dev = &vm->dev;
	struct pollfd fds[NR_POLL] = { 0 };

	for (;;) {
		bool more, stopping;
		int nr;

		pthread_mutex_lock(&dev->lock);
		stopping = atomic_load(&vm->stopping);
		take_events(dev, fds);
		more = kt_vcon_pump(&dev->con);
		if (stopping && !more && drained(vm)) {
			pthread_mutex_unlock(&dev->lock);
			return;
		}
		choose(vm, stopping, fds);
		pthread_mutex_unlock(&dev->lock);
		nr = poll(fds, NR_POLL, more ? 0 : stopping ? DRAIN_MS : -1);
		if (stopping && !more && !nr)
			return;
		for (int i = 0; nr < 0 && i < NR_POLL; i++)
			fds[i].revents = 0;
	}
}

static void *device_thread(void *arg)
{
	struct kt_vm *vm = arg;
	struct kt_error err;

	pthread_setname_np(pthread_self(), "devices");
	if (kt_sandbox_enter(&vm->device_sandbox, &err))
		kt_kvm_finish(vm, KT_VM_FAILED, &err);
	else
		work(vm);
	tell(vm);
	return NULL;
}

static int make_event(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static bool connect_irq(const struct kt_vm *vm, int eventfd, unsigned int gsi)
{
	const struct kvm_irqfd irq = { .fd = (uint32_t)eventfd, .gsi = gsi };

	return !ioctl(vm->fd, KVM_IRQFD, &irq);
}

/* One eventfd for all queues: looking at each of them is cheap. */
static bool connect_notify(const struct kt_vm *vm)
{
	const struct kvm_ioeventfd notify = {
		.addr = KT_GPA_VIRTIO + KT_VIRTIO_NOTIFY,
		.len = 4,
		.fd = vm->dev.kick,
	};

	return !ioctl(vm->fd, KVM_IOEVENTFD, &notify);
}

static bool copy_fds(struct kt_devices *dev, const struct kt_machine *m)
{
	const int serial[KT_NR_SERIALS] = { m->console, m->serial };
	bool good = true;

	for (int i = 0; i < KT_NR_SERIALS; i++) {
		dev->serial[i].fd = fcntl(serial[i], F_DUPFD_CLOEXEC, 3);
		good = good && dev->serial[i].fd >= 0;
	}
	for (int i = 0; i < KT_NR_PORTS; i++) {
		dev->ports[i] = fcntl(m->ports[i], F_DUPFD_CLOEXEC, 3);
		good = good && dev->ports[i] >= 0;
	}
	return good;
}

static void init_models(struct kt_vm *vm)
{
	const struct kt_vcon_io io = { .send = send_port,
				       .recv = recv_port,
				       .irq = irq_virtio,
				       .notify = kick,
				       .ctx = vm };
	struct kt_devices *dev = &vm->dev;

	for (int i = 0; i < KT_NR_SERIALS; i++)
		kt_serial_init(&dev->serial[i], vm);
	kt_vcon_init(&dev->con, port_names, KT_NR_PORTS, &vm->dma, &io);
}

enum kt_status kt_kvm_devices_make(struct kt_vm *vm, const struct kt_machine *m,
				   struct kt_error *err)
{
	static const unsigned int gsi[KT_NR_SERIALS] = { KT_IRQ_COM1,
							 KT_IRQ_COM2 };
	struct kt_devices *dev = &vm->dev;
	bool good = true;

	for (int i = 0; i < KT_NR_SERIALS; i++) {
		dev->serial[i].irq = make_event();
		good = good && dev->serial[i].irq >= 0;
	}
	dev->irq_virtio = make_event();
	dev->kick = make_event();
	dev->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!copy_fds(dev, m) || !good || dev->irq_virtio < 0 ||
	    dev->kick < 0 || dev->timer < 0)
		return kt_fail_errno(err, "cannot make the devices");
	init_models(vm);
	for (int i = 0; i < KT_NR_SERIALS; i++)
		good = good && connect_irq(vm, dev->serial[i].irq, gsi[i]);
	if (!good || !connect_irq(vm, dev->irq_virtio, KT_IRQ_VIRTIO) ||
	    !connect_notify(vm))
		return kt_fail_errno(err, "KVM refuses the devices");
	return KT_OK;
}

enum kt_status kt_kvm_devices_start(struct kt_vm *vm, struct kt_error *err)
{
	enum kt_status st =
		kt_kvm_thread(&vm->dev.thread, device_thread, vm, -1, err);

	vm->dev.started = !st;
	return st;
}

void kt_kvm_devices_free(struct kt_vm *vm)
{
	struct kt_devices *dev = &vm->dev;

	if (dev->started)
		pthread_join(dev->thread, NULL);
	for (int i = 0; i < KT_NR_SERIALS; i++) {
		kt_closep(&dev->serial[i].fd);
		kt_closep(&dev->serial[i].irq);
	}
	for (int i = 0; i < KT_NR_PORTS; i++)
		kt_closep(&dev->ports[i]);
	kt_closep(&dev->irq_virtio);
	kt_closep(&dev->kick);
	kt_closep(&dev->timer);
}
