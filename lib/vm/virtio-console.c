// SPDX-License-Identifier: GPL-2.0-only
/* virtio-console - a console with several ports */
#include "lib/vm/virtio-console.h"

#include <endian.h>
#include <string.h>

#define DEVICE_ID 3
#define F_SIZE (UINT64_C(1) << 0)
#define F_MULTIPORT (UINT64_C(1) << 1)
#define F_VERSION_1 (UINT64_C(1) << 32)

/* 5.3.2: port 0's queues, the control queues, then those of the others. */
enum { CONTROL_IN = 2, CONTROL_OUT = 3 };

/*
 * Entries of a queue. Linux fills those it receives by with a page each when it
 * finds the device, so they are small where little comes.
 */
#define IN_ENTRIES 32
#define OUT_ENTRIES 128

#define ROUNDS 16 /* chains of one queue in a row */

/* 5.3.6.2. */
struct control {
	uint32_t id;
	uint16_t event, value;
};

enum {
	DEVICE_READY = 0,
	DEVICE_ADD = 1,
	PORT_READY = 3,
	CONSOLE_PORT = 4,
	RESIZE = 5,
	PORT_OPEN = 6,
	PORT_NAME = 7,
};

/* Bits of kt_vcon_port.tell, in the order they are told. */
enum {
	TELL_ADD = 1,
	TELL_CONSOLE = 2,
	TELL_NAME = 4,
	TELL_OPEN = 8,
	TELL_CLOSED = 16,
	TELL_SIZE = 32,
};

static unsigned int in_queue(unsigned int port)
{
	return port ? 2 + 2 * port : 0;
}

static unsigned int out_queue(unsigned int port)
{
	return in_queue(port) + 1;
}

static bool multiport(const struct kt_vcon *con)
{
	return kt_virtio_accepted(&con->virtio, F_MULTIPORT);
}

/* Without MULTIPORT there is port 0, and it is open. */
static bool is_there(const struct kt_vcon *con, unsigned int port)
{
	return !port || multiport(con);
}

static bool is_open(const struct kt_vcon *con, unsigned int port)
{
	return multiport(con) ? con->port[port].guest_open : !port;
}

static void set_config(struct kt_vcon *con)
{
	const uint16_t cols = htole16(con->cols), rows = htole16(con->rows);
	const uint32_t ports = htole32(con->nr_ports);

	memcpy(con->config, &cols, sizeof(cols));
	memcpy(con->config + 2, &rows, sizeof(rows));
	memcpy(con->config + 4, &ports, sizeof(ports));
}

static void on_reset(void *ctx)
{
	struct kt_vcon *con = ctx;

	for (unsigned int i = 0; i < con->nr_ports; i++) {
		struct kt_vcon_port *p = &con->port[i];

		p->tell = 0;
		p->guest_open = false;
		p->sent = 0;
	}
}

static void on_notify(void *ctx)
{
	struct kt_vcon *con = ctx;

	con->io.notify(con->io.ctx);
}

static void on_irq(void *ctx)
{
	struct kt_vcon *con = ctx;

	con->io.irq(con->io.ctx);
}

void kt_vcon_init(struct kt_vcon *con, const char *const *names,
		  unsigned int nr, const struct kt_dma *dma,
		  const struct kt_vcon_io *io)
{
	struct kt_virtio *v = &con->virtio;

	*con = (struct kt_vcon){ .io = *io, .nr_ports = nr };
	for (unsigned int i = 0; i < nr; i++) {
		con->port[i].name = names[i];
		v->queue[in_queue(i)].max = IN_ENTRIES;
		v->queue[out_queue(i)].max = OUT_ENTRIES;
	}
	v->queue[CONTROL_IN].max = IN_ENTRIES;
	v->queue[CONTROL_OUT].max = IN_ENTRIES;
	v->device_id = DEVICE_ID;
	v->features = F_SIZE | F_MULTIPORT | F_VERSION_1;
	v->dma = dma;
	v->config = con->config;
	v->config_bytes = sizeof(con->config);
	v->irq = on_irq;
	v->on_reset = on_reset;
	v->on_notify = on_notify;
	v->ctx = con;
	v->nr_queues = 2 * (nr + 1);
	set_config(con);
	kt_virtio_reset(v);
}

/* The next chain of queue @i in con->chain; a broken queue ends all work. */
static bool next_chain(struct kt_vcon *con, unsigned int i)
{
	struct kt_virtq *q = &con->virtio.queue[i];

	if (kt_virtq_peek(q, &con->chain))
		return true;
	if (q->broken)
		kt_virtio_break(&con->virtio);
	return false;
}

/* Copy up to @len bytes out of a chain; returns how many there were. */
static size_t gather(const struct kt_chain *c, void *out, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < c->nr_out && done < len; i++) {
		size_t n = c->iov[i].iov_len;

		if (n > len - done)
			n = len - done;
		memcpy((char *)out + done, c->iov[i].iov_base, n);
		done += n;
	}
	return done;
}

static size_t scatter(const struct kt_chain *c, const void *data, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < c->nr_in && done < len; i++) {
		const struct iovec *iov = &c->iov[c->nr_out + i];
		size_t n = iov->iov_len;

		if (n > len - done)
			n = len - done;
		memcpy(iov->iov_base, (const char *)data + done, n);
		done += n;
	}
	return done;
}

static void port_ready(struct kt_vcon *con, struct kt_vcon_port *p)
{
	p->tell |= p->name ? TELL_NAME : TELL_CONSOLE;
	if (!p->name && con->cols)
		p->tell |= TELL_SIZE;
	if (!p->ended && !p->gone)
		p->tell |= TELL_OPEN;
}

static void hear(struct kt_vcon *con, const struct control *msg)
{
	const uint32_t id = le32toh(msg->id);
	const uint16_t value = le16toh(msg->value);

	if (le16toh(msg->event) == DEVICE_READY) {
		for (unsigned int i = 0; value == 1 && i < con->nr_ports; i++)
			con->port[i].tell |= TELL_ADD;
		return;
	}
	if (id >= con->nr_ports)
		return;
	if (le16toh(msg->event) == PORT_READY && value == 1)
		port_ready(con, &con->port[id]);
	else if (le16toh(msg->event) == PORT_OPEN)
		con->port[id].guest_open = value == 1;
}

/* What the guest says on the control queue. */
static unsigned int pump_control_out(struct kt_vcon *con, bool *irq)
{
	struct kt_virtq *q = &con->virtio.queue[CONTROL_OUT];
	unsigned int n;

	for (n = 0; n < ROUNDS && next_chain(con, CONTROL_OUT); n++) {
		struct control msg;

		if (gather(&con->chain, &msg, sizeof(msg)) == sizeof(msg))
			hear(con, &msg);
		kt_virtq_push(q, con->chain.head, 0);
	}
	*irq |= n && kt_virtq_wants_irq(q);
	return n;
}

/* The first bit of p->tell as a message; returns its length. */
static size_t make_message(const struct kt_vcon *con, unsigned int port,
			   unsigned int bit, char out[64])
{
	struct control msg = { .id = htole32(port), .value = htole16(1) };
	/*
	 * The standard has columns first, and Linux rows, but for a few
	 * releases around 6.15: what is in use decides.
	 */
	const uint16_t size[2] = { htole16(con->rows), htole16(con->cols) };
	const char *name = con->port[port].name;
	const void *more = NULL;
	size_t len = 0;

	switch (bit) {
	case TELL_ADD:
		msg.event = htole16(DEVICE_ADD);
		break;
	case TELL_CONSOLE:
		msg.event = htole16(CONSOLE_PORT);
		break;
	case TELL_NAME:
		msg.event = htole16(PORT_NAME);
		more = name;
		len = strlen(name);
		break;
	case TELL_SIZE:
		msg.event = htole16(RESIZE);
		more = size;
		len = sizeof(size);
		break;
	default:
		msg.event = htole16(PORT_OPEN);
		msg.value = htole16(bit == TELL_OPEN);
		break;
	}
	if (len > 64 - sizeof(msg))
		len = 64 - sizeof(msg);
	memcpy(out, &msg, sizeof(msg));
	if (len)
		memcpy(out + sizeof(msg), more, len);
	return sizeof(msg) + len;
}

/* What the guest has to be told, port by port. */
static unsigned int pump_control_in(struct kt_vcon *con, bool *irq)
{
	struct kt_virtq *q = &con->virtio.queue[CONTROL_IN];
	unsigned int n = 0;

	for (unsigned int i = 0; i < con->nr_ports; i++) {
		struct kt_vcon_port *p = &con->port[i];

		while (p->tell && next_chain(con, CONTROL_IN)) {
			const unsigned int bit = p->tell & -p->tell;
			char msg[64];
			const size_t len = make_message(con, i, bit, msg);

			p->tell &= ~bit;
			kt_virtq_push(q, con->chain.head,
				      (uint32_t)scatter(&con->chain, msg, len));
			n++;
		}
	}
	*irq |= n && kt_virtq_wants_irq(q);
	return n;
}

/* The readable part of the chain without its first @skip bytes. */
static unsigned int rest_of(struct kt_chain *c, uint64_t skip,
			    struct iovec **iov)
{
	unsigned int i = 0;

	while (i < c->nr_out && skip >= c->iov[i].iov_len)
		skip -= c->iov[i++].iov_len;
	*iov = c->iov + i;
	if (i < c->nr_out) {
		c->iov[i].iov_base = (char *)c->iov[i].iov_base + skip;
		c->iov[i].iov_len -= skip;
	}
	return c->nr_out - i;
}

/*
 * Send the chain, from where the last try has left off. True: it is done with.
 * Nobody says that the guest has not changed it meanwhile; then less is sent.
 */
static bool send_chain(struct kt_vcon *con, unsigned int port)
{
	struct kt_vcon_port *p = &con->port[port];
	struct iovec *iov;
	const unsigned int nr = rest_of(&con->chain, p->sent, &iov);
	long n;

	if (p->gone || !nr)
		return true;
	n = con->io.send(port, iov, nr, con->io.ctx);
	if (n < 0) {
		p->gone = true;
		p->tell |= TELL_CLOSED;
		return true;
	}
	p->sent += (uint64_t)n;
	return p->sent >= con->chain.out_bytes;
}

static unsigned int pump_out(struct kt_vcon *con, unsigned int port, bool *irq)
{
	struct kt_vcon_port *p = &con->port[port];
	struct kt_virtq *q = &con->virtio.queue[out_queue(port)];
	unsigned int n;

	for (n = 0; n < ROUNDS && !p->blocked; n++) {
		if (!next_chain(con, out_queue(port)))
			break;
		if (!send_chain(con, port)) {
			p->blocked = true;
			break;
		}
		p->sent = 0;
		kt_virtq_push(q, con->chain.head, 0);
	}
	*irq |= n && kt_virtq_wants_irq(q);
	return n;
}

static unsigned int pump_in(struct kt_vcon *con, unsigned int port, bool *irq)
{
	struct kt_vcon_port *p = &con->port[port];
	struct kt_virtq *q = &con->virtio.queue[in_queue(port)];
	const struct kt_chain *c = &con->chain;
	unsigned int n;

	for (n = 0; n < ROUNDS && !p->ended && is_open(con, port); n++) {
		long got = 0;

		if (!next_chain(con, in_queue(port)))
			break;
		if (c->in_bytes)
			got = con->io.recv(port, c->iov + c->nr_out, c->nr_in,
					   con->io.ctx);
		if (got < 0) {
			p->ended = true;
			p->tell |= TELL_CLOSED;
		}
		if (c->in_bytes && got <= 0)
			break;
		kt_virtq_push(q, c->head, (uint32_t)got);
	}
	*irq |= n && kt_virtq_wants_irq(q);
	return n;
}

bool kt_vcon_pump(struct kt_vcon *con)
{
	bool irq = false, more = false;
	unsigned int n;

	if (!kt_virtio_running(&con->virtio))
		return false;
	for (unsigned int i = 0; i < con->nr_ports && is_there(con, i); i++) {
		n = pump_out(con, i, &irq);
		more |= n == ROUNDS;
		n = pump_in(con, i, &irq);
		more |= n == ROUNDS;
	}
	if (multiport(con)) {
		n = pump_control_out(con, &irq);
		more |= n == ROUNDS;
		pump_control_in(con, &irq);
	}
	if (irq)
		kt_virtio_interrupt(&con->virtio);
	return more && kt_virtio_running(&con->virtio);
}

bool kt_vcon_wants_out(const struct kt_vcon *con, unsigned int port)
{
	return kt_virtio_running(&con->virtio) && con->port[port].blocked &&
	       !con->port[port].gone;
}

bool kt_vcon_wants_in(const struct kt_vcon *con, unsigned int port)
{
	return kt_virtio_running(&con->virtio) && is_open(con, port) &&
	       !con->port[port].ended &&
	       kt_virtq_has(&con->virtio.queue[in_queue(port)]);
}

void kt_vcon_unblock(struct kt_vcon *con, unsigned int port)
{
	con->port[port].blocked = false;
}

bool kt_vcon_pending(const struct kt_vcon *con)
{
	if (!kt_virtio_running(&con->virtio))
		return false;
	for (unsigned int i = 0; i < con->nr_ports && is_there(con, i); i++)
		if (!con->port[i].gone &&
		    kt_virtq_has(&con->virtio.queue[out_queue(i)]))
			return true;
	return false;
}

void kt_vcon_resize(struct kt_vcon *con, unsigned int cols, unsigned int rows)
{
	con->cols = cols <= UINT16_MAX ? (uint16_t)cols : UINT16_MAX;
	con->rows = rows <= UINT16_MAX ? (uint16_t)rows : UINT16_MAX;
	set_config(con);
	for (unsigned int i = 0; i < con->nr_ports; i++)
		if (!con->port[i].name && con->port[i].guest_open)
			con->port[i].tell |= TELL_SIZE;
	kt_virtio_changed(&con->virtio);
}
