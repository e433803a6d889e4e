// SPDX-License-Identifier: GPL-2.0-only
/* kvm-stats - KVM's own counters */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/kvm-vm.h"
#include "lib/xalloc.h"

#ifndef KVM_GET_STATS_FD /* headers older than Linux 5.14 */
#define KVM_GET_STATS_FD _IO(KVMIO, 0xce)
#endif

/* The counters of one CPU; none if this KVM has none. */
static size_t read_one(const struct kt_vcpu *cpu, struct kt_stat *out)
{
	int fd KT_CLEANUP(kt_closep) = ioctl(cpu->fd, KVM_GET_STATS_FD, NULL);
	struct kt_buf data KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_error ignored;
	size_t nr = 0;

	if (fd < 0 ||
	    kt_fd_read(fd, KT_STATS_MAX_BYTES, &data, "statistics", &ignored) ||
	    kt_stats_parse(data.data, data.len, out, &nr, &ignored))
		return 0;
	return nr;
}

void kt_kvm_stats(const struct kt_vm *vm, struct kt_vm_stats *out)
{
	struct kt_stat *one = kt_xcalloc(KT_STATS_MAX, sizeof(*one));
	struct kt_vm_stats all = { .nr_cpus = vm->nr_vcpus };

	all.nr = read_one(&vm->vcpus[0], one);
	all.stat = kt_xcalloc(all.nr * all.nr_cpus + 1, sizeof(*all.stat));
	for (unsigned int i = 0; all.nr && i < all.nr_cpus; i++) {
		if (i && read_one(&vm->vcpus[i], one) != all.nr)
			all.nr = 0;
		memcpy(all.stat + i * all.nr, one, all.nr * sizeof(*one));
	}
	free(one);
	if (all.nr)
		*out = all;
	else
		kt_vm_stats_release(&all);
}
