// SPDX-License-Identifier: GPL-2.0-only
/* fuzz btf: types from anywhere, and a kernel that has them */
#include <stdlib.h>
#include <unistd.h>

#include "lib/bpf/xarray.h"
#include "tests/helpers/bpf-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct kt_btf *btf)
{
	static const char *const paths[] = { "aux", "hdr.str_len", "name",
					     "idr_rt.xa_head", "a.b.c" };
	static const char *const types[] = { "bpf_prog", "btf", "idr",
					     "sched_ext_ops", "" };
	struct kt_xarray_layout layout;
	const char *type, *member;
	uint32_t bytes;

	for (int t = 0; t < 5; t++)
		for (int p = 0; p < 5; p++) {
			struct kt_field f;

			if (kt_btf_field(btf, types[t], paths[p], &f) !=
				    f.found ||
			    (f.found && (f.at >= KT_BTF_MAX_BYTES ||
					 f.bytes > KT_BTF_MAX_BYTES)))
				abort();
		}
	if (kt_xarray_layout(btf, &layout) &&
	    (layout.node_bytes > KT_XARRAY_MAX_NODE || !layout.chunk_bits))
		abort();
	kt_btf_size(btf, "btf", &bytes);
	for (uint32_t id = 0; id < 40; id++)
		kt_btf_member(btf, id, id % 4, &type, &member);
	kt_btf_enumerator(btf, "scx_ops_enable_state", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kt_btf *btf;
	struct kt_bpf_kernel *k;
	struct kt_error err;
	int fd;

	if (!kt_btf_new(data, size, "input", &btf, &err)) {
		ask(btf);
		kt_btf_free(btf);
	}
	fd = image_vmlinux(data, size, NULL);
	if (!image_open(fd, &k, &err))
		kt_bpf_kernel_free(k);
	close(fd);
	return 0;
}
