// SPDX-License-Identifier: GPL-2.0-only
/* initramfs - the guest's file system, as an archive the kernel unpacks */
#include "lib/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/cpio.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/initramfs-sweep.h"
#include "lib/script.h"
#include "lib/spawn.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

/* Part of every name in the cache: raise it when the same files yield others. */
#define FORMAT "ktstr-initramfs 3\n"

/* The base has fewer entries; its number is not known when it is cached. */
#define TAIL_FIRST_INO 100000

#define APPLETS_MAX_BYTES ((size_t)64 << 10)
#define APPLETS_WAIT_NS (10 * KT_NS_PER_S)

enum kind { DIRECTORY, LINK, TEXT, HOST_FILE };

struct entry {
	enum kind kind;
	mode_t mode;
	char *path;
	char *source;	   /* LINK: target; TEXT: content; HOST_FILE: path */
	struct kt_sum sum; /* HOST_FILE: of its content */
};

struct part {
	struct entry *v;
	size_t nr;
};

struct kt_initramfs {
	struct part base, tail;
	char *busybox;
	bool has_applets; /* base is complete */
	uint64_t bytes;	  /* of the files in it */
	uint64_t now_ns;  /* when it was planned */
	char base_sum[KT_SHA256_SIZE], sum[KT_SHA256_SIZE];
};

static struct entry *add(struct part *part, enum kind kind, const char *path,
			 mode_t mode, const char *source)
{
	if (!(part->nr & (part->nr - 1)))
		part->v = kt_xrealloc(part->v, (part->nr ? part->nr * 2 : 1) *
						       sizeof(*part->v));
	part->v[part->nr] = (struct entry){ .kind = kind,
					    .mode = mode,
					    .path = kt_xstrdup(path) };
	if (source)
		part->v[part->nr].source = kt_xstrdup(source);
	return &part->v[part->nr++];
}

static void part_release(struct part *part)
{
	for (size_t i = 0; i < part->nr; i++) {
		free(part->v[i].path);
		free(part->v[i].source);
	}
	free(part->v);
}

void kt_initramfs_freep(struct kt_initramfs **fs_p)
{
	struct kt_initramfs *fs = *fs_p;

	if (!fs)
		return;
	part_release(&fs->base);
	part_release(&fs->tail);
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

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static bool same_entry(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->mode == b->mode &&
	       (a->source ? b->source && !strcmp(a->source, b->source) :
			    !b->source);
}

/* Sort, and let equal entries be one. Different ones for a path are an error. */
static enum kt_status settle(struct part *part, struct kt_error *err)
{
	size_t kept = 0;

	if (part->nr)
		qsort(part->v, part->nr, sizeof(*part->v), by_path);
	for (size_t i = 0; i < part->nr; i++) {
		struct entry *e = &part->v[i];

		if (!kept || strcmp(part->v[kept - 1].path, e->path)) {
			part->v[kept++] = *e;
			continue;
		}
		if (!same_entry(&part->v[kept - 1], e)) {
			part->nr -= i - kept;
			memmove(&part->v[kept], e,
				(part->nr - kept) * sizeof(*e));
			return kt_fail(err, KT_USAGE,
				       "two things want to be \"/%s\" in the "
				       "guest",
				       part->v[kept].path);
		}
		free(e->path);
		free(e->source);
	}
	part->nr = kept;
	return KT_OK;
}

static bool has(const struct part *part, const char *path)
{
	const struct entry key = { .path = (char *)path };

	return part->nr &&
	       bsearch(&key, part->v, part->nr, sizeof(key), by_path);
}

/* The directories above @path that the base does not have. */
static void add_parents(struct kt_initramfs *fs, const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		char *dir KT_CLEANUP(kt_freep) =
			kt_xstrndup(path, (size_t)(p - path));

		if (!has(&fs->base, dir))
			add(&fs->tail, DIRECTORY, dir, 0755, NULL);
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
		add(&fs->base, DIRECTORY, dirs[i].path, dirs[i].mode, NULL);
	add(&fs->base, LINK, "var/tmp", 0777, "/tmp");
	add(&fs->base, LINK, "var/run", 0777, "/run");
	add(&fs->base, TEXT, "etc/passwd", 0644, passwd);
	add(&fs->base, TEXT, "etc/group", 0644, group);
	add(&fs->base, TEXT, "etc/hosts", 0644, "127.0.0.1 localhost\n");
	add(&fs->base, HOST_FILE, "init", 0755, parts->init);
	add(&fs->base, HOST_FILE, "bin/busybox", 0755, parts->busybox);
	return settle(&fs->base, err);
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
	add(&fs->tail, TEXT, KT_INITRAMFS_LIBRARY_PATH, 0644, text.data);
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
		add(&fs->tail, TEXT, KT_INITRAMFS_MODULES, 0644, text.data);
	return KT_OK;
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
		add(&fs->tail, HOST_FILE, inc->guest, inc->mode, inc->host);
	}
	for (size_t i = 0; i < nr_deps; i++) {
		const struct kt_elfdep *dep = kt_elfdeps_get(parts->deps, i);

		add_parents(fs, dep->real + 1);
		add(&fs->tail, HOST_FILE, dep->real + 1, 0755, dep->real);
		if (!strcmp(dep->path, dep->real))
			continue;
		add_parents(fs, dep->path + 1);
		add(&fs->tail, LINK, dep->path + 1, 0777, dep->real);
	}
	plan_library_path(fs, parts->deps);
	st = plan_modules(fs, parts->includes, err);
	return st ? st : settle(&fs->tail, err);
}

/* Count @size bytes of @e; asked before they are read. */
static enum kt_status count_bytes(struct kt_initramfs *fs,
				  const struct entry *e, uint64_t size,
				  struct kt_error *err)
{
	if (size > KT_CPIO_MAX_FILE)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has 4 GiB or more, which an initramfs "
			       "cannot hold",
			       e->source);
	fs->bytes += size;
	if (fs->bytes > KT_INITRAMFS_MAX_BYTES)
		return kt_fail(err, KT_DATA,
			       "the files for the guest exceed %llu MiB at "
			       "\"%s\"",
			       (unsigned long long)KT_INITRAMFS_MAX_BYTES >> 20,
			       e->path);
	return KT_OK;
}

static enum kt_status sum_file(struct kt_initramfs *fs, struct kt_sums *sums,
			       struct entry *e, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(e->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat sb;
	enum kt_status st;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", e->source);
	st = count_bytes(fs, e, (uint64_t)sb.st_size, err);
	return st ? st :
		    kt_sums_get(sums, fd, e->source, fs->now_ns, &e->sum, err);
}

/* Everything that decides an entry's bytes, and the content by its own sum. */
static enum kt_status add_to_sum(struct kt_initramfs *fs, struct kt_sums *sums,
				 struct entry *e, struct kt_sha256 *sum,
				 struct kt_error *err)
{
	char *head KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%d %o %zu ", e->kind, (unsigned int)e->mode, strlen(e->path));
	enum kt_status st = kt_stop_check(err);

	if (!st && e->kind == HOST_FILE)
		st = sum_file(fs, sums, e, err);
	if (st)
		return st;
	kt_sha256_add(sum, head, strlen(head));
	kt_sha256_add(sum, e->path, strlen(e->path) + 1);
	if (e->kind == HOST_FILE)
		kt_sha256_add(sum, e->sum.sha256, sizeof(e->sum.sha256));
	else if (e->source)
		kt_sha256_add(sum, e->source, strlen(e->source) + 1);
	return KT_OK;
}

static enum kt_status sum_part(struct kt_initramfs *fs, struct kt_sums *sums,
			       struct part *part, const char *seed,
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

/* A link in /bin for each thing that this busybox can be. */
static enum kt_status add_applets(struct kt_initramfs *fs, struct kt_error *err)
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
			add(&fs->base, LINK, path, 0777, "busybox");
		/* Where half of all scripts look for what runs them. */
		if (!strcmp(name, "env"))
			add(&fs->base, LINK, "usr/bin/env", 0777,
			    "/bin/busybox");
	}
	fs->has_applets = true;
	return settle(&fs->base, err);
}

/* While the scripts are looked at. */
struct scripts {
	struct kt_initramfs *fs;
	const struct kt_initramfs_parts *parts;
	struct part links; /* for their interpreters */
	enum kt_status st;
	struct kt_error *err;
};

static bool guest_has(void *ctx, const char *path)
{
	struct scripts *s = ctx;

	if (has(&s->fs->tail, path))
		return true;
	if (!s->st)
		s->st = add_applets(s->fs, s->err);
	return !s->st && has(&s->fs->base, path);
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

static void lacks(void *ctx, const struct kt_include *script,
		  const char *interp, const char *program)
{
	struct scripts *s = ctx;
	const char *what = program ? program : interp;
	const struct kt_include *inc =
		program ? NULL : included(s->parts->includes, interp);
	struct kt_error why;

	if (inc) {
		char *target KT_CLEANUP(kt_freep) =
			kt_xasprintf("/%s", inc->guest);

		add(&s->links, LINK, interp + 1, 0777, target);
	} else if (s->parts->warn) {
		kt_error_set(&why, KT_FAIL,
			     "script \"%s\" is run by \"%s\", which the guest "
			     "does not have",
			     script->host, what);
		kt_error_hint(&why, "include it: -i %s", what);
		s->parts->warn(s->parts->warn_ctx, &why);
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
		add(&fs->tail, LINK, s.links.v[i].path, 0777,
		    s.links.v[i].source);
	}
	part_release(&s.links);
	return st ? st : settle(&fs->tail, err);
}

enum kt_status kt_initramfs_plan(const struct kt_initramfs_parts *parts,
				 struct kt_initramfs **out,
				 struct kt_error *err)
{
	struct kt_initramfs *fs KT_CLEANUP(kt_initramfs_freep) =
		kt_xcalloc(1, sizeof(*fs));
	struct timespec now;
	enum kt_status st;

	clock_gettime(CLOCK_REALTIME, &now);
	fs->now_ns = (uint64_t)now.tv_sec * KT_NS_PER_S + (uint64_t)now.tv_nsec;
	fs->busybox = kt_xstrdup(parts->busybox);
	st = plan_base(fs, parts, err);
	if (!st)
		st = sum_part(fs, parts->sums, &fs->base, FORMAT, fs->base_sum,
			      err);
	if (!st)
		st = plan_tail(fs, parts, err);
	if (!st)
		st = plan_scripts(fs, parts, err);
	if (!st)
		st = sum_part(fs, parts->sums, &fs->tail, fs->base_sum, fs->sum,
			      err);
	if (st)
		return st;
	*out = fs;
	fs = NULL;
	return KT_OK;
}

enum kt_status kt_initramfs_list(struct kt_initramfs *fs, struct kt_buf *out,
				 struct kt_error *err)
{
	const struct part *parts[] = { &fs->base, &fs->tail };
	enum kt_status st = add_applets(fs, err);

	for (size_t k = 0; !st && k < 2; k++)
		for (size_t i = 0; i < parts[k]->nr; i++) {
			kt_buf_adds(out, parts[k]->v[i].path);
			kt_buf_addc(out, '\n');
		}
	return st;
}

static enum kt_status write_entry(struct kt_cpio *cpio, const struct entry *e,
				  struct kt_error *err)
{
	switch (e->kind) {
	case DIRECTORY:
		return kt_cpio_dir(cpio, e->path, e->mode, err);
	case LINK:
		return kt_cpio_link(cpio, e->path, e->source, err);
	case TEXT:
		return kt_cpio_text(cpio, e->path, e->mode, e->source, err);
	case HOST_FILE:
		return kt_cpio_file(cpio, e->path, e->mode, e->source, &e->sum,
				    err);
	}
	abort();
}

static enum kt_status write_part(const struct part *part, int fd,
				 uint32_t first_ino, bool last,
				 struct kt_error *err)
{
	struct kt_cpio *cpio KT_CLEANUP(kt_cpio_freep) =
		kt_cpio_new(fd, first_ino);
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < part->nr; i++) {
		st = kt_stop_check(err);
		if (!st)
			st = write_entry(cpio, &part->v[i], err);
	}
	return st ? st : kt_cpio_close(cpio, last, err);
}

static enum kt_status write_base(struct kt_initramfs *fs,
				 const char *dir KT_UNUSED, int fd,
				 struct kt_error *err)
{
	enum kt_status st = add_applets(fs, err);

	return st ? st : write_part(&fs->base, fd, 1, false, err);
}

typedef enum kt_status write_fn(struct kt_initramfs *fs, const char *dir,
				int fd, struct kt_error *err);

/* Write @path by @write under another name, and rename it when it is whole. */
static enum kt_status publish(struct kt_initramfs *fs, const char *dir,
			      const char *path, write_fn *write,
			      struct kt_error *err)
{
	char *temp KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s" KT_INITRAMFS_TEMP "%d", path, (int)getpid());
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	/* Left by a process that had our number and was killed. */
	unlink(temp);
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return kt_fail_errno(err, "cannot create \"%s\"", temp);
	st = write(fs, dir, fd, err);
	if (!st)
		st = kt_stop_check(err);
	if (!st && rename(temp, path) < 0)
		st = kt_fail_errno(err, "cannot rename \"%s\" to \"%s\"", temp,
				   path);
	if (st)
		unlink(temp);
	return st;
}

/* Open the base in the cache; *fd is the caller's. */
static enum kt_status open_base(struct kt_initramfs *fs, const char *dir,
				int *fd, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/" KT_INITRAMFS_BASE "%s" KT_INITRAMFS_SUFFIX,
			     dir, fs->base_sum);
	enum kt_status st = KT_OK;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0) {
		st = publish(fs, dir, path, write_base, err);
		if (!st)
			*fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (!st && *fd < 0)
		st = kt_fail_errno(err, "cannot open \"%s\"", path);
	if (!st)
		futimens(*fd, NULL);
	return st;
}

static enum kt_status write_all(struct kt_initramfs *fs, const char *dir,
				int fd, struct kt_error *err)
{
	int base KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	if (dir) {
		st = open_base(fs, dir, &base, err);
		if (!st)
			st = kt_fd_copy(base, fd, "the base archive", NULL,
					err);
	} else {
		st = write_base(fs, dir, fd, err);
	}
	/* A reflink does not move the offset. */
	if (!st && lseek(fd, 0, SEEK_END) < 0)
		st = kt_fail_errno(err, "cannot find the archive's end");
	return st ? st : write_part(&fs->tail, fd, TAIL_FIRST_INO, true, err);
}

static enum kt_status size_of(const char *path, uint64_t *bytes,
			      struct kt_error *err)
{
	struct stat sb;

	if (stat(path, &sb) < 0)
		return kt_fail_errno(err, "cannot find \"%s\"", path);
	*bytes = (uint64_t)sb.st_size;
	return KT_OK;
}

enum kt_status kt_initramfs_cached(struct kt_initramfs *fs, const char *dir,
				   char **path, uint64_t *bytes,
				   struct kt_error *err)
{
	char *full KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s/%s" KT_INITRAMFS_SUFFIX, dir, fs->sum);
	enum kt_status st = kt_mkdirs(dir, err);

	if (st)
		return st;
	/* Its time tells the sweep that it is in use. */
	if (utimensat(AT_FDCWD, full, NULL, 0) < 0) {
		st = publish(fs, dir, full, write_all, err);
		if (!st)
			kt_initramfs_sweep(dir, time(NULL));
	}
	if (!st)
		st = size_of(full, bytes, err);
	if (st)
		return st;
	*path = full;
	full = NULL;
	return KT_OK;
}

enum kt_status kt_initramfs_write(struct kt_initramfs *fs, const char *dir,
				  const char *path, uint64_t *bytes,
				  struct kt_error *err)
{
	char *real = realpath(path, NULL);
	struct stat sb;
	enum kt_status st;

	/* A link stays, and what it leads to is replaced. */
	if (!stat(path, &sb) && !S_ISREG(sb.st_mode))
		st = kt_fail(err, KT_USAGE, "\"%s\" is not a regular file",
			     path);
	else
		st = dir ? kt_mkdirs(dir, err) : KT_OK;
	if (!st)
		st = publish(fs, dir, real ? real : path, write_all, err);
	free(real);
	return st ? st : size_of(path, bytes, err);
}
