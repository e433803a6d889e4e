#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm: a guest boots, is what was asked for, and ends
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t '1,1,1: stdout and stderr come apart, and status 3 is status 3' '
	guest
	exits 3 vm -t -- sh -c "echo out; echo err >&2; exit 3" >out 2>err
	echo out >want.out
	echo err >want.err
	same want.out out
	same want.err err
'

t 'a run is a record with what KVM counted' '
	guest
	exits 0 vm --logs logs -- sh -c "exit 7" >out
	says "\"reason\":\"exit\",\"exit_code\":7,\"engine\":\"kvm\"" out
	grep -q "\"boot_ns\":[1-9][0-9]*,\"run_ns\":[1-9]" out
	says "\"kvm_stats\":" out
	grep -q "\"exits\":[1-9]" out
'

t 'doctor finds KVM, and so needs no QEMU' '
	mkdir bin
	PATH=$PWD/bin "$(command -v cargo-ktstr)" doctor >out || :
	grep -q "^ok */dev/kvm *usable" out
	grep -q "^note *qemu-system-x86_64 " out
'

t '1,3,2: CPUs, siblings, caches, sockets and nodes are in /sys' '
	shows 1,3,2
'

t 'a panic is 125, with the console where it began' '
	guest
	exits 125 vm -t -- sh -c "echo c >/proc/sysrq-trigger" 2>err
	head -n 1 err >first
	says "Kernel panic - not syncing: sysrq triggered crash" first
	says "kernel panicked: sysrq triggered crash" err
'

end
