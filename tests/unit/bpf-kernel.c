// SPDX-License-Identifier: GPL-2.0-only
/* lib/bpf: what a vmlinux must have, and what sched_ext says of itself */
#include "lib/bpf/kernel.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "lib/bpf/programs.h"
#include "tests/helpers/bpf-image.h"
#include "tests/unit/tap.h"

static void scheduler(void)
{
	const struct image_how how = { .nr_progs = 1, .nr_cpus = 1 };
	struct kt_bpf_scx scx;
	struct kt_error err;
	struct image im;

	image_make(&im, &how);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err),
	   "sched_ext can be asked");
	same_str(scx.state, "enabled", "its state is that of the enum");
	same_str(scx.ops, "mini", "its scheduler has a name");
	ok(scx.has_enable_seq && scx.enable_seq == 3, "and a number");
	image_put(&im, image_var(&im, AT_SCX_STATE), 99, 4);
	memcpy(image_at(&im, image_var(&im, AT_SCX_OPS) + 16), "\033[2J", 5);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err) && !*scx.state &&
		   !*scx.ops,
	   "a state and a name that are none are not shown");
	memset(image_at(&im, image_var(&im, AT_SCX_OPS) + 16), 'a', 128);
	ok(!kt_bpf_scx(im.kernel, &im.ram, &scx, &err) &&
		   strlen(scx.ops) == 127,
	   "a name without an end has one");
	memset(image_at(&im, image_var(&im, AT_PGT)), 0, 4096);
	ok(kt_bpf_scx(im.kernel, &im.ram, &scx, &err) == KT_DATA,
	   "without a kernel there is no sched_ext");
	image_release(&im);
}

/* A vmlinux that lacks something says what, and what to do. */
static void lacking(const char *symbol, bool types, const char *says)
{
	const struct image_how how = { 0 };
	struct kt_bpf_kernel *k = NULL;
	struct kt_error err = { 0 };
	struct btf *btf;
	uint32_t bytes, ops;
	const void *raw = image_types(&how, &bytes, &ops, &btf);
	const int fd = image_vmlinux(raw, types ? bytes : 0, symbol);

	ok(image_open(fd, &k, &err) == KT_DATA && !k && err.hint[0] &&
		   strstr(err.msg, says),
	   "%s", err.msg);
	close(fd);
	btf__free(btf);
}

static void vmlinux(void)
{
	static const char *const needed[] = { "phys_base", "init_top_pgt",
					      "__per_cpu_offset", "prog_idr" };
	struct kt_bpf_kernel *k = NULL;
	struct kt_error err;
	int fd = memfd_create("empty", MFD_CLOEXEC);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		lacking(needed[i], true, needed[i]);
	lacking(NULL, false, "has no types");
	ok(image_open(fd, &k, &err) == KT_DATA && !k, "%s", err.msg);
	close(fd);
	ok(kt_bpf_kernel_open("/nonexistent", &k, &err) == KT_SYS, "%s",
	   err.msg);
	ok(kt_bpf_kernel_open("/", &k, &err) == KT_DATA, "%s", err.msg);
	kt_bpf_kernel_free(NULL);
}

int main(void)
{
	scheduler();
	vmlinux();
	same_str(kt_bpf_type_name(KT_BPF_STRUCT_OPS), "struct_ops",
		 "types have names");
	ok(!kt_bpf_type_name(100000), "but for those that are none");
	return tap_end();
}
