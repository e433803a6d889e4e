#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --topology: the guest's own /sys shows what was asked for
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# A line a fact, all of them in one boot.
ask='
cd /sys/devices/system
echo cpus $(nproc)
echo nodes $(cat node/online)
cd cpu
each() { cat cpu[0-9]*/$1 | sort -u; }
echo packages $(each topology/physical_package_id | wc -l)
echo cores $(each topology/thread_siblings_list | sort -n)
echo sockets $(each topology/core_siblings_list | sort -n)
echo llc $(each cache/index3/shared_cpu_list | sort -n)
echo llc-ids $(each cache/index3/id | wc -l)
echo node-cpus $(cat ../node/node[0-9]*/cpulist | sort -n)
'
export ask

# shows S,C,T: facts on stdin, but for those that follow from them.
shows() {
	guest
	vm -t --topology "$1" -- sh -c "$ask" >got
	cat >want
	same want got
}

t '1,1,1: one of everything' '
	shows 1,1,1 <<-\EOF
	cpus 1
	nodes 0
	packages 1
	cores 0
	sockets 0
	llc 0
	llc-ids 1
	node-cpus 0
	EOF
'

t '1,2,1: two cores share a cache' '
	shows 1,2,1 <<-\EOF
	cpus 2
	nodes 0
	packages 1
	cores 0 1
	sockets 0-1
	llc 0-1
	llc-ids 1
	node-cpus 0-1
	EOF
'

t '2,2,1: two sockets, each a cache and a node' '
	shows 2,2,1 <<-\EOF
	cpus 4
	nodes 0-1
	packages 2
	cores 0 1 2 3
	sockets 0-1 2-3
	llc 0-1 2-3
	llc-ids 2
	node-cpus 0-1 2-3
	EOF
'

t '1,2,2: threads are siblings' '
	shows 1,2,2 <<-\EOF
	cpus 4
	nodes 0
	packages 1
	cores 0-1 2-3
	sockets 0-3
	llc 0-3
	llc-ids 1
	node-cpus 0-3
	EOF
'

t '3,3,1: no power of two' '
	shows 3,3,1 <<-\EOF
	cpus 9
	nodes 0-2
	packages 3
	cores 0 1 2 3 4 5 6 7 8
	sockets 0-2 3-5 6-8
	llc 0-2 3-5 6-8
	llc-ids 3
	node-cpus 0-2 3-5 6-8
	EOF
'

t '1,3,2: nor with threads' '
	shows 1,3,2 <<-\EOF
	cpus 6
	nodes 0
	packages 1
	cores 0-1 2-3 4-5
	sockets 0-5
	llc 0-5
	llc-ids 1
	node-cpus 0-5
	EOF
'

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
