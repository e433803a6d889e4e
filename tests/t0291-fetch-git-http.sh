#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch: git over smart HTTP, passwords, and proxies for git and tarballs
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "${0%/*}/helpers/net.sh"
need python3 git nginx gpg xz

GIT_CONFIG_NOSYSTEM=1
export GIT_CONFIG_NOSYSTEM
git config --global init.defaultBranch main
git config --global user.name test
git config --global user.email test@test.invalid

repo() {
	cp -r "$fix/mini-kernel" origin
	# So many that git keeps them packed, and counts bytes.
	mkdir origin/many
	for i in $(seq 200); do
		head -c 2000 /dev/urandom >"origin/many/$i"
	done
	git -C origin init -q
	git -C origin add .
	git -C origin commit -qm one
	git -C origin tag v6.14.2
	one=$(git -C origin rev-parse HEAD)
	echo "# two" >>origin/Kbuild
	git -C origin commit -qam two
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR
}

t 'a tag comes over HTTP, that one commit alone, and its size is told' '
	repo
	git_http "$PWD"
	ktstr-fetch --git "$base/origin" --ref v6.14.2 >got 2>err
	says "\"git_hash\":\"$one\"" got
	tree=$(sed -n "s/.*\"tree\":\"\([^\"]*\)\".*/\1/p" got)
	[ "$(git -C "$tree" rev-list --count HEAD)" -eq 1 ]
	grep -q "fetching v6.14.2 from $base/origin: .*[1-9].* [kM]*i*B in" err
	says "POST /origin/git-upload-pack" "$asked"
'

t 'part of an id is found over HTTP as well' '
	repo
	git_http "$PWD"
	git -C origin tag -d v6.14.2 >/dev/null
	ktstr-fetch --git "$base/origin" --ref $(printf %.12s "$one") >got 2>err
	says "\"git_hash\":\"$one\"" got
'

t 'a server that wants a password is told of at once, with what to do' '
	repo
	git_http "$PWD" auth
	exits 1 timeout 30 ktstr-fetch --git "$base/origin" --ref v6.14.2 \
		>got 2>err
	says "could not read Username" err
	says "hint: it asks for a name and a password" err
	exits 1 says "POST" "$asked"
'

t 'the password of a URL is used, and shown nowhere' '
	repo
	git_http "$PWD" auth
	url=$(echo "$base" | sed s,//,//me:secret@,)/origin
	ktstr-fetch --git "$url" --ref v6.14.2 >got 2>err
	says "\"git_hash\":\"$one\"" got
	exits 1 grep -q secret got err
'

t 'git goes through http_proxy' '
	repo
	git_http "$PWD"
	http_proxy=$base ktstr-fetch --git http://git.invalid/origin \
		--ref v6.14.2 >got
	says "\"git_hash\":\"$one\"" got
	says "GET http://git.invalid/origin/info/refs" "$asked"
'

t 'tarballs go through http_proxy, but not to the hosts of no_proxy' '
	site www
	serve www
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache
	KTSTR_KERNEL_MIRROR=http://mirror.invalid KTSTR_KEYRING=$keyring
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR KTSTR_KERNEL_MIRROR KTSTR_KEYRING
	http_proxy=$base ktstr-fetch 6.14.2 >got
	says "\"verified\":\"pgp\"" got
	says "http://mirror.invalid/v6.x/linux-6.14.2.tar.xz" "$asked" ||
		says "linux-6.14.2.tar.xz" "$asked"
	exits 5 env http_proxy="$base" no_proxy=mirror.invalid \
		ktstr-fetch 6.14.2 >got 2>err
	says "mirror.invalid" err
'

t 'a proxy that is not there is named' '
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache
	KTSTR_KERNEL_MIRROR=http://mirror.invalid
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR KTSTR_KERNEL_MIRROR
	exits 5 env http_proxy=http://127.0.0.1:9 ktstr-fetch 6.14.2 >got 2>err
	says 127.0.0.1 err
'

end
