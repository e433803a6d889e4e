#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr kernel build VERSION: from a server to a booted kernel. It takes
# as long as a kernel takes.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz make gcc flex bison bc lz4 pahole
tarball=/usr/src/linux-source-6.12.tar.xz
if [ ! -r "$tarball" ]; then
	echo "1..0 # SKIP $tarball is not installed"
	exit 0
fi

t 'a version is fetched, verified, built and cached; then it is there; and it boots' '
	keys
	mkdir -p www/v6.x
	tar xJf "$tarball" -O --occurrence=1 linux-source-6.12/Makefile >Makefile
	version=6.12.$(sed -n "s/^SUBLEVEL = //p" Makefile)
	ln -s "$tarball" "www/v6.x/linux-$version.tar.xz"
	sign www
	serve www
	export KTSTR_CACHE_DIR="$PWD/cache" KTSTR_BUILD_DIR="$PWD/build"
	export KTSTR_KERNEL_MIRROR="$base" KTSTR_KEYRING="$keyring"
	key=$version-tarball-$arch
	cargo-ktstr kernel build "$version" >got 2>err
	says "$key " got
	says "fetching linux-$version.tar.xz" err
	ktstr-cache get "$version" >rec
	says "\"verified\":\"pgp\"" rec
	says "\"stale_kconfig\":false" rec
	[ -z "$(ls build)" ]
	requests=$(wc -l <"$asked")
	KTSTR_KERNEL_MIRROR=http://127.0.0.1:9 \
		cargo-ktstr kernel build "$version" >got 2>err
	says "cached: $key" err
	[ "$(wc -l <"$asked")" -eq "$requests" ]
	timeout 120 cargo-ktstr shell --kernel "$version" --engine qemu \
		--exec "uname -r" >got
	echo "$version" >want
	same want got
'

end
