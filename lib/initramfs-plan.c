// SPDX-License-Identifier: GPL-2.0-only
/* initramfs-plan - what goes into the archive, and what it is called by */
#include "lib/initramfs-plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/cpio.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/guest-memory.h"
#include "lib/hash.h"
#include "lib/script.h"
#include "lib/spawn.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

/* Part of every name in the cache: raise it when the same files yield others. */
#define FORMAT "ktstr-initramfs 3\n"

#define APPLETS_MAX_BYTES ((size_t)64 << 10)
#define APPLETS_WAIT_NS (10 * KT_NS_PER_S)

void kt_initramfs_freep(struct kt_initramfs **fs_p)
{
	struct kt_initramfs *fs = *fs_p;

	if (!fs)
		return;
	kt_part_release(&fs->base);
	kt_part_release(&fs->tail);
	free(fs->busybox);
	free(fs);
	*fs_p = NULL;
}

enum kt_status kt_initramfs_check_busybox(const char *path,
					  struct kt_error *err)
{
	struct kt_elfobj obj;
	enum kt_status st = kt_elfobj_read(path, &obj, err);
	const bool is_static =
		!st && obj.class && !obj.interp && !obj.nr_needed;

	if (st)
		return kt_hint(err, st, "apt install busybox-static");
	kt_elfobj_release(&obj);
	if (is_static)
		return KT_OK;
	return kt_hint(
		err,
		kt_fail(err, KT_SKIP,
			"busybox \"%s\" is not a static program, and the "
			"guest has no libraries for it",
			path),
		"apt install busybox-static");
}

/* The directories above @path that the base does not have. */
static void add_parents(struct kt_initramfs *fs, const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		char *dir KT_CLEANUP(kt_freep) =
			kt_xstrndup(path, (size_t)(p - path));

		if (!kt_part_find(&fs->base, dir))
			kt_part_add(&fs->tail, KT_ENTRY_DIR, dir, 0755, NULL);
	}
}

static enum kt_status plan_base(struct kt_initramfs *fs,
				const struct kt_initramfs_parts *parts,
				struct kt_error *err)
{
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = {
		{ "bin", 0755 },       { "dev", 0755 },	 { "etc", 0755 },
		{ "etc/ktstr", 0755 }, { "proc", 0755 }, { "root", 0700 },
		{ "run", 0755 },       { "sbin", 0755 }, { "sys", 0755 },
		{ "tmp", 01777 },      { "usr", 0755 },	 { "usr/bin", 0755 },
		{ "usr/sbin", 0755 },  { "var", 0755 },
	};
	static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
				     "nobody:x:65534:65534:nobody:/:/bin/sh\n";
	static const char group[] = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		kt_part_add(&fs->base, KT_ENTRY_DIR, dirs[i].path, dirs[i].mode,
			    NULL);
	kt_part_add(&fs->base, KT_ENTRY_LINK, "var/tmp", 0777, "/tmp");
	kt_part_add(&fs->base, KT_ENTRY_LINK, "var/run", 0777, "/run");
	kt_part_add(&fs->base, KT_ENTRY_TEXT, "etc/passwd", 0644, passwd);
	kt_part_add(&fs->base, KT_ENTRY_TEXT, "etc/group", 0644, group);
	kt_part_add(&fs->base, KT_ENTRY_TEXT, "etc/hosts", 0644,
		    "127.0.0.1 localhost\n");
	kt_part_add(&fs->base, KT_ENTRY_FILE, "init", 0755, parts->init);
	kt_part_add(&fs->base, KT_ENTRY_FILE, "bin/busybox", 0755,
		    parts->busybox);
	return kt_part_settle(&fs->base, err);
}

static void plan_library_path(struct kt_initramfs *fs,
			      const struct kt_elfdeps *deps)
{
	const char *const *dirs = kt_elfdeps_dirs(deps);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	for (size_t i = 0; dirs[i]; i++)
		kt_buf_addf(&text, "%s%s", i ? ":" : "", dirs[i]);
	if (!text.len)
		return;
	kt_buf_addc(&text, '\n');
	kt_part_add(&fs->tail, KT_ENTRY_TEXT, KT_INITRAMFS_LIBRARY_PATH, 0644,
		    text.data);
}

/* What init is to load, in the order in which it was named. */
static enum kt_status plan_modules(struct kt_initramfs *fs,
				   const struct kt_includes *includes,
				   struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	for (size_t turn = 1; turn <= includes->nr_modules; turn++)
		for (size_t i = 0; i < includes->nr; i++) {
			if (includes->v[i].module != turn)
				continue;
			if (strchr(includes->v[i].guest, '\n'))
				return kt_fail(err, KT_USAGE,
					       "module \"%s\": a name of two "
					       "lines",
					       includes->v[i].host);
			kt_buf_addf(&text, "/%s\n", includes->v[i].guest);
		}
	if (text.len)
		kt_part_add(&fs->tail, KT_ENTRY_TEXT, KT_INITRAMFS_MODULES,
			    0644, text.data);
	return KT_OK;
}

static void add_library(struct kt_initramfs *fs, enum kt_entry_kind kind,
			const char *path, const char *real)
{
	add_parents(fs, path + 1);
	kt_part_add(&fs->tail, kind, path + 1,
		    kind == KT_ENTRY_LINK ? 0777 : 0755, real);
}

static void plan_library(struct kt_initramfs *fs,
			 const struct kt_includes *includes,
			 const struct kt_elfdep *dep)
{
	const struct kt_include *inc =
		kt_includes_find(includes, dep->path + 1);

	/* Found beside a program in a directory that is included as a whole. */
	if (inc && kt_path_same(inc->host, dep->real))
		return;
	if (dep->alone || !strcmp(dep->path, dep->real)) {
		add_library(fs, KT_ENTRY_FILE, dep->path, dep->real);
		return;
	}
	add_library(fs, KT_ENTRY_LINK, dep->path, dep->real);
	add_library(fs, KT_ENTRY_FILE, dep->real, dep->real);
}

static enum kt_status plan_tail(struct kt_initramfs *fs,
				const struct kt_initramfs_parts *parts,
				struct kt_error *err)
{
	const size_t nr_deps = kt_elfdeps_count(parts->deps);
	enum kt_status st;

	for (size_t i = 0; i < parts->includes->nr; i++) {
		const struct kt_include *inc = &parts->includes->v[i];

		add_parents(fs, inc->guest);
		kt_part_add(&fs->tail, KT_ENTRY_FILE, inc->guest, inc->mode,
			    inc->host);
	}
	for (size_t i = 0; i < nr_deps; i++) {
		plan_library(fs, parts->includes,
			     kt_elfdeps_get(parts->deps, i));
	}
	plan_library_path(fs, parts->deps);
	st = plan_modules(fs, parts->includes, err);
	return st ? st : kt_part_settle(&fs->tail, err);
}

/* Before anything is read: a file may be far too large, and all of zeros. */
static enum kt_status count_bytes(struct kt_initramfs *fs,
				  const struct kt_initramfs_part *part,
				  uint64_t *bytes, struct kt_error *err)
{
	for (size_t i = 0; i < part->nr; i++) {
		const struct kt_entry *e = &part->v[i];
		struct stat sb;

		if (e->kind != KT_ENTRY_FILE) {
			fs->root_bytes += kt_guest_root_bytes(
				e->source ? strlen(e->source) : 0);
			continue;
		}
		if (stat(e->source, &sb) < 0)
			return kt_fail_errno(err, "cannot read \"%s\"",
					     e->source);
		if ((uint64_t)sb.st_size > KT_CPIO_MAX_FILE)
			return kt_fail(err, KT_DATA,
				       "\"%s\" has 4 GiB or more, which an "
				       "initramfs cannot hold",
				       e->source);
		fs->root_bytes += kt_guest_root_bytes((uint64_t)sb.st_size);
		*bytes += (uint64_t)sb.st_size;
		if (*bytes > KT_INITRAMFS_MAX_BYTES)
			return kt_fail(
				err, KT_DATA,
				"the files for the guest exceed %llu MiB at "
				"\"%s\"",
				(unsigned long long)KT_INITRAMFS_MAX_BYTES >>
					20,
				e->path);
	}
	return KT_OK;
}

static enum kt_status sum_file(struct kt_initramfs *fs, struct kt_sums *sums,
			       struct kt_entry *e, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(e->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", e->source);
	return kt_sums_get(sums, fd, e->source, fs->now_ns, &e->sum, err);
}

/* Everything that decides an entry's bytes, and the content by its own sum. */
static enum kt_status add_to_sum(struct kt_initramfs *fs, struct kt_sums *sums,
				 struct kt_entry *e, struct kt_sha256 *sum,
				 struct kt_error *err)
{
	char *head KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%d %o %zu ", e->kind, (unsigned int)e->mode, strlen(e->path));
	enum kt_status st = kt_stop_check(err);

	if (!st && e->kind == KT_ENTRY_FILE)
		st = sum_file(fs, sums, e, err);
	if (st)
		return st;
	kt_sha256_add(sum, head, strlen(head));
	kt_sha256_add(sum, e->path, strlen(e->path) + 1);
	if (e->kind == KT_ENTRY_FILE)
		kt_sha256_add(sum, e->sum.sha256, sizeof(e->sum.sha256));
	else if (e->source)
		kt_sha256_add(sum, e->source, strlen(e->source) + 1);
	return KT_OK;
}

static enum kt_status sum_part(struct kt_initramfs *fs, struct kt_sums *sums,
			       struct kt_initramfs_part *part, const char *seed,
			       char out[KT_SHA256_SIZE], struct kt_error *err)
{
	struct kt_sha256 *sum = kt_sha256_new();
	enum kt_status st = KT_OK;

	kt_sha256_add(sum, seed, strlen(seed));
	for (size_t i = 0; !st && i < part->nr; i++)
		st = add_to_sum(fs, sums, &part->v[i], sum, err);
	kt_sha256_final(sum, out);
	return st;
}

/* A name for a link in /bin, and not one that leads elsewhere. */
static bool is_applet(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p <= ' ' || *p > '~')
			return false;
	return *name && strcmp(name, ".") && strcmp(name, "..") &&
	       strcmp(name, "busybox");
}

enum kt_status kt_initramfs_add_applets(struct kt_initramfs *fs,
					struct kt_error *err)
{
	const char *const argv[] = { fs->busybox, "--list", NULL };
	const struct kt_spawn how = { .argv = argv,
				      .in = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int wstatus = 0;
	char *save = NULL;
	enum kt_status st;

	if (fs->has_applets)
		return KT_OK;
	st = kt_spawn_capture(&how, false, APPLETS_MAX_BYTES,
			      kt_deadline_in(APPLETS_WAIT_NS), &text, &wstatus,
			      err);
	if (st)
		return kt_within(err, st, "\"%s --list\"", fs->busybox);
	if (kt_spawn_exit_status(wstatus) || !text.len)
		return kt_fail(err, KT_SYS,
			       "\"%s --list\" failed: is it a "
			       "busybox?",
			       fs->busybox);
	for (char *name = strtok_r(text.data, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save)) {
		char *path KT_CLEANUP(kt_freep) = kt_path_join("bin", name);

		if (is_applet(name))
			kt_part_add(&fs->base, KT_ENTRY_LINK, path, 0777,
				    "busybox");
		/* Where half of all scripts look for what runs them. */
		if (!strcmp(name, "env"))
			kt_part_add(&fs->base, KT_ENTRY_LINK, "usr/bin/env",
				    0777, "/bin/busybox");
	}
	fs->has_applets = true;
	return kt_part_settle(&fs->base, err);
}

/* While the scripts are looked at. */
struct scripts {
	struct kt_initramfs *fs;
	const struct kt_initramfs_parts *parts;
	struct kt_initramfs_part links; /* for their interpreters */
	struct kt_initramfs_part told;	/* of which a person has been told */
	enum kt_status st;
	struct kt_error *err;
};

static bool guest_has(void *ctx, const char *path)
{
	struct scripts *s = ctx;

	if (kt_part_find(&s->fs->tail, path))
		return true;
	if (!s->st)
		s->st = kt_initramfs_add_applets(s->fs, s->err);
	return !s->st && kt_part_find(&s->fs->base, path);
}

/* The included file that @interp is on this machine, or NULL. */
static const struct kt_include *included(const struct kt_includes *includes,
					 const char *interp)
{
	struct stat want, sb;

	if (interp[0] != '/' || stat(interp, &want) < 0)
		return NULL;
	for (size_t i = 0; i < includes->nr; i++)
		if (!stat(includes->v[i].host, &sb) &&
		    sb.st_dev == want.st_dev && sb.st_ino == want.st_ino)
			return &includes->v[i];
	return NULL;
}

/* Once for all scripts that lack @what. */
static void tell(struct scripts *s, const struct kt_include *script,
		 const char *what)
{
	struct kt_error why;

	for (size_t i = 0; i < s->told.nr; i++)
		if (!strcmp(s->told.v[i].path, what))
			return;
	kt_part_add(&s->told, KT_ENTRY_TEXT, what, 0, NULL);
	kt_error_set(&why, KT_FAIL,
		     "script \"%s\" is run by \"%s\", which the guest does not "
		     "have",
		     script->host, what);
	kt_error_hint(&why, "include it: -i %s", what);
	if (s->parts->warn)
		s->parts->warn(s->parts->warn_ctx, &why);
}

static void lacks(void *ctx, const struct kt_include *script,
		  const char *interp, const char *program)
{
	struct scripts *s = ctx;
	const struct kt_include *inc =
		program ? NULL : included(s->parts->includes, interp);

	if (inc) {
		char *target KT_CLEANUP(kt_freep) =
			kt_xasprintf("/%s", inc->guest);

		kt_part_add(&s->links, KT_ENTRY_LINK, interp + 1, 0777, target);
	} else {
		tell(s, script, program ? program : interp);
	}
}

/* Interpreters where scripts look for them, as far as they are included. */
static enum kt_status plan_scripts(struct kt_initramfs *fs,
				   const struct kt_initramfs_parts *parts,
				   struct kt_error *err)
{
	struct scripts s = { .fs = fs, .parts = parts, .err = err };
	enum kt_status st =
		kt_scripts_check(parts->includes, guest_has, lacks, &s, err);

	if (!st)
		st = s.st;
	for (size_t i = 0; !st && i < s.links.nr; i++) {
		add_parents(fs, s.links.v[i].path);
		kt_part_add(&fs->tail, KT_ENTRY_LINK, s.links.v[i].path, 0777,
			    s.links.v[i].source);
	}
	kt_part_release(&s.links);
	kt_part_release(&s.told);
	return st ? st : kt_part_settle(&fs->tail, err);
}

/* For kt_elfdeps_check(). */
static const char *file_at(void *ctx, const char *path)
{
	const struct kt_initramfs *fs = ctx;
	const struct kt_entry *e = kt_part_find(&fs->tail, path + 1);

	/* Links of ours are absolute, and lead to files. */
	if (e && e->kind == KT_ENTRY_LINK)
		e = kt_part_find(&fs->tail, e->source + 1);
	return e && e->kind == KT_ENTRY_FILE ? e->source : NULL;
}

enum kt_status kt_initramfs_plan(const struct kt_initramfs_parts *parts,
				 struct kt_initramfs **out,
				 struct kt_error *err)
{
	struct kt_initramfs *fs KT_CLEANUP(kt_initramfs_freep) =
		kt_xcalloc(1, sizeof(*fs));
	struct timespec now;
	uint64_t bytes = 0;
	enum kt_status st;

	clock_gettime(CLOCK_REALTIME, &now);
	fs->now_ns = (uint64_t)now.tv_sec * KT_NS_PER_S + (uint64_t)now.tv_nsec;
	fs->busybox = kt_xstrdup(parts->busybox);
	st = plan_base(fs, parts, err);
	if (!st)
		st = count_bytes(fs, &fs->base, &bytes, err);
	if (!st)
		st = sum_part(fs, parts->sums, &fs->base, FORMAT, fs->base_sum,
			      err);
	if (!st)
		st = plan_tail(fs, parts, err);
	if (!st)
		st = plan_scripts(fs, parts, err);
	if (!st)
		st = kt_elfdeps_check(parts->deps, file_at, fs, err);
	if (!st)
		st = count_bytes(fs, &fs->tail, &bytes, err);
	if (!st)
		st = sum_part(fs, parts->sums, &fs->tail, fs->base_sum, fs->sum,
			      err);
	if (st)
		return st;
	*out = fs;
	fs = NULL;
	return KT_OK;
}
