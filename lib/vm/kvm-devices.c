// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm-devices - devices: the bus, and the thread that moves bytes
 *
 * What a CPU writes to ttyS0 is gathered and sent by that CPU's own thread, a
 * line at a time: waking another thread for each byte would cost more than all
 * the rest of it. What the guest gives to the console device is moved by the
 * device thread, which KVM wakes without any CPU coming out of KVM_RUN.
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

#define LINE_WAIT_NS (20 * KT_NS_PER_MS) /* for the end of a line */
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

static void irq_com1(void *ctx)
{
	kt_kvm_signal(((struct kt_vm *)ctx)->dev.irq_com1);
}

static void irq_com2(void *ctx)
{
	kt_kvm_signal(((struct kt_vm *)ctx)->dev.irq_com2);
}

static void kick(void *ctx)
{
	kt_kvm_signal(((struct kt_vm *)ctx)->dev.kick);
}

/* Send what the guest has written to ttyS0, as much as goes now. */
static void flush(struct kt_devices *dev)
{
	long n = 0;

	if (dev->out_len && !dev->out_gone)
		n = moved(send(dev->console, dev->out, dev->out_len,
			       MSG_DONTWAIT | MSG_NOSIGNAL));
	dev->out_gone |= n < 0;
	if (dev->out_gone)
		n = (long)dev->out_len;
	dev->out_len -= (size_t)n;
	memmove(dev->out, dev->out + n, dev->out_len);
	dev->out_blocked = dev->out_len > 0;
}

static void start_timer(const struct kt_devices *dev)
{
	const struct itimerspec in = { .it_value.tv_nsec = LINE_WAIT_NS };

	timerfd_settime(dev->timer, 0, &in, NULL);
}

/* A line is sent whole; the beginning of one only if its end does not come. */
static void put_com1(uint8_t byte, void *ctx)
{
	struct kt_devices *dev = &((struct kt_vm *)ctx)->dev;

	if (dev->out_len == sizeof(dev->out))
		return;
	if (!dev->out_len)
		start_timer(dev);
	dev->out[dev->out_len++] = (char)byte;
	if (byte == '\n' || dev->out_len == sizeof(dev->out))
		flush(dev);
	if (dev->out_blocked)
		kick(ctx);
}

/*
 * The guest writes to ttyS0 faster than that is read: its CPU waits, as it
 * would for a real line. Nobody waits for the lock meanwhile.
 */
static void wait_for_line(struct kt_vm *vm)
{
	struct kt_devices *dev = &vm->dev;
	bool full = true;

	while (full && !atomic_load(&vm->stopping)) {
		struct pollfd fds[] = { { dev->console, POLLOUT, 0 },
					{ vm->stop, POLLIN, 0 } };

		poll(fds, 2, -1);
		pthread_mutex_lock(&dev->lock);
		flush(dev);
		full = dev->out_len == sizeof(dev->out);
		pthread_mutex_unlock(&dev->lock);
	}
}

static bool in_range(uint16_t port, unsigned int from, unsigned int len)
{
	return port >= from && port - from < len;
}

static void read_com1(struct kt_vm *vm, unsigned int offset, uint8_t *data)
{
	struct kt_devices *dev = &vm->dev;

	data[0] = kt_uart_read(&dev->com1, offset);
	if (dev->in_blocked && kt_uart_room(&dev->com1))
		kick(vm);
}

void kt_kvm_port_in(struct kt_vm *vm, uint16_t port, uint8_t *data, size_t len)
{
	struct kt_devices *dev = &vm->dev;

	memset(data, 0xff, len);
	pthread_mutex_lock(&dev->lock);
	if (in_range(port, KT_PORT_COM1, KT_PORT_UART_BYTES))
		read_com1(vm, port - KT_PORT_COM1, data);
	else if (in_range(port, KT_PORT_COM2, KT_PORT_UART_BYTES))
		data[0] = kt_uart_read(&dev->com2, port - KT_PORT_COM2);
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
	bool full = false;

	pthread_mutex_lock(&dev->lock);
	if (in_range(port, KT_PORT_COM1, KT_PORT_UART_BYTES))
		kt_uart_write(&dev->com1, port - KT_PORT_COM1, data[0]);
	else if (in_range(port, KT_PORT_COM2, KT_PORT_UART_BYTES))
		kt_uart_write(&dev->com2, port - KT_PORT_COM2, data[0]);
	else if (port == KT_PORT_RESET && data[0] == KT_RESET_VALUE)
		next = KT_VM_RESET;
	else if (in_range(port, KT_PORT_PM, KT_PM_BYTES) &&
		 kt_pm_write(&dev->pm, port - KT_PORT_PM, data, len))
		next = KT_VM_POWEROFF;
	full = dev->out_len == sizeof(dev->out);
	pthread_mutex_unlock(&dev->lock);
	if (full)
		wait_for_line(vm);
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
enum { KICK = KT_NR_PORTS, STOP, TIMER, CONSOLE, NR_POLL };

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
	fds[CONSOLE] = (struct pollfd){ dev->console, 0, 0 };
	if (dev->out_blocked)
		fds[CONSOLE].events |= POLLOUT;
	if (!stopping && !dev->in_ended && !dev->in_blocked)
		fds[CONSOLE].events |= POLLIN;
	if (!fds[CONSOLE].events)
		fds[CONSOLE].fd = -1;
}

/* What comes for ttyS0 goes into its FIFO, as far as there is room. */
static void receive(struct kt_devices *dev)
{
	uint8_t bytes[KT_UART_FIFO];
	const size_t room = kt_uart_room(&dev->com1);
	ssize_t n;

	dev->in_blocked = !room;
	if (!room || dev->in_ended)
		return;
	n = recv(dev->console, bytes, room, MSG_DONTWAIT);
	dev->in_ended = !n || moved(n) < 0;
	for (ssize_t i = 0; i < n; i++)
		kt_uart_receive(&dev->com1, bytes[i]);
}

static void take_events(struct kt_devices *dev, const struct pollfd *fds)
{
	uint64_t count;

	if (fds[KICK].revents && read(dev->kick, &count, sizeof(count)) < 0)
		count = 0;
	if (fds[TIMER].revents) {
		if (read(dev->timer, &count, sizeof(count)) < 0)
			count = 0;
		flush(dev);
	}
	if (fds[CONSOLE].revents & ~POLLIN)
		flush(dev);
	if (fds[CONSOLE].revents & ~POLLOUT)
		receive(dev);
	else if (dev->in_blocked && kt_uart_room(&dev->com1))
		dev->in_blocked = false;
	for (unsigned int i = 0; i < KT_NR_PORTS; i++)
		if (fds[i].revents)
			kt_vcon_unblock(&dev->con, i);
}

/* The machine has ended; but is there something on its way still? */
static bool drained(struct kt_vm *vm)
{
	struct kt_devices *dev = &vm->dev;

	if (atomic_load(&vm->killed))
		return true;
	flush(dev);
	return !dev->out_len && !kt_vcon_pending(&dev->con);
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
	bool good;

	dev->console = fcntl(m->console, F_DUPFD_CLOEXEC, 3);
	good = dev->console >= 0;
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

	dev->com1 =
		(struct kt_uart){ .put = put_com1, .irq = irq_com1, .ctx = vm };
	dev->com2 = (struct kt_uart){ .irq = irq_com2, .ctx = vm };
	kt_uart_reset(&dev->com1);
	kt_uart_reset(&dev->com2);
	kt_vcon_init(&dev->con, port_names, KT_NR_PORTS, &vm->dma, &io);
}

enum kt_status kt_kvm_devices_make(struct kt_vm *vm, const struct kt_machine *m,
				   struct kt_error *err)
{
	struct kt_devices *dev = &vm->dev;

	dev->irq_com1 = make_event();
	dev->irq_com2 = make_event();
	dev->irq_virtio = make_event();
	dev->kick = make_event();
	dev->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!copy_fds(dev, m) || dev->irq_com1 < 0 || dev->irq_com2 < 0 ||
	    dev->irq_virtio < 0 || dev->kick < 0 || dev->timer < 0)
		return kt_fail_errno(err, "cannot make the devices");
	init_models(vm);
	if (!connect_irq(vm, dev->irq_com1, KT_IRQ_COM1) ||
	    !connect_irq(vm, dev->irq_com2, KT_IRQ_COM2) ||
	    !connect_irq(vm, dev->irq_virtio, KT_IRQ_VIRTIO) ||
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
	kt_closep(&dev->console);
	for (int i = 0; i < KT_NR_PORTS; i++)
		kt_closep(&dev->ports[i]);
	kt_closep(&dev->irq_com1);
	kt_closep(&dev->irq_com2);
	kt_closep(&dev->irq_virtio);
	kt_closep(&dev->kick);
	kt_closep(&dev->timer);
}
