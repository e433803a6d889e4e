// SPDX-License-Identifier: GPL-2.0-only
/* virtio-mmio - how a driver talks to a virtio device */
#include "lib/vm/virtio-mmio.h"

#include <endian.h>
#include <string.h>

/* 4.2.2, table 4.1. */
enum {
	MAGIC = 0x00,
	VERSION = 0x04,
	DEVICE_ID = 0x08,
	VENDOR_ID = 0x0c,
	DEVICE_FEATURES = 0x10,
	DEVICE_FEATURES_SEL = 0x14,
	DRIVER_FEATURES = 0x20,
	DRIVER_FEATURES_SEL = 0x24,
	QUEUE_SEL = 0x30,
	QUEUE_NUM_MAX = 0x34,
	QUEUE_NUM = 0x38,
	QUEUE_READY = 0x44,
	INTERRUPT_STATUS = 0x60,
	INTERRUPT_ACK = 0x64,
	STATUS = 0x70,
	QUEUE_DESC_LOW = 0x80,
	QUEUE_DESC_HIGH = 0x84,
	QUEUE_DRIVER_LOW = 0x90,
	QUEUE_DRIVER_HIGH = 0x94,
	QUEUE_DEVICE_LOW = 0xa0,
	QUEUE_DEVICE_HIGH = 0xa4,
	SHM_LEN_LOW = 0xb0, /* to SHM_BASE_HIGH: all ones, there is none */
	SHM_BASE_HIGH = 0xbc,
	CONFIG_GENERATION = 0xfc,
	CONFIG = 0x100,
};

#define MAGIC_VALUE 0x74726976u /* "virt" */
#define VENDOR 0x5254534bu	/* "KSTR" */

enum { INTERRUPT_QUEUE = 1, INTERRUPT_CONFIG = 2 };

void kt_virtio_reset(struct kt_virtio *v)
{
	for (unsigned int i = 0; i < v->nr_queues; i++)
		kt_virtq_reset(&v->queue[i]);
	v->driver_features = 0;
	v->features_sel = v->driver_sel = v->queue_sel = 0;
	v->status = v->interrupts = 0;
	v->on_reset(v->ctx);
}

bool kt_virtio_running(const struct kt_virtio *v)
{
	return (v->status & KT_VIRTIO_DRIVER_OK) &&
	       !(v->status & (KT_VIRTIO_NEEDS_RESET | KT_VIRTIO_FAILED));
}

bool kt_virtio_accepted(const struct kt_virtio *v, uint64_t feature)
{
	return (v->status & KT_VIRTIO_FEATURES_OK) &&
	       (v->driver_features & feature);
}

void kt_virtio_interrupt(struct kt_virtio *v)
{
	v->interrupts |= INTERRUPT_QUEUE;
	v->irq(v->ctx);
}

void kt_virtio_changed(struct kt_virtio *v)
{
	v->generation++;
	if (!(v->status & KT_VIRTIO_DRIVER_OK))
		return;
	v->interrupts |= INTERRUPT_CONFIG;
	v->irq(v->ctx);
}

void kt_virtio_break(struct kt_virtio *v)
{
	v->status |= KT_VIRTIO_NEEDS_RESET;
	kt_virtio_changed(v);
}

static struct kt_virtq *selected(struct kt_virtio *v)
{
	return v->queue_sel < v->nr_queues ? &v->queue[v->queue_sel] : NULL;
}

static uint32_t read_register(struct kt_virtio *v, uint64_t offset)
{
	const struct kt_virtq *q = selected(v);

	switch (offset) {
	case MAGIC:
		return MAGIC_VALUE;
	case VERSION:
		return 2;
	case DEVICE_ID:
		return v->device_id;
	case VENDOR_ID:
		return VENDOR;
	case DEVICE_FEATURES:
		if (v->features_sel > 1)
			return 0;
		return (uint32_t)(v->features >> (32 * v->features_sel));
	case QUEUE_NUM_MAX:
		return q ? q->max : 0;
	case QUEUE_READY:
		return q && q->ready;
	case INTERRUPT_STATUS:
		return v->interrupts;
	case STATUS:
		return v->status;
	case CONFIG_GENERATION:
		return v->generation;
	default:
		return offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH ?
			       UINT32_MAX :
			       0;
	}
}

static void read_config(const struct kt_virtio *v, uint64_t offset,
			unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = offset + i < v->config_bytes ? v->config[offset + i] :
							 0;
}

void kt_virtio_read(struct kt_virtio *v, uint64_t offset, void *data,
		    size_t len)
{
	uint32_t val;

	if (offset >= CONFIG) {
		read_config(v, offset - CONFIG, data, len);
		return;
	}
	memset(data, 0xff, len);
	if (len != sizeof(val) || offset % sizeof(val))
		return;
	val = htole32(read_register(v, offset));
	memcpy(data, &val, sizeof(val));
}

/* Features are settled while the driver says who it is, and never after. */
static void set_features(struct kt_virtio *v, uint32_t val)
{
	const uint32_t during = KT_VIRTIO_ACKNOWLEDGE | KT_VIRTIO_DRIVER;
	const unsigned int shift = 32 * v->driver_sel;

	if (v->driver_sel > 1 || (v->status & during) != during ||
	    (v->status & KT_VIRTIO_FEATURES_OK))
		return;
	v->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	v->driver_features |= (uint64_t)val << shift;
}

/*
 * 3.1.1: one step after another. FEATURES_OK stays only if what the driver
 * wants is offered and is virtio 1, which is all this device can do.
 */
static void set_status(struct kt_virtio *v, uint32_t val)
{
	static const uint32_t order[] = {
		KT_VIRTIO_ACKNOWLEDGE,
		KT_VIRTIO_DRIVER,
		KT_VIRTIO_FEATURES_OK,
		KT_VIRTIO_DRIVER_OK,
	};
	const uint64_t version_1 = UINT64_C(1) << 32;
	uint32_t known = KT_VIRTIO_NEEDS_RESET;

	if (!val) {
		kt_virtio_reset(v);
		return;
	}
	if (val & KT_VIRTIO_FAILED) {
		v->status |= KT_VIRTIO_FAILED;
		return;
	}
	if (v->status & ~val & ~known)
		return;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!(val & order[i]))
			break;
		known |= order[i];
		if (v->status & order[i])
			continue;
		if (order[i] == KT_VIRTIO_FEATURES_OK &&
		    (!(v->driver_features & version_1) ||
		     (v->driver_features & ~v->features)))
			break;
		v->status |= order[i];
	}
	if (v->status & KT_VIRTIO_DRIVER_OK)
		v->on_notify(v->ctx);
}

static void set_half(uint64_t *addr, uint32_t val, unsigned int shift)
{
	*addr &= ~((uint64_t)UINT32_MAX << shift);
	*addr |= (uint64_t)val << shift;
}

static void set_ready(struct kt_virtio *v, struct kt_virtq *q, uint32_t val)
{
	if (!val)
		kt_virtq_reset(q);
	else if (!q->ready && !kt_virtq_start(q, v->dma))
		kt_virtio_break(v);
}

/* A queue is set up after the features, and stays while it is ready. */
static void write_queue(struct kt_virtio *v, uint64_t offset, uint32_t val)
{
	struct kt_virtq *q = selected(v);

	if (!q || !(v->status & KT_VIRTIO_FEATURES_OK))
		return;
	if (offset == QUEUE_READY) {
		set_ready(v, q, val);
		return;
	}
	if (q->ready)
		return;
	switch (offset) {
	case QUEUE_NUM:
		q->size = val <= KT_VIRTQ_MAX_SIZE ? (uint16_t)val : 0;
		break;
	case QUEUE_DESC_LOW:
	case QUEUE_DESC_HIGH:
		set_half(&q->desc, val, offset == QUEUE_DESC_LOW ? 0 : 32);
		break;
	case QUEUE_DRIVER_LOW:
	case QUEUE_DRIVER_HIGH:
		set_half(&q->avail, val, offset == QUEUE_DRIVER_LOW ? 0 : 32);
		break;
	case QUEUE_DEVICE_LOW:
	case QUEUE_DEVICE_HIGH:
		set_half(&q->used, val, offset == QUEUE_DEVICE_LOW ? 0 : 32);
		break;
	default:
		break;
	}
}

void kt_virtio_write(struct kt_virtio *v, uint64_t offset, const void *data,
		     size_t len)
{
	uint32_t val;

	if (len != sizeof(val) || offset % sizeof(val) || offset >= CONFIG)
		return;
	memcpy(&val, data, sizeof(val));
	val = le32toh(val);
	switch (offset) {
	case DEVICE_FEATURES_SEL:
		v->features_sel = val;
		break;
	case DRIVER_FEATURES:
		set_features(v, val);
		break;
	case DRIVER_FEATURES_SEL:
		v->driver_sel = val;
		break;
	case QUEUE_SEL:
		v->queue_sel = val;
		break;
	case KT_VIRTIO_NOTIFY:
		v->on_notify(v->ctx);
		break;
	case INTERRUPT_ACK:
		v->interrupts &= ~val;
		break;
	case STATUS:
		set_status(v, val);
		break;
	default:
		write_queue(v, offset, val);
		break;
	}
}
