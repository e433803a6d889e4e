# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154
#
# tests/helpers/readme.sh - README.md's transcripts; sourced after tests/lib.sh
# and tests/vm/lib.sh
#
#   stage            make the world they play in, once a script: go there
#   transcripts KIND a test for each that is "fast", or that "boots"
#
# That world is a home with a cache that holds the test kernel as a release
# 6.12.117 of kernel.org, and in $stage what README's reader would have: the
# scheduler of theirs, their crate, sidecars, a distribution's package. What a
# kernel build prints is what it prints when the cache has it already.
#
# KT_README=write puts what is printed into README.md where it differs.

: "${readme:=$top/README.md}"
home=$work/home
stage=$home/src

readme() {
	python3 "$top/tests/helpers/readme.py" "$@"
}

# crate: tests of ours that want a kernel
crate() {
	cp -r "$fix/crate/." . && rm tests/kernel.rs
	cat >tests/latency.rs <<-\END
	#[test]
	fn kernel_is_found() {
		assert!(kernel_user::image_in(&kernel_user::told().unwrap()).is_some());
	}
	END
}

# package: the test kernel as a distribution would have it
package() {
	command -v dpkg-deb >/dev/null || {
		echo 'no dpkg-deb: apt install dpkg'
		return 77
	}
	mkdir -p "$work/deb/DEBIAN" "$work/deb/boot" || return
	cp "$(sed -n 's/.*"image":"\([^"]*\)".*/\1/p' "$work/kernel")" \
		"$work/deb/boot/vmlinuz-6.12.117" || return
	cp "$(sed -n 's/.*"config":"\([^"]*\)".*/\1/p' "$work/kernel")" \
		"$work/deb/boot/config-6.12.117" || return
	cat >"$work/deb/DEBIAN/control" <<-\END
	Package: linux-image-6.12.117
	Version: 6.12.117
	Architecture: all
	Maintainer: Nobody <nobody@example.org>
	Description: a kernel
	END
	dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/deb" \
		linux-image-6.12.117.deb >"$work/deb.log"
}

stage() {
	cd "$stage" 2>/dev/null && return
	mkdir -p "$home/bin" "$work/new/sidecars" && cd "$work/new" || return
	# cargo with no more than what we ask of it, where there is none.
	command -v cargo >/dev/null || {
		printf '#!/bin/sh\nexec "cargo-$1" "$@"\n' >"$home/bin/cargo"
		chmod +x "$home/bin/cargo"
	}
	release 6.12.117 && crate && package || return
	for n in a:cgroup_moves b:pinned_pairs c:fork_storm; do
		sed "s/plain_./${n#*:}/" "$fix/sidecars/plain_${n%:*}.ktstr.json" \
			>"sidecars/${n#*:}.ktstr.json" || return
	done
	printf '#!/bin/sh\ngrep -c ^processor /proc/cpuinfo\n' >probe
	chmod +x probe
	mv "$work/new" "$stage" && cd "$stage" || return
}

transcripts() {
	readme list "$readme" | grep "	$1	" >"$work/list"
	while IFS='	' read -r nr_ line_ kind_ title_; do
		t "line $line_: $title_" "
			stage
			readme run '$readme' $nr_ \
				'${KT_BUILD:-$top/build}/tests/vm/pty'
		"
	done <"$work/list"
}

: "${RUSTUP_HOME:=$HOME/.rustup}" "${CARGO_HOME:=$HOME/.cargo}"
HOME=$home PATH=$PATH:$home/bin COLUMNS=80 CARGO_NET_OFFLINE=true
XDG_CACHE_HOME=$HOME/.cache XDG_STATE_HOME=$HOME/.local/state
export RUSTUP_HOME CARGO_HOME HOME PATH COLUMNS CARGO_NET_OFFLINE
export XDG_CACHE_HOME XDG_STATE_HOME
unset CARGO_TARGET_DIR MANPAGER PAGER MANWIDTH
