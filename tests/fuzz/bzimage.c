// SPDX-License-Identifier: GPL-2.0-only
/* bzimage, unpack, lz4: whatever is in there, no more comes out than may */
#include "lib/bzimage.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/lz4.h"
#include "lib/unpack.h"

#define MAX ((uint64_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void image(const uint8_t *data, size_t size, int to)
{
	int fd KT_CLEANUP(kt_closep) = memfd_create("fuzz", MFD_CLOEXEC);
	struct kt_bzimage img;
	struct kt_error err;

	if (fd < 0 || kt_fd_write(fd, data, size, "fuzz", &err))
		abort();
	if (!kt_bzimage_read(fd, "fuzz", &img, &err) && img.payload_at &&
	    img.payload_at + img.payload_bytes > size)
		abort();
	if (!kt_bzimage_unpack(fd, "fuzz", to, &err) && !img.payload_at)
		abort();
}

static void stream(const uint8_t *data, size_t size, int to)
{
	uint64_t written = 0;
	struct kt_error err;
	struct stat sb;
	enum kt_status st;

	st = kt_unpack(data, size, "fuzz", to, MAX, &written, &err);
	if (fstat(to, &sb) || (uint64_t)sb.st_size > MAX ||
	    (!st && (uint64_t)sb.st_size != written))
		abort();
}

static void block(const uint8_t *data, size_t size)
{
	uint8_t *out = malloc(4096);
	size_t len;

	if (!out)
		abort();
	if (kt_lz4_block(data, size, out, 4096, &len) && len > 4096)
		abort();
	free(out);
}

/* The first byte says which of them gets the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int to KT_CLEANUP(kt_closep) = memfd_create("out", MFD_CLOEXEC);

	if (to < 0)
		abort();
	if (!size)
		return 0;
	switch (data[0]) {
	case 'i':
		image(data + 1, size - 1, to);
		break;
	case 's':
		stream(data + 1, size - 1, to);
		break;
	default:
		block(data + 1, size - 1);
	}
	return 0;
}
