#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kernel import: Debian's own packages, as its archive has them
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

build=${KT_BUILD:-$top/build}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The archive that this system's own packages come from.
mirror=${KT_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' 2>/dev/null |
	sed -n '/debian$/p' | head -n 1)}

# packages: an apt of our own, that knows two releases and no system.
packages() {
	[ ! -s "$work/apt.failed" ] || { cat "$work/apt.failed"; return 77; }
	APT_CONFIG=$work/apt.conf
	export APT_CONFIG
	[ ! -s "$APT_CONFIG" ] || return 0
	if [ -z "$mirror" ] || [ ! -r "$keyring" ]; then
		echo "no apt-get with Debian's keys" | tee "$work/apt.failed"
		return 77
	fi
	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" \
		"$work/apt/etc"
	for suite in bookworm-backports trixie-backports; do
		echo "deb [signed-by=$keyring] $mirror $suite main"
	done >"$work/apt/etc/sources.list"
	: >"$work/apt/status"
	cat >"$APT_CONFIG" <<-END
	Dir::Etc "$work/apt/etc";
	Dir::State "$work/apt";
	Dir::State::status "$work/apt/status";
	Dir::Cache "$work/apt";
	Acquire::Languages "none";
	Acquire::Retries "1";
	Acquire::http::Timeout "20";
	APT::Architecture "amd64";
	APT::Sandbox::User "root";
	END
	timeout 120 apt-get -qq update --error-on=any >"$work/apt.log" 2>&1 ||
		{
			echo "$mirror cannot be reached" |
				tee "$work/apt.failed"
			return 77
		}
}

# newest PATTERN: the last package of a name like that, by version
newest() {
	apt-cache pkgnames | grep -xE "$1" | sort -V | tail -n 1
}

# download PATTERN: its newest, into the current directory
download() {
	name=$(newest "$1")
	[ -n "$name" ] || { echo "no package like $1 any more"; return 77; }
	timeout 300 apt-get -qq download "$name" >log 2>&1 ||
		{ echo "$name cannot be downloaded"; return 77; }
}

# runs: the imported kernel, whose key is in file got
runs() {
	key=$(cut -d" " -f1 got)
	timeout 240 cargo-ktstr shell --kernel "$key" --engine qemu \
		--exec "uname -r; cat /sys/kernel/sched_ext/state" >out
	printf "%s\ndisabled\n" "${key%-package-x86_64}" | same - out
}

# walks: its guest can be looked into
walks() {
	[ -x "$build/tests/vm/walk" ] || {
		echo "tests/vm/walk is not built: make check builds it"
		return 77
	}
	kernels=$XDG_CACHE_HOME/ktstr/kernels
	KTSTR_TEST_KEY=$(cut -d" " -f1 got)
	guest=$work/$KTSTR_TEST_KEY
	guest || return
	ktstr-initramfs -i "$build/tests/guest/bpf-list" <"$guest" >rec
	mkdir logs
	timeout 240 "$build/tests/vm/walk" rec 1,2,1 "$PWD/logs" \
		bpf-list load 5 >out || { cat out; return 1; }
	grep "^before" out | cut -d" " -f2- | sort >before
	grep "^host" out | cut -d" " -f2-12 | sort >host
	[ "$(wc -l <host)" -ge 5 ]
	same before host
}

t '6.12 has no sched_ext: it is refused, and --any takes it' '
	packages || exit
	download "linux-image-6\.12\..*deb12-cloud-amd64" || exit
	exits 1 cargo-ktstr kernel import ./*.deb 2>err
	says "no sched_ext: CONFIG_SCHED_CLASS_EXT is not set" err
	cargo-ktstr kernel import --any ./*.deb >got
	nm "$XDG_CACHE_HOME"/ktstr/kernels/6.12*/vmlinux >symbols
	for s in prog_idr init_top_pgt __per_cpu_offset runqueues; do
		says " $s" symbols
	done
'

t '6.18, a package for all of it, boots with sched_ext' '
	packages || exit
	download "linux-image-6\.18\..*deb13-cloud-amd64" || exit
	cargo-ktstr kernel import ./*.deb >got
	runs
	walks
'

t '7, in packages for image and configuration, does too' '
	packages || exit
	download "linux-binary-[7-9]\..*deb13-cloud-amd64" || exit
	binary=$(echo ./linux-binary-*.deb)
	download "$(echo "$name" | sed "s/-binary-/-base-/; s/[+.]/[&]/g")" || exit
	exits 1 cargo-ktstr kernel import ./linux-base-*.deb 2>err
	says "holds no kernel" err
	cargo-ktstr kernel import ./linux-b*.deb >got
	runs
	walks
'

end
