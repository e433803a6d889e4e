/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/download.h - one file from whichever server has it
 *
 * Servers are asked in turn. What may pass (no connection, a stall, a body cut
 * short, 429, 5xx) is tried again after a wait that doubles, or as long as
 * Retry-After asks, and goes on from where it broke off if the server can say
 * that the file is still the same (RFC 9110, sections 13.1.5 and 14). What will
 * not pass (404, an HTML page, something else than was asked for) is left to the
 * next server.
 */
#ifndef KT_DOWNLOAD_H
#define KT_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"
#include "lib/hash.h"
#include "lib/http.h"

#define KT_DOWNLOAD_MAX_WAIT_S 60   /* that Retry-After may ask for */
#define KT_DOWNLOAD_MAX_TRIES 100   /* of one server, even if it gets further */
#define KT_DOWNLOAD_PAGE_BYTES 8192 /* of a page that are looked at */

/* A line for people. */
typedef void kt_download_say_fn(const char *fmt, ...) KT_PRINTF(1, 2);

/* How to go about it; all borrowed. */
struct kt_download {
	struct kt_http *http;
	unsigned int tries;  /* of one server without getting further; >= 1 */
	uint64_t backoff_ns; /* before the second; doubles */
	kt_download_say_fn *note;
	/*
	 * The file is @total bytes long (0: not known), which may be more than
	 * there is room for; @done are here. Both may be NULL.
	 */
	enum kt_status (*begin)(const char *name, uint64_t total, void *ctx,
				struct kt_error *err);
	void (*at)(uint64_t done, void *ctx);
	void *ctx;
};

enum kt_magic {
	KT_MAGIC_ANY, /* text, but no HTML */
	KT_MAGIC_XZ,
	KT_MAGIC_GZIP,
	KT_MAGIC_ZSTD,
};

struct kt_download_file {
	const char *name;	 /* what a person calls it */
	const char *const *urls; /* ends in NULL */
	enum kt_magic magic;
	uint64_t max_bytes;
	int fd; /* emptied and written to; readable too */
};

struct kt_downloaded {
	uint64_t size;
	size_t url; /* index of the server it came from */
	char sha256[KT_SHA256_SIZE];
};

/*
 * Get @file. On failure *missing is true if a server said that there is no such
 * file, and the others said so too (KT_FAIL) or could not be asked (KT_AGAIN).
 * KT_DATA: what came is not what was asked for. KT_AGAIN:
 * no server could be reached, or none got to the end. KT_SYS: a certificate is
 * not good, or the file could not be written. KT_FAIL also: told to stop. The
 * message is that of the first server that did not just lack the file.
 */
enum kt_status kt_download(const struct kt_download *how,
			   const struct kt_download_file *file,
			   struct kt_downloaded *out, bool *missing,
			   struct kt_error *err) KT_MUST_CHECK;

/*
 * Is there a file at @url? Asked without its body, and as often as @how says
 * while the server is busy. KT_OK: *there says so; a page is no file. Else as
 * kt_http_get(); *busy is true if the server did answer, but only that it is
 * busy or broken.
 */
enum kt_status kt_download_probe(const struct kt_download *how, const char *url,
				 bool *there, bool *busy,
				 struct kt_error *err) KT_MUST_CHECK;

/* What follows is exposed for its tests. */

enum kt_page {
	KT_PAGE_NONE, /* no HTML */
	KT_PAGE_HTML,
	KT_PAGE_GATE, /* asks a browser for a proof of work */
};

/* What @len bytes at @text are, sent as Content-Type @type. */
enum kt_page kt_download_page(const char *type, const char *text, size_t len);

/* Can a 206 with @answer go on at byte @from of @total (0: not known)? */
bool kt_download_continues(const struct kt_http_answer *answer, uint64_t from,
			   uint64_t total);

/*
 * What to send as If-Range: the strong ETag, else Last-Modified, else NULL.
 * Borrowed from @answer.
 */
const char *kt_download_validator(const struct kt_http_answer *answer);

#endif
