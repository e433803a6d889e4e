#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch VERSION: a whole kernel, in time and to the last file
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz python3
tarball=/usr/src/linux-source-6.12.tar.xz
if [ ! -r "$tarball" ]; then
	echo "1..0 # SKIP $tarball is not installed"
	exit 0
fi

# real DIR: a mirror that has it, by the version in its Makefile
real() {
	keys
	mkdir -p "$1/v6.x"
	tar xJf "$tarball" -O --occurrence=1 linux-source-6.12/Makefile >Makefile
	version=6.12.$(sed -n "s/^SUBLEVEL = //p" Makefile)
	ln -s "$tarball" "$1/v6.x/linux-$version.tar.xz"
	sign "$1"
}

t 'a kernel is fetched, verified and unpacked like tar does it' '
	real www
	serve www
	fetch --keyring "$keyring" "$version" >got 2>err
	says "\"verified\":\"pgp\"" got
	says "\"version\":\"$version\"" got
	mkdir tar
	tar xJf "$tarball" -C tar
	diff -r --no-dereference tar/linux-source-6.12 build/*
'

t 'broken off three times it is the same' '
	real www
	size=$(stat -L -c %s www/v6.x/linux-*.xz)
	KTSTR_FETCH_TRIES=2 KTSTR_FETCH_BACKOFF_MS=50
	export KTSTR_FETCH_BACKOFF_MS
	faults www "linux-6:cut=$((size / 4)):3"
	fetch --keyring "$keyring" "$version" >got 2>err
	says "\"verified\":\"pgp\"" got
	says "bytes=$((size / 4))-" "$asked"
	says "bytes=$((size / 4 * 3))-" "$asked"
	test "$(find build -type f | wc -l)" -gt 50000
'

end
