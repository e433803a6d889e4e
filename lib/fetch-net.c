// SPDX-License-Identifier: GPL-2.0-only
/* fetch-net - what kernel.org and its mirrors keep beside the tarballs */
#include "lib/fetch-net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/verify.h"
#include "lib/xalloc.h"

#define KERNEL_URL "https://cdn.kernel.org/pub/linux/kernel"
#define RELEASES_URL "https://www.kernel.org/releases.json"
#define CANDIDATES_URL "https://git.kernel.org/torvalds/t"

#define CHUNK 65536
#define CONNECT_S 20
#define SMALL_TRIES 2 /* of what is small, and not worth waiting for */

static bool is_base(const char *url)
{
	const char *host = NULL;

	if (!strncmp(url, "http://", 7))
		host = url + 7;
	else if (!strncmp(url, "https://", 8))
		host = url + 8;
	if (!host || !*host || *host == '/' ||
	    strlen(url) > KT_HTTP_MAX_URL / 2 || strpbrk(url, "?#\"\\<>"))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

enum kt_status kt_mirrors_parse(const char *text, const char *variable,
				char ***out, struct kt_error *err)
{
	char **mirrors KT_CLEANUP(kt_env_freep) =
		kt_xcalloc(KT_MIRRORS_MAX + 1, sizeof(*mirrors));
	size_t nr = 0;

	while (text && *(text += strspn(text, " ,\t\n"))) {
		size_t len = strcspn(text, " ,\t\n");
		char *url KT_CLEANUP(kt_freep) = kt_xstrndup(text, len);

		text += len;
		while (len && url[len - 1] == '/')
			url[--len] = '\0';
		if (!is_base(url))
			return kt_fail(err, KT_USAGE,
				       "\"%s\" in %s is no http:// or "
				       "https:// URL of a directory",
				       url, variable);
		if (nr == KT_MIRRORS_MAX)
			return kt_fail(err, KT_USAGE,
				       "%s names more than %d servers",
				       variable, KT_MIRRORS_MAX);
		mirrors[nr++] = url;
		url = NULL;
	}
	*out = mirrors;
	mirrors = NULL;
	return KT_OK;
}

void kt_net_release(struct kt_net *net)
{
	kt_env_freep(&net->mirrors);
	kt_http_freep(&net->http);
	kt_releases_freep(&net->releases);
	kt_buf_release(&net->sums);
	kt_closep(&net->keyring);
}

enum kt_status kt_net_open(struct kt_net *net, struct kt_error *err)
{
	const struct kt_fetch *how = net->how;
	const struct kt_http_config config = {
		.user_agent = how->user_agent,
		.ca_file = how->ca_file,
		.connect_s = CONNECT_S,
		.stall_s = how->stall_s,
	};

	net->download = (struct kt_download){ .tries = how->tries,
					      .backoff_ns = how->backoff_ms *
							    KT_NS_PER_MS,
					      .note = how->note };
	if (net->download.tries > SMALL_TRIES)
		net->download.tries = SMALL_TRIES;
	return net->http ? KT_OK : kt_http_new(&config, &net->http, err);
}

static bool is_plain(const char *url)
{
	return !strncmp(url, "http://", 7);
}

const char *kt_net_wanted(const struct kt_net *net,
			  const struct kt_version *version)
{
	const char *first = net->mirrors ? net->mirrors[0] : NULL;

	if (net->how->no_verify || version->rc)
		return "none";
	if (net->how->keyring)
		return "pgp";
	/* Who can change the tarball on its way can change its sum too. */
	return first && is_plain(first) ? "none" : "sha256";
}

char *kt_net_tarball(const struct kt_version *version)
{
	char text[KT_VERSION_SIZE];

	kt_version_format(version, text);
	return kt_xasprintf("linux-%s.tar.%s", text, version->rc ? "gz" : "xz");
}

/* MIRROR/@path of each mirror, then @own; ends in NULL. */
static char **urls_of(const struct kt_net *net, const char *path,
		      const char *own)
{
	char **urls = kt_xcalloc(KT_MIRRORS_MAX + 2, sizeof(*urls));
	size_t nr = 0;

	for (char **m = net->mirrors; m && *m; m++)
		urls[nr++] = kt_xasprintf("%s/%s", *m, path);
	urls[nr] = kt_xstrdup(own);
	return urls;
}

char **kt_net_urls(const struct kt_net *net, const struct kt_version *version)
{
	char *name KT_CLEANUP(kt_freep) = kt_net_tarball(version);
	char *path KT_CLEANUP(kt_freep) =
		version->rc ? kt_xasprintf("t/%s", name) :
			      kt_xasprintf("v%u.x/%s", version->major, name);
	char *own KT_CLEANUP(kt_freep) =
		version->rc ? kt_xasprintf(CANDIDATES_URL "/%s", name) :
			      kt_xasprintf(KERNEL_URL "/%s", path);

	return urls_of(net, path, own);
}

void kt_net_say_asking(const struct kt_fetch *how, const char *url)
{
	char *shown KT_CLEANUP(kt_freep) = kt_http_public(url);

	how->detail("asking for \"%s\"", shown);
}

/* A small file into memory. */
static enum kt_status get_memory(struct kt_net *net, const char *name,
				 char *const *urls, size_t max, int *out,
				 bool *missing, struct kt_error *err)
{
	int fd = memfd_create("ktstr-fetch", MFD_CLOEXEC);
	const struct kt_download_file file = {
		.name = name,
		.urls = (const char *const *)urls,
		.magic = KT_MAGIC_ANY,
		.max_bytes = max,
		.fd = fd,
	};
	struct kt_downloaded got;
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot make a file in memory");
	net->download.http = net->http;
	kt_net_say_asking(net->how, urls[0]);
	st = kt_download(&net->download, &file, &got, missing, err);
	if (!st && lseek(fd, 0, SEEK_SET))
		st = kt_fail_errno(err, "cannot read \"%s\"", name);
	if (st)
		kt_closep(&fd);
	else
		*out = fd;
	return st;
}

enum kt_status kt_net_releases(struct kt_net *net, struct kt_error *err)
{
	char **urls KT_CLEANUP(kt_env_freep) =
		urls_of(net, "releases.json", RELEASES_URL);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;
	bool missing;

	if (net->releases)
		return KT_OK;
	st = get_memory(net, "releases.json", urls, KT_RELEASES_MAX_BYTES, &fd,
			&missing, err);
	if (!st)
		st = kt_fd_read(fd, KT_RELEASES_MAX_BYTES, &text,
				"releases.json", err);
	if (st)
		return st;
	st = kt_releases_parse(text.data ? text.data : "", text.len,
			       &net->releases, err);
	return st ? kt_within(err, st, "releases.json") : KT_OK;
}

/* The key from the web; net->keyring stays -1 if there is none to be had. */
static enum kt_status seek_keyring(struct kt_net *net, struct kt_error *err)
{
	char *urls[] = { kt_xstrdup(KT_AUTOSIGNER_URL), NULL };
	struct kt_error why = { 0 };
	enum kt_status st;
	bool missing;

	st = get_memory(net, "the key of kernel.org", urls, KT_KEY_MAX_BYTES,
			&net->keyring, &missing, &why);
	free(urls[0]);
	if (st == KT_FAIL && !missing) {
		*err = why;
		return st;
	}
	if (st)
		net->how->note("%s", why.msg);
	net->keyring_name = "the web key directory of kernel.org";
	return KT_OK;
}

/* All that comes from @fd, which nobody may ever write to. */
static enum kt_status read_pipe(int fd, const char *name, struct kt_buf *out,
				struct kt_error *err)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
			      { .fd = kt_stop_fd(), .events = POLLIN } };
	enum kt_status st;

	while (!(st = kt_stop_check(err))) {
		ssize_t n;

		if (poll(p, 2, -1) < 1 || !p[0].revents)
			continue;
		kt_buf_reserve(out, CHUNK);
		n = read(fd, out->data + out->len, CHUNK);
		if (n < 0 && errno != EINTR)
			return kt_fail_errno(err, "cannot read \"%s\"", name);
		if (!n)
			break;
		out->len += n > 0 ? (size_t)n : 0;
		if (out->len > KT_KEY_MAX_BYTES)
			return kt_fail(err, KT_DATA,
				       "\"%s\" is larger than %zu bytes", name,
				       KT_KEY_MAX_BYTES);
	}
	return st;
}

/* Make *fd, if it can be read but once, a file: gpgv reads it for each server. */
static enum kt_status keep(int *fd, const char *name, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int file KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;
	struct stat sb;

	if (fstat(*fd, &sb))
		return kt_fail_errno(err, "cannot stat \"%s\"", name);
	if (S_ISREG(sb.st_mode))
		return KT_OK;
	file = memfd_create("ktstr-keyring", MFD_CLOEXEC);
	if (file < 0)
		return kt_fail_errno(err, "cannot make a file in memory");
	st = read_pipe(*fd, name, &text, err);
	if (!st)
		st = kt_fd_write(file, text.data, text.len, name, err);
	if (st)
		return st;
	kt_closep(fd);
	*fd = kt_take_fd(&file);
	return KT_OK;
}

static enum kt_status open_keyring(struct kt_net *net, struct kt_error *err)
{
	if (net->keyring_sought)
		return KT_OK;
	net->keyring_sought = true;
	if (!net->how->keyring)
		return kt_verify_possible(kt_env_get(net->how->env, "PATH")) ?
			       seek_keyring(net, err) :
			       KT_OK;
	net->keyring_ours = true;
	net->keyring_name = net->how->keyring;
	net->keyring = open(net->how->keyring, O_RDONLY | O_CLOEXEC);
	return net->keyring < 0 ?
		       kt_fail_errno(err, "cannot open the keyring \"%s\"",
				     net->how->keyring) :
		       keep(&net->keyring, net->how->keyring, err);
}

static void warn_no_key(struct kt_net *net)
{
	const bool gpgv = kt_verify_possible(kt_env_get(net->how->env, "PATH"));

	if (net->warned)
		return;
	net->warned = true;
	net->how->note(
		"warning: without the key of kernel.org no signature is "
		"checked, only sums as the server gives them; to have it: "
		"%sgpg --locate-keys autosigner@kernel.org && gpg --export "
		"autosigner@kernel.org >kernel.gpg, and KTSTR_KEYRING=%s",
		gpgv ? "" : "apt install gpgv gnupg && ", "$PWD/kernel.gpg");
}

/* The signed part of the file open at @fd goes into net->sums. */
static enum kt_status read_signed(struct kt_net *net, int fd, const char *url,
				  struct kt_error *err)
{
	char signer[KT_FINGERPRINT_SIZE];
	enum kt_status st =
		kt_verify_signature(fd, url, net->keyring, net->keyring_name,
				    &net->sums, signer, err);

	if (st)
		return st;
	if (!strcmp(signer, KT_AUTOSIGNER)) {
		net->how->detail("\"%s\" is signed by kernel.org", url);
	} else if (net->keyring_ours) {
		if (!net->warned)
			net->how->note("\"%s\" is signed by %s, which \"%s\" "
				       "holds: not the key of kernel.org",
				       url, signer, net->keyring_name);
		net->warned = true;
	} else {
		return kt_fail(err, KT_DATA,
			       "%s gave key %s, which is not the one that is "
			       "known to be kernel.org's",
			       net->keyring_name, signer);
	}
	net->verified = "pgp";
	return KT_OK;
}

static enum kt_status read_sums(struct kt_net *net, int fd, const char *url,
				struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st = open_keyring(net, err);
	const char *body = NULL;
	size_t len = 0;

	if (st)
		return st;
	kt_buf_release(&net->sums);
	if (net->keyring >= 0)
		return read_signed(net, fd, url, err);
	warn_no_key(net);
	st = kt_fd_read(fd, KT_SUMS_MAX_BYTES, &text, url, err);
	if (!st)
		st = kt_sums_body(text.data ? text.data : "", text.len, &body,
				  &len, err);
	if (st)
		return kt_within(err, st, "\"%s\"", url);
	kt_buf_add(&net->sums, body, len);
	net->verified = is_plain(url) ? "none" : "sha256";
	return KT_OK;
}

enum kt_status kt_net_sums(struct kt_net *net, unsigned int major,
			   const char *name, char sha256[KT_SHA256_SIZE],
			   bool *found, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) =
		kt_xasprintf("v%u.x/" KT_SUMS_NAME, major);
	char *own KT_CLEANUP(kt_freep) = kt_xasprintf(KERNEL_URL "/%s", path);
	char **urls KT_CLEANUP(kt_env_freep) = urls_of(net, path, own);
	struct kt_error why = { 0 };
	bool any = false;

	*found = false;
	for (char **url = urls; *url && !*found; url++) {
		char *const one[] = { *url, NULL };
		char *shown KT_CLEANUP(kt_freep) = kt_http_public(*url);
		int fd KT_CLEANUP(kt_closep) = -1;
		struct kt_error e = { 0 };
		bool missing = false;
		enum kt_status st =
			get_memory(net, KT_SUMS_NAME, one, KT_SUMS_MAX_BYTES,
				   &fd, &missing, &e);

		if (st == KT_FAIL && !missing) {
			*err = e;
			return st;
		}
		if (st) {
			/* What cannot be asked may have had it. */
			if (!why.status || why.status == KT_FAIL)
				why = e;
			continue;
		}
		any = true;
		st = read_sums(net, fd, shown, err);
		net->sums_major = major;
		if (!st && name)
			st = kt_sums_find(net->sums.data ? net->sums.data : "",
					  net->sums.len, name, sha256, found,
					  err);
		if (st)
			return st;
		*found = *found || !name;
	}
	if (any)
		return KT_OK;
	*err = why;
	return why.status;
}

enum kt_status kt_net_probe(struct kt_net *net,
			    const struct kt_version *version, bool *there,
			    struct kt_error *err)
{
	char **urls KT_CLEANUP(kt_env_freep) = kt_net_urls(net, version);
	struct kt_error why = { 0 };
	bool answered = false, any_busy = false;

	*there = false;
	net->download.http = net->http;
	for (char **url = urls; *url && !*there; url++) {
		struct kt_error e = { 0 };
		bool busy;
		const enum kt_status st = kt_download_probe(
			&net->download, *url, there, &busy, &e);

		if (st == KT_FAIL) {
			*err = e;
			return st;
		}
		answered = answered || !st;
		if (st && (busy || !any_busy))
			why = e;
		any_busy = any_busy || busy;
	}
	/* A server that is busy may have it; one that is not there need not. */
	if (*there || (answered && !any_busy))
		return KT_OK;
	*err = why;
	return why.status;
}

bool kt_net_sums_newest(const struct kt_net *net,
			const struct kt_series *series, struct kt_version *out)
{
	return kt_sums_newest(net->sums.data ? net->sums.data : "",
			      net->sums.len, series->major, series->minor, out);
}
