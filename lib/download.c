// SPDX-License-Identifier: GPL-2.0-only
/* download - one file from whichever server has it */
#include "lib/download.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define MAGIC_BYTES 6
#define MAX_BACKOFF_S 30

/* What a try is for, and how far it got. */
struct load {
	const struct kt_download *how;
	const struct kt_download_file *file;
	size_t index;	/* of the server that is asked */
	char *host;	/* its URL, as it may be shown */
	char *if_range; /* of what is here so far; NULL: cannot go on */
	struct kt_sha256 *sum;
	uint64_t done, total; /* total 0: not known */
	uint64_t shown;	      /* total that progress was begun with */
	bool begun;
	bool ours; /* what failed is on this side: no server can help */
	/* of this try */
	struct kt_http_answer answer;
	bool wanted;	    /* the body is the file's */
	bool enough;	    /* of a page, and the transfer was ended */
	struct kt_buf page; /* else what it says, as far as looked at */
	struct kt_buf
		head; /* the file's first bytes, until its magic is known */
};

static void load_release(struct load *l)
{
	free(l->host);
	free(l->if_range);
	free(l->sum);
	kt_buf_release(&l->page);
	kt_buf_release(&l->head);
}

/* What a server says that may say otherwise in a while. */
static bool is_busy(unsigned int status)
{
	return status == 408 || status == 425 || status == 429 ||
	       (status >= 500 && status != 501 && status != 505);
}

static enum kt_status fail_busy(const char *host, unsigned int status,
				struct kt_error *err)
{
	return kt_fail(err, KT_AGAIN, "\"%s\" is busy or broken (status %u)",
		       host, status);
}

static bool has_text(const char *text, size_t len, const char *what)
{
	const size_t n = strlen(what);

	for (size_t i = 0; i + n <= len; i++)
		if (!strncasecmp(text + i, what, n))
			return true;
	return false;
}

enum kt_page kt_download_page(const char *type, const char *text, size_t len)
{
	static const char *const gates[] = { "anubis", "proof-of-work",
					     "proof of work", "not a bot",
					     NULL };
	bool html = !strcasecmp(type, "text/html") ||
		    !strcasecmp(type, "application/xhtml+xml");
	size_t skip = 0;

	while (skip < len && strchr(" \t\r\n", text[skip]) && text[skip])
		skip++;
	if (len - skip >= 5 && (!strncasecmp(text + skip, "<!doc", 5) ||
				!strncasecmp(text + skip, "<html", 5)))
		html = true;
	if (!html)
		return KT_PAGE_NONE;
	for (size_t i = 0; gates[i]; i++)
		if (has_text(text, len, gates[i]))
			return KT_PAGE_GATE;
	return KT_PAGE_HTML;
}

bool kt_download_continues(const struct kt_http_answer *answer, uint64_t from,
			   uint64_t total)
{
	return answer->has_range && answer->range_first == from &&
	       (!total || !answer->range_total ||
		answer->range_total == total) &&
	       (!answer->has_length ||
		answer->length == answer->range_last - answer->range_first + 1);
}

const char *kt_download_validator(const struct kt_http_answer *answer)
{
	/* A weak one says nothing of bytes: RFC 9110, section 13.1.5. */
	if (answer->etag[0] == '"')
		return answer->etag;
	return answer->modified[0] ? answer->modified : NULL;
}

/* From the first byte. */
static enum kt_status start_over(struct load *l, struct kt_error *err)
{
	free(l->sum);
	l->sum = kt_sha256_new();
	free(l->if_range);
	l->if_range = NULL;
	kt_buf_release(&l->head);
	l->done = 0;
	l->total = 0;
	if (ftruncate(l->file->fd, 0) || lseek(l->file->fd, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot write \"%s\"", l->file->name);
	return KT_OK;
}

static enum kt_status too_large(const struct load *l, struct kt_error *err)
{
	return kt_fail(err, KT_DATA,
		       "\"%s\" is larger than %llu bytes, which \"%s\" cannot "
		       "be",
		       l->host, (unsigned long long)l->file->max_bytes,
		       l->file->name);
}

static enum kt_status tell_total(struct load *l, struct kt_error *err)
{
	enum kt_status st;

	if (!l->how->begin || (l->begun && l->shown == l->total))
		return KT_OK;
	l->begun = true;
	l->shown = l->total;
	st = l->how->begin(l->file->name, l->total, l->how->ctx, err);
	l->ours = st != KT_OK;
	return st;
}

static enum kt_status begin_whole(struct load *l, struct kt_error *err)
{
	const struct kt_http_answer *a = &l->answer;
	const char *validator = kt_download_validator(a);
	const enum kt_status st = start_over(l, err);

	if (st)
		return st;
	l->total = a->has_length ? a->length : 0;
	l->if_range = validator ? kt_xstrdup(validator) : NULL;
	return KT_OK;
}

static enum kt_status on_head(const struct kt_http_answer *answer, void *ctx,
			      struct kt_error *err)
{
	struct load *l = ctx;
	enum kt_status st = KT_OK;

	l->answer = *answer;
	if (answer->status == 206 && l->done) {
		if (!kt_download_continues(answer, l->done, l->total)) {
			st = start_over(l, err);
			return st ? st :
				    kt_fail(err, KT_AGAIN,
					    "\"%s\" sent another part of "
					    "\"%s\" "
					    "than it was asked for",
					    l->host, l->file->name);
		}
		if (!l->total)
			l->total = answer->range_total;
		l->wanted = true;
	} else if (answer->status == 200 &&
		   kt_download_page(answer->type, "", 0) == KT_PAGE_NONE) {
		st = begin_whole(l, err);
		l->wanted = !st;
	}
	if (st || !l->wanted)
		return st;
	if (l->total > l->file->max_bytes)
		return too_large(l, err);
	return tell_total(l, err);
}

static enum kt_status wrong_page(struct load *l, enum kt_page page,
				 struct kt_error *err)
{
	if (page == KT_PAGE_GATE)
		return kt_hint(
			err,
			kt_fail(err, KT_DATA,
				"\"%s\" is behind a gate that asks browsers "
				"for a proof of work",
				l->host),
			"name a mirror by KTSTR_KERNEL_MIRROR, or take the "
			"source from git: --git URL --ref REF");
	return kt_hint(err,
		       kt_fail(err, KT_DATA,
			       "\"%s\" sent an HTML page (status %u) in place "
			       "of \"%s\"",
			       l->host, l->answer.status, l->file->name),
		       "this may be a portal or a proxy that wants a login");
}

/* Are these the first bytes of what was asked for? */
static enum kt_status check_head(struct load *l, struct kt_error *err)
{
	static const struct {
		const char *bytes, *name;
		size_t len;
	} magics[] = { [KT_MAGIC_ANY] = { "", "text", 0 },
		       [KT_MAGIC_XZ] = { "\3757zXZ", "an xz", 6 },
		       [KT_MAGIC_GZIP] = { "\037\213", "a gzip", 2 },
		       [KT_MAGIC_ZSTD] = { "\050\265\057\375", "a zstd", 4 } };
	const enum kt_magic magic = l->file->magic;
	const enum kt_page page =
		kt_download_page(l->answer.type, l->head.data, l->head.len);

	if (page != KT_PAGE_NONE)
		return wrong_page(l, page, err);
	if (l->head.len >= magics[magic].len &&
	    !memcmp(l->head.data, magics[magic].bytes, magics[magic].len))
		return KT_OK;
	return kt_fail(err, KT_DATA,
		       "what \"%s\" sent is not %s file: it begins otherwise",
		       l->host, magics[magic].name);
}

static enum kt_status store(struct load *l, const void *data, size_t len,
			    struct kt_error *err)
{
	enum kt_status st;

	if (l->done > l->file->max_bytes || len > l->file->max_bytes - l->done)
		return too_large(l, err);
	st = kt_fd_write(l->file->fd, data, len, l->file->name, err);
	l->ours = st != KT_OK;
	if (st)
		return st;
	kt_sha256_add(l->sum, data, len);
	l->done += len;
	if (l->how->at)
		l->how->at(l->done, l->how->ctx);
	return KT_OK;
}

/* The first bytes wait until there are enough to know them by. */
static enum kt_status on_first(struct load *l, const void *data, size_t len,
			       struct kt_error *err)
{
	enum kt_status st;

	kt_buf_add(&l->head, data, len);
	if (l->head.len < MAGIC_BYTES)
		return KT_OK;
	st = check_head(l, err);
	return st ? st : store(l, l->head.data, l->head.len, err);
}

static enum kt_status on_body(const void *data, size_t len, void *ctx,
			      struct kt_error *err)
{
	struct load *l = ctx;

	if (!l->wanted) {
		kt_buf_add(&l->page, data,
			   len < KT_DOWNLOAD_PAGE_BYTES ?
				   len :
				   KT_DOWNLOAD_PAGE_BYTES);
		l->enough = l->page.len >= KT_DOWNLOAD_PAGE_BYTES;
		return l->enough ? kt_fail(err, KT_FAIL, "enough") : KT_OK;
	}
	return l->done ? store(l, data, len, err) : on_first(l, data, len, err);
}

/* What a status means that brought no part of the file. */
static enum kt_status refused(struct load *l, bool *missing,
			      struct kt_error *err)
{
	const unsigned int status = l->answer.status;
	const enum kt_page page = kt_download_page(
		l->answer.type, l->page.data ? l->page.data : "", l->page.len);
	enum kt_status st;

	if (page == KT_PAGE_GATE)
		return wrong_page(l, page, err);
	if (status == 404 || status == 410) {
		*missing = true;
		return kt_fail(err, KT_FAIL, "there is no \"%s\" (status %u)",
			       l->host, status);
	}
	if (status == 416) {
		/* Ours has no end that it knows of. */
		st = start_over(l, err);
		return st ? st :
			    kt_fail(err, KT_AGAIN,
				    "\"%s\" cannot go on with \"%s\" (status "
				    "416)",
				    l->host, l->file->name);
	}
	if (status == 206)
		return kt_fail(err, KT_DATA,
			       "\"%s\" sent a part where all was asked for",
			       l->host);
	if (status == 200)
		return wrong_page(l, page, err);
	if (is_busy(status))
		return fail_busy(l->host, status, err);
	return kt_fail(err, KT_DATA, "\"%s\" is refused (status %u)", l->host,
		       status);
}

/* The transfer ended well: is all of the file here? */
static enum kt_status check_whole(struct load *l, struct kt_error *err)
{
	enum kt_status st;

	if (!l->done) {
		st = l->head.len ? check_head(l, err) : KT_OK;
		if (!st && l->head.len)
			st = store(l, l->head.data, l->head.len, err);
		if (st)
			return st;
	}
	if (!l->done)
		return kt_fail(err, KT_AGAIN, "\"%s\" sent nothing", l->host);
	if (l->total && l->done > l->total)
		return kt_fail(err, KT_DATA,
			       "\"%s\" sent %llu bytes of %llu that it "
			       "promised",
			       l->host, (unsigned long long)l->done,
			       (unsigned long long)l->total);
	if (l->total && l->done < l->total)
		return kt_fail(err, KT_AGAIN, "\"%s\" sent %llu bytes of %llu",
			       l->host, (unsigned long long)l->done,
			       (unsigned long long)l->total);
	return KT_OK;
}

static enum kt_status try_once(struct load *l, bool *missing,
			       struct kt_error *err)
{
	struct kt_http_answer answer;
	struct kt_http_ask ask = { .url = l->file->urls[l->index],
				   .head = on_head,
				   .body = on_body,
				   .ctx = l };
	enum kt_status st;

	/* A server that has nothing more to send would answer 416. */
	if (l->total && l->done == l->total)
		return KT_OK;
	if (!l->if_range || !l->done) {
		st = start_over(l, err);
		if (st)
			return st;
	}
	ask.from = l->done;
	ask.if_range = l->if_range;
	l->wanted = false;
	l->enough = false;
	l->answer = (struct kt_http_answer){ 0 };
	kt_buf_release(&l->page);
	st = kt_http_get(l->how->http, &ask, &answer, err);
	if (st == KT_AGAIN && l->wanted && l->total && l->done < l->total)
		return kt_within(err, st, "%llu bytes of %llu came",
				 (unsigned long long)l->done,
				 (unsigned long long)l->total);
	if (st && !l->enough)
		return st;
	return l->wanted ? check_whole(l, err) : refused(l, missing, err);
}

static enum kt_status wait_ns(uint64_t ns, struct kt_error *err)
{
	const uint64_t deadline = kt_deadline_in(ns);
	struct pollfd p = { .fd = kt_stop_fd(), .events = POLLIN };
	enum kt_status st;
	int ms;

	while (!(st = kt_stop_check(err)) &&
	       (ms = kt_deadline_poll_ms(deadline)) > 0)
		poll(&p, 1, ms);
	return st;
}

/*
 * Wait before try number @nr (from 1), whose server asks for @asked_s, is
 * followed by another.
 */
static enum kt_status wait_for_retry(const struct kt_download *how,
				     unsigned int nr, uint64_t asked_s,
				     const struct kt_error *why,
				     struct kt_error *err)
{
	uint64_t ns = how->backoff_ns << (nr < 16 ? nr - 1 : 15);

	if (ns > MAX_BACKOFF_S * KT_NS_PER_S)
		ns = MAX_BACKOFF_S * KT_NS_PER_S;
	if (asked_s > KT_DOWNLOAD_MAX_WAIT_S)
		return kt_fail(err, KT_AGAIN, "%s, and asks to wait %llu s",
			       why->msg, (unsigned long long)asked_s);
	if (asked_s * KT_NS_PER_S > ns)
		ns = asked_s * KT_NS_PER_S;
	how->note("%s; trying again in %.1f s", why->msg, (double)ns / 1e9);
	return wait_ns(ns, err);
}

/* Ask one server until it has no more tries. */
static enum kt_status from_one(struct load *l, bool *missing,
			       struct kt_error *err)
{
	struct kt_error why = { 0 };
	unsigned int in_vain = 0;
	enum kt_status st = KT_OK;

	for (unsigned int nr = 1; nr <= KT_DOWNLOAD_MAX_TRIES; nr++) {
		const uint64_t before = l->done;

		st = try_once(l, missing, &why);
		if (st != KT_AGAIN)
			break;
		in_vain = l->done > before ? 1 : in_vain + 1;
		if (in_vain >= l->how->tries)
			break;
		st = wait_for_retry(l->how, in_vain, l->answer.retry_after_s,
				    &why, err);
		if (st)
			return st;
		st = KT_AGAIN;
	}
	if (st)
		*err = why;
	return st;
}

/*
 * Ask all of them: *why is of the first that failed otherwise than by not
 * having the file, and *missing as kt_download() has it.
 */
static enum kt_status from_any(struct load *l, bool *missing,
			       struct kt_error *why)
{
	bool said_no = false, other = false, first = true;

	for (;; l->index++) {
		struct kt_error err = { 0 };
		bool is_missing = false;
		enum kt_status st;

		free(l->host);
		l->host = kt_http_public(l->file->urls[l->index]);
		st = start_over(l, &err);
		if (!st)
			st = from_one(l, &is_missing, &err);
		if (!st)
			return st;
		if (first || l->ours || kt_stop_signal())
			*why = err;
		first = first && is_missing;
		said_no = said_no || is_missing;
		other = other || (!is_missing && st != KT_AGAIN);
		*missing = said_no && !other;
		if (l->ours || kt_stop_signal())
			return why->status;
		if (l->file->urls[l->index + 1])
			l->how->note("%s; asking the next server", err.msg);
		else if (l->index)
			l->how->note("%s", err.msg);
		if (!l->file->urls[l->index + 1])
			return why->status;
	}
}

enum kt_status kt_download(const struct kt_download *how,
			   const struct kt_download_file *file,
			   struct kt_downloaded *out, bool *missing,
			   struct kt_error *err)
{
	struct load l KT_CLEANUP(load_release) = { .how = how, .file = file };
	struct kt_error why = { 0 };
	bool said_no = false;
	const enum kt_status st = from_any(&l, &said_no, &why);

	if (st) {
		*missing = said_no;
		*err = why;
		return st;
	}
	out->size = l.done;
	out->url = l.index;
	kt_sha256_final(l.sum, out->sha256);
	l.sum = NULL;
	return KT_OK;
}

enum kt_status kt_download_probe(const struct kt_download *how, const char *url,
				 bool *there, bool *busy, struct kt_error *err)
{
	const struct kt_http_ask ask = { .url = url, .no_body = true };
	char *host KT_CLEANUP(kt_freep) = kt_http_public(url);
	struct kt_http_answer answer;
	struct kt_error why = { 0 };

	*busy = false;
	for (unsigned int nr = 1;; nr++) {
		enum kt_status st = kt_http_get(how->http, &ask, &answer, err);

		if (st)
			return st;
		*busy = is_busy(answer.status);
		if (!*busy)
			break;
		st = fail_busy(host, answer.status, &why);
		if (nr < how->tries)
			st = wait_for_retry(how, nr, answer.retry_after_s, &why,
					    err);
		else
			*err = why;
		if (st)
			return st;
	}
	*there = answer.status == 200 &&
		 kt_download_page(answer.type, "", 0) == KT_PAGE_NONE;
	return KT_OK;
}
