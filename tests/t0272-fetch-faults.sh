#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch VERSION: from servers that stall, break off, lie and refuse
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need python3 gpg gpgv xz
keys
KTSTR_KEYRING=$keyring
KTSTR_FETCH_BACKOFF_MS=50 KTSTR_FETCH_STALL=1
export KTSTR_KEYRING KTSTR_FETCH_BACKOFF_MS KTSTR_FETCH_STALL

# big DIR: a mirror whose tarball is some kilobytes that do not compress
big() {
	site "$1"
	rm -rf pack
	mkdir pack
	cp -r "$fix/mini-kernel" pack/linux-6.14.2
	dd if=/dev/urandom of=pack/linux-6.14.2/data bs=1024 count=16 status=none
	tar caf "$1/v6.x/linux-6.14.2.tar.xz" -C pack linux-6.14.2
	rm -rf pack
	sign "$1"
	size=$(stat -c %s "$1/v6.x/linux-6.14.2.tar.xz")
	half=$((size / 2))
}

# works FAULT...: it is fetched in the end, whole and verified
works() {
	faults www "$@"
	fetch 6.14.2 >got 2>err || { cat err; exit 1; }
	says "\"verified\":\"pgp\"" got
	test "$(stat -c %s build/*/data)" = 16384
	rm -rf build
}

# fails STATUS TEXT FAULT...: it is not, and nothing is left
fails() {
	status=$1 text=$2
	shift 2
	faults www "$@"
	exits "$status" fetch 6.14.2 >got 2>err
	says "$text" err
	clean
}

t 'a stall, a reset and a short body are gone on from where they stopped' '
	big www
	KTSTR_FETCH_TRIES=2
	for fault in stall reset "cut=$half"; do
		works "linux-6:$fault"
		says "GET /v6.x/linux-6.14.2.tar.xz bytes=$half- \"" "$asked"
		says "trying again in 0.1 s" err
	done
'

t 'cut at every kilobyte it is whole in the end' '
	big www
	KTSTR_FETCH_TRIES=2
	cut=1024
	while [ "$cut" -lt "$size" ]; do
		works "linux-6:cut=$cut"
		says "bytes=$cut-" "$asked"
		cut=$((cut + 1024))
	done
'

t 'a kilobyte for each request is progress, and not given up' '
	big www
	KTSTR_FETCH_TRIES=2
	works "linux-6:cut=1024:0"
	test "$(grep -c "GET /v6.x/linux-6" "$asked")" = $((size / 1024 + 1))
'

t 'what is not the same any more, or cannot be told, is fetched anew' '
	big www
	KTSTR_FETCH_TRIES=3
	works "linux-6:changed:0" "linux-6:cut=$half"
	works "linux-6:notag:0" "linux-6:cut=$half"
	exits 1 says "bytes=" "$asked"
	works "linux-6:norange:0" "linux-6:cut=$half"
	says "bytes=$half-" "$asked"
'

t 'another part than was asked for is not used' '
	big www
	KTSTR_FETCH_TRIES=3
	faults www "linux-6:cut=$half:1" "linux-6:wrong:1"
	fetch 6.14.2 >got 2>err
	says "sent another part" err
	says "\"verified\":\"pgp\"" got
'

t 'a server that cannot go on (416) is asked from the start' '
	big www
	KTSTR_FETCH_TRIES=3
	works "linux-6:cut=$half:1" "linux-6:status=416:1"
	says "status 416" err
'

t 'a server that is busy is asked again when it says so' '
	big www
	KTSTR_FETCH_TRIES=2
	works "linux-6:retry=2"
	says "status 503); trying again in 2.0 s" err
	works "linux-6:status=429"
	works "sha256sums:status=502"
	KTSTR_FETCH_TRIES=1
	fails 5 "status 503" "linux-6:retry=2"
	KTSTR_FETCH_TRIES=2
	fails 5 "asks to wait 3600 s" "linux-6:retry=3600:0"
'

# old: a mirror of a series that its releases.json does not have, without sums
old() {
	site www
	for n in 1 2 3 4 5 6 7 8 9 10; do : >"www/v6.x/linux-6.11.$n.tar.xz"; done
	tarball 6.11 www/v6.x/linux-6.11.tar.xz
	tarball 6.11.11 www/v6.x/linux-6.11.11.tar.xz
	rm www/v6.x/sha256sums.asc
}

t 'a busy server does not say that there is no such release' '
	old
	KTSTR_FETCH_TRIES=1
	for fault in status=503 status=429 retry=3600; do
		faults www sums:status=503:0 "linux-6:$fault:0"
		exits 5 fetch 6.11 >got 2>err
		says "/v6.x/linux-6.11.tar.xz\" is busy or broken (status" err
		exits 1 says "there is no release" err
	done
	mkdir other
	cp www/releases.json other
	faults other
	free=$base
	faults www "linux-6:status=503:0"
	mirror="$base $free" exits 5 fetch 6.11 >got 2>err
	mirror="$free $base" exits 5 fetch 6.11 >got 2>err
	exits 5 fetch --no-verify 6.14.2 >got 2>err
'

t 'while it is busy the cache stands in for it' '
	old
	entry 6.11.9 pgp
	KTSTR_FETCH_TRIES=1
	faults www sums:status=503:0 "linux-6:status=503:0"
	fetch 6.11 >got 2>err
	says "\"version\":\"6.11.9\"" got
	jq -e .cached got
	says "no server can be asked" err
'

t 'one busy answer does not make a series end before it' '
	old
	KTSTR_FETCH_TRIES=2
	for fault in retry=1 status=429; do
		faults www "linux-6.11.8.:$fault"
		fetch --no-verify 6.11 >got 2>err
		says "\"version\":\"6.11.11\"" got
		says "linux-6.11.8.tar.xz\" is busy or broken (status" err
		says "trying again in" err
		rm -r build
	done
	faults www "linux-6.11.8.:status=503:0"
	exits 5 fetch --no-verify 6.11 >got 2>err
	test "$(grep -c "HEAD .*linux-6.11.8." "$asked")" = 2
	faults www "linux-6.11.8.:retry=3600:0"
	exits 5 fetch --no-verify 6.11 >got 2>err
	says "asks to wait 3600 s" err
'

t 'a sum that is missing is no proof while the server is busy' '
	big www
	KTSTR_FETCH_TRIES=1
	rm www/v6.x/*.xz
	tarball 6.14.3 www/v6.x/linux-6.14.3.tar.xz
	sign www
	fails 5 "is busy or broken (status 503)" "linux-6:status=503:0"
	fails 1 "no server that could be asked has kernel 6.14.2"
'

t 'a server that never gets further is given up' '
	big www
	KTSTR_FETCH_TRIES=2
	fails 5 "cannot get" "linux-6:notag:0" "linux-6:reset:0"
	fails 5 "Operation too slow" "linux-6:silent:0"
	test "$(grep -c "GET /v6.x/linux-6" "$asked")" = 2
'

t 'no redirect without end' '
	big www
	fails 3 "redirect" "linux-6:loop:0"
'

t 'a redirect is followed, but to no file' '
	big www
	cp www/v6.x/linux-6.14.2.tar.xz www/t/copy
	works "linux-6:to=/t/copy"
	says "GET /t/copy" "$asked"
	fails 3 "file" "linux-6:to=file:///etc/passwd:0"
'

t 'a page is not a tarball, whatever its status and type' '
	big www
	for fault in html untyped; do
		fails 3 "HTML page" "linux-6:$fault:0"
	done
	fails 3 "HTML page" "linux-6:endless:0"
	fails 3 "not an xz file" "linux-6:junk:0"
	fails 3 "is refused (status 403)" "linux-6:gone=403:0"
'

t 'a gate for browsers is named' '
	big www
	fails 3 "a gate that asks browsers for a proof of work" "linux-6:gate:0"
	says "hint: name a mirror by KTSTR_KERNEL_MIRROR" err
'

t 'a body that is short but says it is whole does not pass' '
	big www
	fails 3 "is not what it should be" "linux-6:short=$half:0"
	fails 5 "sent nothing" "linux-6:short=0:0"
	fails 3 "not an xz file" "linux-6:short=3:0"
'

t 'a body without a length, and one in chunks that breaks off' '
	big www
	KTSTR_FETCH_TRIES=2
	works "linux-6:nolength:0"
	works "linux-6:chunk=$half"
'

t 'a page in place of releases.json or of the sums' '
	big www
	fails 3 "HTML page" "sha256sums:html:0"
	faults www "releases:html:0"
	exits 3 fetch 6.15 >got 2>err
	says "in place of \"releases.json\"" err
	printf "{\"releases\":{}}" >www/releases.json
	faults www
	exits 3 fetch >got 2>err
	says "releases.json: " err
	printf "{\"releases\":[" >www/releases.json
	exits 3 fetch >got 2>err
	says "releases.json: " err
'

t 'what one mirror has spoiled the next one has' '
	big www
	faults www
	real=$base
	for fault in html junk gone=403 reset silent loop; do
		faults www "linux-6:$fault:0"
		mirror="$base $real" fetch 6.14.2 >got 2>err
		says "\"url\":\"$real/" got
		says "asking the next server" err
	done
'

t 'a signal while waiting to try again is heeded at once' '
	big www
	KTSTR_FETCH_TRIES=3
	faults www "linux-6:retry=50:0"
	KTSTR_CACHE_DIR=$PWD/cache KTSTR_BUILD_DIR=$PWD/build \
		KTSTR_KERNEL_MIRROR=$base ktstr-fetch 6.14.2 >got 2>err &
	pid=$!
	i=0
	until grep -q "trying again" err || [ $((i += 1)) -gt 100 ]; do sleep 0.05; done
	kill $pid
	exits 143 wait $pid
	clean
'

end
