// SPDX-License-Identifier: GPL-2.0-only
/* sums: when a file's sum is remembered, and when it is not believed */
#include "lib/sums.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

#define LINE ((size_t)(5 * 17 + 65))

/* A sum that no content here has, and that of "a". */
#define PLANTED \
	"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static void put(const char *path, const void *data, size_t len)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct kt_error err;

	if (fd < 0 || kt_fd_write(fd, data, len, path, &err))
		abort();
	close(fd);
}

/* The sum of @path @later_ns after it was last changed. */
static const char *get(struct kt_sums *sums, const char *path,
		       uint64_t later_ns, struct kt_sum *out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct kt_error err;
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) ||
	    kt_sums_get(sums, fd, path,
			(uint64_t)sb.st_ctim.tv_sec * KT_NS_PER_S +
				(uint64_t)sb.st_ctim.tv_nsec + later_ns,
			out, &err))
		abort();
	close(fd);
	return out->sha256;
}

/* Learn @path anew, so long after its change. */
static void learn(const char *path, uint64_t later_ns)
{
	struct kt_sums *sums = kt_sums_open("sums");
	struct kt_sum sum;

	get(sums, path, later_ns, &sum);
	kt_sums_save(sums);
	kt_sums_freep(&sums);
}

/* Put another sum into every line, to see whether one is used. */
static void plant(const char *sum)
{
	struct kt_buf text = { 0 };
	struct kt_error err;

	if (kt_file_read(AT_FDCWD, "sums", 16 << 20, &text, &err))
		abort();
	for (size_t at = LINE - 65; at < text.len; at += LINE)
		memcpy(text.data + at, sum, 64);
	put("sums", text.data, text.len);
	kt_buf_release(&text);
}

static const char *now_known(const char *path, struct kt_sum *out)
{
	struct kt_sums *sums = kt_sums_open("sums");

	get(sums, path, KT_SUMS_SETTLE_NS + 1, out);
	kt_sums_freep(&sums);
	return out->sha256;
}

static void test_remembered(void)
{
	struct kt_sum sum;

	put("a", "a", 1);
	same_str(get(NULL, "a", 0, &sum), A, "nothing remembered, all read");
	ok(!sum.settled, "a file of this very moment may change unnoticed");
	learn("a", KT_SUMS_SETTLE_NS);
	ok(access("sums", F_OK), "and so is not remembered");
	learn("a", KT_SUMS_SETTLE_NS + 1);
	ok(!access("sums", F_OK), "an older one is");
	same_str(now_known("a", &sum), A, "by its sum");
	ok(sum.settled, "which its stamp vouches for");
	plant(PLANTED);
	same_str(now_known("a", &sum), PLANTED, "it is not read again");
	same_str(get(NULL, "a", KT_SUMS_SETTLE_NS + 1, &sum), A,
		 "but for who remembers nothing");
	put("a", "b", 1);
	ok(strcmp(now_known("a", &sum), PLANTED), "a change is seen");
	put("a", "a", 1);
	learn("a", KT_SUMS_SETTLE_NS + 1);
	plant(PLANTED);
	if (rename("a", "moved"))
		abort();
	put("a", "a", 1);
	same_str(now_known("a", &sum), A, "another file in its place is");
	unlink("sums");
}

static void test_malformed(void)
{
	static const char *const bad[] = {
		"5A5A5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
		"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};
	struct kt_sum sum;
	struct stat sb;

	put("a", "a", 1);
	for (size_t i = 0; i < 2; i++) {
		learn("a", KT_SUMS_SETTLE_NS + 1);
		plant(bad[i]);
		same_str(now_known("a", &sum), A, "what is no sum is not used");
		learn("a", KT_SUMS_SETTLE_NS + 1);
		same_str(now_known("a", &sum), A, "and is replaced");
		if (stat("sums", &sb))
			abort();
		same_u64((uint64_t)sb.st_size, LINE, "by one line");
		unlink("sums");
	}
	learn("a", KT_SUMS_SETTLE_NS + 1);
	plant(PLANTED);
	for (size_t len = 0; len < LINE; len += 7) {
		if (truncate("sums", (off_t)(LINE - 1 - len)))
			abort();
		if (strcmp(now_known("a", &sum), A))
			break;
	}
	same_str(now_known("a", &sum), A, "a file cut anywhere knows nothing");
	unlink("sums");
	if (mkfifo("sums", 0600))
		abort();
	same_str(now_known("a", &sum), A, "nor does a pipe in its place");
	unlink("sums");
}

static void test_many(void)
{
	struct kt_buf text = { 0 };
	struct kt_error err;
	char name[16];
	struct kt_sum sum;
	struct stat sb;
	size_t nr = 0;

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(name, name, strlen(name));
		learn(name, KT_SUMS_SETTLE_NS + 1);
	}
	learn("f7", KT_SUMS_SETTLE_NS + 1);
	if (kt_file_read(AT_FDCWD, "sums", 16 << 20, &text, &err))
		abort();
	same_u64(text.len, 50 * LINE, "fifty files are fifty lines");
	for (size_t at = LINE; at < text.len; at += LINE)
		nr += memcmp(text.data + at - LINE, text.data + at, LINE) < 0;
	same_u64(nr, 49, "which are sorted");
	plant(PLANTED);
	nr = 0;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		nr += !strcmp(now_known(name, &sum), PLANTED);
	}
	same_u64(nr, 50, "and all are found");
	kt_buf_release(&text);
	for (size_t i = 0; i < KT_SUMS_MAX; i++)
		kt_buf_addf(&text, "%016zx%*s%s\n", i, 5 * 17 - 16, "",
			    PLANTED);
	put("sums", text.data, text.len);
	kt_buf_release(&text);
	put("a", "a", 1);
	learn("a", KT_SUMS_SETTLE_NS + 1);
	if (stat("sums", &sb))
		abort();
	same_u64((uint64_t)sb.st_size, LINE, "a full one starts anew");
}

int main(void)
{
	char top[] = "/tmp/ktstr-sums.XXXXXX";
	struct kt_error err;

	if (!mkdtemp(top) || chdir(top))
		abort();
	test_remembered();
	test_malformed();
	test_many();
	if (chdir("/") || kt_remove_tree(AT_FDCWD, top, &err))
		abort();
	return tap_end();
}
