// SPDX-License-Identifier: GPL-2.0-only
/* http - ask a web server for one thing, by libcurl */
#include "lib/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "lib/stop.h"
#include "lib/units.h"
#include "lib/xalloc.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

#define POLL_MS 1000
#define BUFFER_BYTES (512L << 10)

struct kt_http {
	CURLM *multi;
	CURL *easy;
};

/* One transfer under way. */
struct transfer {
	CURL *easy;
	const struct kt_http_ask *ask;
	struct kt_http_answer answer;
	bool answered;	   /* answer is filled in, and @ask->head knows */
	enum kt_status st; /* of what @ask called */
	struct kt_error *err;
	char why[CURL_ERROR_SIZE];
};

void kt_http_freep(struct kt_http **http)
{
	struct kt_http *h = *http;

	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup();
	*http = NULL;
}

static size_t on_body(char *data, size_t size, size_t nr, void *ctx);

/* What is the same for every question. False if libcurl cannot do it. */
static bool configure(CURL *easy, const struct kt_http_config *config)
{
	return !curl_easy_setopt(easy, CURLOPT_USERAGENT, config->user_agent) &&
	       (!config->ca_file ||
		!curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file)) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_MAXREDIRS,
				 (long)KT_HTTP_MAX_REDIRECTS) &&
	       !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
				 (long)config->connect_s) &&
	       !curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
				 (long)config->stall_s) &&
	       !curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       /* Leave no thread behind that waits for a name server. */
	       !curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
}

enum kt_status kt_http_new(const struct kt_http_config *config,
			   struct kt_http **out, struct kt_error *err)
{
	struct kt_http *http KT_CLEANUP(kt_http_freep) = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return kt_fail(err, KT_SYS, "libcurl does not start");
	http = kt_xcalloc(1, sizeof(*http));
	http->multi = kt_xcheck(curl_multi_init());
	http->easy = kt_xcheck(curl_easy_init());
	if (!configure(http->easy, config))
		return kt_fail(err, KT_SYS,
			       "libcurl %s lacks something that is needed",
			       curl_version_info(CURLVERSION_NOW)->version);
	*out = http;
	http = NULL;
	return KT_OK;
}

/* The last value of header @name, cut to what fits; "" if there is none. */
static void header(CURL *easy, const char *name, char *out, size_t size)
{
	struct curl_header *h;

	out[0] = '\0';
	/* What does not fit is of no use cut short. */
	if (!curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) &&
	    strlen(h->value) < size)
		snprintf(out, size, "%s", h->value);
}

static void read_answer(CURL *easy, struct kt_http_answer *a)
{
	long status = 0;
	curl_off_t length = -1, retry = 0;
	const char *url = NULL;
	char range[128] = "";

	memset(a, 0, sizeof(*a));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry);
	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	a->status = (unsigned int)status;
	a->has_length = length >= 0;
	a->length = length > 0 ? (uint64_t)length : 0;
	a->retry_after_s = retry > 0 ? (uint64_t)retry : 0;
	snprintf(a->url, sizeof(a->url), "%s", url ? url : "");
	header(easy, "content-type", a->type, sizeof(a->type));
	a->type[strcspn(a->type, "; \t")] = '\0';
	header(easy, "etag", a->etag, sizeof(a->etag));
	header(easy, "last-modified", a->modified, sizeof(a->modified));
	header(easy, "content-range", range, sizeof(range));
	a->has_range = kt_http_content_range(range, &a->range_first,
					     &a->range_last, &a->range_total);
}

static enum kt_status answered(struct transfer *t)
{
	if (t->answered)
		return KT_OK;
	t->answered = true;
	read_answer(t->easy, &t->answer);
	return t->ask->head ? t->ask->head(&t->answer, t->ask->ctx, t->err) :
			      KT_OK;
}

/* Bodies of redirects do not come here. */
static size_t on_body(char *data, size_t size, size_t nr, void *ctx)
{
	struct transfer *t = ctx;

	t->st = answered(t);
	if (!t->st && t->ask->body)
		t->st = t->ask->body(data, size * nr, t->ask->ctx, t->err);
	return t->st ? CURL_WRITEFUNC_ERROR : size * nr;
}

static enum kt_status status_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_HTTP3:
	case CURLE_QUIC_CONNECT_ERROR:
	case CURLE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
		return KT_AGAIN;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_BAD_CONTENT_ENCODING:
		return KT_DATA;
	case CURLE_OUT_OF_MEMORY:
		kt_oom();
	default:
		return KT_SYS;
	}
}

static enum kt_status failed(const struct transfer *t, CURLcode code,
			     struct kt_error *err)
{
	char *url KT_CLEANUP(kt_freep) = kt_http_public(t->ask->url);
	const enum kt_status st = status_of(code);

	kt_error_set(err, st, "cannot get \"%s\": %s", url,
		     t->why[0] ? t->why : curl_easy_strerror(code));
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		kt_error_hint(err, "is the clock right, and is the package "
				   "ca-certificates installed? a proxy's own "
				   "certificate can be named by SSL_CERT_FILE");
	return st;
}

/* Let the transfer run to its end: *code is how it went. */
static enum kt_status run(struct kt_http *http, CURLcode *code,
			  struct kt_error *err)
{
	struct curl_waitfd stop = { .fd = kt_stop_fd(),
				    .events = CURL_WAIT_POLLIN };
	const unsigned int nr = stop.fd >= 0;
	int running = 1, left;
	CURLMsg *msg;

	for (;;) {
		enum kt_status st = kt_stop_check(err);

		if (st)
			return st;
		if (curl_multi_perform(http->multi, &running))
			return kt_fail(err, KT_SYS, "libcurl failed");
		if (!running)
			break;
		if (curl_multi_poll(http->multi, &stop, nr, POLL_MS, NULL))
			return kt_fail(err, KT_SYS, "libcurl failed");
	}
	while ((msg = curl_multi_info_read(http->multi, &left)))
		if (msg->msg == CURLMSG_DONE)
			*code = msg->data.result;
	return KT_OK;
}

static bool set_ask(CURL *easy, struct transfer *t, struct curl_slist *headers,
		    const char *range)
{
	const char *protocols =
		strncasecmp(t->ask->url, "https:", 6) ? "http,https" : "https";

	return !curl_easy_setopt(easy, CURLOPT_URL, t->ask->url) &&
	       !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols) &&
	       !curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
				 protocols) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_NOBODY,
				 t->ask->no_body ? 1L : 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) &&
	       !curl_easy_setopt(easy, CURLOPT_RANGE,
				 t->ask->from ? range : NULL) &&
	       !curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->why) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
}

/* NULL if there is no such header to send. */
static struct curl_slist *if_range(const struct kt_http_ask *ask)
{
	char *line KT_CLEANUP(kt_freep) = NULL;

	if (!ask->from || !ask->if_range)
		return NULL;
	line = kt_xasprintf("If-Range: %s", ask->if_range);
	return kt_xcheck(curl_slist_append(NULL, line));
}

enum kt_status kt_http_get(struct kt_http *http, const struct kt_http_ask *ask,
			   struct kt_http_answer *answer, struct kt_error *err)
{
	struct curl_slist *headers = if_range(ask);
	struct transfer t = { .easy = http->easy, .ask = ask, .err = err };
	CURLcode code = CURLE_FAILED_INIT;
	enum kt_status st;
	char range[32];

	snprintf(range, sizeof(range), "%llu-", (unsigned long long)ask->from);
	if (!set_ask(http->easy, &t, headers, range) ||
	    curl_multi_add_handle(http->multi, http->easy)) {
		curl_slist_free_all(headers);
		return kt_fail(err, KT_SYS, "libcurl failed");
	}
	st = run(http, &code, err);
	if (!st && !code)
		t.st = answered(&t);
	curl_multi_remove_handle(http->multi, http->easy);
	curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (st)
		return st;
	if (t.st)
		return t.st;
	if (code)
		return failed(&t, code, err);
	*answer = t.answer;
	return KT_OK;
}

bool kt_http_content_range(const char *text, uint64_t *first, uint64_t *last,
			   uint64_t *total)
{
	uint64_t a = 0, b = 0, c = 0;

	if (strncasecmp(text, "bytes ", 6) != 0)
		return false;
	text += 6;
	if (!kt_parse_digits(&text, INT64_MAX, &a) || *text++ != '-' ||
	    !kt_parse_digits(&text, INT64_MAX, &b) || *text++ != '/')
		return false;
	if (*text == '*')
		text++;
	else if (!kt_parse_digits(&text, INT64_MAX, &c) || !c)
		return false;
	if (*text || a > b || (c && b >= c))
		return false;
	*first = a;
	*last = b;
	*total = c;
	return true;
}

char *kt_http_public(const char *url)
{
	const char *host = strstr(url, "://"), *end, *at = NULL;

	if (!host)
		return kt_xstrdup(url);
	host += 3;
	end = host + strcspn(host, "/?#");
	for (const char *p = host; p < end; p++)
		if (*p == '@')
			at = p;
	if (!at)
		return kt_xstrdup(url);
	return kt_xasprintf("%.*s%s", (int)(host - url), url, at + 1);
}
