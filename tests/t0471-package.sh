#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make dist and make deb
# shellcheck disable=SC2034,SC2154
. "${0%/*}/lib.sh"

O=${KT_BUILD:-$top/build}

# dpkg with a system of its own
own_dpkg() {
	dpkg --root="$PWD/root" --force-depends --force-not-root \
		--force-script-chrootless --log=/dev/null "$@"
}

t 'a Debian package is well made, installs, works and goes again' '
	for p in dpkg-deb dpkg-shlibdeps; do
		command -v $p >/dev/null || { echo "no $p"; exit 77; }
	done
	file=$("$top/contrib/deb" "$O" v1.2-3-gabc)
	trap "rm -f \"$file\"" EXIT
	[ "$(dpkg-deb -f "$file" Version)" = 1.2+3+gabc ]
	dpkg-deb -f "$file" Depends | grep libc6
	# The package busybox has a dynamic one, which no guest could run.
	dpkg-deb -f "$file" Recommends | tr -d " " | tr "," "\n" >got
	grep -qx busybox-static got
	exits 1 grep -q "|" got
	if command -v lintian >/dev/null; then
		lintian --allow-root --fail-on error,warning "$file"
	fi
	mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info
	: >root/var/lib/dpkg/status
	own_dpkg -i "$file"
	PATH=$PWD/root/usr/bin:$PATH
	case $(command -v ktstr-cache) in "$PWD"/*) ;; *) exit 1 ;; esac
	grep -q "^#compdef ktstr cargo-ktstr " \
		root/usr/share/zsh/vendor-completions/_cargo-ktstr
	[ ! -e root/usr/share/zsh/site-functions ]
	KTSTR_CACHE_DIR=$PWD/cache ktstr-cache list --json >got
	says "\"entries\"" got
	! command -v busybox >/dev/null ||
		ktstr-initramfs -o initrd </dev/null
	own_dpkg --purge ktstr
	[ ! -e root/usr/bin/ktstr ]
	find root/usr -type f >left || :
	[ ! -s left ] || { cat left; exit 1; }
'

t 'the same build gives the same package' '
	command -v dpkg-shlibdeps >/dev/null || { echo "no dpkg-dev"; exit 77; }
	SOURCE_DATE_EPOCH=1700000000
	export SOURCE_DATE_EPOCH
	file=$("$top/contrib/deb" "$O" v1.2-4-gabc)
	mv "$file" one
	file=$("$top/contrib/deb" "$O" v1.2-4-gabc)
	mv "$file" two
	same one two
'

t 'what is released is what is committed, byte for byte the same' '
	git -C "$top" rev-parse HEAD >/dev/null 2>&1 ||
		{ echo "not a git checkout"; exit 77; }
	unset MAKEFLAGS MFLAGS MAKELEVEL
	file=$(make -s -C "$top" O="$PWD/o" dist)
	mv "$file" one.tar.gz
	file=$(make -s -C "$top" O="$PWD/o" dist)
	same one.tar.gz "$file"
	tar tzf one.tar.gz >names
	grep -q "^ktstr-[^/]*/VERSION$" names
	grep -q "^ktstr-[^/]*/GNUmakefile$" names
	exits 1 grep -vq "^ktstr-[^/]*/" names
	exits 1 grep "/build/" names
'

end
