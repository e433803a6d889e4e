#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --topology: the larger machines of the qemu engine
# shellcheck disable=SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
vm_limit=600

for topology in 5,3,1 2,4,2 14,4,1; do
	t "$topology: CPUs, siblings, caches, sockets and nodes are in /sys" "
		shows $topology
	"
done

end
