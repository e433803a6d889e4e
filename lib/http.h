/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/http.h - ask a web server for one thing
 *
 * lib/http.c is the only file that includes curl. Proxies are those that the
 * environment names, as libcurl(3) reads it. Certificates are always checked.
 * What https asks for never goes on in plain text: a redirect to http is
 * refused unless the first URL was http too. Nothing is retried here, and no
 * status is an error: lib/download.c knows what they mean.
 */
#ifndef KT_HTTP_H
#define KT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define KT_HTTP_MAX_REDIRECTS 10
#define KT_HTTP_MAX_URL 2048 /* bytes */

/* How to ask; all borrowed. */
struct kt_http_config {
	const char *user_agent;
	const char *ca_file; /* certificates to trust, or NULL: the system's */
	unsigned int connect_s; /* to get a connection */
	unsigned int stall_s; /* without a byte; the whole may take for ever */
};

struct kt_http;

/* A client, which keeps connections open for the next question. */
enum kt_status kt_http_new(const struct kt_http_config *config,
			   struct kt_http **out,
			   struct kt_error *err) KT_MUST_CHECK;
void kt_http_freep(struct kt_http **http);

/* What the server said before the body; strings are "" if it said nothing. */
struct kt_http_answer {
	unsigned int status; /* RFC 9110, section 15 */
	bool has_length, has_range;
	uint64_t length; /* of the body that follows */
	/* Content-Range, RFC 9110, section 14.4; total 0 is not known */
	uint64_t range_first, range_last, range_total;
	uint64_t retry_after_s; /* 0: it did not say */
	char type[64];		/* Content-Type, without parameters */
	char etag[128], modified[64];
	char url[KT_HTTP_MAX_URL]; /* who answered, after redirects */
};

/*
 * @head comes first, then @body for every piece. What they return other than
 * KT_OK ends the transfer and is the result.
 */
typedef enum kt_status kt_http_head_fn(const struct kt_http_answer *answer,
				       void *ctx, struct kt_error *err);
typedef enum kt_status kt_http_body_fn(const void *data, size_t len, void *ctx,
				       struct kt_error *err);

struct kt_http_ask {
	const char *url;       /* http:// or https:// */
	bool no_body;	       /* HEAD, not GET */
	uint64_t from;	       /* first byte that is wanted */
	const char *if_range;  /* RFC 9110, section 13.1.5, or NULL */
	kt_http_head_fn *head; /* may be NULL */
	kt_http_body_fn *body; /* may be NULL */
	void *ctx;
};

/*
 * Ask once. KT_OK: the server answered, whatever its status; *answer has it.
 * KT_AGAIN: no connection, or it broke or stalled. KT_SYS: the certificate is
 * not good, or libcurl failed. KT_DATA: bad URL, too many redirects or one to
 * where we do not go. KT_FAIL: told to stop (lib/stop.h).
 */
enum kt_status kt_http_get(struct kt_http *http, const struct kt_http_ask *ask,
			   struct kt_http_answer *answer,
			   struct kt_error *err) KT_MUST_CHECK;

/* Parse "bytes 100-199/1000" or ".../ *"; false if it is anything else. */
bool kt_http_content_range(const char *text, uint64_t *first, uint64_t *last,
			   uint64_t *total);

/*
 * @url as it may be shown: without the name and password that may stand in it.
 * The caller owns it.
 */
char *kt_http_public(const char *url);

#endif
