#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch with KTSTR_CACHE_REMOTE: what others have built, or a build of one's own
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz zstd python3
key=6.14.2-tarball-$arch

# A mirror, and a remote cache below www/cache that has 6.14.2 as VERIFIED.
start() {
	site www
	mkdir www/cache
	[ -e image ] || echo image >image
	export KTSTR_BUILD_DIR="$PWD/build" KTSTR_KEYRING="$keyring"
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"%s","source":"tarball","version":"6.14.2","verified":"%s"%s}\n' \
		"$arch" "$PWD/image" "$key" "$1" "${2:-}" |
		KTSTR_CACHE_DIR=$PWD/theirs ktstr-cache add >/dev/null
	KTSTR_CACHE_DIR=$PWD/theirs ktstr-cache export "$key" \
		>"www/cache/$key.tar.zst"
	export KTSTR_CACHE_DIR="$PWD/ours"
	serve www
	export KTSTR_KERNEL_MIRROR="$base" KTSTR_CACHE_REMOTE="$base/cache/"
}

# The source was fetched after all.
built() {
	says '"tree":' got
	exits 1 says '"cached":true' got
	[ ! -e "ours/$key" ]
}

t 'what the remote cache has is fetched once, and then here' '
	start pgp
	ktstr-fetch 6.14.2 >got 2>err
	says "\"cached\":true" got
	says "\"entry\":\"$PWD/ours/$key\"" got
	says "comes from a remote cache" err
	exits 1 says linux-6.14.2 "$asked"
	diff -r "theirs/$key" "ours/$key"
	[ -z "$(ls -A build)" ]
	KTSTR_CACHE_REMOTE=http://127.0.0.1:9 ktstr-fetch 6.14.2 >got 2>err
	says "\"cached\":true" got
	exits 1 says remote err
'

t 'a series is resolved first' '
	start pgp
	ktstr-fetch 6.14 >got 2>err
	says "\"entry\":\"$PWD/ours/$key\"" got
'

t 'what it has not is built, without a word' '
	start pgp
	rm www/cache/*
	ktstr-fetch 6.14.2 >got 2>err
	built
	exits 1 says remote err
	exits 1 says warning err
'

t 'it is asked for nothing that --force asks to be made' '
	start pgp
	ktstr-fetch --force 6.14.2 >got 2>err
	built
	exits 1 says "/cache/" "$asked"
'

t 'an entry that is less verified than it can be is not taken' '
	start none
	ktstr-fetch 6.14.2 >got 2>err
	says "not as it is wanted" err
	built
'

t 'nor that of another kernel under its name' '
	start pgp
	other=6.14.1-tarball-$arch
	cp -r "theirs/$key" "theirs/$other"
	KTSTR_CACHE_DIR=$PWD/theirs ktstr-cache export "$other" \
		>"www/cache/$key.tar.zst"
	ktstr-fetch 6.14.2 >got 2>err
	says "not as it is wanted" err
	built
'

t 'nor one of another fragment' '
	start pgp ",\"kconfig_crc32\":\"00000000\""
	ktstr-fetch 6.14.2 >got 2>err
	says "not as it is wanted" err
	built
'

t 'a byte changed on its way, or a page instead, is a note' '
	start pgp
	f=www/cache/$key.tar.zst
	zstd -qd "$f" -o x.tar
	cp "$f" whole
	printf X | dd of=x.tar conv=notrunc bs=1 seek=513 2>/dev/null
	zstd -qf x.tar -o "$f"
	ktstr-fetch 6.14.2 >got 2>err
	says "cannot use the remote cache" err
	built
	head -c 200 whole >"$f"
	ktstr-fetch 6.14.2 >got 2>err
	says "cannot use the remote cache" err
	built
	echo "<html>login</html>" >"$f"
	ktstr-fetch 6.14.2 >got 2>err
	says "cannot use the remote cache" err
	built
'

# disk SIZE: so small a disk is where things are built
disk() {
	[ "$(id -u)" = 0 ] || { echo "only root can mount a small disk"; exit 77; }
	mkdir -p build
	mount -t tmpfs -o "size=$1" none build 2>/dev/null ||
		{ echo "cannot mount a tmpfs here"; exit 77; }
	trap "umount build; stop_servers" EXIT
}

t 'an entry needs less room than a build of its kernel' '
	head -c 1000000 /dev/urandom >image
	start pgp
	disk 20m
	ktstr-fetch 6.14.2 >got 2>err
	says "comes from a remote cache" err
	diff -r "theirs/$key" "ours/$key"
	[ -z "$(ls -A build)" ]
'

t 'and where there is not even that, it says how much' '
	head -c 1000000 /dev/urandom >image
	start pgp
	disk 4m
	ktstr-fetch 6.14.2 >got 2>err
	says "cannot use the remote cache: an entry of 1 MB needs 8 MB free" err
	built
'

t 'a server that is not there is a note; the next one is asked' '
	start pgp
	KTSTR_CACHE_REMOTE="http://127.0.0.1:9" ktstr-fetch 6.14.2 >got 2>err
	says "cannot use the remote cache" err
	built
	KTSTR_CACHE_REMOTE="http://127.0.0.1:9 $base/cache" \
		ktstr-fetch 6.14.2 >got 2>err
	says "\"cached\":true" got
'

t 'what is no URL is an error' '
	start pgp
	KTSTR_CACHE_REMOTE=/tmp exits 2 ktstr-fetch 6.14.2 2>err
	says KTSTR_CACHE_REMOTE err
'

end
