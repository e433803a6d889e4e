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

# Near the limit of APIC ids, of which a kernel drops in silence what is beyond.
t '4,5,5: all of 100 CPUs are there, up to APIC id 228' '
	guest
	vm -t --topology 4,5,5 --append maxcpus=1 -- \
		cat /sys/devices/system/cpu/present >got
	[ "$(cat got)" = 0-99 ]
'

end
