# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tests/vm/scx.sh - sourced after tests/vm/lib.sh by the tests of schedulers

# scx NAME: the path of one of the kernel's own schedulers.
scx() {
	[ -s "${work:?}/schedulers" ] ||
		sh "${top:?}/tests/schedulers" >"$work/schedulers" || return
	echo "$(cat "$work/schedulers")/$1"
}

# fixture: build $fixture, the scheduler of tests/fixtures/scx, once a script.
fixture=$work/scx_fixture
fixture() {
	guest || return
	[ -x "$fixture" ] && return
	vmlinux=$(sed -n 's/.*"vmlinux":"\([^"]*\)".*/\1/p' "$work/kernel")
	sh "${fix:?}/scx/build" "$vmlinux" "$fixture"
}

# verify ARGS...: ktstr-verifier on the test kernel, never for ever.
verify() {
	guest || return
	timeout -k 5 300 ktstr-verifier "$@" <"$work/kernel"
}
