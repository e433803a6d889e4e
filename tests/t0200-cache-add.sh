#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache add: what is stored, what is not, and what becomes of trees
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/cache.sh
. "$top/tests/helpers/cache.sh"

# Every test has a cache and a build directory of its own, and a kernel.
start() {
	export KTSTR_CACHE_DIR="$PWD/cache" KTSTR_BUILD_DIR="$PWD/build"
	mkdir src
	echo image >src/image
	echo "CONFIG_SMP=y" >src/config
	export img="\"image\":\"$PWD/src/image\""
}

# A kernel record with these members; line feeds in them are dropped.
record() {
	printf '{"schema":"ktstr.kernel/1","arch":"%s",%s}\n' "$arch" \
		"$(printf '%s' "$1" | tr -d '\n')"
}

t 'a kernel is stored whole, and its record points into the cache' '
	start
	echo elf >src/boot
	record "\"source\":\"tarball\",\"version\":\"6.14.2\",\"key\":\"k\",$img,
\"boot_image\":\"$PWD/src/boot\",\"config\":\"$PWD/src/config\"" >rec
	ktstr-cache add <rec >got
	same src/image "cache/k/$image"
	same src/boot cache/k/boot_image
	same src/config cache/k/.config
	says "\"entry\":\"$PWD/cache/k\"" got
	says "\"image\":\"$PWD/cache/k/$image\"" got
	says "\"boot_image\":\"$PWD/cache/k/boot_image\"" got
	says "\"config\":\"$PWD/cache/k/.config\"" got
	says "\"cached\":true" got
	says "\"key\":\"k\"" got
'

t 'metadata.json is the twelve members of the Rust ktstr, then ours' '
	start
	record "\"source\":\"git\",\"git_ref\":\"a/b\",\"key\":\"k\",$img,
\"git_hash\":\"38fec10a0b38fec10a0b\",\"built_at\":\"2026-04-15T20:01:02Z\",
\"kconfig_crc32\":\"1a2b3c4d\",\"config\":\"$PWD/src/config\"" >rec
	ktstr-cache add <rec >got
	cat >want <<-EOF
	{
	  "version": null,
	  "source": "git",
	  "arch": "$arch",
	  "image_name": "$image",
	  "config_hash": "e6b4a89f",
	  "built_at": "2026-04-15T20:01:02Z",
	  "ktstr_kconfig_hash": null,
	  "git_hash": "38fec10",
	  "git_ref": "a/b",
	  "source_tree_path": null,
	  "vmlinux_name": null,
	  "ktstr_git_hash": null,
	EOF
	crc=$(gzip -c src/config | tail -c8 | head -c4 | od -An -tx4 | tr -d " ")
	sed -i "s/e6b4a89f/$crc/" want
	head -n 13 cache/k/metadata.json >head
	same want head
	says "\"git_commit\": \"38fec10a0b38fec10a0b\"" cache/k/metadata.json
	says "\"kconfig_crc32\": \"1a2b3c4d\"" cache/k/metadata.json
	sum=$(sha256sum <src/image)
	says "\"sha256\": \"${sum%% *}\"" cache/k/metadata.json
	says "\"size_bytes\": 6" cache/k/metadata.json
	[ "$(tail -c 1 cache/k/metadata.json)" = "}" ]
	says "\"git_hash\":\"38fec10a0b38fec10a0b\"" got
'

t 'members that are not known here pass through' '
	start
	record "$img,\"key\":\"k\",\"later\":{\"a\":[1,null]}" |
		ktstr-cache add >got
	says "\"later\":{\"a\":[1,null]}" got
'

t 'a kernel without a key is copied, and a note says why' '
	start
	record "$img" | ktstr-cache add >got 2>err
	says "\"cached\":false" got
	says "--key" err
	[ ! -e cache ]
'

t 'so is one of a changed tree, or of no repository' '
	start
	record "$img,\"key\":\"k\",\"dirty\":true" | ktstr-cache add >got 2>err
	says "\"cached\":false" got
	says "changes that no commit has" err
	record "$img,\"key\":\"k\",\"source\":\"local\"" |
		ktstr-cache add >got 2>err
	says "\"cached\":false" got
	says "no git repository" err
	[ ! -e cache ]
'

t '--key stores them, and --force what has a key' '
	start
	record "$img" | ktstr-cache add --key mine >got
	says "\"key\":\"mine\"" got
	says "\"cached\":true" got
	record "$img,\"key\":\"k\",\"dirty\":true" | ktstr-cache add --force >got
	says "\"dirty\": true" cache/k/metadata.json
	record "$img,\"dirty\":true" | ktstr-cache add --force >got 2>err
	says "\"cached\":false" got
'

t 'a record from the cache is copied, unless under another key' '
	start
	record "$img,\"key\":\"k\",\"x\":1" | ktstr-cache add >first
	rm src/image
	ktstr-cache add <first >got
	same first got
	ktstr-cache add --key k <first >got
	same first got
	ktstr-cache add --key other <first >got
	says "\"entry\":\"$PWD/cache/other\"" got
	same "cache/k/$image" "cache/other/$image"
'

t 'an entry is replaced, and nothing of the old one stays' '
	start
	record "$img,\"key\":\"k\",\"config\":\"$PWD/src/config\"" |
		ktstr-cache add >got
	echo other >src/image
	record "$img,\"key\":\"k\"" | ktstr-cache add >got
	same src/image "cache/k/$image"
	[ ! -e cache/k/.config ]
	ls -A cache >left
	printf ".k.lock\nk\n" >want
	same want left
'

t 'a package is a tarball to the Rust ktstr' '
	start
	record "$img,\"key\":\"k\",\"source\":\"package\"" | ktstr-cache add >got
	says "\"source\": \"tarball\"" cache/k/metadata.json
	says "\"package\": true" cache/k/metadata.json
	ktstr-cache get k >got
	says "\"source\":\"package\"" got
	ktstr-cache list --json >got
	says "\"source\": \"tarball\"" got
'

t 'a tree of ours is removed once the kernel is stored' '
	start
	mkdir -p build/k.ktstr-tmp.abcdef/sub
	mv src/image build/k.ktstr-tmp.abcdef/
	record "\"image\":\"$PWD/build/k.ktstr-tmp.abcdef/image\",\"key\":\"k\",
\"tree\":\"$PWD/build/k.ktstr-tmp.abcdef\",\"tree_temporary\":true" >rec
	ktstr-cache add <rec >got
	[ ! -e build/k.ktstr-tmp.abcdef ]
	exits 1 grep -q tree got
	ktstr-cache get k >got
	says "\"key\":\"k\"" got
'

t 'and when it could not be' '
	start
	mkdir -p build/k.ktstr-tmp.abcdef
	record "\"image\":\"$PWD/none\",\"key\":\"k\",
\"tree\":\"$PWD/build/k.ktstr-tmp.abcdef\",\"tree_temporary\":true" >rec
	exits 4 ktstr-cache add -v <rec >got 2>err
	[ ! -e build/k.ktstr-tmp.abcdef ]
	says "removed \"$PWD/build/k.ktstr-tmp.abcdef\"" err
	ls -A cache >left
	echo .k.lock >want
	same want left
'

t 'a tree of the user is left alone, whatever the record says' '
	start
	mkdir -p home/linux.ktstr-tmp.abcdef build/k.ktstr-tmp.abcdef
	touch home/linux.ktstr-tmp.abcdef/precious
	ln -s "$PWD/home/linux.ktstr-tmp.abcdef" build/l.ktstr-tmp.abcdef
	for tree in "$PWD/home/linux.ktstr-tmp.abcdef" "$PWD/build/../home/linux.ktstr-tmp.abcdef" \
		"$PWD/build/l.ktstr-tmp.abcdef" "$PWD/build" "$PWD/build/"; do
		record "$img,\"key\":\"k\",\"tree\":\"$tree\",
\"tree_temporary\":true" | ktstr-cache add >got 2>err
		says "is not removed" err
		[ -e home/linux.ktstr-tmp.abcdef/precious ]
		[ -e build/k.ktstr-tmp.abcdef ]
	done
	record "$img,\"key\":\"k\",\"tree\":\"$PWD/build/k.ktstr-tmp.abcdef\"" |
		ktstr-cache add >got
	[ -e build/k.ktstr-tmp.abcdef ]
	says "\"tree\":\"$PWD/build/k.ktstr-tmp.abcdef\"" got
'

t 'a record that is no built kernel becomes an error, the rest goes on' '
	start
	{
		record "\"key\":\"none\""
		record "$img,\"key\":\"k\""
	} >rec
	exits 1 ktstr-cache add <rec >got 2>err
	says "\"schema\":\"ktstr.error/1\"" got
	says "\"input_line\":1,\"status\":3" got
	says "ktstr-kbuild" err
	says "\"key\":\"k\"" got
'

t 'hostile records are refused, and leave nothing' '
	start
	bad() {
		record "$1" >rec
		exits 1 ktstr-cache add <rec >got 2>err
		says "\"schema\":\"ktstr.error/1\"" got
		exits 1 grep -q "\"cached\":true" got
		find cache -mindepth 1 ! -name ".*.lock" >left
		[ ! -s left ]
	}
	mkdir cache
	bad "$img,\"key\":\"../k\""
	bad "$img,\"key\":\".tmp-x-1\""
	bad "$img,\"key\":\"a\\nb\""
	bad "\"image\":\"$PWD/src\",\"key\":\"k\""
	bad "$img,\"key\":\"k\",\"version\":7"
	bad "$img,\"key\":\"k\",\"dirty\":\"no\""
	bad "$img,\"key\":\"k\",\"source\":\"elsewhere\""
	bad "$img,\"key\":\"k\",\"config\":false"
	bad "\"arch\":\"vax\",$img,\"key\":\"k\""
	: >src/empty
	bad "\"image\":\"$PWD/src/empty\",\"key\":\"k\""
	mkfifo src/fifo
	bad "\"image\":\"$PWD/src/fifo\",\"key\":\"k\""
	printf "\n" >rec
	exits 3 ktstr-cache add <rec >got 2>err
	says "\"input_line\":1,\"status\":3" got
	printf "not json\n" >rec
	exits 3 ktstr-cache add <rec >got 2>err
	exits 3 ktstr-cache add </dev/null >got 2>err
	exits 2 ktstr-cache add --key ../x </dev/null >got 2>err
'

t 'records of other schemas are copied byte for byte' '
	start
	printf "{\"schema\":\"other/1\", \"x\" : 1.50}\n" >rec
	ktstr-cache add <rec >got
	same rec got
'

t 'with -t a line for people comes out' '
	start
	record "$img,\"key\":\"k\"" | ktstr-cache add -t >got
	echo "k  $PWD/cache/k" >want
	same want got
	record "$img" | ktstr-cache add -t >got 2>err
	echo "(not cached)  $PWD/src/image" >want
	same want got
'

t 'leftovers of the dead are swept, those of the living are not' '
	start
	sh -c "exit" &
	dead=$!
	wait $dead
	mkdir -p "cache/.tmp-k-$dead" "cache/.tmp-a-b-$dead/sub" \
		"cache/.tmp-k-$$" cache/.tmp-k--1 cache/.tmp-k-0 cache/.tmp-k-x \
		"cache/.tmp-busy-$dead"
	record "$img,\"key\":\"k\"" >rec
	flock cache/.busy.lock ktstr-cache add <rec >got
	[ ! -e "cache/.tmp-k-$dead" ]
	[ ! -e "cache/.tmp-a-b-$dead" ]
	[ -e "cache/.tmp-k-$$" ]
	[ -e "cache/.tmp-busy-$dead" ]
	[ -e cache/.tmp-k--1 ]
	[ -e cache/.tmp-k-0 ]
	[ -e cache/.tmp-k-x ]
'

t 'a full standard output is an error' '
	start
	record "$img,\"key\":\"k\"" >rec
	exits 4 ktstr-cache add <rec >/dev/full 2>err
'

end
