// SPDX-License-Identifier: GPL-2.0-only
/* kernel-id - the kernel that a person means */
#include "lib/kernel-id.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/key.h"
#include "lib/metadata.h"
#include "lib/version.h"
#include "lib/xalloc.h"

#define BLANKS " \t\r\n"

enum kt_id_kind kt_id_kind(const char *id)
{
	if (strchr(id, '/') || id[0] == '.' || id[0] == '~')
		return KT_ID_PATH;
	return kt_version_parse(id, NULL) ? KT_ID_VERSION : KT_ID_KEY;
}

enum kt_status kt_id_expand(const char *id, const char *home, char **out,
			    struct kt_error *err)
{
	if (id[0] != '~') {
		*out = kt_xstrdup(id);
		return KT_OK;
	}
	if (id[1] && id[1] != '/')
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "\"%s\": only one's own ~ is known here",
				       id),
			       "give the directory's path");
	if (!home)
		return kt_fail(err, KT_FAIL, "\"%s\": HOME is not set", id);
	*out = kt_xasprintf("%s%s", home, id + 1);
	return KT_OK;
}

/*
 * Distributions put their own behind a version, "6.18.15+deb13-cloud-amd64"; the
 * sources of release candidates are nobody's release.
 */
static bool parse_version(const struct kt_record *rec, struct kt_version *out)
{
	const char *source = kt_record_text(rec, "source");
	const char *text = kt_record_text(rec, "version");
	char *own KT_CLEANUP(kt_freep) = NULL;

	if (!text || !source ||
	    strcmp(source, kt_source_name(KT_SOURCE_PACKAGE)) != 0)
		return text && kt_version_parse(text, out);
	own = kt_xstrndup(text, strspn(text, "0123456789."));
	return !strstr(text, "-rc") && !strstr(text, ".rc") &&
	       kt_version_parse(own, out);
}

/* Is the version of @rec what @want names? *found is it, parsed. */
static bool matches(const struct kt_record *rec, const struct kt_version *want,
		    struct kt_version *found)
{
	if (!parse_version(rec, found))
		return false;
	if (want->has_patch || want->rc)
		return !kt_version_compare(found, want);
	return found->major == want->major && found->minor == want->minor &&
	       !found->rc;
}

/* Is @rec's member @key the text @want? */
static bool is(const struct kt_record *rec, const char *key, const char *want)
{
	const char *text = kt_record_text(rec, key);

	return text && !strcmp(text, want);
}

long kt_id_pick(struct kt_record *const *list, size_t nr, const char *version)
{
	struct kt_version want, best_version = { 0 };
	bool best_is_stale = false;
	long best = -1;

	if (!kt_version_parse(version, &want))
		return -1;
	for (size_t i = 0; i < nr; i++) {
		const bool stale = kt_record_flag(list[i], "stale_kconfig");
		struct kt_version v;
		int order;

		if (!kt_record_has(list[i], "image") ||
		    !is(list[i], "arch", kt_arch()) ||
		    !matches(list[i], &want, &v))
			continue;
		order = best < 0 ? 1 : kt_version_compare(&v, &best_version);
		/* The list is newest first, so the first of equals stands. */
		if (order < 0 || (!order && (stale || !best_is_stale)))
			continue;
		best_is_stale = stale;
		best = (long)i;
		best_version = v;
	}
	return best;
}

struct listing {
	struct kt_record **list;
	size_t nr;
};

static void listing_release(struct listing *l)
{
	kt_cache_list_free(l->list, l->nr);
}

/* Take record @i out of @l, which keeps the rest. */
static struct kt_record *take(struct listing *l, size_t i)
{
	struct kt_record *rec = l->list[i];

	l->list[i] = NULL;
	return rec;
}

/*
 * Write to @version what "kernel build" must be told to make entry @key anew.
 * False if it cannot: the key does not tell all that it was made of.
 */
static bool rebuilds(const char *key, char version[KT_VERSION_SIZE])
{
	const char *end = strstr(key, "-tarball-");
	char *begin KT_CLEANUP(kt_freep) =
		kt_xstrndup(key, end ? (size_t)(end - key) : 0);
	const struct kt_key_parts parts = { .source = KT_SOURCE_TARBALL,
					    .arch = kt_arch(),
					    .version = version };
	char *made KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;
	struct kt_version v;

	if (!kt_version_parse(begin, &v))
		return false;
	kt_version_format(&v, version);
	if (kt_key_make(&parts, &made, &ignored) || strcmp(made, key) != 0)
		return false;
	/* "6.14" would be the newest of a series. */
	if (!v.patch && !v.rc)
		snprintf(version, KT_VERSION_SIZE, "%s.0", begin);
	return true;
}

static enum kt_status hint_corrupt(const char *key, enum kt_status st,
				   struct kt_error *err)
{
	char version[KT_VERSION_SIZE];

	if (rebuilds(key, version))
		return kt_hint(err, st,
			       "build it anew: cargo ktstr kernel build "
			       "--force %s",
			       version);
	return kt_hint(err, st,
		       "cargo ktstr kernel clean --corrupt-only, and build it "
		       "anew");
}

static enum kt_status find_key(struct kt_cache *cache, const char *key,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_record *rec = NULL;
	enum kt_status st = kt_cache_lookup(cache, key, &rec, err);

	if (st == KT_DATA)
		return hint_corrupt(key, st, err);
	if (st)
		return st;
	if (!rec)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "no kernel \"%s\" in the cache", key),
			       "what there is: cargo ktstr kernel list");
	*out = rec;
	return KT_OK;
}

static enum kt_status find_version(struct kt_cache *cache, const char *version,
				   struct kt_record **out, struct kt_error *err)
{
	struct listing l KT_CLEANUP(listing_release) = { 0 };
	struct kt_record *rec = NULL;
	struct kt_error ignored;
	enum kt_status st = kt_cache_list(cache, &l.list, &l.nr, err);
	long i;

	if (st)
		return st;
	i = kt_id_pick(l.list, l.nr, version);
	if (i >= 0) {
		*out = take(&l, (size_t)i);
		return KT_OK;
	}
	/* Somebody may have chosen a version for a key. */
	if (!kt_cache_lookup(cache, version, &rec, &ignored) && rec) {
		*out = rec;
		return KT_OK;
	}
	return kt_hint(
		err,
		kt_fail(err, KT_FAIL, "no kernel %s in the cache", version),
		"cargo ktstr kernel build %s", version);
}

static bool is_file(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISREG(sb.st_mode);
}

/* By trying: a file in /boot may be there for root alone. */
static bool may_read(const char *path)
{
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0;
}

static bool is_elf(const char *path)
{
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char magic[SELFMAG];

	return fd >= 0 && read(fd, magic, SELFMAG) == SELFMAG &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/* Set @key to the first of @names below @dir that @good accepts. */
static enum kt_status add_first(struct kt_record *rec, const char *key,
				const char *dir, const char *const *names,
				bool (*good)(const char *),
				struct kt_error *err)
{
	for (; *names; names++) {
		char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, *names);
		char *real KT_CLEANUP(kt_freep) = NULL;

		if (!good(path))
			continue;
		real = realpath(path, NULL);
		if (real)
			return kt_record_set_path(rec, key, real, err);
	}
	return KT_OK;
}

static struct kt_record *new_local(void)
{
	struct kt_record *rec = kt_record_new(KT_SCHEMA_KERNEL);

	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_LOCAL));
	kt_record_set_str(rec, "arch", kt_arch());
	return rec;
}

/* What there is beside the image, each the first of its names below @dir. */
static enum kt_status finish(struct kt_record **rec, const char *dir,
			     const char *const *boot_image,
			     const char *const *vmlinux,
			     const char *const *config, struct kt_record **out,
			     struct kt_error *err)
{
	enum kt_status st =
		add_first(*rec, "boot_image", dir, boot_image, is_elf, err);

	if (!st)
		st = add_first(*rec, "vmlinux", dir, vmlinux, is_elf, err);
	if (!st)
		st = add_first(*rec, "config", dir, config, is_file, err);
	if (st)
		return st;
	kt_record_set_bool(*rec, "cached", false);
	*out = *rec;
	*rec = NULL;
	return KT_OK;
}

/* *out stays NULL if @dir, which has no links in it, holds no image. */
static enum kt_status look_in_dir(const char *dir, struct kt_record **out,
				  struct kt_error *err)
{
	const char *const image[] = { kt_arch_image_path(kt_arch()),
				      kt_arch_image(kt_arch()), NULL };
	static const char *const boot_image[] = {
		"arch/x86/boot/compressed/vmlinux.bin", KT_ENTRY_BOOT_IMAGE,
		NULL
	};
	static const char *const vmlinux[] = { KT_ENTRY_VMLINUX, NULL };
	static const char *const config[] = { KT_ENTRY_CONFIG, NULL };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = new_local();
	enum kt_status st = kt_record_set_path(rec, "tree", dir, err);

	if (!st)
		st = add_first(rec, "image", dir, image, is_file, err);
	if (st || !kt_record_has(rec, "image"))
		return st;
	return finish(&rec, dir, boot_image, vmlinux, config, out, err);
}

/* The root of the tree that image @file stands in, or NULL. */
static char *tree_of(const char *file)
{
	const char *below = kt_arch_image_path(kt_arch());
	const size_t len = strlen(file), n = strlen(below);

	if (len <= n + 1 || strcmp(file + len - n, below) != 0 ||
	    file[len - n - 1] != '/')
		return NULL;
	return kt_xstrndup(file, len - n - 1);
}

/* An image file @path: in a tree, in a cache entry, or in /boot. */
static enum kt_status look_at_file(const char *path, const char *prefix,
				   struct kt_record **out, struct kt_error *err)
{
	char *tree KT_CLEANUP(kt_freep) = tree_of(path);
	char *dir KT_CLEANUP(kt_freep) =
		kt_xstrndup(path, (size_t)(kt_path_base(path) - path));
	const char *name = kt_path_base(path);
	const char *release = !strncmp(name, "vmlinuz-", 8) ? name + 8 : "-";
	char *debug KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%s/usr/lib/debug/boot/vmlinux-%s", prefix, release);
	char *boot_config KT_CLEANUP(kt_freep) =
		kt_xasprintf("config-%s", release);
	const char *const boot_image[] = { tree ? "compressed/vmlinux.bin" :
						  KT_ENTRY_BOOT_IMAGE,
					   NULL };
	const char *const vmlinux[] = { KT_ENTRY_VMLINUX,
					tree ? "../../../vmlinux" : debug,
					NULL };
	const char *const config[] = { KT_ENTRY_CONFIG,
				       tree ? "../../../.config" : boot_config,
				       NULL };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = new_local();
	enum kt_status st = kt_record_set_path(rec, "image", path, err);

	if (st)
		return st;
	return finish(&rec, dir, boot_image, vmlinux, config, out, err);
}

static enum kt_status find_path(const char *id, const struct kt_id_env *env,
				struct kt_record **out, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	char *real KT_CLEANUP(kt_freep) = NULL;
	struct kt_record *rec = NULL;
	enum kt_status st = kt_id_expand(id, env->home, &path, err);
	struct stat sb;

	if (st)
		return st;
	real = realpath(path, NULL);
	if (!real || stat(real, &sb)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return kt_fail(err, KT_FAIL, "no kernel at \"%s\": %s",
				       path, strerror(errno));
		return kt_fail_errno(err, "cannot find \"%s\"", path);
	}
	if (S_ISREG(sb.st_mode))
		return look_at_file(real, env->prefix, out, err);
	if (!S_ISDIR(sb.st_mode))
		return kt_fail(err, KT_FAIL,
			       "\"%s\" is neither a file nor a directory",
			       path);
	st = look_in_dir(real, &rec, err);
	if (st)
		return st;
	if (!rec)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "no built kernel in \"%s\"", path),
			       "cargo ktstr kernel build --source %s", path);
	*out = rec;
	return KT_OK;
}

static enum kt_status find_id(struct kt_cache *cache, const char *id,
			      const struct kt_id_env *env,
			      struct kt_record **out, struct kt_error *err)
{
	switch (kt_id_kind(id)) {
	case KT_ID_PATH:
		return find_path(id, env, out, err);
	case KT_ID_VERSION:
		return find_version(cache, id, out, err);
	case KT_ID_KEY:
		break;
	}
	return find_key(cache, id, out, err);
}

/* *out stays NULL if the variable is not set. */
static enum kt_status find_env(struct kt_cache *cache,
			       const struct kt_id_env *env,
			       struct kt_record **out, struct kt_error *err)
{
	char *id KT_CLEANUP(kt_freep) = NULL;
	const char *from = env->kernel;
	enum kt_status st;
	size_t len;

	if (!from)
		return KT_OK;
	from += strspn(from, BLANKS);
	len = strlen(from);
	while (len && strchr(BLANKS, from[len - 1]))
		len--;
	if (!len)
		return KT_OK;
	id = kt_xstrndup(from, len);
	st = find_id(cache, id, env, out, err);
	if (!st)
		return KT_OK;
	return kt_within(err, st, "%s",
			 env->origin ? env->origin : "KTSTR_KERNEL");
}

static enum kt_status find_fresh(struct kt_cache *cache, struct kt_record **out,
				 struct kt_error *err)
{
	struct listing l KT_CLEANUP(listing_release) = { 0 };
	enum kt_status st = kt_cache_list(cache, &l.list, &l.nr, err);

	for (size_t i = 0; !st && i < l.nr; i++) {
		if (!kt_cache_fresh(l.list[i]))
			continue;
		*out = take(&l, i);
		break;
	}
	return st;
}

/* Trees that lie near. What cannot be looked into is passed over. */
static enum kt_status find_tree(const struct kt_id_env *env,
				struct kt_record **out, struct kt_error *err)
{
	char *build KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%s/lib/modules/%s/build", env->prefix, env->release);
	const char *const places[] = { "linux", "../linux", build };
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && !*out && i < 3; i++) {
		char *real KT_CLEANUP(kt_freep) = realpath(places[i], NULL);
		struct stat sb;

		if (real && !stat(real, &sb) && S_ISDIR(sb.st_mode))
			st = look_in_dir(real, out, err);
	}
	return st;
}

/* The machine's own image: often there, and readable by root alone. */
static enum kt_status find_host(const struct kt_id_env *env,
				struct kt_record **out, struct kt_error *err)
{
	char *modules KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%s/lib/modules/%s/vmlinuz", env->prefix, env->release);
	char *boot KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/boot/vmlinuz-%s", env->prefix, env->release);
	char *any KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/boot/vmlinuz", env->prefix);
	const char *const images[] = { modules, boot, any };

	for (size_t i = 0; i < 3; i++) {
		char *real KT_CLEANUP(kt_freep) = realpath(images[i], NULL);

		if (real && is_file(real) && may_read(real))
			return look_at_file(real, env->prefix, out, err);
	}
	return KT_OK;
}

static enum kt_status find_any(struct kt_cache *cache,
			       const struct kt_id_env *env,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_record *rec = NULL;
	enum kt_status st = find_env(cache, env, &rec, err);

	if (!st && !rec)
		st = find_fresh(cache, &rec, err);
	if (!st && !rec)
		st = find_tree(env, &rec, err);
	if (!st && !rec)
		st = find_host(env, &rec, err);
	if (st)
		return st;
	if (!rec)
		return kt_hint(err, kt_fail(err, KT_FAIL, "no kernel found"),
			       "cargo ktstr kernel build, or set KTSTR_KERNEL "
			       "to a built tree");
	*out = rec;
	return KT_OK;
}

enum kt_status kt_id_find(struct kt_cache *cache, const char *id,
			  const struct kt_id_env *env, struct kt_record **out,
			  struct kt_error *err)
{
	return id ? find_id(cache, id, env, out, err) :
		    find_any(cache, env, out, err);
}
