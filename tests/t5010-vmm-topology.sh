#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --topology: the guest's own /sys shows what was asked for
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

for topology in 1,1,1 1,2,1 2,2,1 1,2,2 3,3,1 1,3,2; do
	t "$topology: CPUs, siblings, caches, sockets and nodes are in /sys" "
		shows $topology
	"
done

t 'several CPUs keep the TSC for a clock' '
	guest
	vm -t --topology 1,4,1 -- sh -c \
		"cd /sys/devices/system/clocksource/clocksource0
		sleep 2; cat current_clocksource" >got
	says tsc got
'

t 'memory is what was asked for, spread over the nodes' '
	guest
	vm -t --topology 3,1,1 --memory-mb 700 -- sh -c \
		"cat /sys/devices/system/node/node*/meminfo" >got
	awk "/MemTotal/ { nr++; kb += \$4; if (\$4 < 150000) bad = 1 }
		END { exit !(nr == 3 && kb > 600000 && kb < 716800 && !bad) }" \
		got || { cat got; exit 1; }
'

end
