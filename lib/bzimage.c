// SPDX-License-Identifier: GPL-2.0-only
/* bzimage - the kernel image of x86 distributions, and what is in it */
#include "lib/bzimage.h"

#include <ctype.h>
#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/unpack.h"
#include "lib/xalloc.h"

/* Offsets in the file (boot.rst), and what is read of it to see them all. */
#define SETUP_SECTS 0x1f1
#define HEADER 0x202
#define VERSION 0x206
#define KERNEL_VERSION 0x20e /* where a string is, less 0x200 */
#define CMDLINE_SIZE 0x238
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define INIT_SIZE 0x260
#define HEAD_BYTES 0x268

#define RELEASE_CHARS                                                    \
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"._+~-"

#define SECTOR 512
#define OLD_CMDLINE 255 /* before 2.06 */
#define OLD_SECTS 4	/* what 0 stands for */

static uint32_t le(const unsigned char *p, int bytes)
{
	uint32_t val = 0;

	for (int i = 0; i < bytes; i++)
		val |= (uint32_t)p[i] << (8 * i);
	return val;
}

/* All of @len bytes; KT_DATA if the file ends before. */
static enum kt_status read_at(int fd, const char *what, unsigned char *out,
			      size_t len, uint64_t at, struct kt_error *err)
{
	uint64_t got;
	const enum kt_status st =
		kt_fd_read_at(fd, what, out, len, at, &got, err);

	if (!st && got < len)
		return kt_fail(err, KT_DATA, "\"%s\" is no bzImage", what);
	return st;
}

/* Where the payload is; false if that is not in the file. */
static bool find_payload(const unsigned char *head, uint64_t file_size,
			 struct kt_bzimage *img)
{
	const uint64_t sects =
		head[SETUP_SECTS] ? head[SETUP_SECTS] : OLD_SECTS;
	const uint64_t offset = le(head + PAYLOAD_OFFSET, 4);

	if (img->version < 0x208 || !offset)
		return true;
	img->payload_at = (sects + 1) * SECTOR + offset;
	img->payload_bytes = le(head + PAYLOAD_LENGTH, 4);
	return img->payload_at < file_size && img->payload_bytes &&
	       img->payload_bytes <= KT_BZIMAGE_MAX_PAYLOAD &&
	       img->payload_bytes <= file_size - img->payload_at;
}

enum kt_status kt_bzimage_read(int fd, const char *what, struct kt_bzimage *out,
			       struct kt_error *err)
{
	struct kt_bzimage img = { .cmdline_bytes = OLD_CMDLINE };
	unsigned char head[HEAD_BYTES];
	enum kt_status st;
	struct stat sb;

	st = read_at(fd, what, head, sizeof(head), 0, err);
	if (st)
		return st;
	if (fstat(fd, &sb))
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	img.version = le(head + VERSION, 2);
	if (memcmp(head + HEADER, "HdrS", 4) != 0 || img.version < 0x200)
		return kt_fail(err, KT_DATA, "\"%s\" is no bzImage", what);
	if (img.version >= 0x206)
		img.cmdline_bytes = le(head + CMDLINE_SIZE, 4);
	if (img.version >= 0x20a)
		img.init_bytes = le(head + INIT_SIZE, 4);
	if (!find_payload(head, (uint64_t)sb.st_size, &img))
		return kt_fail(err, KT_DATA,
			       "\"%s\" is damaged: its kernel is not where its "
			       "header says",
			       what);
	*out = img;
	return KT_OK;
}

/* The string is "RELEASE (USER@HOST) #NUMBER DATE"; it may end with the file. */
enum kt_status kt_bzimage_release(int fd, const char *what, char **out,
				  struct kt_error *err)
{
	char text[KT_BZIMAGE_MAX_RELEASE] = "";
	unsigned char head[HEAD_BYTES];
	struct kt_bzimage img;
	enum kt_status st = kt_bzimage_read(fd, what, &img, err);
	uint32_t at;
	size_t len;

	if (!st)
		st = read_at(fd, what, head, sizeof(head), 0, err);
	if (st)
		return st;
	at = le(head + KERNEL_VERSION, 2);
	if (at && pread(fd, text, sizeof(text) - 1, 0x200 + at) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", what);
	len = strcspn(text, " ");
	if (!isdigit((unsigned char)text[0]) || len == sizeof(text) - 1 ||
	    strspn(text, RELEASE_CHARS) != len)
		return kt_fail(err, KT_DATA,
			       "\"%s\" does not say which kernel it is", what);
	*out = kt_xstrndup(text, len);
	return KT_OK;
}

/*
 * The kernel's own build puts the size at the end of what it has packed (gzip
 * does that by itself); a raw one is an ELF file and has no such thing.
 */
static enum kt_status unpack(const unsigned char *data, size_t len,
			     const char *what, int to, struct kt_error *err)
{
	enum kt_status st;
	uint64_t bytes;

	if (len >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG))
		return kt_fd_write(to, data, len, "unpacked kernel", err);
	st = kt_unpack(data, len, what, to, KT_BZIMAGE_MAX_KERNEL, &bytes, err);
	if (st)
		return st;
	if (len < 4 || le(data + len - 4, 4) != bytes)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is damaged: its kernel has not the size "
			       "it should have",
			       what);
	return KT_OK;
}

enum kt_status kt_bzimage_unpack(int fd, const char *what, int to,
				 struct kt_error *err)
{
	char *data KT_CLEANUP(kt_freep) = NULL;
	char magic[SELFMAG] = { 0 };
	struct kt_bzimage img;
	enum kt_status st;

	st = kt_bzimage_read(fd, what, &img, err);
	if (st)
		return st;
	if (!img.payload_at)
		return kt_fail(err, KT_DATA,
			       "\"%s\" does not say where its kernel is", what);
	data = kt_xrealloc(NULL, img.payload_bytes);
	st = read_at(fd, what, (unsigned char *)data, img.payload_bytes,
		     img.payload_at, err);
	if (!st)
		st = unpack((unsigned char *)data, img.payload_bytes, what, to,
			    err);
	if (st)
		return st;
	if (pread(to, magic, sizeof(magic), 0) < 0)
		return kt_fail_errno(err, "cannot read the unpacked kernel");
	if (memcmp(magic, ELFMAG, SELFMAG) != 0)
		return kt_fail(err, KT_DATA, "what \"%s\" holds is no kernel",
			       what);
	return KT_OK;
}
