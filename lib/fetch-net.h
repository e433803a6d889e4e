/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/fetch-net.h - what kernel.org and its mirrors keep beside the tarballs
 *
 * A mirror stands for https://cdn.kernel.org/pub/linux/kernel, and may have
 * releases.json and the tarballs of release candidates (t/) too. Shared between
 * the parts of lib/fetch.h that ask servers.
 */
#ifndef KT_FETCH_NET_H
#define KT_FETCH_NET_H

#include "lib/buf.h"
#include "lib/download.h"
#include "lib/error.h"
#include "lib/fetch.h"
#include "lib/releases.h"
#include "lib/version.h"

#define KT_MIRRORS_MAX 16

/*
 * The base URLs in @text, the value of @variable, separated by blanks or
 * commas, without slashes at their ends. KT_USAGE unless each is http:// or https:// and nothing but a
 * server and a path. *out is the caller's (kt_env_freep()).
 */
enum kt_status kt_mirrors_parse(const char *text, const char *variable,
				char ***out,
				struct kt_error *err) KT_MUST_CHECK;

struct kt_net {
	const struct kt_fetch *how;
	char **mirrors;
	struct kt_http *http;
	struct kt_download download;  /* without progress */
	struct kt_releases *releases; /* NULL: not asked for yet */

	/* sha256sums.asc: what is signed in it, of releases @sums_major.x */
	struct kt_buf sums;
	unsigned int sums_major;
	const char *verified; /* what a sum in there proves */
	bool warned;

	int keyring; /* -1: none yet */
	const char *keyring_name;
	bool keyring_sought, keyring_ours;
};

/* @net must be { .how = how, .keyring = -1 }; released in any case. */
enum kt_status kt_net_open(struct kt_net *net,
			   struct kt_error *err) KT_MUST_CHECK;
void kt_net_release(struct kt_net *net);

/*
 * What a tarball of @version would be @verified as by now: the least that an
 * entry of the cache must be.
 */
const char *kt_net_wanted(const struct kt_net *net,
			  const struct kt_version *version);

/* Say, with --verbose, that @url is asked for. */
void kt_net_say_asking(const struct kt_fetch *how, const char *url);

/* "linux-6.14.2.tar.xz"; the caller owns it. */
char *kt_net_tarball(const struct kt_version *version);

/* Where it may be, in turn: ends in NULL, and is the caller's. */
char **kt_net_urls(const struct kt_net *net, const struct kt_version *version);

/* Fill net->releases, unless it is. As kt_download(). */
enum kt_status kt_net_releases(struct kt_net *net,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Fill net->sums and net->verified from the first server that has the sum of
 * file @name (NULL: any): *sha256. *found is false if servers have sums, but
 * none this one. As kt_download() and kt_verify_signature() otherwise.
 */
enum kt_status kt_net_sums(struct kt_net *net, unsigned int major,
			   const char *name, char sha256[KT_SHA256_SIZE],
			   bool *found, struct kt_error *err) KT_MUST_CHECK;

/*
 * The newest release of @series, of one minor, in the sums that have been got;
 * false if there is none.
 */
bool kt_net_sums_newest(const struct kt_net *net,
			const struct kt_series *series, struct kt_version *out);

/*
 * Is there a tarball of @version on any server? *there is false, too, on
 * failure: KT_AGAIN if none has it and one is too busy to tell; of the last
 * server if none answers; or KT_FAIL when told to stop. net->http must be open.
 */
enum kt_status kt_net_probe(struct kt_net *net,
			    const struct kt_version *version, bool *there,
			    struct kt_error *err) KT_MUST_CHECK;

#endif
