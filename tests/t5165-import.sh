#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kernel import: the kernel of a package boots, and can be looked into
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

build=${KT_BUILD:-$top/build}
persons=$kernels

# member NAME: that path of the record of the person's kernel.
member() {
	kernels=$persons
	kernel_record >person.rec || return
	jq -r ".$1" person.rec
}

# symbols VMLINUX: names and addresses
symbols() {
	nm "$1" | sed "s/ . / /" | sort -u
}

# The kernel of the cache as others would have it: its image and configuration.
deb() {
	command -v dpkg-deb >/dev/null || { echo "no dpkg-deb"; return 77; }
	image=$(member image) || return
	mkdir -p root/DEBIAN root/boot
	cp "$image" root/boot/vmlinuz-6
	cp "$(member config)" root/boot/config-6
	cat >root/DEBIAN/control <<-END
	Package: linux-image-6
	Version: 6
	Architecture: amd64
	Maintainer: Nobody <nobody@example.org>
	Description: a kernel
	END
	dpkg-deb --root-owner-group -Zgzip -z1 --build root linux.deb >log
}

t 'what a kernel says of itself is what its vmlinux says' '
	image=$(member image) || exit
	ktstr-fetch --package "$image" | ktstr-cache add >rec
	vmlinux=$(jq -r .vmlinux rec)
	symbols "$(member vmlinux)" >real
	symbols "$vmlinux" >got
	# Of what is in one segment no symbol is another, and few are missing:
	# absolute ones, and local labels.
	comm -13 real got >wrong
	: | same - wrong
	[ "$(wc -l <got)" -gt 40000 ]
	for s in prog_idr init_top_pgt __per_cpu_offset page_offset_base \
		phys_base runqueues btf_vmlinux scx_ops_enable_state_var \
		bpf_prog_load schedule; do
		grep -x "[0-9a-f]* $s" got
	done
	for f in "$(member vmlinux)" "$vmlinux"; do
		objcopy -O binary --only-section=.BTF --change-section-address \
			.BTF=0 "$f" btf
		sha256sum <btf
	done | uniq | wc -l >nr
	echo 1 | same - nr
	[ "$(wc -c <btf)" -gt 1000000 ]
	cmp "$(jq -r .boot_image rec)" "$(member boot_image)"
	cmp "$(jq -r .config rec)" "$(member config)"
'

t 'so it is without section headers' '
	boot_image=$(member boot_image) || exit
	[ "$boot_image" != null ] || { echo "no boot_image"; exit 77; }
	"$build/tests/unit/payload" vmlinux "$boot_image" with
	"$build/tests/unit/payload" strip "$boot_image" stripped
	"$build/tests/unit/payload" vmlinux stripped without
	for f in with without; do
		nm "$f" | cut -d" " -f1,3 | sort | sha256sum
		objcopy -O binary --only-section=.BTF --change-section-address \
			.BTF=0 "$f" btf
		sha256sum <btf
	done | sort | uniq | wc -l >nr
	echo 2 | same - nr
'

t 'a package is imported and boots' '
	deb || exit
	cargo-ktstr kernel import linux.deb >got
	key=$(cut -d" " -f1 got)
	timeout 120 cargo-ktstr shell --kernel "$key" \
		--exec "uname -r; cat /sys/kernel/sched_ext/state" >out
	cat >want <<-END
	${key%-package-x86_64}
	disabled
	END
	same want out
'

t 'the programs in its guest are seen as those of one with vmlinux' '
	[ -x "$build/tests/vm/walk" ] || {
		echo "tests/vm/walk is not built: make check builds it"
		exit 77
	}
	deb || exit
	cargo-ktstr kernel import linux.deb >got
	# That one, whichever the others are to take.
	kernels=$XDG_CACHE_HOME/ktstr/kernels
	KTSTR_TEST_KEY=$(cut -d" " -f1 got)
	guest || exit
	ktstr-initramfs -i "$build/tests/guest/bpf-list" <"$guest" >rec
	case $(jq -r .vmlinux rec) in "$XDG_CACHE_HOME"/*) ;; *) exit 1 ;; esac
	mkdir logs
	timeout 120 "$build/tests/vm/walk" rec 1,2,1 "$PWD/logs" \
		bpf-list load 20 >out || { cat out; exit 1; }
	grep "^before" out | cut -d" " -f2- | sort >before
	grep "^host" out | cut -d" " -f2-12 | sort >host
	[ "$(wc -l <host)" = 20 ]
	same before host
'

end
