// SPDX-License-Identifier: GPL-2.0-only
/* kbuild - configure, check and build a kernel tree by its own make */
#include "lib/kbuild.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/key.h"
#include "lib/lock.h"
#include "lib/options.h"
#include "lib/stop.h"
#include "lib/tree.h"
#include "lib/version.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* A fixed date, or no two builds would be the same to a compiler cache. */
#define CCACHE_DATE "KBUILD_BUILD_TIMESTAMP=1970-01-01"
/* On every make that compiles: with other flags, all would be compiled anew. */
#define KCFLAGS "KCFLAGS=-Wno-error"
#define BOOT_IMAGE "arch/x86/boot/compressed/vmlinux.bin"

struct build {
	struct kt_kbuild *kb;
	struct kt_record *rec;
	const char *tree, *source;
	bool temporary, git;
	char *cc; /* "CC=ccache gcc", or NULL */
	int turn; /* lock on the key */
	struct kt_kbuild_config config;
};

static void build_release(struct build *b)
{
	kt_closep(&b->turn);
	free(b->cc);
	kt_kbuild_config_release(&b->config);
}

void kt_kbuild_unlock(struct kt_kbuild *kb)
{
	kt_closep(&kb->lock);
}

void kt_kbuild_release(struct kt_kbuild *kb)
{
	kt_kbuild_unlock(kb);
	kt_buf_release(&kb->tail);
	free(kb->log);
	kb->log = NULL;
}

static enum kt_status read_record(struct build *b, struct kt_error *err)
{
	enum kt_status st = kt_record_str(b->rec, "tree", &b->tree, err);

	if (!st)
		st = kt_record_str_or_null(b->rec, "source", &b->source, err);
	if (!st)
		st = kt_record_bool_or(b->rec, "tree_temporary", false,
				       &b->temporary, err);
	if (st)
		return st;
	b->git = kt_record_has(b->rec, "git_hash");
	if (b->tree[0] != '/')
		return kt_fail(err, KT_DATA, "tree \"%s\" is not absolute",
			       b->tree);
	return kt_tree_check(b->tree, NULL, err);
}

static enum kt_status lock_tree(struct build *b, struct kt_error *err)
{
	enum kt_status st = kt_lock_dir(b->tree, false, 1, &b->kb->lock, err);

	if (st != KT_AGAIN)
		return st;
	b->kb->note("waiting for another build in \"%s\"", b->tree);
	return kt_lock_dir(b->tree, false, 0, &b->kb->lock, err);
}

static void choose_compiler(struct build *b)
{
	char *ccache KT_CLEANUP(kt_freep) =
		kt_path_search(kt_env_get(b->kb->env, "PATH"), "ccache");
	char *clang KT_CLEANUP(kt_freep) = NULL;

	if (!ccache || b->kb->no_ccache || !(b->temporary || b->kb->ccache))
		return;
	if (b->kb->llvm)
		clang = kt_kbuild_llvm_name(b->kb->llvm, "clang");
	b->cc = kt_xasprintf("CC=ccache %s", clang ? clang : "gcc");
	b->kb->detail("compiling through ccache");
}

static enum kt_status clean_tree(struct build *b, struct kt_error *err)
{
	static const char *const words[] = { "mrproper", NULL };
	struct kt_make make = {
		.tree = b->tree,
		.words = words,
		.log = -1,
		.deadline = kt_deadline_in(KT_KBUILD_CONFIG_TIMEOUT_S *
					   KT_NS_PER_S),
	};

	if (!b->kb->clean)
		return KT_OK;
	if (b->temporary) {
		b->kb->note("--clean: the tree was just unpacked");
		return KT_OK;
	}
	return kt_kbuild_make(b->kb, &make, err);
}

static void add_config(struct build *b)
{
	char crc[KT_CRC32_SIZE];
	char *path KT_CLEANUP(kt_freep) = kt_path_join(b->tree, ".config");

	/* It lies in the tree, and that was UTF-8 when it came in a record. */
	kt_record_set_str(b->rec, "config", path);
	kt_crc32_hex(b->config.text.data, b->config.text.len, crc);
	kt_record_set_str(b->rec, "config_hash", crc);
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	kt_record_set_str(b->rec, "kconfig_crc32",
			  b->config.need_holds ? crc : NULL);
}

static bool ends_in(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && !strcmp(text + len - end_len, end);
}

/* With another fragment it is another kernel, and has another key. */
static enum kt_status add_key(struct build *b, struct kt_error *err)
{
	const char *key;
	char *suffix KT_CLEANUP(kt_freep) = NULL;
	char *full KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = kt_record_str_or_null(b->rec, "key", &key, err);

	if (st || !key || !b->kb->extra)
		return st;
	suffix = kt_xasprintf("-x%s", b->kb->extra_crc32);
	/* ktstr-fetch --kconfig, or we with --check, have seen to that. */
	if (ends_in(key, suffix))
		return KT_OK;
	full = kt_xasprintf("%s%s", key, suffix);
	st = kt_key_check(full, err);
	if (!st)
		kt_record_set_str(b->rec, "key", full);
	return st;
}

/*
 * How many steps the last such build had: a file in the build directory, of
 * this version or of whatever was built last.
 */
static char *steps_path(const struct build *b, bool of_version)
{
	const char *version = kt_record_text(b->rec, "version");

	/* It comes in a record, and becomes part of a name. */
	if (of_version && !(version && kt_version_parse(version, NULL)))
		return NULL;
	return kt_xasprintf("%s/.steps-%s%s%s%s", b->kb->base, kt_arch(),
			    b->config.slim ? "-slim" : "",
			    of_version ? "-" : "", of_version ? version : "");
}

static bool is_built(const struct build *b)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(b->tree, "vmlinux.a");

	return !access(path, F_OK);
}

static uint64_t read_steps_of(const struct build *b, bool of_version)
{
	char *path KT_CLEANUP(kt_freep) = steps_path(b, of_version);
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	uint64_t n = 0;

	if (!path || kt_file_read(AT_FDCWD, path, 32, &text, &ignored) ||
	    !text.len)
		return 0;
	text.data[strcspn(text.data, "\n")] = '\0';
	if (kt_parse_u64(text.data, 1, 1000000, "steps", &n, &ignored))
		return 0;
	return n;
}

static uint64_t read_steps(const struct build *b)
{
	const uint64_t n = read_steps_of(b, true);

	return n ? n : read_steps_of(b, false);
}

static void write_steps(const struct build *b, uint64_t steps)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", steps);

	for (int of_version = 0; of_version < 2; of_version++) {
		char *path KT_CLEANUP(kt_freep) = steps_path(b, of_version);
		struct kt_error ignored;

		/* Only the bar of the next build suffers. */
		if (path && kt_file_replace(AT_FDCWD, path, text, (size_t)len,
					    0666, &ignored))
			b->kb->detail("cannot write \"%s\"", path);
	}
}

/* A log of our own, even if another build of that name writes one. */
static enum kt_status open_log(struct build *b, int *fd, struct kt_error *err)
{
	const char *name = kt_path_base(b->tree);

	free(b->kb->log);
	b->kb->log = kt_xasprintf("%s/%s" KT_WORKDIR_LOG, b->kb->base, name);
	unlink(b->kb->log);
	*fd = open(b->kb->log,
		   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (*fd < 0)
		return kt_fail_errno(err, "cannot create \"%s\"", b->kb->log);
	return KT_OK;
}

static enum kt_status make_all(struct build *b, struct kt_error *err)
{
	const char *const words[] = { KCFLAGS, b->cc ? CCACHE_DATE : NULL,
				      NULL };
	const struct kt_watch *watch = &b->kb->watch;
	const bool whole = !is_built(b);
	char *what KT_CLEANUP(kt_freep) = NULL;
	int log KT_CLEANUP(kt_closep) = -1;
	const char *version = NULL;
	enum kt_status st = open_log(b, &log, err);
	struct kt_make make = { .tree = b->tree,
				.words = words,
				.cc = b->cc,
				.parallel = true,
				.log = log };

	if (!st)
		st = kt_record_str_or_null(b->rec, "version", &version, err);
	if (st)
		return st;
	what = kt_xasprintf("building %s",
			    version ? version : kt_path_base(b->tree));
	watch->begin(what, whole ? read_steps(b) : 0, watch->ctx);
	st = kt_kbuild_make(b->kb, &make, err);
	if (st)
		return st;
	watch->end(watch->ctx);
	if (whole)
		write_steps(b, make.steps);
	unlink(b->kb->log);
	free(b->kb->log);
	b->kb->log = NULL;
	return KT_OK;
}

/* For editors; a tree that is about to be removed has none. */
static enum kt_status make_commands(struct build *b, struct kt_error *err)
{
	const char *const words[] = { "compile_commands.json", KCFLAGS,
				      b->cc ? CCACHE_DATE : NULL, NULL };
	struct kt_make make = { .tree = b->tree,
				.words = words,
				.cc = b->cc,
				.parallel = true,
				.log = -1 };
	struct kt_error why = { 0 };
	enum kt_status st;

	if (b->temporary || !b->source || strcmp(b->source, "local") != 0)
		return KT_OK;
	st = kt_kbuild_make(b->kb, &make, &why);
	kt_buf_release(&b->kb->tail);
	if (kt_stop_check(err))
		return KT_FAIL;
	if (st)
		b->kb->note("no compile_commands.json: %s", why.msg);
	return KT_OK;
}

static void elf_endp(Elf **elf)
{
	elf_end(*elf);
}

static enum kt_status check_btf(const char *path, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf KT_CLEANUP(elf_endp) = NULL;
	Elf_Scn *scn = NULL;
	size_t names;

	if (fd < 0)
		return kt_fail_errno(err, "the build made no \"%s\"", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF ||
	    elf_getshdrstrndx(elf, &names))
		return kt_fail(err, KT_FAIL, "\"%s\" is not an ELF file", path);
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			continue;
		name = elf_strptr(elf, names, shdr.sh_name);
		if (name && !strcmp(name, ".BTF") && shdr.sh_size)
			return KT_OK;
	}
	return kt_hint(err, kt_fail(err, KT_FAIL, "\"%s\" has no BTF", path),
		       "it is made by pahole 1.16 or later: apt install "
		       "dwarves");
}

static bool is_elf(const char *path)
{
	int fd KT_CLEANUP(kt_closep) = open(path, O_RDONLY | O_CLOEXEC);
	char magic[SELFMAG];

	return fd >= 0 && read(fd, magic, sizeof(magic)) == SELFMAG &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/* The files a build leaves, and what is in them. */
static enum kt_status add_files(struct build *b, struct kt_error *err)
{
	const char *where = kt_arch_image_path(kt_arch());
	char *image KT_CLEANUP(kt_freep) = NULL;
	char *vmlinux KT_CLEANUP(kt_freep) = kt_path_join(b->tree, "vmlinux");
	char *boot KT_CLEANUP(kt_freep) = kt_path_join(b->tree, BOOT_IMAGE);
	struct stat sb;
	enum kt_status st;

	if (!where)
		return kt_fail(err, KT_SKIP, "no boot image is known for %s",
			       kt_arch());
	image = kt_path_join(b->tree, where);
	if (stat(image, &sb) || !S_ISREG(sb.st_mode))
		return kt_fail(err, KT_FAIL, "the build made no \"%s\"", image);
	st = check_btf(vmlinux, err);
	if (st)
		return st;
	kt_record_set_str(b->rec, "arch", kt_arch());
	kt_record_set_str(b->rec, "image", image);
	if (is_elf(boot))
		kt_record_set_str(b->rec, "boot_image", boot);
	kt_record_set_str(b->rec, "vmlinux", vmlinux);
	return KT_OK;
}

/* make may have changed .config once more, for an option it never saw. */
static enum kt_status reread_config(struct build *b, struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(b->tree, ".config");
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_kconfig *cfg = NULL;
	enum kt_status st =
		kt_file_read(AT_FDCWD, path, KT_KCONFIG_MAX_BYTES, &text, err);

	if (!st)
		st = kt_kconfig_parse(text.data, text.len, &cfg, err);
	if (st)
		return kt_within(err, st, "%s", path);
	kt_kbuild_config_release(&b->config);
	b->config.text = text;
	text = (struct kt_buf){ 0 };
	b->config.cfg = cfg;
	return kt_kbuild_essential(cfg, err);
}

/* CONFIG_CC_VERSION_TEXT="gcc (Debian ...) 12.2.0" without its quotes. */
static void add_compiler(struct build *b)
{
	const char *val =
		kt_kconfig_get(b->config.cfg, "CONFIG_CC_VERSION_TEXT");
	const size_t len = strlen(val);

	if (len > 2 && val[0] == '"' && val[len - 1] == '"') {
		char *text KT_CLEANUP(kt_freep) = kt_xstrndup(val + 1, len - 2);

		kt_record_set_str(b->rec, "compiler", text);
	}
}

/* Edited while it was built, a tree is not the commit any more. */
static enum kt_status check_dirty(struct build *b, struct kt_error *err)
{
	struct kt_tree_git git KT_CLEANUP(kt_tree_git_release) = { 0 };
	const char *hash;
	bool no_git;
	enum kt_status st;

	if (!b->git || !kt_record_has(b->rec, "key"))
		return KT_OK;
	st = kt_record_str(b->rec, "git_hash", &hash, err);
	if (!st)
		st = kt_tree_git(b->tree, b->kb->env, &git, &no_git, err);
	if (st)
		return st;
	if (git.repository && !git.dirty && !strcmp(git.hash, hash))
		return KT_OK;
	b->kb->note("\"%s\" was changed while it was built", b->tree);
	kt_record_set_bool(b->rec, "dirty", true);
	kt_record_unset(b->rec, "key");
	return KT_OK;
}

static enum kt_status build(struct build *b, struct kt_error *err)
{
	const uint64_t start = kt_clock_ns();
	char now[KT_UTC_SIZE];
	enum kt_status st = make_all(b, err);

	if (!st)
		st = make_commands(b, err);
	if (!st)
		st = reread_config(b, err);
	if (!st)
		st = add_files(b, err);
	if (st)
		return st;
	add_config(b);
	add_compiler(b);
	kt_record_set_u64(b->rec, "build_ns", kt_clock_ns() - start);
	kt_clock_utc(time(NULL), now);
	kt_record_set_str(b->rec, "built_at", now);
	return check_dirty(b, err);
}

/* The kernel is in the cache already, by another build: it is the same. */
static void take_entry(struct build *b, const struct kt_record *entry)
{
	b->kb->note("cached meanwhile: %s", kt_record_text(entry, "key"));
	kt_record_merge(b->rec, entry);
	b->kb->taken = true;
}

static enum kt_status configure_and_build(struct build *b, struct kt_error *err)
{
	enum kt_status st = clean_tree(b, err);

	if (!st)
		st = kt_kbuild_configure(b->kb, b->tree, b->cc, &b->config,
					 err);
	if (st)
		return st;
	if (!b->kb->check)
		return build(b, err);
	add_config(b);
	return KT_OK;
}

static enum kt_status in_turn(struct build *b, struct kt_error *err)
{
	struct kt_record *entry KT_CLEANUP(kt_record_freep) = NULL;
	char *key KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = KT_OK;

	/*
	 * What has no key is stored nowhere, and a tree that stays may have a
	 * configuration that others of its commit have not.
	 */
	if (b->kb->check || !b->temporary || !kt_record_text(b->rec, "key"))
		return configure_and_build(b, err);
	key = kt_xstrdup(kt_record_text(b->rec, "key"));
	st = kt_key_check(key, err);
	if (!st)
		st = kt_kbuild_turn(b->kb, b->rec, &b->turn, &entry, err);
	if (st)
		return st;
	if (entry) {
		take_entry(b, entry);
		return KT_OK;
	}
	st = configure_and_build(b, err);
	if (st)
		kt_kbuild_turn_failed(b->kb, key);
	return st;
}

enum kt_status kt_kbuild_record(struct kt_kbuild *kb, struct kt_record *rec,
				struct kt_error *err)
{
	struct build b KT_CLEANUP(
		build_release) = { .kb = kb, .rec = rec, .turn = -1 };
	enum kt_status st = read_record(&b, err);

	kt_kbuild_unlock(kb);
	kt_buf_release(&kb->tail);
	free(kb->log);
	kb->log = NULL;
	kb->taken = false;
	if (!st)
		st = lock_tree(&b, err);
	if (!st)
		st = kt_kbuild_tools(kb, err);
	if (!st)
		st = add_key(&b, err);
	if (st)
		return st;
	choose_compiler(&b);
	return in_turn(&b, err);
}
