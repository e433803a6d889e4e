// SPDX-License-Identifier: GPL-2.0-only
/* no-kvm - what stands for the kvm engine where the processor is no x86-64 */
#include "lib/vm/kvm.h"

enum kt_status kt_kvm_check(struct kt_error *err)
{
	return kt_fail(err, KT_SKIP, "the kvm engine is for x86-64 only");
}

static enum kt_status start(const struct kt_machine *m KT_UNUSED,
			    struct kt_vm **out KT_UNUSED, struct kt_error *err)
{
	return kt_kvm_check(err);
}

/* No machine is ever made, so nobody asks for more than this. */
const struct kt_engine kt_engine_kvm = {
	.name = "kvm",
	.console = "CONFIG_VIRTIO_MMIO",
	.tunes = true,
	.start = start,
};
