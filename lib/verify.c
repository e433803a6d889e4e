// SPDX-License-Identifier: GPL-2.0-only
/* verify - sha256sums.asc, and who signed it, by gpgv */
#include "lib/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

#define SIGNED_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define SIGNATURE_BEGIN "\n-----BEGIN PGP SIGNATURE-----\n"
#define ARMOR_BEGIN "-----BEGIN PGP"
#define TIMEOUT_S 60
#define STATUS_MAX_BYTES ((size_t)64 << 10)
#define SUM_DIGITS 64

static const char *find(const char *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what));
}

enum kt_status kt_sums_body(const char *text, size_t len, const char **body,
			    size_t *body_len, struct kt_error *err)
{
	const char *end = text + len, *from, *to;

	if (len < strlen(SIGNED_BEGIN) ||
	    memcmp(text, SIGNED_BEGIN, strlen(SIGNED_BEGIN)) != 0)
		return kt_fail(err, KT_DATA, "it is not a signed text");
	/* An empty line ends the headers. */
	from = find(text, len, "\n\n");
	to = from ? find(from, (size_t)(end - from), SIGNATURE_BEGIN) : NULL;
	if (!to)
		return kt_fail(err, KT_DATA, "its signature is missing");
	from += 2;
	*body = from;
	*body_len = to >= from ? (size_t)(to - from) : 0;
	return KT_OK;
}

/* A line of sha256sum(1): 64 digits, a space, " " or "*", a name. */
struct line {
	const char *sum, *name;
	size_t name_len;
};

/* The next one of *text, which is moved behind it; others are passed over. */
static bool next_line(const char **text, const char *end, struct line *out)
{
	while (*text < end) {
		const char *p = *text, *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;
		size_t n = 0;

		*text = nl ? nl + 1 : end;
		if (stop > p && stop[-1] == '\r')
			stop--;
		while (p + n < stop && n < SUM_DIGITS && p[n] &&
		       strchr("0123456789abcdef", p[n]))
			n++;
		if (n < SUM_DIGITS || stop - p < SUM_DIGITS + 3 ||
		    p[SUM_DIGITS] != ' ' || !strchr(" *", p[SUM_DIGITS + 1]) ||
		    !p[SUM_DIGITS + 1])
			continue;
		out->sum = p;
		out->name = p + SUM_DIGITS + 2;
		out->name_len = (size_t)(stop - out->name);
		return true;
	}
	return false;
}

enum kt_status kt_sums_find(const char *text, size_t len, const char *name,
			    char sha256[KT_SHA256_SIZE], bool *found,
			    struct kt_error *err)
{
	const char *end = text + len;
	struct line line, have = { 0 };

	while (next_line(&text, end, &line)) {
		if (line.name_len != strlen(name) ||
		    memcmp(line.name, name, line.name_len) != 0)
			continue;
		if (have.sum && memcmp(have.sum, line.sum, SUM_DIGITS) != 0)
			return kt_fail(err, KT_DATA,
				       "two different sums of \"%s\"", name);
		have = line;
	}
	*found = have.sum;
	if (have.sum) {
		memcpy(sha256, have.sum, SUM_DIGITS);
		sha256[SUM_DIGITS] = '\0';
	}
	return KT_OK;
}

static bool tarball_version(const struct line *line, struct kt_version *out)
{
	static const char begin[] = "linux-", suffix[] = ".tar.xz";
	const size_t b = sizeof(begin) - 1, e = sizeof(suffix) - 1;
	char text[KT_VERSION_SIZE];

	if (line->name_len <= b + e || line->name_len - b - e >= sizeof(text) ||
	    memcmp(line->name, begin, b) != 0 ||
	    memcmp(line->name + line->name_len - e, suffix, e) != 0)
		return false;
	memcpy(text, line->name + b, line->name_len - b - e);
	text[line->name_len - b - e] = '\0';
	return kt_version_parse(text, out);
}

bool kt_sums_newest(const char *text, size_t len, unsigned int major,
		    unsigned int minor, struct kt_version *out)
{
	const char *end = text + len;
	struct kt_version v;
	struct line line;
	bool any = false;

	while (next_line(&text, end, &line)) {
		if (!tarball_version(&line, &v) || v.major != major ||
		    v.minor != minor || v.rc)
			continue;
		if (!any || kt_version_compare(&v, out) > 0)
			*out = v;
		any = true;
	}
	return any;
}

bool kt_verify_possible(const char *path)
{
	char *gpgv KT_CLEANUP(kt_freep) =
		kt_path_search(path ? path : "", "gpgv");

	return gpgv != NULL;
}

/*
 * Does status line KEYWORD stand in gpgv's output (GnuPG's doc/DETAILS)? What
 * follows it, or NULL.
 */
static const char *status_line(const char *text, const char *keyword)
{
	const size_t n = strlen(keyword);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, "[GNUPG:] ", 9) &&
		    !strncmp(p + 9, keyword, n) &&
		    (p[9 + n] == ' ' || p[9 + n] == '\n'))
			return p + 9 + n;
		if (!*p)
			break;
	}
	return NULL;
}

/* VALIDSIG's tenth word is the primary key's fingerprint. */
static bool read_signer(const char *status, char out[KT_FINGERPRINT_SIZE])
{
	const char *p = status_line(status, "VALIDSIG");
	size_t n;

	for (int word = 1; p && word <= 10; word++) {
		p += strspn(p, " ");
		n = strcspn(p, " \n");
		if (!n)
			return false;
		if (word == 10 && n < KT_FINGERPRINT_SIZE) {
			memcpy(out, p, n);
			out[n] = '\0';
			return true;
		}
		p += n;
	}
	return false;
}

static enum kt_status bad_signature(const char *status, const char *name,
				    const char *keyring, struct kt_error *err)
{
	const char *key = status_line(status, "NO_PUBKEY");

	if (status_line(status, "BADSIG"))
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "the signature of \"%s\" is bad: it was "
				       "changed on its way here",
				       name),
			       "try another server; --no-verify would take "
			       "what was changed");
	if (key)
		return kt_hint(
			err,
			kt_fail(err, KT_FAIL,
				"\"%s\" is signed by key %.*s, which \"%s\" "
				"does not hold",
				name, (int)strcspn(key + 1, " \n"), key + 1,
				keyring),
			"gpg --locate-keys autosigner@kernel.org && gpg "
			"--export autosigner@kernel.org >FILE, and --keyring "
			"FILE");
	if (status_line(status, "EXPKEYSIG"))
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "the key that signed \"%s\" has expired "
				       "in \"%s\"",
				       name, keyring),
			       "get the key again: its owner may have "
			       "lengthened its life");
	if (status_line(status, "REVKEYSIG"))
		return kt_fail(err, KT_DATA,
			       "the key that signed \"%s\" has been revoked",
			       name);
	if (status_line(status, "EXPSIG"))
		return kt_fail(err, KT_DATA,
			       "the signature of \"%s\" has expired", name);
	return kt_fail(err, KT_DATA, "\"%s\" has no signature that gpgv knows",
		       name);
}

static enum kt_status check_keyring(int keyring, const char *name,
				    struct kt_error *err)
{
	char head[sizeof(ARMOR_BEGIN) - 1];
	const ssize_t n = pread(keyring, head, sizeof(head), 0);

	if (n < 0)
		return kt_fail_errno(err, "cannot read the keyring \"%s\"",
				     name);
	if (n != sizeof(head))
		return kt_fail(err, KT_DATA, "the keyring \"%s\" holds no keys",
			       name);
	if (memcmp(head, ARMOR_BEGIN, sizeof(head)) != 0)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_DATA,
			       "the keyring \"%s\" is text, which gpgv does "
			       "not read",
			       name),
		       "gpg --dearmor <\"%s\" >FILE, and --keyring FILE", name);
}

static enum kt_status run_gpgv(int fd, int status_fd, int keyring,
			       struct kt_buf *body, struct kt_buf *status,
			       struct kt_error *err)
{
	/* What is open already needs no name that gpgv would interpret. */
	char number[16], path[32];
	const char *const argv[] = { "gpgv",	 "--quiet",   "--status-fd",
				     number,	 "--keyring", path,
				     "--output", "-",	      "-",
				     NULL };
	const int keep[] = { status_fd, keyring, -1 };
	const struct kt_spawn how = { .argv = argv,
				      .in = fd,
				      .out = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL,
				      .keep = keep,
				      .group = true,
				      .die_with_us = true };
	enum kt_status st;
	int wstatus;

	snprintf(number, sizeof(number), "%d", status_fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", keyring);
	if (lseek(fd, 0, SEEK_SET))
		return kt_fail_errno(err, "cannot seek");
	errno = 0;
	st = kt_spawn_capture(&how, false, KT_SUMS_MAX_BYTES,
			      kt_deadline_in(TIMEOUT_S * KT_NS_PER_S), body,
			      &wstatus, err);
	if (st == KT_SYS && errno == ENOENT)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP,
				       "gpgv, which checks signatures, is not "
				       "installed"),
			       "apt install gpgv");
	if (!st && lseek(status_fd, 0, SEEK_SET))
		st = kt_fail_errno(err, "cannot seek");
	if (!st)
		st = kt_fd_read(status_fd, STATUS_MAX_BYTES, status,
				"gpgv's answer", err);
	if (!st)
		kt_buf_addc(status, '\n');
	if (!st && kt_spawn_exit_status(wstatus) &&
	    status_line(status->data, "VALIDSIG"))
		st = kt_fail(err, KT_DATA, "gpgv ended with status %d",
			     kt_spawn_exit_status(wstatus));
	return st;
}

enum kt_status kt_verify_signature(int fd, const char *name, int keyring,
				   const char *keyring_name,
				   struct kt_buf *body,
				   char signer[KT_FINGERPRINT_SIZE],
				   struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf status KT_CLEANUP(kt_buf_release) = { 0 };
	int status_fd KT_CLEANUP(kt_closep) =
		memfd_create("ktstr-gpgv", MFD_CLOEXEC);
	char fingerprint[KT_FINGERPRINT_SIZE];
	enum kt_status st = check_keyring(keyring, keyring_name, err);

	if (st)
		return st;
	if (status_fd < 0)
		return kt_fail_errno(err, "cannot make a file in memory");
	st = run_gpgv(fd, status_fd, keyring, &text, &status, err);
	if (st)
		return st;
	if (!status_line(status.data, "GOODSIG") ||
	    !read_signer(status.data, fingerprint))
		return bad_signature(status.data, name, keyring_name, err);
	memcpy(signer, fingerprint, sizeof(fingerprint));
	kt_buf_release(body);
	*body = text;
	text = (struct kt_buf){ 0 };
	return KT_OK;
}
