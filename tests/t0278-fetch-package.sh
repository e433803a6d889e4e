#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch --package: kernels that others have built
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

units=${KT_BUILD:-$top/build}/tests/unit
if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP python3 makes the kernels, and is not installed'
	exit 0
fi
if [ ! -x "$units/kallsyms" ]; then
	echo '1..0 # SKIP the unit tests are not built: make check builds them'
	exit 0
fi
"$units/kallsyms" make 6.18 "$work/symbols"

# What a guest needs, and sched_ext.
sed -n '/^#### need/,/^#### slim/p' "$top/ktstr.kconfig" >"$work/config"

# image FILE [WORD...]: a bzImage; work happens here.
image() {
	python3 "$fix/prebuilt.py" "$work/symbols" "$@"
	KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_BUILD_DIR
}

# root [WORD...]: the files of a package below root
root() {
	mkdir -p root/boot root/usr/lib/modules/6.14.2-test/kernel
	image root/boot/vmlinuz-6.14.2-test "$@"
	cp "$work/config" root/boot/config-6.14.2-test
	echo module >root/usr/lib/modules/6.14.2-test/kernel/a.ko
}

# deb FILE [OPTION...]: a Debian package of root
deb() {
	command -v dpkg-deb >/dev/null || { echo "no dpkg-deb"; exit 77; }
	mkdir -p root/DEBIAN
	cat >root/DEBIAN/control <<-END
	Package: linux-image-6.14.2-test
	Version: 6.14.2-1
	Architecture: amd64
	Maintainer: Nobody <nobody@example.org>
	Description: a kernel
	END
	deb=$1
	shift
	dpkg-deb --root-owner-group "$@" --build root "$deb" >/dev/null
	rm -r root/DEBIAN
}

# Nothing may be left in the build directory.
clean() {
	test -z "$(ls -A build)"
}

# whole FILE: its record has all of the kernel in root.
whole() {
	sha=$(sha256sum "$1" | cut -d" " -f1)
	ktstr-fetch --package "$1" >got
	tree=$(echo "$PWD"/build/*)
	same - got <<-END
	{"schema":"ktstr.kernel/1","source":"package","version":"6.14.2-test","package":"${1##*/}","sha256":"$sha","verified":"none","key":"6.14.2-test-package-x86_64","arch":"x86_64","kconfig_crc32":"$(jq -r .kconfig_crc32 got)","tree":"$tree","tree_temporary":true,"image":"$tree/image","boot_image":"$tree/boot_image","vmlinux":"$tree/vmlinux","config":"$tree/config"}
	END
	cmp "$tree/image" root/boot/vmlinuz-6.14.2-test
	cmp "$tree/config" "$work/config"
	"$units/bzimage" unpack "$tree/image" unpacked
	cmp "$tree/boot_image" unpacked
	ls -A "$tree" >files
	printf "%s\n" boot_image config image vmlinux >want
	same want files
}

# refuses STATUS TEXT ARGS...
refuses() {
	status=$1 text=$2
	shift 2
	exits "$status" ktstr-fetch "$@" >got 2>err
	says "$text" err
	[ "$status" = 2 ] || says "\"schema\":\"ktstr.error/1\"" got
	[ ! -d build ] || clean
}

for how in none gzip xz zstd; do
	t "a .deb packed by $how is a kernel, with image, vmlinux and config" '
		root
		deb linux.deb -Z'$how'
		whole linux.deb
	'
done

for how in zst xz gz; do
	t "so is a .pkg.tar.$how" '
		root
		echo pkgname = linux >root/.PKGINFO
		bsdtar --auto-compress -cf linux.pkg.tar.'$how' -C root . ||
			{ echo no bsdtar; exit 77; }
		whole linux.pkg.tar.'$how'
	'
done

t 'so is an .rpm' '
	command -v rpmbuild >/dev/null || { echo "no rpmbuild"; exit 77; }
	root
	cat >linux.spec <<-END
	Name: kernel-core
	Version: 6.14.2
	Release: 1
	Summary: a kernel
	License: GPL-2.0-only
	%description
	a kernel
	%install
	cp -r $PWD/root/. %{buildroot}
	%files
	/boot
	/usr/lib/modules
	END
	rpmbuild -bb --quiet --define "_topdir $PWD/rpm" \
		--define "debug_package %{nil}" linux.spec >log 2>&1 ||
		{ cat log; exit 1; }
	cp rpm/RPMS/*/kernel-core-*.rpm .
	whole kernel-core-*.rpm
'

t 'image and configuration are found below lib/modules too' '
	root
	mv root/boot/vmlinuz-* root/usr/lib/modules/6.14.2-test/vmlinuz
	mv root/boot/config-* root/usr/lib/modules/6.14.2-test/config
	deb linux.deb
	ktstr-fetch -p linux.deb >got
	cmp "$(jq -r .config got)" "$work/config"
	cmp "$(jq -r .image got)" root/usr/lib/modules/6.14.2-test/vmlinuz
'

t 'vmlinux has the symbols and the types of the kernel' '
	image vmlinuz
	ktstr-fetch -p vmlinuz >got 2>err
	vmlinux=$(jq -r .vmlinux got)
	nm "$vmlinux" | grep -c sym_ >nr
	echo 599 >want
	same want nr
	nm "$vmlinux" | grep " _stext$" >stext
	echo "ffffffff8100000a A _stext" | same - stext
	readelf -SW "$vmlinux" | grep -q "\.BTF  *PROGBITS"
	objcopy -O binary --only-section=.BTF --change-section-address .BTF=0 \
		"$vmlinux" btf
	says sched_ext_ops btf
'

t 'an image takes its configuration from a file, from beside it, or from itself' '
	image vmlinuz-x "config=$work/config"
	ktstr-fetch -p vmlinuz-x >got
	cmp "$(jq -r .config got)" "$work/config"
	echo "# other" | cat - "$work/config" >config-x
	ktstr-fetch -p vmlinuz-x >got
	cmp "$(jq -r .config got)" config-x
	echo "# third" | cat - "$work/config" >third
	ktstr-fetch -p vmlinuz-x -p third >got
	cmp "$(jq -r .config got)" third
	jq -r .package got >name
	echo vmlinuz-x | same - name
'

t 'packages of one kernel are taken together' '
	root
	mkdir other
	mv root/usr other
	mv root/boot/config-* other/usr/lib/modules/6.14.2-test/config
	deb binary.deb
	mv root boot
	mv other root
	deb base.deb
	ktstr-fetch -p base.deb -p binary.deb >got
	cmp "$(jq -r .config got)" "$work/config"
	jq -r .package got >name
	echo binary.deb | same - name
	rm -r build
	refuses 1 "\"base.deb\" holds no kernel" -p base.deb
	says "linux-binary-" err
	refuses 2 "\"binary.deb\" is one kernel too many" \
		-p boot/boot/vmlinuz-6.14.2-test -p binary.deb
'

t 'without sched_ext it is refused, whoever says so, but not with --any' '
	root
	echo "# CONFIG_SCHED_CLASS_EXT is not set" >>root/boot/config-6.14.2-test
	deb linux.deb
	refuses 1 "no sched_ext: CONFIG_SCHED_CLASS_EXT is not set" -p linux.deb
	says "hint: take a kernel that has it; --any takes it all the same" err
	ktstr-fetch -p linux.deb --any >got 2>err
	says "CONFIG_SCHED_CLASS_EXT is not set" err
	rm -r build
	image vmlinuz no-ext
	refuses 1 "no type \"sched_ext_ops\"" -p vmlinuz
	image vmlinuz no-types
	refuses 1 "neither configuration nor types" -p vmlinuz
	says "give the file of its configuration, too" err
	ktstr-fetch -p vmlinuz -p "$work/config" >got 2>err
	says "no types (CONFIG_DEBUG_INFO_BTF)" err
'

t 'without what a guest needs built in it is refused, and told what that is' '
	image vmlinuz
	sed "s/CONFIG_SERIAL_8250=y/CONFIG_SERIAL_8250=m/; /CONFIG_TMPFS=/d" \
		"$work/config" >config
	refuses 1 "CONFIG_SERIAL_8250=m, CONFIG_TMPFS is not set: a guest" \
		-p vmlinuz -p config
	ktstr-fetch --any -p vmlinuz -p config >got 2>err
	says "unlike kernels that are built here: CONFIG_SERIAL_8250=m" err
'

t 'without a virtio console it is taken, and told how slow it will be' '
	image vmlinuz
	without()
	{
		sed "s/$1=y/$1=m/" "$work/config" >config
		ktstr-fetch -p vmlinuz -p config >got 2>err
		says "unlike kernels that are built here: $1=m" err
		exits 1 grep kconfig_crc32 got
	}
	without CONFIG_VIRTIO_CONSOLE
	says "slowly, through a serial port" err
	exits 1 grep "only --engine" err
	without CONFIG_VIRTIO_MMIO
	says "only --engine qemu has a console for it" err
	without CONFIG_VIRTIO_PCI
	says "only --engine kvm has a console for it" err
'

t 'a kernel without symbols is taken, with a note' '
	echo nothing >"$work/symbols.none"
	python3 "$fix/prebuilt.py" "$work/symbols.none" vmlinuz
	KTSTR_BUILD_DIR=$PWD/build ktstr-fetch -p vmlinuz >got 2>err
	says "no symbols" err
	KTSTR_BUILD_DIR=$PWD/build ktstr-cache add <got >added
'

t 'with --keep-tree the files stay where the record has them' '
	root
	deb linux.deb
	ktstr-fetch --keep-tree -p linux.deb >got 2>err
	jq -er "select(.tree_temporary | not) | .tree" got >tree
	jq -r ".tree, .image, .boot_image, .vmlinux, .config" got |
		xargs ls -d >there
	[ "$(grep -c "^$(cat tree)/" there)" -eq 4 ]
	touch -d "2 days ago" build/*
	ktstr-cache add <got >added
	exits 3 ktstr-kbuild >none 2>err
	[ -e "$(jq -r .image got)" ]
'

t 'the same file is found in the cache, and nothing is unpacked' '
	root
	deb linux.deb
	ktstr-fetch -p linux.deb | ktstr-cache add >added
	clean
	jq -r .source added >got
	echo package | same - got
	ktstr-fetch -p linux.deb >got 2>err
	says "cached: 6.14.2-test-package-x86_64" err
	jq -e .cached got
	clean
	ktstr-fetch --force -p linux.deb >got
	exits 1 jq -e .cached got
'

t 'what ktstr-cache export has written is for ktstr-cache import' '
	image vmlinuz
	ktstr-fetch -p vmlinuz | ktstr-cache add --key mine >added
	ktstr-cache export mine >mine.tar.zst
	refuses 1 "is an entry that ktstr-cache export has written" \
		-p mine.tar.zst
	says "hint: ktstr-cache import takes it" err
'

t 'kernel import is ktstr-fetch --package and ktstr-cache add' '
	image vmlinuz
	cp "$work/config" config
	cargo-ktstr kernel import vmlinuz config >got
	says "6.14.2-test-package-x86_64" got
	clean
	cargo-ktstr --explain kernel import --any a.deb b.deb >got
	says "ktstr-fetch --package a.deb --package b.deb --any" got
	says "ktstr-cache add --text" got
	exits 2 cargo-ktstr kernel import 2>err
'

t 'a damaged package is refused, wherever it is' '
	root
	deb linux.deb -Zgzip
	size=$(stat -c %s linux.deb)
	for cut in 3 20 70 300 900 2000 $((size / 2)); do
		head -c $cut linux.deb >cut.deb
		refuses 3 "cut.deb" -p cut.deb
	done
	head -c 4000 /dev/zero >zeros
	refuses 1 "\"zeros\" holds no kernel" -p zeros
	head -c 4000 /dev/urandom >noise
	refuses 3 "\"noise\" is no whole package" -p noise
	: >empty
	refuses 3 "\"empty\" is no package" -p empty
	mkfifo fifo
	refuses 3 "\"fifo\" is no file" -p fifo
	refuses 4 "cannot open \"none\"" -p none
'

t 'what is damaged inside is refused' '
	image vmlinuz short
	refuses 3 "bad segment" -p vmlinuz -p "$work/config"
	image vmlinuz arm
	refuses 3 "no x86-64 kernel" -p vmlinuz -p "$work/config"
	image vmlinuz quiet
	refuses 3 "does not say which kernel it is" -p vmlinuz
	for r in ../../x 6/7 x 6.14\"; do
		image vmlinuz "release=$r"
		refuses 3 "does not say which kernel it is" -p vmlinuz
	done
	image vmlinuz release=6..1
	refuses 3 "no cache key" -p vmlinuz
	image vmlinuz
	{ cat "$work/config"; echo nonsense; } >config
	refuses 3 "is no configuration: \"nonsense\"" -p vmlinuz -p config
'

t 'names in a package lead nowhere: only files are taken, under names of ours' '
	root
	mkdir hostile
	python3 - <<-END
	import tarfile
	def add(tar, name, **kw):
	    info = tarfile.TarInfo(name)
	    src = kw.pop("src", None)
	    for k, v in kw.items():
	        setattr(info, k, v)
	    tar.addfile(info, open(src, "rb") if src else None)
	image = "root/boot/vmlinuz-6.14.2-test"
	import os
	with tarfile.open("hostile.tar", "w") as tar:
	    add(tar, "boot/vmlinuz-1", type=tarfile.SYMTYPE, linkname="/etc/passwd")
	    add(tar, "boot/vmlinuz-2", type=tarfile.LNKTYPE, linkname="/etc/passwd")
	    add(tar, "boot/vmlinuz-3", type=tarfile.FIFOTYPE)
	    add(tar, "boot/../../../tmp/vmlinuz", size=os.stat(image).st_size, src=image)
	    add(tar, "/boot/vmlinuz-../../../tmp/x", size=os.stat(image).st_size, src=image)
	    add(tar, "/boot/vmlinuz-4", size=os.stat(image).st_size, src=image)
	END
	ktstr-fetch -p hostile.tar -p "$work/config" >got
	cmp "$(jq -r .image got)" root/boot/vmlinuz-6.14.2-test
	find build -type f | wc -l >nr
	echo 4 | same - nr
'

t 'an image that is too large is not unpacked to the end' '
	python3 - <<-END
	import gzip, tarfile
	info = tarfile.TarInfo("boot/vmlinuz-1")
	info.size = 1 << 30
	with gzip.open("big.tar.gz", "wb", 1) as f:
	    f.write(info.tobuf())
	    for i in range(600):
	        f.write(bytes(1 << 20))
	END
	KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_BUILD_DIR
	refuses 3 "too large" -p big.tar.gz
'

end
