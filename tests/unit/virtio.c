// SPDX-License-Identifier: GPL-2.0-only
/* virtio: the console with ports, driven by its registers as Linux does it */
#include <stdlib.h>

#include "lib/vm/virtio-console.h"
#include "tests/unit/tap.h"

#define RAM_BYTES 0x40000
#define NR_PORTS 3
#define NR_QUEUES 8
#define ENTRIES 16
#define MULTIPORT 2
#define PAGE 256 /* of each buffer */

/* Registers. */
enum {
	MAGIC = 0x00,
	VERSION = 0x04,
	DEVICE_ID = 0x08,
	FEATURES = 0x10,
	FEATURES_SEL = 0x14,
	DRIVER_FEATURES = 0x20,
	DRIVER_SEL = 0x24,
	QUEUE_SEL = 0x30,
	QUEUE_MAX = 0x34,
	QUEUE_NUM = 0x38,
	QUEUE_READY = 0x44,
	NOTIFY = 0x50,
	INTERRUPTS = 0x60,
	ACK = 0x64,
	STATUS = 0x70,
	DESC = 0x80,
	AVAIL = 0x90,
	USED = 0xa0,
	GENERATION = 0xfc,
	CONFIG = 0x100,
};

/* A driver, the memory it shares, and the far ends of the ports. */
struct bench {
	_Alignas(4096) unsigned char ram[RAM_BYTES];
	struct kt_dma dma;
	struct kt_vcon con;
	uint16_t seen[NR_QUEUES]; /* used entries taken */
	int irqs, notifies;
	char sent[NR_PORTS][1024];
	size_t nr_sent[NR_PORTS], room[NR_PORTS];
	const char *come[NR_PORTS]; /* NULL: nothing now */
	bool ended[NR_PORTS], gone[NR_PORTS];
};

static long send_some(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	struct bench *b = ctx;
	size_t done = 0;

	if (b->gone[port])
		return -1;
	for (unsigned int i = 0; i < nr; i++) {
		size_t n = iov[i].iov_len;

		if (n > b->room[port] - done)
			n = b->room[port] - done;
		memcpy(b->sent[port] + b->nr_sent[port], iov[i].iov_base, n);
		b->nr_sent[port] += n;
		done += n;
	}
	b->room[port] -= done;
	return (long)done;
}

static long recv_some(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	struct bench *b = ctx;
	size_t len = b->come[port] ? strlen(b->come[port]) : 0;

	if (b->ended[port])
		return -1;
	if (!nr || !len)
		return 0;
	if (len > iov[0].iov_len)
		len = iov[0].iov_len;
	memcpy(iov[0].iov_base, b->come[port], len);
	b->come[port] += len;
	return (long)len;
}

static void irq(void *ctx)
{
	((struct bench *)ctx)->irqs++;
}

static void notify(void *ctx)
{
	((struct bench *)ctx)->notifies++;
}

static struct bench *bench_new(void)
{
	static const char *const names[NR_PORTS] = { NULL, "one", "two" };
	struct bench *b = aligned_alloc(4096, (sizeof(*b) + 4095) & ~4095ul);
	struct kt_vcon_io io = { .send = send_some,
				 .recv = recv_some,
				 .irq = irq,
				 .notify = notify };

	memset(b, 0, sizeof(*b));
	b->dma = (struct kt_dma){ 1, { { 0, RAM_BYTES, b->ram } } };
	for (int i = 0; i < NR_PORTS; i++)
		b->room[i] = sizeof(b->sent[i]);
	io.ctx = b;
	kt_vcon_init(&b->con, names, NR_PORTS, &b->dma, &io);
	return b;
}

static uint32_t rd(struct bench *b, uint64_t reg)
{
	uint32_t val;

	kt_virtio_read(&b->con.virtio, reg, &val, sizeof(val));
	return val;
}

static void wr(struct bench *b, uint64_t reg, uint32_t val)
{
	kt_virtio_write(&b->con.virtio, reg, &val, sizeof(val));
}

static void write16(struct bench *b, size_t at, uint16_t val)
{
	memcpy(b->ram + at, &val, sizeof(val));
}

static uint16_t read16(const struct bench *b, size_t at)
{
	uint16_t val;

	memcpy(&val, b->ram + at, sizeof(val));
	return val;
}

/* Queue @q's memory: descriptors, rings, and a buffer for each descriptor. */
static size_t base(unsigned int q)
{
	return 0x1000 + q * 0x2000;
}

static size_t buffer(unsigned int q, unsigned int i)
{
	return base(q) + 0x1000 + i * PAGE;
}

static void offer(struct bench *b, unsigned int q, uint16_t i, uint32_t len,
		  bool to_write)
{
	const size_t avail = base(q) + 0x400;
	const uint64_t addr = buffer(q, i);
	const uint16_t idx = read16(b, avail + 2);

	memcpy(b->ram + base(q) + i * 16, &addr, sizeof(addr));
	memcpy(b->ram + base(q) + i * 16 + 8, &len, sizeof(len));
	write16(b, base(q) + i * 16 + 12, to_write ? 2 : 0);
	write16(b, avail + 4 + (idx % ENTRIES) * 2, i);
	write16(b, avail + 2, (uint16_t)(idx + 1));
}

/* The next used buffer of @q, or NULL; its length as the device has it. */
static const unsigned char *take(struct bench *b, unsigned int q, uint32_t *len)
{
	const size_t used = base(q) + 0x800;
	const size_t at = used + 4 + (b->seen[q] % ENTRIES) * 8;

	if (read16(b, used + 2) == b->seen[q])
		return NULL;
	b->seen[q]++;
	memcpy(len, b->ram + at + 4, sizeof(*len));
	return b->ram + buffer(q, read16(b, at));
}

static void set_queue(struct bench *b, unsigned int q)
{
	wr(b, QUEUE_SEL, q);
	wr(b, QUEUE_NUM, ENTRIES);
	wr(b, DESC, (uint32_t)base(q));
	wr(b, AVAIL, (uint32_t)base(q) + 0x400);
	wr(b, USED, (uint32_t)base(q) + 0x800);
	wr(b, QUEUE_READY, 1);
}

/* As a driver that wants @features does it, 3.1.1. */
static void start(struct bench *b, uint32_t features)
{
	memset(b->ram, 0, sizeof(b->ram));
	memset(b->seen, 0, sizeof(b->seen));
	wr(b, STATUS, 0);
	wr(b, STATUS, 1);
	wr(b, STATUS, 3);
	wr(b, DRIVER_SEL, 0);
	wr(b, DRIVER_FEATURES, features);
	wr(b, DRIVER_SEL, 1);
	wr(b, DRIVER_FEATURES, 1);
	wr(b, STATUS, 11);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		set_queue(b, q);
	wr(b, STATUS, 15);
}

static void say(struct bench *b, uint32_t id, uint16_t event, uint16_t value)
{
	static const unsigned int q = 3;
	uint16_t i = read16(b, base(q) + 0x402) % ENTRIES;
	const size_t at = buffer(q, i);

	memcpy(b->ram + at, &id, sizeof(id));
	write16(b, at + 4, event);
	write16(b, at + 6, value);
	offer(b, q, i, 8, false);
	kt_vcon_pump(&b->con);
}

/* What the device says next, as text: "0 1=1 name". */
static const char *hear(struct bench *b, char out[64])
{
	uint32_t len, id;
	const unsigned char *p = take(b, 2, &len);
	uint16_t event, value;
	int n;

	if (!p)
		return NULL;
	memcpy(&id, p, 4);
	memcpy(&event, p + 4, 2);
	memcpy(&value, p + 6, 2);
	n = snprintf(out, 64, "%u %u=%u", id, event, value);
	if (len > 8 && event == 7)
		snprintf(out + n, (size_t)(64 - n), " %.*s", (int)len - 8,
			 p + 8);
	else if (len > 8)
		snprintf(out + n, (size_t)(64 - n), " %u,%u", p[8], p[10]);
	return out;
}

static void test_registers(struct bench *b)
{
	uint16_t half;
	uint8_t byte;

	same_u64(rd(b, MAGIC), 0x74726976, "the magic value");
	same_u64(rd(b, VERSION), 2, "version 2");
	same_u64(rd(b, DEVICE_ID), 3, "a console");
	wr(b, FEATURES_SEL, 1);
	same_u64(rd(b, FEATURES), 1, "virtio 1");
	wr(b, FEATURES_SEL, 0);
	same_u64(rd(b, FEATURES), 3, "a size, and ports");
	wr(b, FEATURES_SEL, 2);
	same_u64(rd(b, FEATURES), 0, "and no features above 64");
	wr(b, QUEUE_SEL, NR_QUEUES - 1);
	ok(rd(b, QUEUE_MAX) >= ENTRIES, "the last queue is there");
	wr(b, QUEUE_SEL, NR_QUEUES);
	same_u64(rd(b, QUEUE_MAX), 0, "and none behind it");
	wr(b, QUEUE_SEL, UINT32_MAX);
	same_u64(rd(b, QUEUE_READY), 0, "nor far away");
	kt_virtio_read(&b->con.virtio, MAGIC, &half, 2);
	same_u64(half, 0xffff, "a register has four bytes");
	kt_virtio_read(&b->con.virtio, CONFIG + 4, &byte, 1);
	same_u64(byte, NR_PORTS, "configuration is read by bytes");
	same_u64(rd(b, CONFIG + 4), NR_PORTS, "and by words");
	same_u64(rd(b, CONFIG + 0xe00), 0, "and is 0 where there is none");
	same_u64(rd(b, 0xb0), UINT32_MAX, "there is no shared memory");
}

static void test_status(struct bench *b)
{
	wr(b, STATUS, 0);
	wr(b, DRIVER_FEATURES, 1);
	same_u64(b->con.virtio.driver_features, 0,
		 "no features before the driver says who it is");
	wr(b, STATUS, 15);
	same_u64(rd(b, STATUS), 3, "FEATURES_OK needs virtio 1");
	wr(b, DRIVER_SEL, 0);
	wr(b, DRIVER_FEATURES, 0xff);
	wr(b, DRIVER_SEL, 1);
	wr(b, DRIVER_FEATURES, 1);
	wr(b, STATUS, 11);
	same_u64(rd(b, STATUS), 3, "and nothing that is not offered");
	wr(b, QUEUE_SEL, 0);
	wr(b, QUEUE_NUM, 16);
	same_u64(b->con.virtio.queue[0].size, 0, "no queues before that");
	wr(b, DRIVER_SEL, 0);
	wr(b, DRIVER_FEATURES, MULTIPORT);
	wr(b, STATUS, 11);
	same_u64(rd(b, STATUS), 11, "then it is well");
	wr(b, DRIVER_FEATURES, 0);
	ok(kt_virtio_accepted(&b->con.virtio, MULTIPORT), "and settled");
	wr(b, STATUS, 3);
	same_u64(rd(b, STATUS), 11, "a bit is not taken back");
	wr(b, STATUS, 128 | 11);
	ok(rd(b, STATUS) & 128, "the driver may give up");
	wr(b, STATUS, 0);
	same_u64(rd(b, STATUS), 0, "and begin anew");
}

static void test_bad_queue(struct bench *b)
{
	start(b, MULTIPORT);
	ok(kt_virtio_running(&b->con.virtio), "a driver starts the device");
	wr(b, QUEUE_SEL, 0);
	wr(b, DESC, 0xdead0000);
	same_u64(b->con.virtio.queue[0].desc, base(0),
		 "a queue in use does not move");
	wr(b, QUEUE_READY, 0);
	same_u64(rd(b, QUEUE_READY), 0, "it can be taken back");
	wr(b, QUEUE_NUM, ENTRIES);
	wr(b, DESC + 4, 0xff);
	b->irqs = 0;
	wr(b, QUEUE_READY, 1);
	ok(!rd(b, QUEUE_READY) && (rd(b, STATUS) & 64),
	   "outside of RAM it breaks the device");
	ok(b->irqs == 1 && (rd(b, INTERRUPTS) & 2), "which is told");
	wr(b, ACK, 2);
	same_u64(rd(b, INTERRUPTS), 0, "and heard");
	offer(b, 1, 0, 4, false);
	ok(!kt_vcon_pump(&b->con) && !b->nr_sent[0], "nothing works any more");
	start(b, MULTIPORT);
	ok(kt_virtio_running(&b->con.virtio), "until it is reset");
	write16(b, base(1) + 0x402, 1000);
	kt_vcon_pump(&b->con);
	ok(rd(b, STATUS) & 64, "a broken ring does the same");
}

static void test_hello(struct bench *b)
{
	static const char *const adds[] = { "0 1=1", "1 1=1", "2 1=1" };
	static const char *const names[] = { "0 4=1",	    "0 6=1",
					     "0 5=1 24,80", "1 7=1 one",
					     "1 6=1",	    "2 7=1 two",
					     "2 6=1" };
	char text[64];

	kt_vcon_resize(&b->con, 80, 24);
	start(b, MULTIPORT);
	for (uint16_t i = 0; i < ENTRIES; i++)
		offer(b, 2, i, 64, true);
	b->irqs = 0;
	say(b, UINT32_MAX, 0, 1);
	for (size_t i = 0; i < sizeof(adds) / sizeof(adds[0]); i++)
		same_str(hear(b, text), adds[i], "a port is added");
	same_u64((unsigned int)b->irqs, 1, "with one interrupt for all");
	for (uint32_t i = 0; i < NR_PORTS; i++)
		say(b, i, 3, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		same_str(hear(b, text), names[i], "it gets what it needs");
	same_str(hear(b, text), NULL, "and no more");
	say(b, 77, 3, 1);
	say(b, 1, 99, 1);
	same_str(hear(b, text), NULL, "nonsense is not answered");
}

static void test_out(struct bench *b)
{
	uint32_t len;

	memcpy(b->ram + buffer(5, 0), "hello ", 6);
	memcpy(b->ram + buffer(5, 1), "world", 5);
	offer(b, 5, 0, 6, false);
	offer(b, 5, 1, 5, false);
	b->room[1] = 8;
	kt_vcon_pump(&b->con);
	ok(b->nr_sent[1] == 8 && !memcmp(b->sent[1], "hello wo", 8),
	   "as much is sent as there is room");
	ok(take(b, 5, &len) && !len && !take(b, 5, &len),
	   "what is sent as a whole is handed back");
	ok(kt_vcon_wants_out(&b->con, 1) && !kt_vcon_wants_out(&b->con, 2) &&
		   kt_vcon_pending(&b->con),
	   "the rest waits");
	b->room[1] = 100;
	kt_vcon_pump(&b->con);
	same_u64(b->nr_sent[1], 8, "until its far end has room");
	kt_vcon_unblock(&b->con, 1);
	kt_vcon_pump(&b->con);
	ok(b->nr_sent[1] == 11 && !memcmp(b->sent[1], "hello world", 11),
	   "and goes on where it was");
	ok(!kt_vcon_wants_out(&b->con, 1) && !kt_vcon_pending(&b->con),
	   "then nothing is left");
	b->gone[1] = true;
	offer(b, 5, 2, 6, false);
	kt_vcon_pump(&b->con);
	ok(take(b, 5, &len) && take(b, 5, &len),
	   "for nobody it is thrown away");
	wr(b, ACK, 3);
}

static void test_in(struct bench *b)
{
	const unsigned char *p;
	uint32_t len = 0;

	b->come[2] = "input";
	offer(b, 6, 0, 3, true);
	kt_vcon_pump(&b->con);
	ok(!take(b, 6, &len) && !kt_vcon_wants_in(&b->con, 2),
	   "a port that is not open gets nothing");
	say(b, 2, 6, 1);
	ok(kt_vcon_wants_in(&b->con, 2), "an open one waits for some");
	b->irqs = 0;
	kt_vcon_pump(&b->con);
	p = take(b, 6, &len);
	ok(p && len == 3 && !memcmp(p, "inp", 3), "its buffer is filled");
	ok(b->irqs == 1 && (rd(b, INTERRUPTS) & 1), "and it is interrupted");
	ok(!kt_vcon_wants_in(&b->con, 2), "without buffers it waits for none");
	offer(b, 6, 1, 64, true);
	kt_vcon_pump(&b->con);
	p = take(b, 6, &len);
	ok(p && len == 2 && !memcmp(p, "ut", 2), "the rest comes later");
	b->ended[2] = true;
	offer(b, 6, 2, 64, true);
	kt_vcon_pump(&b->con);
	ok(!take(b, 6, &len) && !kt_vcon_wants_in(&b->con, 2),
	   "after the end nothing comes");
}

static void test_single(struct bench *b)
{
	uint32_t len = 0;

	start(b, 0);
	b->come[0] = "x";
	offer(b, 0, 0, 64, true);
	memcpy(b->ram + buffer(1, 0), "plain", 5);
	offer(b, 1, 0, 5, false);
	offer(b, 5, 0, 5, false);
	kt_vcon_pump(&b->con);
	ok(b->nr_sent[0] == 5 && !memcmp(b->sent[0], "plain", 5),
	   "without MULTIPORT there is one port");
	ok(take(b, 0, &len) && len == 1, "which is open");
	ok(!take(b, 5, &len), "and no other");
}

int main(void)
{
	struct bench *b = bench_new();

	test_registers(b);
	test_status(b);
	test_bad_queue(b);
	test_hello(b);
	test_out(b);
	test_in(b);
	test_single(b);
	free(b);
	return tap_end();
}
