#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch VERSION: which one is meant, where it comes from, what is cached
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz
keys
KTSTR_KEYRING=$keyring
export KTSTR_KEYRING

t 'an exact version is fetched, verified and unpacked' '
	site www
	serve www
	sha=$(sha256sum <www/v6.x/linux-6.14.2.tar.xz | cut -d" " -f1)
	fetch 6.14.2 >got 2>err
	tree=$(echo build/*)
	same - got <<-EOT
	{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","url":"$base/v6.x/linux-6.14.2.tar.xz","sha256":"$sha","verified":"pgp","key":"6.14.2-tarball-$arch","tree":"$PWD/$tree","tree_temporary":true}
	EOT
	diff -r "$fix/mini-kernel" "$tree"
	says "fetching linux-6.14.2.tar.xz" err
	says "unpacking linux-6.14.2.tar.xz" err
	says "is signed by" err
	says "ktstr/" "$asked"
	exits 1 grep -i "bot" "$asked"
'

t 'x.y.0 is x.y' '
	site www
	tarball 6.14 www/v6.x/linux-6.14.tar.xz
	sign www
	serve www
	fetch 6.14.0 >got
	says "\"version\":\"6.14\"" got
	says "\"key\":\"6.14-tarball-$arch\"" got
'

t 'a series is its highest release by number' '
	site www
	tarball 6.12.17 www/v6.x/linux-6.12.17.tar.xz
	sign www
	serve www
	fetch 6.12 >got
	says "\"version\":\"6.12.17\"" got
	fetch 6 >got
	says "\"version\":\"6.14.2\"" got
'

t 'no version is the newest one whose patch level is 8 or more' '
	site www
	tarball 6.12.17 www/v6.x/linux-6.12.17.tar.xz
	sign www
	serve www
	fetch >got
	says "\"version\":\"6.12.17\"" got
'

t 'a series that releases.json lacks is found in the sums' '
	site www
	tarball 6.11.9 www/v6.x/linux-6.11.9.tar.xz
	tarball 6.11.11 www/v6.x/linux-6.11.11.tar.xz
	tarball 6.1.99 www/v6.x/linux-6.1.99.tar.xz
	sign www
	serve www
	fetch 6.11 >got
	says "\"version\":\"6.11.11\"" got
	rm www/releases.json
	fetch 6.11 >got
	says "\"version\":\"6.11.11\"" got
'

t 'without sums it is looked for, one patch level after the other' '
	site www
	for n in 1 2 3 4 5 6; do : >www/v6.x/linux-6.11.$n.tar.xz; done
	tarball 6.11 www/v6.x/linux-6.11.tar.xz
	tarball 6.11.7 www/v6.x/linux-6.11.7.tar.xz
	rm www/v6.x/sha256sums.asc
	serve www
	unset KTSTR_KEYRING
	fetch --no-verify 6.11 >got 2>err
	says "\"version\":\"6.11.7\"" got
	test "$(grep -c HEAD "$asked")" -le 12
'

t 'a version that is nowhere names the newest of its series' '
	site www
	serve www
	exits 1 fetch 6.14.99 >got 2>err
	says "no server that could be asked has kernel 6.14.99" err
	says "hint: the newest of its series is 6.14.2" err
	says "\"schema\":\"ktstr.error/1\"" got
	clean
	exits 1 fetch --no-verify 6.14.99 >got 2>err
	says "hint: the newest of its series is 6.14.2" err
	exits 1 fetch 6.99 >got 2>err
	says "there is no release \"6.99\"" err
	says "hint: the newest kernel" err
	clean
'

t 'what is no version is wrong usage' '
	base=http://127.0.0.1:9
	for v in 6.14.2.1 v6.14 latest 6.14-rc ../x ""; do
		exits 2 fetch "$v" >got 2>err
		says "is no kernel version" err
	done
	exits 1 fetch 6.14.2-rc1 >got 2>err
	says "patches only" err
	exits 2 fetch -s . 6.14 2>err
	exits 2 fetch --no-verify --keyring x 6.14 2>err
'

t 'a release candidate comes as gzip, and unsigned, which is said' '
	site www
	serve www
	fetch 6.15-rc3 >got 2>err
	says "\"url\":\"$base/t/linux-6.15-rc3.tar.gz\"" got
	says "\"verified\":\"none\"" got
	says "\"key\":\"6.15-rc3-tarball-$arch\"" got
	says "release candidates are not signed" err
	exits 1 says "warning" err
	exits 1 fetch 6.15-rc9 >got 2>err
	says "no \"$base/t/linux-6.15-rc9.tar.gz\"" err
	says "git.kernel.org/torvalds/t/linux-6.15-rc9.tar.gz" err
	says "hint: git may still have it" err
'

t 'a tarball of another version is refused, and nothing is left' '
	site www
	cp www/v6.x/linux-6.14.2.tar.xz www/v6.x/linux-6.14.3.tar.xz
	sign www
	serve www
	exits 3 fetch 6.14.3 >got 2>err
	says "holds kernel 6.14.2, not 6.14.3" err
	clean
'

t 'mirrors are asked in turn, and the record says which had it' '
	site www
	mkdir -p empty
	serve www
	real=$base
	serve empty
	mirror="http://127.0.0.1:9 $base/,$real/" fetch 6.14.2 >got 2>err
	says "\"url\":\"$real/v6.x/linux-6.14.2.tar.xz\"" got
	says "asking the next server" err
'

t 'what is no http URL of a directory is no mirror' '
	for m in file:///tmp ftp://host/x https:// http://host/x?y host/x; do
		mirror=$m exits 2 fetch 6.14.2 >got 2>err
		says "KTSTR_KERNEL_MIRROR" err
	done
'

t 'a password in the URL of a mirror is not shown' '
	site www
	serve www
	mirror=http://me:secret@${base#http://} fetch 6.14.2 >got 2>err
	says "\"url\":\"$base/v6.x/" got
	exits 1 says secret err
	mirror=http://me:secret@127.0.0.1:9 exits 5 fetch -v 6.14.2 >got 2>err
	exits 1 says secret err
	exits 1 says secret got
'

t 'a cached version is not asked for' '
	base=http://127.0.0.1:9
	entry 6.14.2 pgp
	fetch 6.14.2 >got 2>err
	says "\"image\":\"$PWD/cache/6.14.2-tarball-$arch/" got
	says "cached: 6.14.2-tarball-$arch" err
	test ! -e build
	exits 5 fetch --force 6.14.2 >got 2>err
	says "/v6.x/sha256sums.asc" err
'

t 'one that is verified less well than it can be is fetched again' '
	entry 6.14.2 sha256
	site www
	serve www
	fetch 6.14.2 >got 2>err
	says "\"tree\"" got
	says "was not verified as well" err
	unset KTSTR_KEYRING
	fetch 6.14.2 >got 2>err
	says "\"image\"" got
	entry 6.14.2 none
	mirror=https://127.0.0.1:9 exits 5 fetch 6.14.2 >got 2>err
	fetch --no-verify 6.14.2 >got
	says "\"image\"" got
'

t 'where no server can be asked the cache stands in for a series' '
	base=http://127.0.0.1:9
	entry 6.12.9 pgp
	entry 6.12.10 pgp
	entry 6.14.2 sha256
	fetch 6.12 >got 2>err
	says "\"version\":\"6.12.10\"" got
	says "no server can be asked" err
	fetch >got 2>err
	says "\"version\":\"6.12.10\"" got
	exits 5 fetch 6.14 >got 2>err
	says "releases.json" err
	exits 5 fetch --force 6.12 >got 2>err
'

t 'a signal while fetching leaves nothing, and is passed on' '
	site www
	dd if=/dev/urandom of=www/v6.x/linux-6.14.2.tar.xz bs=1M count=4 \
		oflag=append conv=notrunc status=none
	sign www
	nginx_extra="limit_rate 100k;"
	serve www
	KTSTR_CACHE_DIR=$PWD/cache KTSTR_BUILD_DIR=$PWD/build \
		KTSTR_KERNEL_MIRROR=$base ktstr-fetch 6.14.2 >got 2>err &
	pid=$!
	i=0
	until grep -q fetching err || [ $((i += 1)) -gt 100 ]; do sleep 0.05; done
	kill $pid
	exits 143 wait $pid
	says "interrupted by SIGTERM" err
	clean
'

end
