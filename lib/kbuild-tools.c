// SPDX-License-Identifier: GPL-2.0-only
/* kbuild-tools - what a kernel build needs that is not in its tree */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/kbuild.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

#define PAHOLE_MIN 116 /* scripts/pahole-flags.sh, kernel/bpf/Kconfig */
#define ANSWER_MAX ((size_t)64 << 10)
#define ANSWER_TIMEOUT_NS (60 * KT_NS_PER_S)

struct missing {
	struct kt_buf what, packages;
};

static void missing_release(struct missing *m)
{
	kt_buf_release(&m->what);
	kt_buf_release(&m->packages);
}

static void miss(struct missing *m, const char *what, const char *package)
{
	char *word KT_CLEANUP(kt_freep) = kt_xasprintf(" %s", package);

	kt_buf_addf(&m->what, "%s%s", m->what.len ? ", " : "", what);
	if (!m->packages.len || !strstr(m->packages.data, word))
		kt_buf_adds(&m->packages, word);
}

/* What @argv says; false if it cannot be run or fails. */
static bool answer(const struct kt_kbuild *kb, const char *const *argv, int in,
		   struct kt_buf *out)
{
	const struct kt_spawn how = {
		.argv = argv, .env = kb->env, .in = in, .err = KT_SPAWN_NULL
	};
	struct kt_error ignored;
	int ws;

	kt_buf_adds(out, "");
	return !kt_spawn_capture(&how, false, ANSWER_MAX,
				 kt_deadline_in(ANSWER_TIMEOUT_NS), out, &ws,
				 &ignored) &&
	       kt_spawn_exit_status(ws) == 0;
}

char *kt_kbuild_llvm_name(const char *llvm, const char *program)
{
	const size_t len = strlen(llvm);
	const bool prefix = len && llvm[len - 1] == '/';

	return kt_xasprintf("%s%s%s", prefix ? llvm : "", program,
			    !prefix && llvm[0] == '-' ? llvm : "");
}

static bool is_there(const struct kt_kbuild *kb, const char *name)
{
	char *path KT_CLEANUP(kt_freep) =
		kt_path_search(kt_env_get(kb->env, "PATH"), name);

	return path != NULL;
}

static void check_programs(const struct kt_kbuild *kb, struct missing *m)
{
	static const struct {
		const char *name, *package;
		enum { ANY, GCC, LLVM } with; /* this toolchain */
	} programs[] = {
		{ "make", "make", ANY },   { "gcc", "gcc", GCC },
		{ "ld", "binutils", GCC }, { "clang", "clang", LLVM },
		{ "ld.lld", "lld", LLVM }, { "llvm-ar", "llvm", LLVM },
		{ "flex", "flex", ANY },   { "bison", "bison", ANY },
		{ "bc", "bc", ANY },	   { "lz4", "lz4", ANY },
		{ "perl", "perl", ANY },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const bool llvm = programs[i].with == LLVM;
		char *name KT_CLEANUP(kt_freep) = NULL;

		if (programs[i].with == (kb->llvm ? GCC : LLVM))
			continue;
		name = llvm ? kt_kbuild_llvm_name(kb->llvm, programs[i].name) :
			      kt_xstrdup(programs[i].name);
		if (!is_there(kb, name))
			miss(m, name, programs[i].package);
	}
}

unsigned int kt_kbuild_pahole(const char *text)
{
	unsigned int major = 0, minor = 0;
	int used = 0;

	if (*text == 'v')
		text++;
	if (!isdigit((unsigned char)*text) ||
	    sscanf(text, "%3u.%3u%n", &major, &minor, &used) != 2 || !used ||
	    minor > 99)
		return 0;
	return major * 100 + minor;
}

static void check_pahole(const struct kt_kbuild *kb, struct missing *m)
{
	static const char *const argv[] = { "pahole", "--version", NULL };
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	char *what KT_CLEANUP(kt_freep) = NULL;

	if (!is_there(kb, "pahole")) {
		miss(m, "pahole", "dwarves");
		return;
	}
	if (!answer(kb, argv, KT_SPAWN_NULL, &out)) {
		miss(m, "a pahole that runs", "dwarves");
		return;
	}
	if (kt_kbuild_pahole(out.data) >= PAHOLE_MIN)
		return;
	out.data[strcspn(out.data, "\n")] = '\0';
	what = kt_xasprintf("pahole 1.16 or later (it is \"%.40s\")", out.data);
	miss(m, what, "dwarves");
}

static const struct {
	const char *name, *package;
} headers[] = {
	{ "libelf.h", "libelf-dev" },
	{ "gelf.h", "libelf-dev" },
	{ "openssl/opensslv.h", "libssl-dev" },
};

/* Ask the preprocessor, which knows where it looks, for all at once. */
static void check_headers(const struct kt_kbuild *kb, struct missing *m)
{
	char *cc KT_CLEANUP(kt_freep) =
		kb->llvm ? kt_kbuild_llvm_name(kb->llvm, "clang") :
			   kt_xstrdup("gcc");
	const char *const argv[] = { cc, "-E", "-P", "-x", "c", "-", NULL };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	bool asked;
	int fds[2];

	if (!is_there(kb, argv[0]) || pipe2(fds, O_CLOEXEC))
		return;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		kt_buf_addf(&text,
			    "#if !__has_include(<%s>)\nmiss %zu;\n#endif\n",
			    headers[i].name, i);
	/* Far less than a pipe holds, so nobody need read it meanwhile. */
	asked = !kt_fd_write(fds[1], text.data, text.len, "pipe", &ignored);
	close(fds[1]);
	asked = asked && answer(kb, argv, fds[0], &out);
	close(fds[0]);
	if (!asked) {
		miss(m, "a compiler that runs", kb->llvm ? "clang" : "gcc");
		return;
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		char line[32];

		snprintf(line, sizeof(line), "miss %zu;", i);
		if (strstr(out.data, line))
			miss(m, headers[i].name, headers[i].package);
	}
}

enum kt_status kt_kbuild_tools(const struct kt_kbuild *kb, struct kt_error *err)
{
	struct missing m KT_CLEANUP(missing_release) = { 0 };

	check_programs(kb, &m);
	check_pahole(kb, &m);
	check_headers(kb, &m);
	if (!m.what.len)
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_SKIP,
			       "a kernel build needs what is not here: %s",
			       m.what.data),
		       "apt install%s", m.packages.data);
}
