// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz virtio: a driver that does anything reaches nothing but its memory
 *
 * The input is a list of writes: to registers and to the shared memory, which
 * is exactly as large as the device has been told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vm/virtio-console.h"

#define RAM_BYTES 4096
#define HIGH_GPA (UINT64_C(1) << 32)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct far {
	uint64_t sent;
	unsigned char fill;
};

static long send_some(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	struct far *far = ctx;
	long n = 0;

	/* Read all of it, for the sanitizer to see. */
	for (unsigned int i = 0; i < nr; i++)
		for (size_t k = 0; k < iov[i].iov_len; k++, n++)
			far->sent += ((unsigned char *)iov[i].iov_base)[k];
	return port == 1 ? n / 2 : n;
}

static long recv_some(unsigned int port, const struct iovec *iov,
		      unsigned int nr, void *ctx)
{
	struct far *far = ctx;
	long n = 0;

	for (unsigned int i = 0; i < nr; i++) {
		memset(iov[i].iov_base, far->fill++, iov[i].iov_len);
		n += (long)iov[i].iov_len;
	}
	return port == 2 ? -1 : n;
}

static void nothing(void *ctx)
{
	((struct far *)ctx)->fill++;
}

/* Set up as Linux does, so that not all inputs have to find the way there. */
static void start(struct kt_vcon *con)
{
	static const uint32_t steps[][2] = {
		{ 0x70, 0 }, { 0x70, 3 }, { 0x24, 0 },	{ 0x20, 3 },
		{ 0x24, 1 }, { 0x20, 1 }, { 0x70, 11 },
	};
	static const uint32_t queue[][2] = {
		{ 0x38, 4 },	 { 0x80, 0x000 }, { 0x90, 0x100 },
		{ 0xa0, 0x200 }, { 0x44, 1 },
	};
	const uint32_t ok = 15;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		kt_virtio_write(&con->virtio, steps[i][0], &steps[i][1], 4);
	for (uint32_t q = 0; q < 8; q++) {
		kt_virtio_write(&con->virtio, 0x30, &q, 4);
		for (size_t i = 0; i < sizeof(queue) / sizeof(queue[0]); i++)
			kt_virtio_write(&con->virtio, queue[i][0], &queue[i][1],
					4);
	}
	kt_virtio_write(&con->virtio, 0x70, &ok, 4);
}

static void step(struct kt_vcon *con, unsigned char *ram, const uint8_t op[8])
{
	const unsigned int at = op[1] | (unsigned int)op[2] << 8;
	const size_t len = op[3] % 4 + 1;
	unsigned char out[4];

	switch (op[0] % 8) {
	case 0:
		start(con);
		break;
	case 1:
	case 2:
		kt_virtio_write(&con->virtio, at % 0x200, op + 4, 4);
		break;
	case 3:
		kt_virtio_read(&con->virtio, at % 0x200, out, len);
		break;
	case 4:
		kt_vcon_pump(con);
		kt_vcon_pending(con);
		kt_vcon_unblock(con, op[1] % 3);
		break;
	case 5:
		kt_vcon_resize(con, op[1], op[2]);
		break;
	default:
		memcpy(ram + at % (RAM_BYTES - 3), op + 4, 4);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { NULL, "one", "two" };
	unsigned char *low = aligned_alloc(16, RAM_BYTES);
	unsigned char *high = aligned_alloc(16, 512);
	struct kt_vcon *con = malloc(sizeof(*con));
	struct far far = { 0 };
	const struct kt_vcon_io io = { .send = send_some,
				       .recv = recv_some,
				       .irq = nothing,
				       .notify = nothing,
				       .ctx = &far };

	if (!low || !high || !con)
		abort();
	const struct kt_dma dma = {
		.nr = 2,
		.part = { { 0, RAM_BYTES, low }, { HIGH_GPA, 512, high } },
	};
	memset(low, 0, RAM_BYTES);
	memset(high, 0, 512);
	kt_vcon_init(con, names, 3, &dma, &io);
	for (; size >= 8; data += 8, size -= 8)
		step(con, low, data);
	for (int i = 0; i < 100 && kt_vcon_pump(con); i++)
		;
	free(con);
	free(high);
	free(low);
	return 0;
}
