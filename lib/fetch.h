/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/fetch.h - find a kernel's source, or the cache entry that spares it
 *
 * Each way to a source is a function that makes one "ktstr.kernel/1" record:
 * of the source, with its key and its tree, or of the fresh entry that the
 * cache has for it. A tree that was made for the record stands in a directory
 * of its own below the build directory (lib/workdir.h); whoever cannot pass the
 * record on gives it to kt_fetch_discard().
 */
#ifndef KT_FETCH_H
#define KT_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/cache.h"
#include "lib/dirs.h"
#include "lib/error.h"
#include "lib/record.h"
#include "lib/version.h"
#include "lib/watch.h"

/* How to go about it. All borrowed. */
struct kt_fetch {
	const struct kt_env_dirs *dirs; /* where cache and builds are */
	const char *const *env;		/* our environment */
	bool force;			/* do not look in the cache */
	bool keep_tree;			/* "tree_temporary" is false */
	const char *kconfig_crc32;	/* of a fragment to come, or NULL */
	unsigned int threads;		/* to decompress with */
	kt_say_fn *note, *detail;
	struct kt_watch watch;

	/* Only for what comes over the network. */
	const char *mirrors;	/* KTSTR_KERNEL_MIRROR, or NULL */
	const char *remotes;	/* KTSTR_CACHE_REMOTE, or NULL */
	const char *keyring;	/* file of the keys that are trusted, or NULL */
	const char *ca_file;	/* certificates to trust, or NULL */
	const char *user_agent; /* "ktstr/VERSION" */
	unsigned int stall_s;	/* without a byte from a server */
	unsigned int tries;	/* of a server; see lib/download.h */
	unsigned int backoff_ms; /* before the second; doubles */
	bool no_verify;
};

/*
 * The kernel source tree @path, or the tarball. *out is the caller's. KT_DATA:
 * it is no kernel's, or the archive is refused (lib/archive.h); KT_SYS: the
 * system refused; KT_AGAIN: the tarball was changed while it was read; KT_FAIL:
 * git refused, or told to stop. Nothing is left behind then.
 */
enum kt_status kt_fetch_source(const struct kt_fetch *how, const char *path,
			       struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * The kernel that @text means, from kernel.org or a mirror: "6.14.2",
 * "6.14.0" (which is 6.14), "6.15-rc3"; "6.12" or "6", the highest of the
 * series; NULL, the newest stable or longterm (lib/releases.h). For an exact
 * version that the cache holds no server is asked; where none can be asked, the
 * highest that the cache holds stands in for the others.
 *
 * KT_USAGE: @text or how->mirrors is malformed. KT_FAIL: there is no such
 * kernel (the hint names the newest of the series), no sum of it, its signer is
 * not known, or told to stop. KT_DATA: what came is not what was asked for, or
 * not what was signed. KT_AGAIN: no server could be asked. KT_SYS, KT_SKIP: see
 * lib/http.h, lib/verify.h. Nothing is left behind then.
 */
enum kt_status kt_fetch_version(const struct kt_fetch *how, const char *text,
				struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * The kernel that the @nr files at @paths are, built by others: a package
 * (lib/package.h), several of one kernel, or an image, a bzImage; and its
 * configuration, if that is in a file of its own, which is looked for beside an
 * image too. The record has all of a kernel that was built; its files stand in
 * "tree", a directory of ours. @any: take it, too, if it is of no use here
 * (lib/prebuilt.h).
 *
 * KT_USAGE: one kernel or configuration too many. KT_FAIL: there is none in
 * it, it is of no use, or told to stop. KT_DATA: a file is damaged, or not of an
 * x86-64 kernel. Nothing is left behind then.
 */
enum kt_status kt_fetch_package(const struct kt_fetch *how,
				const char *const *paths, size_t nr, bool any,
				struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * Remove the tree that was made for @rec, if one was and it is not kept: nobody
 * will get to know of it.
 */
void kt_fetch_discard(const struct kt_fetch *how, const struct kt_record *rec);

/*
 * What follows is shared between the parts of this module.
 */

/* What an entry must be to stand in for a source; all borrowed. */
struct kt_fetch_want {
	const char *key;
	const char *verified; /* at least that, as kt_cache_verified() has it */
	const char *config_hash; /* built with this .config; NULL: with any */
};

/* Is @rec, a fresh entry, as @want says? */
bool kt_fetch_wanted(const struct kt_fetch_want *want,
		     const struct kt_record *rec);

/*
 * The fresh entry that is as @want says, in the cache or else, as it then is
 * there, in a remote one: *out is its record, owned by the caller, or untouched
 * if there is none or none is wanted. Why an entry is not used is said.
 */
enum kt_status kt_fetch_entry(const struct kt_fetch *how,
			      const struct kt_fetch_want *want,
			      struct kt_record **out,
			      struct kt_error *err) KT_MUST_CHECK;

/* The cache, as builds of now see it. The caller owns *out. */
enum kt_status kt_fetch_cache(const struct kt_fetch *how, struct kt_cache **out,
			      struct kt_error *err) KT_MUST_CHECK;

/* Say that entry @key is what is written. */
void kt_fetch_say_cached(const struct kt_fetch *how, const char *key);

/* The bytes that a build of a tarball of @size bytes may take. */
uint64_t kt_fetch_space(uint64_t size);

/* A directory of ours below the build directory. */
struct kt_fetch_dir {
	const struct kt_fetch *how;
	char *base, *path; /* canonical; NULL: none */
	int lock;
};

/*
 * Make one called @name, once @need bytes are known to be free. @dir must be
 * { .lock = -1 } and is the caller's to end by kt_fetch_dir_keep() or
 * kt_fetch_dir_drop().
 */
enum kt_status kt_fetch_dir_new(const struct kt_fetch *how, const char *name,
				uint64_t need, struct kt_fetch_dir *dir,
				struct kt_error *err) KT_MUST_CHECK;

/* Free @dir; the directory, and all in it, stays. */
void kt_fetch_dir_keep(struct kt_fetch_dir *dir);

/* Free @dir, and remove what it stands for; NULL is fine. For KT_CLEANUP(). */
void kt_fetch_dir_drop(struct kt_fetch_dir *dir);

/*
 * Unpack the tarball open at @fd, which is called @name, into @dir, and read
 * its version. KT_AGAIN if it has changed since it was @before.
 */
enum kt_status kt_fetch_unpack(const struct kt_fetch *how, int fd,
			       const struct stat *before, const char *name,
			       const char *dir, struct kt_version *version,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Set "tree" and "tree_temporary" of a tree made in @dir. If it is kept, that is
 * said, and @dir gets another name before, so no path in it may be known yet.
 */
enum kt_status kt_fetch_set_tree(const struct kt_fetch *how,
				 struct kt_fetch_dir *dir,
				 struct kt_record *rec,
				 struct kt_error *err) KT_MUST_CHECK;

#endif
