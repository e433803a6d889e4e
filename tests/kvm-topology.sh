#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm --topology: the guest's own /sys shows what was asked
# shellcheck disable=SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
vm_limit=600

for topology in 1,1,1 1,2,1 2,2,1 1,2,2 3,3,1 1,3,2 5,3,1 2,4,2; do
	t "$topology: CPUs, siblings, caches, sockets and nodes are in /sys" "
		shows $topology
	"
done

end
