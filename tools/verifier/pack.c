// SPDX-License-Identifier: GPL-2.0-only
/* pack - a scheduler and what it needs, for a guest */
#include "tools/verifier/pack.h"

#include <elf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/initramfs-parts.h"
#include "lib/initramfs-sweep.h"
#include "lib/initramfs.h"
#include "lib/key.h"
#include "lib/sums.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

static void warn_pack(void *ctx KT_UNUSED, const struct kt_error *err)
{
	kt_tool_report(err);
}

static enum kt_status pack(struct kt_initramfs_parts *parts, char **path,
			   struct kt_initramfs_size *size, struct kt_error *err)
{
	struct kt_initramfs *fs KT_CLEANUP(kt_initramfs_freep) = NULL;
	struct kt_sums *sums KT_CLEANUP(kt_sums_freep) = NULL;
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *kept KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs env;
	enum kt_status st;

	kt_tool_dirs(&env);
	st = kt_dir_initramfs(&env, &dir, err);
	if (st)
		return st;
	kept = kt_path_join(dir, KT_INITRAMFS_SUMS);
	sums = kt_sums_open(kept);
	parts->sums = sums;
	st = kt_initramfs_plan(parts, &fs, err);
	if (!st)
		st = kt_initramfs_cached(fs, dir, path, size, err);
	if (!st)
		kt_sums_save(sums);
	return st;
}

static enum kt_status find_includes(const struct kt_args *args,
				    const char *scheduler,
				    struct kt_includes *list,
				    struct kt_error *err)
{
	const size_t nr = kt_args_count(args, "include-files");
	const char *path = kt_getenv("PATH");
	enum kt_status st = kt_includes_add(list, scheduler, path, NULL, err);

	for (size_t i = 0; !st && i < nr; i++)
		st = kt_includes_add(list,
				     kt_args_nth(args, "include-files", i),
				     path, NULL, err);
	return st ? st : kt_includes_finish(list, err);
}

enum kt_status kt_verifier_pack(const struct kt_args *args,
				const char *scheduler, char **path,
				struct kt_initramfs_size *size,
				struct kt_error *err)
{
	const struct kt_elfdeps_places places =
		kt_elfdeps_here(kt_getenv("LD_LIBRARY_PATH"));
	struct kt_includes list KT_CLEANUP(kt_includes_release) = { 0 };
	struct kt_elfdeps *deps KT_CLEANUP(kt_elfdeps_freep) =
		kt_elfdeps_new(&places);
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	char *init KT_CLEANUP(kt_freep) = NULL;
	char *busybox KT_CLEANUP(kt_freep) = NULL;
	struct kt_initramfs_parts parts;
	enum kt_status st = find_includes(args, scheduler, &list, err);

	if (!st)
		st = kt_elfdeps_add_all(deps, &list, err);
	if (!st)
		st = kt_tool_bindir(&bindir, err);
	if (!st)
		st = kt_initramfs_find_init(bindir, &init, err);
	if (!st)
		st = kt_initramfs_find_busybox(kt_getenv("KTSTR_BUSYBOX"),
					       kt_getenv("PATH"), &busybox,
					       err);
	for (const char *const *m = kt_elfdeps_missing(deps); !st && *m; m++)
		kt_detail("%s", *m);
	parts = (struct kt_initramfs_parts){ .init = init,
					     .busybox = busybox,
					     .includes = &list,
					     .deps = deps,
					     .warn = warn_pack };
	return st ? st : pack(&parts, path, size, err);
}

/* Else the guest would take it for a script. */
static enum kt_status check_machine(const char *path, struct kt_error *err)
{
	const unsigned int ours =
		!strcmp(kt_arch(), "aarch64") ? EM_AARCH64 : EM_X86_64;
	struct kt_elfobj obj KT_CLEANUP(kt_elfobj_release) = { 0 };
	enum kt_status st = kt_elfobj_read(path, &obj, err);

	if (!st && obj.class && obj.machine != ours)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is a program for another machine than "
			       "%s",
			       path, kt_arch());
	return st;
}

enum kt_status kt_verifier_find(const char *path, char **real,
				struct kt_error *err)
{
	char *found KT_CLEANUP(kt_freep) = realpath(path, NULL);
	struct stat sb;
	enum kt_status st;

	if (!found || stat(found, &sb))
		return kt_within(err, kt_fail_errno(err, "\"%s\"", path),
				 "no scheduler");
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_USAGE, "\"%s\" is no program", path);
	if (access(found, X_OK))
		return kt_fail(err, KT_USAGE, "\"%s\" is not executable", path);
	st = check_machine(found, err);
	if (st)
		return st;
	*real = found;
	found = NULL;
	return KT_OK;
}
