// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps: who finds which library, in the loader's order, on made-up files */
#include "lib/elfdeps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "tests/helpers/elf-file.h"
#include "tests/unit/tap.h"

struct test {
	const char *what;
	struct elf_file files[6]; /* the first is the program */
	const char *library_path, *conf;
	bool here; /* the current directory is that of the files */
	enum kt_status want;
	const char *found;   /* paths, a space behind each */
	const char *dirs;    /* likewise; or what the message says */
	const char *missing; /* the first of what is done without */
	const char *hint;    /* part of what to do about it */
};

/* @path as the tests write it. */
static const char *below(const char *top, const char *path)
{
	const size_t len = strlen(top);

	if (strncmp(path, top, len))
		return path;
	return path[len] ? path + len + 1 : ".";
}

static void run(const struct test *t)
{
	char top[] = "/tmp/ktstr-elfdeps.XXXXXX";
	struct kt_error err = { 0 };
	struct kt_buf got = { 0 }, dirs = { 0 };
	struct kt_elfdeps_places places = { 0 };
	struct kt_elfdeps *deps;
	char *program, *conf;
	enum kt_status st;

	if (!mkdtemp(top))
		abort();
	for (size_t i = 0; i < 6 && t->files[i].name; i++)
		elf_put(top, &t->files[i]);
	program = kt_path_join(top, t->files[0].name);
	conf = file_at(top, "@/ld.so.conf");
	if (t->conf) {
		char *text = file_at(top, t->conf);

		file_put(conf, text, strlen(text));
		places.conf = conf;
		free(text);
	}
	places.library_path = file_at(top, t->library_path);
	deps = kt_elfdeps_new(&places);
	if (t->here && chdir(top))
		abort();
	st = kt_elfdeps_add(deps, program, "/include-files/prog", &err);
	same_u64(st, t->want, t->what);
	for (size_t i = 0; !st && i < kt_elfdeps_count(deps); i++)
		kt_buf_addf(&got, "%s ",
			    below(top, kt_elfdeps_get(deps, i)->path));
	for (size_t i = 0; !st && kt_elfdeps_dirs(deps)[i]; i++)
		kt_buf_addf(&dirs, "%s ", below(top, kt_elfdeps_dirs(deps)[i]));
	if (!st) {
		same_str(got.data ? got.data : "", t->found, "  what is found");
		same_str(dirs.data ? dirs.data : "", t->dirs,
			 "  where the guest must be told to look");
	} else {
		ok(strstr(err.msg, t->dirs) != NULL, "  \"%s\" says \"%s\"",
		   err.msg, t->dirs);
		ok(!t->hint || strstr(err.hint, t->hint) != NULL,
		   "  \"%s\" helps", err.hint);
	}
	same_u64(kt_elfdeps_missing(deps)[0] != NULL, t->missing != NULL,
		 "  something is done without");
	if (t->missing)
		ok(strstr(kt_elfdeps_missing(deps)[0], t->missing) != NULL,
		   "  it is \"%s\"", kt_elfdeps_missing(deps)[0]);
	kt_buf_release(&got);
	kt_buf_release(&dirs);
	kt_elfdeps_freep(&deps);
	free((char *)places.library_path);
	free(program);
	free(conf);
	if (chdir("/") || kt_remove_tree(AT_FDCWD, top, &err))
		abort();
}

static const struct test tests[] = {
	{ "a program with neither loader nor library needs nothing",
	  { { .name = "prog" } },
	  .found = "",
	  .dirs = "" },
	{ "DT_RPATH of the program, and of it for its libraries",
	  { { .name = "prog", .rpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .needed = { "l2.so" } },
	    { .name = "a/l2.so" } },
	  .found = "a/l1.so a/l2.so ",
	  .dirs = "" },
	{ "DT_RUNPATH is not for the libraries of the libraries",
	  { { .name = "prog", .runpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .needed = { "l2.so" } },
	    { .name = "a/l2.so" } },
	  .want = KT_FAIL,
	  .dirs = "\"l2.so\", which " },
	{ "DT_RPATH counts for nothing beside DT_RUNPATH",
	  { { .name = "prog",
	      .rpath = "@/a",
	      .runpath = "@/b",
	      .needed = { "l1.so" } },
	    { .name = "a/l1.so" },
	    { .name = "b/l1.so" } },
	  .found = "b/l1.so ",
	  .dirs = "" },
	{ "an object with DT_RUNPATH does not inherit DT_RPATH",
	  { { .name = "prog", .rpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .runpath = "@/b", .needed = { "l2.so" } },
	    { .name = "a/l2.so" } },
	  .want = KT_FAIL,
	  .dirs = "l2.so" },
	{ "LD_LIBRARY_PATH goes before DT_RUNPATH, and its directory is told",
	  { { .name = "prog", .runpath = "@/b", .needed = { "l1.so" } },
	    { .name = "a/l1.so" },
	    { .name = "b/l1.so" } },
	  .library_path = "@/a",
	  .found = "a/l1.so ",
	  .dirs = "a " },
	{ "and behind DT_RPATH",
	  { { .name = "prog", .rpath = "@/b", .needed = { "l1.so" } },
	    { .name = "a/l1.so" },
	    { .name = "b/l1.so" } },
	  .library_path = "@/a",
	  .found = "b/l1.so ",
	  .dirs = "" },
	{ "ld.so.conf comes last, comments aside",
	  { { .name = "prog", .needed = { "l1.so", "l2.so" } },
	    { .name = "c/l1.so" },
	    { .name = "d/l2.so" } },
	  .conf = "# @/x\n@/c # the first\n\ninclude no/*\n@/d\n",
	  .found = "c/l1.so d/l2.so ",
	  .dirs = "c d " },
	{ "a library for another machine is passed over",
	  { { .name = "prog", .rpath = "@/a:@/b", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .machine = EM_AARCH64 },
	    { .name = "b/l1.so" } },
	  .found = "b/l1.so ",
	  .dirs = "" },
	{ "a program for another machine gets the libraries of that",
	  { { .name = "prog",
	      .rpath = "@/a:@/b",
	      .needed = { "l1.so" },
	      .machine = EM_AARCH64 },
	    { .name = "a/l1.so" },
	    { .name = "b/l1.so", .machine = EM_AARCH64 } },
	  .found = "b/l1.so ",
	  .dirs = "" },
	{ "$ORIGIN of the program leads from where that is in the guest",
	  { { .name = "bin/prog",
	      .runpath = "$ORIGIN/../a",
	      .needed = { "l1.so" } },
	    { .name = "a/l1.so" } },
	  .found = "/a/l1.so ",
	  .dirs = "" },
	{ "and that of a library from where it has led",
	  { { .name = "bin/prog",
	      .rpath = "$ORIGIN/./a/",
	      .needed = { "l1.so" } },
	    { .name = "bin/a/l1.so",
	      .runpath = "$ORIGIN/../../c",
	      .needed = { "l2.so" } },
	    { .name = "c/l2.so" } },
	  .found = "/c/l2.so /include-files/a/l1.so ",
	  .dirs = "" },
	{ "it leads no further than to the root",
	  { { .name = "a/b/c/bin/prog",
	      .runpath = "$ORIGIN/../../../../d",
	      .needed = { "l1.so" } },
	    { .name = "d/l1.so" } },
	  .found = "/d/l1.so ",
	  .dirs = "" },
	{ "through a directory that the guest may not have it leads nowhere",
	  { { .name = "bin/prog",
	      .runpath = "$ORIGIN/../a/../b",
	      .needed = { "l1.so" } },
	    { .name = "a/file" },
	    { .name = "b/l1.so" } },
	  .found = "b/l1.so ",
	  .dirs = "b " },
	{ "without $ORIGIN all that comes before .. may be missing",
	  { { .name = "prog", .runpath = "@/a/../b", .needed = { "l1.so" } },
	    { .name = "a/file" },
	    { .name = "b/l1.so" } },
	  .found = "b/l1.so ",
	  .dirs = "b " },
	{ "a library may stay where it is by $ORIGIN and ..",
	  { { .name = "prog", .runpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so",
	      .runpath = "$ORIGIN/../b",
	      .needed = { "l2.so" } },
	    { .name = "b/l2.so" } },
	  .found = "a/l1.so b/l2.so ",
	  .dirs = "" },
	{ "${ORIGIN} of a library does, since that stays where it is",
	  { { .name = "prog", .runpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so",
	      .runpath = "${ORIGIN}/b",
	      .needed = { "l2.so" } },
	    { .name = "a/b/l2.so" } },
	  .found = "a/b/l2.so a/l1.so ",
	  .dirs = "" },
	{ "$LIB and $PLATFORM are expanded, as both distributions do",
	  { { .name = "prog",
	      .runpath = "@/$LIB:@/p-$PLATFORM",
	      .needed = { "l1.so", "l2.so", "l3.so" } },
	    { .name = "lib64/l1.so" },
	    { .name = "lib/x86_64-linux-gnu/l2.so" },
	    { .name = "p-x86_64/l3.so" } },
	  .found = "lib/x86_64-linux-gnu/l2.so lib64/l1.so p-x86_64/l3.so ",
	  .dirs = "" },
	{ "libraries that need each other end",
	  { { .name = "prog", .rpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .needed = { "l2.so", "l1.so" } },
	    { .name = "a/l2.so", .needed = { "l1.so" } } },
	  .found = "a/l1.so a/l2.so ",
	  .dirs = "" },
	{ "the loader is packed with what it needs",
	  { { .name = "prog", .interp = "@/ld/ld.so", .needed = { "l1.so" } },
	    { .name = "ld/ld.so" },
	    { .name = "ld/l1.so" } },
	  .found = "ld/l1.so ld/ld.so ",
	  .dirs = "" },
	{ "a loader that is not here is told",
	  { { .name = "prog", .interp = "@/ld/ld.so" } },
	  .want = KT_FAIL,
	  .dirs = "ld/ld.so\", which " },
	{ "a library that is not here is told, and who needs it",
	  { { .name = "prog", .rpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .needed = { "l2.so" } } },
	  .want = KT_FAIL,
	  .dirs = "a/l1.so\" needs, is not here" },
	{ "a library's $ORIGIN is where it was found, and not where it leads",
	  { { .name = "prog", .runpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so", .link = "../b/l1.so.1" },
	    { .name = "b/l1.so.1",
	      .runpath = "$ORIGIN/c",
	      .needed = { "l2.so" } },
	    { .name = "a/c/l2.so" } },
	  .found = "a/c/l2.so a/l1.so ",
	  .dirs = "" },
	{ "LD_LIBRARY_PATH is parted by semicolons, too",
	  { { .name = "prog", .needed = { "l1.so" } }, { .name = "a/l1.so" } },
	  .library_path = "@/b;@/a",
	  .found = "a/l1.so ",
	  .dirs = "a " },
	{ "a directory that LD_LIBRARY_PATH cannot name is an error",
	  { { .name = "prog", .needed = { "l1.so" } },
	    { .name = "a:b/l1.so" } },
	  .conf = "@/a:b\n",
	  .want = KT_FAIL,
	  .dirs = "cannot name " },
	{ "musl: LD_LIBRARY_PATH goes before DT_RPATH",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .rpath = "@/b",
	      .needed = { "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "a/l1.so" },
	    { .name = "b/l1.so" } },
	  .library_path = "@/a",
	  .found = "a/l1.so lib/ld-musl-x86_64.so.1 ",
	  .dirs = "a " },
	{ "musl: DT_RUNPATH is for the libraries of the libraries, too",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .runpath = "@/a",
	      .needed = { "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "a/l1.so", .needed = { "l2.so" } },
	    { .name = "a/l2.so" } },
	  .found = "a/l1.so a/l2.so lib/ld-musl-x86_64.so.1 ",
	  .dirs = "" },
	{ "musl: its own file says where, comes along, and libc is the loader",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .needed = { "libc.so", "l1.so", "libpthread.so.0", "l2.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "etc/ld-musl-x86_64.path", .text = "@/c\n@/d:@/e\n" },
	    { .name = "c/l1.so" },
	    { .name = "e/l2.so" } },
	  .found = "c/l1.so e/l2.so etc/ld-musl-x86_64.path "
		   "lib/ld-musl-x86_64.so.1 ",
	  .dirs = "" },
	{ "musl: a list with a token other than $ORIGIN counts for nothing",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .runpath = "@/a:$LIB",
	      .needed = { "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "a/l1.so" } },
	  .want = KT_FAIL,
	  .dirs = "\"l1.so\", which " },
	{ "musl: ld.so.conf counts for nothing",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .needed = { "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "a/l1.so" } },
	  .conf = "@/a\n",
	  .want = KT_FAIL,
	  .dirs = "\"l1.so\", which " },
	{ "dlopen: what is required or recommended comes along",
	  { { .name = "prog",
	      .runpath = "@/a",
	      .note = "[{\"soname\":[\"l1.so\"],\"priority\":\"required\"},"
		      "{\"soname\":[\"l2.so\"],\"priority\":"
		      "\"recommended\"},{\"soname\":[\"l3.so\"]},"
		      "{\"soname\":[\"l4.so\"],\"priority\":"
		      "\"suggested\"}]" },
	    { .name = "a/l1.so" },
	    { .name = "a/l2.so" },
	    { .name = "a/l3.so" },
	    { .name = "a/l4.so" } },
	  .found = "a/l1.so a/l2.so a/l3.so ",
	  .dirs = "" },
	{ "dlopen: the first name that is there is enough",
	  { { .name = "prog",
	      .runpath = "@/a",
	      .note = "[{\"soname\":[\"l1.so.2\",\"l1.so.1\",\"l1.so\"],"
		      "\"feature\":\"x\",\"priority\":\"required\"}]" },
	    { .name = "a/l1.so" },
	    { .name = "a/l1.so.1" } },
	  .found = "a/l1.so.1 ",
	  .dirs = "" },
	{ "dlopen: a library's note counts, and what that opens has needs",
	  { { .name = "prog", .runpath = "@/a", .needed = { "l1.so" } },
	    { .name = "a/l1.so",
	      .runpath = "@/a",
	      .note = "[{\"soname\":[\"l2.so\"]}]" },
	    { .name = "a/l2.so", .runpath = "@/a", .needed = { "l3.so" } },
	    { .name = "a/l3.so" } },
	  .found = "a/l1.so a/l2.so a/l3.so ",
	  .dirs = "" },
	{ "dlopen: what one object does not find, another may need and find",
	  { { .name = "prog",
	      .runpath = "@/a",
	      .note = "[{\"soname\":[\"l2.so\"]}]",
	      .needed = { "l1.so" } },
	    { .name = "a/l1.so", .runpath = "@/b", .needed = { "l2.so" } },
	    { .name = "b/l2.so" } },
	  .found = "a/l1.so b/l2.so ",
	  .dirs = "" },
	{ "dlopen: so may what another opens, and what that needs",
	  { { .name = "prog",
	      .runpath = "@/a",
	      .note = "[{\"soname\":[\"l3.so\"],\"priority\":\"required\"},"
		      "{\"soname\":[\"l1.so\"]}]" },
	    { .name = "a/l1.so", .runpath = "@/b", .needed = { "l2.so" } },
	    { .name = "b/l2.so",
	      .runpath = "@/c",
	      .note = "[{\"soname\":[\"l3.so\"]}]" },
	    { .name = "c/l3.so" } },
	  .found = "a/l1.so b/l2.so c/l3.so ",
	  .dirs = "" },
	{ "dlopen: what is required and not here is an error",
	  { { .name = "prog",
	      .note = "[{\"soname\":[\"l1.so\"],"
		      "\"priority\":\"required\"}]" } },
	  .want = KT_FAIL,
	  .dirs = "prog\" opens, is not here" },
	{ "dlopen: what is recommended and not here is said",
	  { { .name = "prog", .note = "[{\"soname\":[\"l1.so\",\"l2\"]}]" } },
	  .found = "",
	  .dirs = "",
	  .missing = "library \"l1.so\", which " },
	{ "dlopen: a note that is no JSON says nothing",
	  { { .name = "prog", .note = "[{\"soname\":[\"l1.so\"}]" } },
	  .found = "",
	  .dirs = "" },
	{ "dlopen: nor does one of another shape",
	  { { .name = "prog",
	      .note = "[1,{\"soname\":\"l1.so\"},{\"soname\":[]},"
		      "{\"soname\":[\"\"]},{\"x\":1},[]]" } },
	  .found = "",
	  .dirs = "" },
	{ "a name is found if something loaded says that it is its own",
	  { { .name = "prog",
	      .runpath = "@/b",
	      .needed = { "@/a/l9.so", "l1.so" } },
	    { .name = "a/l9.so", .soname = "l9.so" },
	    { .name = "b/l1.so", .needed = { "l9.so" } } },
	  .found = "a/l9.so b/l1.so ",
	  .dirs = "" },
	{ "but not before that is loaded",
	  { { .name = "prog",
	      .runpath = "@/b",
	      .needed = { "l9.so", "@/a/l9.so" } },
	    { .name = "a/l9.so", .soname = "l9.so" } },
	  .want = KT_FAIL,
	  .dirs = "\"l9.so\", which " },
	{ "musl: what something loaded says of itself does not count",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .runpath = "@/b",
	      .needed = { "@/a/l9.so", "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "a/l9.so", .soname = "l9.so" },
	    { .name = "b/l1.so", .needed = { "l9.so" } } },
	  .want = KT_FAIL,
	  .dirs = "\"l9.so\", which " },
	{ "an empty DT_RUNPATH names no directory",
	  { { .name = "prog", .runpath = "", .needed = { "l1.so" } },
	    { .name = "l1.so" } },
	  .here = true,
	  .want = KT_FAIL,
	  .dirs = "\"l1.so\", which " },
	{ "nor does an empty LD_LIBRARY_PATH",
	  { { .name = "prog", .needed = { "l1.so" } }, { .name = "l1.so" } },
	  .here = true,
	  .library_path = "",
	  .want = KT_FAIL,
	  .dirs = "\"l1.so\", which " },
	{ "but nothing before a colon is the current directory",
	  { { .name = "prog", .runpath = ":@/a", .needed = { "l1.so" } },
	    { .name = "l1.so" },
	    { .name = "a/l1.so" } },
	  .here = true,
	  .found = "l1.so ",
	  .dirs = ". " },
	{ "musl: nothing before a colon is nothing",
	  { { .name = "prog",
	      .interp = "@/lib/ld-musl-x86_64.so.1",
	      .runpath = ":@/a",
	      .needed = { "l1.so" } },
	    { .name = "lib/ld-musl-x86_64.so.1" },
	    { .name = "l1.so" },
	    { .name = "a/l1.so" } },
	  .here = true,
	  .library_path = ":",
	  .found = "a/l1.so lib/ld-musl-x86_64.so.1 ",
	  .dirs = "" },
	{ "a relative name with a slash is not what a guest could find",
	  { { .name = "prog", .needed = { "./l1.so" } } },
	  .want = KT_FAIL,
	  .dirs = "\"./l1.so\"",
	  .hint = "link without that path: " },
	{ "no LD_LIBRARY_PATH helps to find a path",
	  { { .name = "prog", .needed = { "@/a/l1.so" } },
	    { .name = "b/l1.so" } },
	  .library_path = "@/b",
	  .want = KT_FAIL,
	  .dirs = "a/l1.so\", which ",
	  .hint = "has it, or link without that path" },
	{ "but a name",
	  { { .name = "prog", .needed = { "l1.so" } }, { .name = "b/l1.so" } },
	  .want = KT_FAIL,
	  .dirs = "\"l1.so\", which ",
	  .hint = "or name its directory in LD_LIBRARY_PATH" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		run(&tests[i]);
	return tap_end();
}
