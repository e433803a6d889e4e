// SPDX-License-Identifier: GPL-2.0-only
/* cargo - cargo's plugins, and whether what tests need of them is there */
#include "lib/cargo.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

#define MAX_SYSROOT 4096 /* bytes of a path */
#define RUSTC_NS (UINT64_C(60) * KT_NS_PER_S)

char *kt_cargo_plugin(const struct kt_cargo *env, const char *name)
{
	char *bin = NULL, *file = NULL;

	if (env->cargo_home)
		bin = kt_path_join(env->cargo_home, "bin");
	else if (env->home)
		bin = kt_path_join(env->home, ".cargo/bin");
	if (bin)
		file = kt_path_search(bin, name);
	free(bin);
	return file ? file : kt_path_search(env->path, name);
}

/* Where the toolchain in use is; the caller owns it, or NULL. */
static char *sysroot(const struct kt_cargo *env)
{
	char *rustc KT_CLEANUP(kt_freep) = kt_cargo_plugin(env, "rustc");
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	const char *const argv[] = { rustc, "--print", "sysroot", NULL };
	const struct kt_spawn how = { .argv = argv,
				      .in = KT_SPAWN_NULL,
				      .err = KT_SPAWN_NULL };
	struct kt_error ignored;
	int status;

	if (!rustc)
		return NULL;
	if (kt_spawn_capture(&how, false, MAX_SYSROOT, kt_clock_ns() + RUSTC_NS,
			     &out, &status, &ignored) ||
	    status || !out.len)
		return NULL;
	out.data[strcspn(out.data, "\n")] = '\0';
	return kt_xstrdup(out.data);
}

/* Does ROOT/lib/rustlib/TARGET/bin hold both tools, for some target? */
static bool has_tools(const char *root)
{
	char *lib KT_CLEANUP(kt_freep) = kt_path_join(root, "lib/rustlib");
	DIR *dir = opendir(lib);
	const struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		char *cov KT_CLEANUP(kt_freep) =
			kt_xasprintf("%s/%s/bin/llvm-cov", lib, e->d_name);
		char *profdata KT_CLEANUP(kt_freep) =
			kt_xasprintf("%s/%s/bin/llvm-profdata", lib, e->d_name);

		found = !access(cov, X_OK) && !access(profdata, X_OK);
	}
	if (dir)
		closedir(dir);
	return found;
}

enum kt_status kt_cargo_llvm_tools(const struct kt_cargo *env,
				   struct kt_error *err)
{
	char *root KT_CLEANUP(kt_freep) = NULL;

	if (env->llvm_cov && env->llvm_profdata)
		return KT_OK;
	root = sysroot(env);
	if (root && has_tools(root))
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_SKIP,
			       "the toolchain's component "
			       "\"llvm-tools-preview\" is not installed"),
		       "rustup component add llvm-tools-preview");
}

static enum kt_status need(const struct kt_cargo *env, const char *name,
			   const char *install, struct kt_error *err)
{
	char *file KT_CLEANUP(kt_freep) = kt_cargo_plugin(env, name);

	if (file)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_SKIP, "\"%s\" is not installed", name),
		       "%s", install);
}

enum kt_status kt_cargo_check(const struct kt_cargo *env, bool coverage,
			      struct kt_error *err)
{
	enum kt_status st = need(env, "cargo", "apt install cargo", err);

	if (!st)
		st = need(env, "cargo-nextest",
			  "cargo install cargo-nextest --locked", err);
	if (!st && coverage)
		st = need(env, "cargo-llvm-cov", "cargo install cargo-llvm-cov",
			  err);
	if (!st && coverage)
		st = kt_cargo_llvm_tools(env, err);
	return st;
}
