#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: what is refused before anything boots
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# A record whose files are there, and no kernel at all.
record() {
	: >"$work/image"
	: >"$work/initrd"
	printf '{"schema":"ktstr.kernel/1","image":"%s","initrd":"%s"%s}\n' \
		"$work/image" "$work/initrd" "${1:-}"
}

# fake_qemu BODY: the QEMU that PATH has.
fake_qemu() {
	mkdir bin
	printf '#!/bin/sh\n%s\n' "$1" >bin/qemu-system-x86_64
	chmod +x bin/qemu-system-x86_64
	PATH=$PWD/bin:$PATH
}

# Without a controlling terminal, wherever the tests run.
t 'without a terminal a command is needed, and the message says how to give it' '
	record >rec
	exits 2 setsid -w ktstr-vmm -t <rec 2>err
	says "a command for the guest is missing" err
	says "hint: write it behind \"--\"" err
	exits 2 setsid -w ktstr-vmm -t -- <rec 2>err
	exits 2 setsid -w ktstr-vmm --spec rec </dev/null 2>err
	says "a command for the guest is missing" err
	exits 2 setsid -w ktstr-vmm --tty -- true <rec 2>err
	says "there is no terminal" err
	exits 2 setsid -w ktstr-vmm --spec rec --tty -- true </dev/null 2>err
	says "standard input is no terminal" err
'

t 'what is wanted of the guest is checked before it boots' '
	record >rec
	for bad in "" : /x /x: :d /:d .:d /a/..:d; do
		exits 2 ktstr-vmm -t --out "$bad" -- true <rec 2>err
		says "ktstr-vmm: --out: " err
	done
	mkdir -p d/x
	exits 2 ktstr-vmm -t --out /tmp/x:d -- true <rec 2>err
	says "there is a directory \"d/x\" already" err
	says hint: err
	set --
	for i in $(seq 65); do set -- "$@" --out "/x$i:d"; done
	exits 2 ktstr-vmm -t "$@" -- true <rec 2>err
	says "more than 64 times" err
'

t 'a topology that is wrong is named, part by part' '
	record >rec
	for bad in 1,1 1,1,1,1 "" 0,1,1 1,x,1 1,1,-1 2,2,200 513,1,1; do
		exits 2 ktstr-vmm -t --topology "$bad" -- true <rec 2>err
		says topology err
	done
	exits 2 ktstr-vmm -t --topology 1,x,1 -- true <rec 2>err
	says "cores of the topology: \"x\" is not a whole number" err
'

t 'options are checked before the record is read' '
	exits 2 ktstr-vmm -t --memory-mb 127 -- true </dev/null 2>err
	says "not between 128 and" err
	exits 2 ktstr-vmm -t --engine kvmtool -- true </dev/null 2>err
	says "not one of: auto kvm qemu" err
	exits 2 ktstr-vmm -t --env =x -- true </dev/null 2>err
	exits 2 ktstr-vmm -t --env x -- true </dev/null 2>err
	says "\"x\" is not NAME=VALUE" err
	exits 2 ktstr-vmm -t --timeout 1s -- true </dev/null 2>err
	exits 2 ktstr-vmm -t --topologie 1,1,1 -- true </dev/null 2>err
	says "topology" err
'

t 'a record without an initrd becomes an error that says what to do' '
	echo "{\"schema\":\"ktstr.kernel/1\",\"image\":\"/x\"}" >rec
	exits 1 ktstr-vmm -- true <rec >out 2>err
	says "\"schema\":\"ktstr.error/1\"" out
	says "\"status\":3" out
	says "the record has no initrd" out
	says "hint: pipe it through ktstr-initramfs" err
	exits 125 ktstr-vmm -t -- true <rec >out 2>err
	says "hint: pipe it through ktstr-initramfs" err
	[ ! -s out ]
'

t 'a record without a kernel, or with one that is gone, is bad data' '
	echo "{\"schema\":\"ktstr.kernel/1\",\"initrd\":\"/x\"}" >rec
	exits 1 ktstr-vmm -- true <rec >out 2>err
	says "the record has no kernel image" err
	record ",\"boot_image\":\"$PWD/gone\"" >rec
	exits 1 ktstr-vmm -- true <rec >out 2>err
	says "cannot open boot_image \"$PWD/gone\"" err
	record ",\"boot_image\":\"$PWD\"" >rec
	exits 1 ktstr-vmm -- true <rec >out 2>err
	says "is no regular file" err
	record ",\"boot_image\":7" >rec
	exits 1 ktstr-vmm -- true <rec >out 2>err
	says "\"status\":3" out
'

t 'no record, two records, and what is no record: 125 with -t, else by class' '
	exits 125 ktstr-vmm -t -- true </dev/null 2>err
	says "no record" err
	says hint: err
	exits 3 ktstr-vmm -- true </dev/null 2>err
	{ record; record; } >two
	exits 125 ktstr-vmm -t -- true <two 2>err
	says "more than one kernel record" err
	echo "{" >bad
	exits 125 ktstr-vmm -t -- true <bad 2>err
	exits 3 ktstr-vmm -- true <bad >out 2>err
	exits 125 ktstr-vmm -t --spec gone -- true 2>err
	says "cannot open \"gone\"" err
'

t 'an error from upstream goes through, and nothing boots' '
	fake_qemu "echo ran >>\"$PWD/ran\""
	echo "{\"schema\":\"ktstr.error/1\",\"tool\":\"x\",\"message\":\"y\"}" >rec
	exits 1 ktstr-vmm -- true <rec >out
	same rec out
	exits 125 ktstr-vmm -t -- true <rec >out
	[ ! -e ran ]
'

t 'memory below what the initrd needs is refused with the number' '
	record ",\"memory_min_mib\":300" >rec
	exits 125 ktstr-vmm -t --memory-mb 299 -- true <rec 2>err
	says "hint: give it at least --memory-mb 300" err
'

t 'a kernel command line has a limit, and no control characters' '
	record >rec
	long=$(printf "%2048s" x)
	exits 125 ktstr-vmm -t --append "$long" -- true <rec 2>err
	says "and its limit is 2047" err
	exits 125 ktstr-vmm -t --append "a
b" -- true <rec 2>err
	says "control character" err
'

t 'without QEMU it cannot be done here, and the package is named' '
	record >rec
	vmm=$(command -v ktstr-vmm)
	exits 77 env PATH=/nonexistent "$vmm" -- true <rec 2>err
	says "no \"qemu-system-x86_64\" on PATH" err
	says "hint: apt install qemu-system-x86" err
	exits 125 env PATH=/nonexistent "$vmm" -t -- true <rec 2>err
'

t 'a topology that QEMU cannot make is said so' '
	record >rec
	exits 125 ktstr-vmm -t --topology 129,1,1 -- true <rec 2>err
	says "QEMU makes at most 128 NUMA nodes, not 129" err
	exits 77 ktstr-vmm --topology 1,256,1 -- true <rec 2>err
	exits 125 ktstr-vmm -t --topology 15,8,2 -- true <rec 2>err
	says "cannot keep more than 128 CPUs going, and this topology has 240" err
'

t 'a QEMU that fails is an engine error with its last words' '
	record >rec
	fake_qemu "echo qemu-system-x86_64: -x: bad things >&2; exit 1"
	exits 1 ktstr-vmm --logs logs -- true <rec >out 2>err
	says "\"reason\":\"engine-error\"" out
	says "QEMU ended with status 1: -x: bad things" err
	says "bad things" logs/engine.log
	exits 125 ktstr-vmm -t --logs logs -- true <rec >out 2>err
	[ ! -s out ]
	rm -r bin
	fake_qemu "kill -SEGV \$\$"
	exits 125 ktstr-vmm -t -- true <rec 2>err
	says "QEMU was killed by SIGSEGV" err
'

t 'the newest 20 runs are kept, and what is not a run is left alone' '
	record >rec
	fake_qemu "exit 1"
	runs=$XDG_STATE_HOME/ktstr/runs
	mkdir -p "$runs/mine" "$runs/20200101T000000.000000Z.abcdef"
	for i in $(seq 22); do
		exits 125 ktstr-vmm -t -- true <rec 2>err
	done
	[ "$(find "$runs" -mindepth 1 -maxdepth 1 -name "2*" | wc -l)" -eq 20 ]
	[ -d "$runs/mine" ]
	[ ! -e "$runs/20200101T000000.000000Z.abcdef" ]
'

t 'with --logs, each record of a pipe has files of its own' '
	fake_qemu "exit 1"
	{ record; record; } >two
	exits 1 ktstr-vmm --logs logs -- true <two >out 2>err
	says "\"console_path\":\"$PWD/logs/console.log\"" out
	says "\"console_path\":\"$PWD/logs/2/console.log\"" out
	: >file
	exits 4 ktstr-vmm --logs file -- true <two >out 2>err
'

end
