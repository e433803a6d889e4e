// SPDX-License-Identifier: GPL-2.0-only
/* doctor - what this machine has and lacks, and the command to get it */
#include "lib/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/initramfs-parts.h"
#include "lib/xalloc.h"

#define BUILD_BYTES (UINT64_C(6) << 30) /* what a kernel build may need */

enum need {
	NEEDED,
	WITHOUT_KVM, /* needed where KVM cannot be used, else wanted */
	WANTED,	     /* some subcommand wants it; noted, not counted */
};

static const struct {
	const char *program, *purpose, *install;
	enum need need;
} programs[] = {
	{ "make", "builds kernels", "apt install make", NEEDED },
	{ "gcc", "builds kernels", "apt install gcc", NEEDED },
	{ "ld", "builds kernels", "apt install binutils", NEEDED },
	{ "flex", "builds kernels", "apt install flex", NEEDED },
	{ "bison", "builds kernels", "apt install bison", NEEDED },
	{ "bc", "builds kernels", "apt install bc", NEEDED },
	{ "perl", "builds kernels", "apt install perl", NEEDED },
	{ "lz4", "packs the kernel image", "apt install lz4", NEEDED },
	{ "pahole", "makes BTF, which sched_ext needs", "apt install dwarves",
	  NEEDED },
	{ "git", "tells what a kernel tree holds", "apt install git", NEEDED },
	{ "qemu-system-x86_64", "boots kernels without KVM",
	  "apt install qemu-system-x86", WITHOUT_KVM },
	{ "ccache", "makes repeated builds fast", "apt install ccache",
	  WANTED },
	{ "cargo", "runs the tests of a Rust crate", "apt install cargo",
	  WANTED },
	{ "cargo-nextest", "cargo ktstr test",
	  "cargo install cargo-nextest --locked", WANTED },
	{ "cargo-llvm-cov", "cargo ktstr coverage",
	  "cargo install cargo-llvm-cov", WANTED },
};

static const struct {
	const char *header, *install;
} headers[] = {
	{ "gelf.h", "apt install libelf-dev" },
	{ "openssl/opensslv.h", "apt install libssl-dev" },
};

struct report {
	struct kt_buf *out;
	size_t lacking;
};

static void row(struct report *r, const char *state, const char *name,
		const char *found, const char *hint)
{
	kt_buf_addf(r->out, "%-8s %-20s %s\n", state, name, found);
	if (hint)
		kt_buf_addf(r->out, "%-8s %-20s hint: %s\n", "", "", hint);
}

static void missing(struct report *r, enum need need, const char *name,
		    const char *purpose, const char *hint)
{
	row(r, need == NEEDED ? "missing" : "note", name, purpose, hint);
	r->lacking += need == NEEDED;
}

static char *program_of(const struct kt_cargo *cargo, const char *name)
{
	if (!strncmp(name, "cargo", 5))
		return kt_cargo_plugin(cargo, name);
	return kt_path_search(cargo->path, name);
}

static void check_programs(struct report *r, const struct kt_doctor *what)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		char *file KT_CLEANUP(kt_freep) =
			program_of(&what->cargo, programs[i].program);
		enum need need = programs[i].need;

		if (need == WITHOUT_KVM)
			need = what->no_kvm ? NEEDED : WANTED;
		if (file)
			row(r, "ok", programs[i].program, file, NULL);
		else
			missing(r, need, programs[i].program,
				programs[i].purpose, programs[i].install);
	}
}

/* What cargo-llvm-cov needs of the toolchain; it is asked only if it is there. */
static void check_llvm_tools(struct report *r, const struct kt_cargo *cargo)
{
	char *plugin KT_CLEANUP(kt_freep) =
		kt_cargo_plugin(cargo, "cargo-llvm-cov");
	struct kt_error err;

	if (!plugin)
		return;
	if (kt_cargo_llvm_tools(cargo, &err))
		missing(r, WANTED, "llvm-tools", "cargo ktstr coverage",
			err.hint);
	else
		row(r, "ok", "llvm-tools", "of the toolchain", NULL);
}

static void check_headers(struct report *r)
{
	static const char *const dirs[] = { "/usr/include",
					    "/usr/include/x86_64-linux-gnu",
					    "/usr/include/aarch64-linux-gnu",
					    "/usr/local/include" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		char *found KT_CLEANUP(kt_freep) = NULL;

		for (size_t k = 0; k < sizeof(dirs) / sizeof(dirs[0]); k++) {
			char *file = kt_path_join(dirs[k], headers[i].header);

			if (!found && !access(file, R_OK))
				found = file;
			else
				free(file);
		}
		if (found)
			row(r, "ok", headers[i].header, found, NULL);
		else
			missing(r, NEEDED, headers[i].header, "builds kernels",
				headers[i].install);
	}
}

static void check_kvm(struct report *r, const struct kt_error *no_kvm)
{
	if (!no_kvm)
		row(r, "ok", "/dev/kvm", "usable", NULL);
	else
		row(r, "note", "/dev/kvm", no_kvm->msg,
		    *no_kvm->hint ? no_kvm->hint : NULL);
}

static void check_busybox(struct report *r, const struct kt_doctor *what)
{
	char *file KT_CLEANUP(kt_freep) = NULL;
	struct kt_error err;

	if (kt_initramfs_find_busybox(what->busybox, what->cargo.path, &file,
				      &err))
		missing(r, NEEDED, "busybox", err.msg, err.hint);
	else
		row(r, "ok", "busybox", file, NULL);
}

/* Space where builds happen; the directory itself may not be there yet. */
static void check_space(struct report *r, const struct kt_doctor *what)
{
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char found[200];
	struct statvfs fs;
	struct kt_error err;
	uint64_t bytes;

	if (kt_dir_build(&what->dirs, &dir, &err)) {
		missing(r, NEEDED, "build directory", err.msg, err.hint);
		return;
	}
	for (char *end = dir + strlen(dir); statvfs(dir, &fs);) {
		while (end > dir + 1 && *end != '/')
			end--;
		if (end == dir + 1)
			return;
		*end = '\0';
	}
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	snprintf(found, sizeof(found), "%.1f GB free in %.150s",
		 (double)bytes / 1e9, dir);
	if (bytes >= BUILD_BYTES)
		row(r, "ok", "disk space", found, NULL);
	else
		missing(r, NEEDED, "disk space", found,
			"a kernel build wants 6 GB: set KTSTR_BUILD_DIR");
}

/* Another program of our name first on PATH would be run instead of ours. */
static void check_clash(struct report *r, const struct kt_doctor *what)
{
	static const char *const names[] = { "cargo-ktstr", "ktstr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *ours KT_CLEANUP(kt_freep) =
			kt_path_join(what->bindir, names[i]);
		char *first KT_CLEANUP(kt_freep) =
			kt_path_search(what->cargo.path, names[i]);
		struct stat a, b;

		if (!first || stat(ours, &a) || stat(first, &b))
			continue;
		if (a.st_ino == b.st_ino && a.st_dev == b.st_dev)
			row(r, "ok", names[i], first, NULL);
		else
			row(r, "note", names[i], first,
			    "another program of this name comes first on PATH");
	}
}

size_t kt_doctor_report(const struct kt_doctor *what, struct kt_buf *out)
{
	struct report r = { .out = out };

	check_kvm(&r, what->no_kvm);
	check_programs(&r, what);
	check_llvm_tools(&r, &what->cargo);
	check_headers(&r);
	check_busybox(&r, what);
	check_space(&r, what);
	check_clash(&r, what);
	return r.lacking;
}
