#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm: memory, clock, terminal, what KVM counts, the sandbox
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# sees MIB: all of it, less what a kernel takes for itself (a part of it for
# struct page, and its image), also what lies above the hole below 4 GiB.
sees() {
	guest || return
	vm -t --memory-mb "$1" -- cat /proc/meminfo >got
	awk -v mib="$1" '/^MemTotal:/ { kb = $2 }
		END { exit !(kb > mib * 1024 * 0.97 - 24576 && kb <= mib * 1024) }' \
		got || { head -n 3 got; return 1; }
}

for mib in 256 3071 3072 3073 4096 6144; do
	t "$mib MiB are what the guest has" "
		sees $mib
	"
done

t 'memory on both sides of the hole holds what is put there' '
	guest
	vm -t --memory-mb 6144 -- sh -c "
		mkdir /m; mount -t tmpfs -o size=6g none /m
		grep -E \"Node 0, zone +(DMA32|Normal)\" /proc/zoneinfo
		dd if=/dev/urandom of=/m/a bs=1M count=24 2>/dev/null
		cp /m/a /m/b; cmp /m/a /m/b && echo same" >got
	says DMA32 got
	says Normal got
	says same got
'

t 'ACPI, APIC and clocks are to the kernel as they should be' '
	guest
	vm -t --topology 1,2,1 --dmesg -- cat /proc/interrupts \
		/sys/devices/system/clocksource/clocksource0/current_clocksource \
		>out 2>err
	exits 1 grep -iE "ACPI.*(Error|Warning)|firmware bug|BIOS bug|unstable|WARNING:|Call Trace" err
	grep -qxE "kvm-clock|tsc" out
	says ttyS0 out
'

t 'what KVM counted is in the record, a vCPU each' '
	guest
	vm --topology 1,2,1 -- true >out
	says "\"kvm_stats\":[{" out
	[ "$(grep -o "\"halt_exits\":[0-9]" out | wc -l)" -eq 2 ]
	grep -q "\"exits\":[1-9]" out
'

t 'the sandbox is on while the guest runs, and is not hit' '
	guest
	vm -t -- sleep 30 &
	pid=$!
	seen=
	for _ in $(seq 100); do
		for p in /proc/[0-9]*; do
			[ "$(cat "$p/comm" 2>/dev/null)" = ktstr-vmm ] || continue
			for task in "$p"/task/*; do
				grep -q "Seccomp:.2" "$task/status" || continue
				grep -q "NoNewPrivs:.1" "$task/status"
				seen="$seen$task "
			done
		done
		[ -z "$seen" ] || break
		sleep 1
	done
	[ -n "$seen" ]
	exits 0 wait "$pid"
	dmesg >log 2>/dev/null || :
	exits 1 grep -E "type=1326|SECCOMP" log
'

# lacks_pages DIR: with more memory than the pool there has left, $mib, nothing
# boots; and what the hint says is done.
lacks_pages() {
	mib=$((256 + 2 * ($(cat "$1/free_hugepages") - $(cat "$1/resv_hugepages"))))
	exits 125 vm -t --hugepages --memory-mb "$mib" -- true 2>err || return
	says "free huge pages" err || return
	sed -n "s/^hint: as root: //p" err >todo
	says "$1/nr_hugepages" todo || return
	sh ./todo
}

t 'the hint of --hugepages makes room, also beside a guest that has some' '
	guest
	pool=/sys/kernel/mm/hugepages/hugepages-2048kB
	[ -w $pool/nr_hugepages ] || { echo "the pool is not ours to change"; exit 77; }
	trap "echo $(cat $pool/nr_hugepages) >$pool/nr_hugepages" EXIT
	lacks_pages $pool
	mkfifo in
	timeout -k 5 300 ktstr-vmm --engine "$KT_ENGINE" -t --hugepages \
		--memory-mb $mib --spec "$guest" -- cat <in >out &
	pid=$!
	exec 3>in
	echo up >&3
	for _ in $(seq 120); do
		[ ! -s out ] || break
		sleep 1
	done
	says up out
	lacks_pages $pool
	vm -t --hugepages --memory-mb $mib -- true
	exec 3>&-
	exits 0 wait "$pid"
'

t 'bytes go in and come out, exactly' '
	guest
	head -c 5242880 /dev/urandom >in
	timeout -k 5 300 ktstr-vmm --engine "$KT_ENGINE" -t --spec "$guest" -- \
		cat <in >out
	cmp in out
'

t 'the terminal has the size of the person'"'"'s, also when that changes' '
	command -v pty >/dev/null || { echo "no pty: not run by tests/vm/host"; exit 77; }
	guest
	cat >script <<-\EOF
	wait # 
	send stty size
	wait 30 90
	size 40 100
	send sleep 2; stty size
	wait 40 100
	send exit 5
	EOF
	exits 5 pty 30 90 script \
		ktstr-vmm --engine "$KT_ENGINE" -t --spec "$guest"
'

end
