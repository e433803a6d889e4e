#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache export and import: an entry from one cache to another
# shellcheck disable=SC2016,SC2086,SC2154
. "${0%/*}/lib.sh"

unset KTSTR_KERNEL XDG_CACHE_HOME
key=6.14.2-tarball-$(uname -m)

start() {
	command -v zstd >/dev/null || { echo "zstd is not installed"; exit 77; }
	export KTSTR_CACHE_DIR="$PWD/one" KTSTR_BUILD_DIR="$PWD/build"
	echo image >image
	echo CONFIG_SMP=y >config
	head -c 3000000 /dev/urandom >boot
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","boot_image":"%s","config":"%s","key":"%s","source":"tarball","version":"6.14.2","verified":"pgp","built_at":"2026-04-15T20:01:02Z"}\n' \
		"$(uname -m)" "$PWD/image" "$PWD/boot" "$PWD/config" "$key" |
		ktstr-cache add >stored
	ktstr-cache export $key >a.tar.zst
}

# other COMMAND...: with another cache
other() {
	KTSTR_CACHE_DIR=$PWD/two "$@"
}

# packed DIR: an archive of what is below DIR
packed() {
	tar -C "$1" -cf b.tar .
	zstd -qf b.tar -o b.tar.zst
}

# refused TEXT: b.tar.zst is, for that reason, and nothing is left
refused() {
	exits 3 other ktstr-cache import b.tar.zst >got 2>err
	says "$1" err
	[ -z "$(ls -A two 2>/dev/null)" ]
	[ -z "$(ls -A build 2>/dev/null)" ]
}

t 'an entry arrives byte for byte, and fits' '
	start
	other ktstr-cache import a.tar.zst >got
	diff -r one/$key two/$key
	says "\"key\":\"$key\"" got
	says "\"verified\":\"pgp\"" got
	other ktstr-cache verify >/dev/null
	[ -z "$(ls -A build)" ]
'

t 'the same entry gives the same bytes, and tar reads them' '
	start
	sleep 0.01
	ktstr-cache export 6.14.2 >b.tar.zst
	same a.tar.zst b.tar.zst
	zstd -dc a.tar.zst | tar t >got
	for f in .config boot_image bzImage metadata.json; do echo $key/$f; done >want
	[ "$(uname -m)" != x86_64 ] || same want got
'

t 'what is there stays, unless it is corrupt, or by force' '
	start
	other ktstr-cache import a.tar.zst >/dev/null
	stat -c %i two/$key >before
	other ktstr-cache import a.tar.zst >got
	says "\"cached\":true" got
	stat -c %i two/$key >after
	same before after
	other ktstr-cache import --force a.tar.zst >/dev/null
	exits 1 cmp -s before - <<-END
	$(stat -c %i two/$key)
	END
	rm two/$key/boot_image
	other ktstr-cache import a.tar.zst >/dev/null
	diff -r one/$key two/$key
'

t 'another key, if it is one' '
	start
	other ktstr-cache import --key mine a.tar.zst >/dev/null
	diff -r one/$key two/mine
	exits 2 other ktstr-cache import --key ../x a.tar.zst
'

t 'a byte that has changed is found, in any file' '
	start
	mkdir x
	for f in boot_image .config bzImage; do
		[ -e one/$key/$f ] || continue
		rm -rf x/*
		cp -r one/$key x
		printf X | dd of=x/$key/$f conv=notrunc bs=1 seek=2 2>/dev/null
		packed x
		refused "$f"
	done
'

t 'without sums there is no proof, and without metadata no entry' '
	start
	mkdir x
	cp -r one/$key x
	python3 - x/$key/metadata.json <<-\END
	import json, sys
	m = json.load(open(sys.argv[1]))
	del m["files"]
	json.dump(m, open(sys.argv[1], "w"))
	END
	packed x
	refused "has not the sums"
	rm x/$key/metadata.json
	packed x
	refused "metadata.json"
'

t 'names that lead elsewhere, and files that are no archive' '
	start
	mkdir -p x/.tmp-1
	cp one/$key/* x/.tmp-1
	packed x
	refused "tmp-1"
	head -c 1000 a.tar.zst >b.tar.zst
	refused "b.tar.zst"
	echo nonsense >b.tar.zst
	refused "b.tar.zst"
	: >b.tar.zst
	refused "b.tar.zst"
	exits 4 other ktstr-cache import none.tar.zst 2>err
	says none.tar.zst err
'

t 'what is not in the cache, or corrupt, is not written' '
	start
	exits 1 ktstr-cache export 6.15.1 >got 2>err
	exits 1 test -s got
	exits 1 ktstr-cache export ./image >got 2>err
	says "not in the cache" err
	echo more >>one/$key/boot_image
	exits 3 ktstr-cache export $key >got 2>err
	says boot_image err
'

t 'a full disk is an error' '
	start
	[ -w /dev/full ] || { echo "no /dev/full"; exit 77; }
	exits 4 ktstr-cache export $key >/dev/full 2>err
	says "No space left" err
'

end
