# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tests/vm/lib.sh - sourced after tests/lib.sh by the tests that boot
#
# They need a kernel, and take the one that is in the cache: $KTSTR_TEST_KEY,
# or the newest. Where there is none, or no QEMU, they skip. They use the qemu
# engine, which works everywhere, unless tests/vm/host runs them.
: "${KT_ENGINE:=qemu}"

# The record of the kernel to test with, on stdout.
kernel_record() {
	# shellcheck disable=SC2086 # no key is no word
	if KTSTR_CACHE_DIR=${kernels:?} ktstr-cache get ${KTSTR_TEST_KEY:-} \
		>"${work:?}/kernel.rec" 2>"$work/kernel.err" &&
		grep -q '"entry":' "$work/kernel.rec"; then
		cat "$work/kernel.rec"
		return
	fi
	cat "$work/kernel.err" >&2
	echo "no kernel in the cache: make demo builds one" >&2
	return 77
}

# release VERSION: the kernel to test with in our cache, as that release of
# kernel.org. Its record is $work/kernel.
release() {
	kernel_record >"${work:?}/kernel" || return
	sed "s/\"version\":\"[^\"]*\"/\"version\":\"$1\"/
		s/\"verified\":\"none\"/\"verified\":\"pgp\"/" "$work/kernel" |
		ktstr-cache add --force --key "$1-tarball-$(uname -m)" >/dev/null
}

# guest: make $guest, the record of a kernel and an initrd, once a script.
guest=$work/guest.rec
guest() {
	[ -s "$guest" ] && return
	[ "$KT_ENGINE" != qemu ] || command -v qemu-system-x86_64 >/dev/null || {
		echo 'no QEMU: apt install qemu-system-x86'
		return 77
	}
	command -v busybox >/dev/null || {
		echo 'no busybox: apt install busybox-static'
		return 77
	}
	kernel_record >"$work/kernel" || return
	ktstr-initramfs <"$work/kernel" >"$guest.new" || return
	mv "$guest.new" "$guest"
}

# vm ARGS...: ktstr-vmm on that record, never for ever.
vm() {
	set -- --engine "$KT_ENGINE" "$@"
	[ -z "${vm_limit:-}" ] || set -- --boot-timeout "$vm_limit" "$@"
	timeout -k 5 "${vm_limit:-120}" ktstr-vmm "$@" <"$guest"
}

# shows S,C,T [ARGS...]: the /sys of a guest with this topology shows it, in
# full, and nothing else.
shows() {
	guest || return
	topology=$1
	shift
	vm -t --topology "$topology" "$@" -- sh -c "$(cat "${top:?}/tests/vm/sys")" >raw ||
		return
	awk -v "engine=$KT_ENGINE" -f "$top/tests/vm/topology.awk" raw >got
	awk -v "engine=$KT_ENGINE" -v "topology=$topology" \
		-f "$top/tests/vm/expected.awk" >want
	same want got
}
