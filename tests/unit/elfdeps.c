// SPDX-License-Identifier: GPL-2.0-only
/* elfdeps: who finds which library, in the loader's order, on made-up files */
#include "lib/elfdeps.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/elfobj.h"
#include "lib/fd.h"
#include "lib/ldconfig.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

/* The least that a loader would take: headers, PT_DYNAMIC, strings. */
struct file {
	const char *name; /* below the test's directory */
	const char *interp, *rpath, *runpath;
	const char *needed[4];
	int machine;	  /* 0: EM_X86_64 */
	const char *note; /* of dlopen metadata */
	const char *text; /* no ELF file, but this */
	const char *link; /* no file at all, but a link to this */
};

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	Elf64_Dyn dyn[12];
	char strings[1024];
	char interp[256];
	Elf64_Nhdr note;
	char owner[4], json[512];
};

static uint64_t add_string(struct image *im, size_t *used, const char *s)
{
	const size_t at = *used;

	strcpy(im->strings + at, s);
	*used += strlen(s) + 1;
	return at;
}

static void fill(struct image *im, const struct file *f)
{
	size_t used = 1, nr = 0;

	*im = (struct image){
		.eh = { .e_type = ET_DYN,
			.e_machine = (Elf64_Half)(f->machine ? f->machine :
							       EM_X86_64),
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct image, ph),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 4 },
		.ph = { { .p_type = PT_LOAD,
			  .p_vaddr = 0x1000,
			  .p_filesz = sizeof(*im),
			  .p_memsz = sizeof(*im) },
			{ .p_type = PT_DYNAMIC,
			  .p_offset = offsetof(struct image, dyn),
			  .p_filesz = sizeof(im->dyn) },
			{ .p_type = f->interp ? PT_INTERP : PT_NULL,
			  .p_offset = offsetof(struct image, interp) },
			{ .p_type = PT_NOTE,
			  .p_offset = offsetof(struct image, note),
			  .p_align = 4 } },
	};
	memcpy(im->eh.e_ident, ELFMAG, SELFMAG);
	im->eh.e_ident[EI_CLASS] = ELFCLASS64;
	im->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	im->eh.e_ident[EI_VERSION] = EV_CURRENT;
	for (size_t i = 0; i < 4 && f->needed[i]; i++)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_NEEDED,
				     { add_string(im, &used, f->needed[i]) } };
	if (f->rpath)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_RPATH,
				     { add_string(im, &used, f->rpath) } };
	if (f->runpath)
		im->dyn[nr++] =
			(Elf64_Dyn){ DT_RUNPATH,
				     { add_string(im, &used, f->runpath) } };
	im->dyn[nr++] =
		(Elf64_Dyn){ DT_STRTAB,
			     { 0x1000 + offsetof(struct image, strings) } };
	im->dyn[nr++] = (Elf64_Dyn){ DT_STRSZ, { sizeof(im->strings) } };
	if (f->interp) {
		strcpy(im->interp, f->interp);
		im->ph[2].p_filesz = strlen(f->interp) + 1;
	}
	if (!f->note)
		return;
	im->note = (Elf64_Nhdr){ 4, sizeof(im->json), KT_DLOPEN_NOTE };
	memcpy(im->owner, KT_DLOPEN_OWNER, 4);
	strcpy(im->json, f->note);
	im->ph[3].p_filesz = sizeof(im->note) + 4 + sizeof(im->json);
}

static void put(const char *path, const void *data, size_t len)
{
	char *dir = kt_xstrdup(path);
	struct kt_error err;
	int fd;

	*strrchr(dir, '/') = '\0';
	if (kt_mkdirs(dir, &err))
		abort();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || kt_fd_write(fd, data, len, path, &err))
		abort();
	close(fd);
	free(dir);
}

/* "@" in any string stands for the test's directory. */
static char *at(const char *top, const char *s)
{
	struct kt_buf out = { 0 };

	for (; s && *s; s++)
		if (*s == '@')
			kt_buf_adds(&out, top);
		else
			kt_buf_addc(&out, *s);
	return s ? kt_buf_take(&out) : NULL;
}

static void put_elf(const char *top, const struct file *f)
{
	char *path = kt_path_join(top, f->name);
	struct file real = *f;
	struct image im;

	if (f->text || f->link) {
		char *text = at(top, f->text ? f->text : f->link);

		put(path, text, strlen(text));
		if (f->link && (unlink(path) || symlink(text, path)))
			abort();
		free(text);
		free(path);
		return;
	}
	real.interp = at(top, f->interp);
	real.rpath = at(top, f->rpath);
	real.runpath = at(top, f->runpath);
	fill(&im, &real);
	put(path, &im, sizeof(im));
	free((char *)real.interp);
	free((char *)real.rpath);
	free((char *)real.runpath);
	free(path);
}

struct test {
	const char *what;
	struct file files[6]; /* the first is the program */
	const char *library_path, *conf;
	enum kt_status want;
	const char *found;   /* paths, a space behind each */
	const char *dirs;    /* likewise; or what the message says */
	const char *missing; /* the first of what is done without */
};

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
		put_elf(top, &t->files[i]);
	program = kt_path_join(top, t->files[0].name);
	conf = at(top, "@/ld.so.conf");
	if (t->conf) {
		char *text = at(top, t->conf);

		put(conf, text, strlen(text));
		places.conf = conf;
		free(text);
	}
	places.library_path = at(top, t->library_path);
	deps = kt_elfdeps_new(&places);
	st = kt_elfdeps_add(deps, program, &err);
	same_u64(st, t->want, t->what);
	for (size_t i = 0; !st && i < kt_elfdeps_count(deps); i++)
		kt_buf_addf(&got, "%s ",
			    kt_elfdeps_get(deps, i)->path + strlen(top) + 1);
	for (size_t i = 0; !st && kt_elfdeps_dirs(deps)[i]; i++)
		kt_buf_addf(&dirs, "%s ",
			    kt_elfdeps_dirs(deps)[i] + strlen(top) + 1);
	if (!st) {
		same_str(got.data ? got.data : "", t->found, "  what is found");
		same_str(dirs.data ? dirs.data : "", t->dirs,
			 "  where the guest must be told to look");
	} else {
		ok(strstr(err.msg, t->dirs) != NULL, "  \"%s\" says \"%s\"",
		   err.msg, t->dirs);
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
	if (kt_remove_tree(AT_FDCWD, top, &err))
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
	{ "$ORIGIN of the program leads nowhere in the guest",
	  { { .name = "bin/prog",
	      .runpath = "$ORIGIN/../a",
	      .needed = { "l1.so" } },
	    { .name = "a/l1.so" } },
	  .found = "a/l1.so ",
	  .dirs = "a " },
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
	  { { .name = "a:b/prog", .runpath = "$ORIGIN", .needed = { "l1.so" } },
	    { .name = "a:b/l1.so" } },
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
	{ "a relative name with a slash is not what a guest could find",
	  { { .name = "prog", .needed = { "./l1.so" } } },
	  .want = KT_FAIL,
	  .dirs = "\"./l1.so\"" },
};

/* Whatever is cut off or changed, there is an answer, and no crash. */
static void test_mutilated(void)
{
	char path[] = "/tmp/ktstr-elf.XXXXXX";
	const struct file f = { .name = "prog",
				.interp = "/lib/ld.so",
				.runpath = "/a:/b",
				.needed = { "l1.so", "l2.so" } };
	const int fd = mkstemp(path);
	struct kt_error err;
	struct kt_elfobj obj;
	struct image im, bad;
	size_t nr = 0;

	fill(&im, &f);
	for (size_t len = 0; len <= sizeof(im); len += 3) {
		put(path, &im, len);
		if (kt_elfobj_read(path, &obj, &err))
			break;
		kt_elfobj_release(&obj);
		nr++;
	}
	same_u64(nr, sizeof(im) / 3 + 1, "every prefix is read");
	for (size_t i = 0; i < offsetof(struct image, strings); i++) {
		memcpy(&bad, &im, sizeof(im));
		((unsigned char *)&bad)[i] ^= 0xff;
		put(path, &bad, sizeof(bad));
		if (kt_elfobj_read(path, &obj, &err))
			break;
		kt_elfobj_release(&obj);
		nr++;
	}
	same_u64(nr, sizeof(im) / 3 + 1 + offsetof(struct image, strings),
		 "so is every file with one byte changed");
	put(path, &im, sizeof(im));
	if (!kt_elfobj_read(path, &obj, &err)) {
		same_u64(obj.nr_needed, 2, "the whole one names two libraries");
		same_str(obj.interp, "/lib/ld.so", "and a loader");
		kt_elfobj_release(&obj);
	}
	close(fd);
	unlink(path);
}

struct hits {
	struct kt_buf text;
	int stop_after;
};

static bool hit(void *ctx, const char *path)
{
	struct hits *hits = ctx;

	kt_buf_addf(&hits->text, "%s ", path);
	return --hits->stop_after == 0;
}

static size_t cache_image(char *out, size_t before)
{
	static const char strings[] = "a.so\0/x/a.so\0/y/a.so\0/hw/a.so";
	static const uint32_t entries[][6] = {
		/* flags, key, value, os version, two halves of hwcap */
		{ 0x303, 0, 21, 0, 4, 0 },
		{ 0x303, 0, 5, 0, 0, 0 },
		{ 0x303, 0, 13, 0, 0, 0 },
	};
	const uint32_t nr = 3, base = 48 + sizeof(entries);
	char *p = out + before;

	memset(out, '.', before);
	memset(p, 0, 48);
	memcpy(p, "glibc-ld.so.cache1.1", 20);
	memcpy(p + 20, &nr, 4);
	for (size_t i = 0; i < nr; i++) {
		uint32_t entry[6];

		memcpy(entry, entries[i], sizeof(entry));
		entry[1] += base;
		entry[2] += base;
		memcpy(p + 48 + i * sizeof(entry), entry, sizeof(entry));
	}
	memcpy(p + base, strings, sizeof(strings));
	return before + base + sizeof(strings);
}

static void test_cache(void)
{
	struct hits hits = { .stop_after = 100 };
	char image[512];
	size_t len = cache_image(image, 0);

	kt_ldcache_each(image, len, "a.so", hit, &hits);
	same_str(hits.text.data, "/x/a.so /y/a.so ",
		 "a cache's entries, but for special machines");
	kt_buf_release(&hits.text);
	len = cache_image(image, 40);
	hits.stop_after = 1;
	kt_ldcache_each(image, len, "a.so", hit, &hits);
	same_str(hits.text.data, "/x/a.so ",
		 "behind the old format, and until it is enough");
	kt_buf_release(&hits.text);
	kt_ldcache_each(image, len, "b.so", hit, &hits);
	ok(!hits.text.len, "a name that is not there");
	for (size_t i = 0; i < len; i++) {
		char *copy = malloc(i + 1);

		memcpy(copy, image, i);
		kt_ldcache_each(copy, i, "a.so", hit, &hits);
		free(copy);
	}
	image[40 + 23] = '\x7f';
	kt_ldcache_each(image, len, "a.so", hit, &hits);
	ok(true, "a cut cache, or one that promises too much, is survived");
	kt_buf_release(&hits.text);
}

static void test_conf_loop(void)
{
	char top[] = "/tmp/ktstr-conf.XXXXXX";
	struct kt_error err;
	char *conf, **dirs;
	size_t nr = 0;

	if (!mkdtemp(top))
		abort();
	conf = at(top, "@/conf.d/a.conf");
	put(conf, "include *.conf\n/found\nrelative\n", 31);
	dirs = kt_ldconf_dirs(conf, 3, 4096);
	for (; dirs[nr]; nr++)
		free(dirs[nr]);
	free(dirs);
	same_u64(nr, 4, "a file that includes itself ends at the depth");
	free(conf);
	if (kt_remove_tree(AT_FDCWD, top, &err))
		abort();
}

int main(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		run(&tests[i]);
	test_mutilated();
	test_cache();
	test_conf_loop();
	return tap_end();
}
