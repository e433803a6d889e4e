#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache get and path: what an ID means
. "${0%/*}/lib.sh"

unset KTSTR_KERNEL XDG_CACHE_HOME
arch=$(uname -m)
case $arch in
x86_64) image=bzImage below=arch/x86/boot ;;
*) image=Image below=arch/arm64/boot ;;
esac
export arch below image

# A cache and a kernel image; the directory has no links in its path.
start() {
	cd -P . || exit
	export KTSTR_CACHE_DIR="$PWD/cache"
	echo image >image
}

# store KEY VERSION BUILT [MORE]: put an entry of these into the cache
store() {
	printf '{"schema":"ktstr.kernel/1","source":"tarball","arch":"%s","image":"%s","key":"%s","version":"%s","built_at":"%s"%s}\n' \
		"${as:-$arch}" "$PWD/image" "$1" "$2" "$3" "${4:-}" |
		ktstr-cache add >/dev/null
}

# finds KEY [ID]: get without or with ID must find this entry
finds() {
	want_=$1
	shift
	ktstr-cache get "$@" >got
	says "\"key\":\"$want_\"" got
}

t 'a key is exact' '
	start
	store k 6.14.2 2026-01-01T00:00:00Z
	store k2 6.14.3 2026-01-01T00:00:00Z
	finds k k
	exits 1 ktstr-cache get K >got 2>err
	says "no kernel \"K\" in the cache" err
	says "cargo ktstr kernel list" err
	says "\"schema\":\"ktstr.error/1\",\"tool\":\"ktstr-cache\",\"status\":1" got
'

t 'a version is exact, and a series its highest' '
	start
	store a 6.14.9 2026-01-03T00:00:00Z
	store b 6.14.10 2026-01-01T00:00:00Z
	store c 6.14.2 2026-01-02T00:00:00Z
	store d 6.15-rc3 2026-01-04T00:00:00Z
	store e 6.140.1 2026-01-05T00:00:00Z
	finds b 6.14
	finds a 6.14.9
	finds c 6.14.2
	finds d 6.15-rc3
	exits 1 ktstr-cache get 6.15 >got 2>err
	says "hint: cargo ktstr kernel build 6.15" err
	exits 1 ktstr-cache get 6.14.1 >got 2>err
	says "no kernel 6.14.1 in the cache" err
	says "hint: cargo ktstr kernel build 6.14.1" err
'

t 'among equals a fresh entry is preferred, then a newer one' '
	start
	ktstr-cache list --json >json
	now=$(sed -n "s/.*current_ktstr_kconfig_hash\": \"\(.*\)\".*/\1/p" json)
	store old 6.14.2 2026-01-01T00:00:00Z ",\"kconfig_crc32\":\"$now\""
	store new 6.14.2 2026-01-02T00:00:00Z ",\"kconfig_crc32\":\"$now\""
	store stale 6.14.2 2026-01-03T00:00:00Z ",\"kconfig_crc32\":\"00000000\""
	finds new 6.14.2
	finds new 6.14
	rm -r cache/new cache/old
	finds stale 6.14.2
	says "\"stale_kconfig\":true" got
'

t 'another architecture is found by its key alone' '
	start
	case $arch in x86_64) as=aarch64 ;; *) as=x86_64 ;; esac
	store far 6.14.2 2026-01-01T00:00:00Z
	finds far far
	exits 1 ktstr-cache get 6.14.2 >got 2>err
	! ktstr-cache get >got 2>err || ! grep -q "\"key\":\"far\"" got
'

t 'a key that looks like a version is found too' '
	start
	store 7.1 6.14.2 2026-01-01T00:00:00Z
	finds 7.1 7.1
'

t 'a directory means its built image, and what lies beside it' '
	start
	mkdir -p "tree/$below/compressed"
	exits 1 ktstr-cache get ./tree >got 2>err
	says "no built kernel in" err
	says "cargo ktstr kernel build --source ./tree" err
	echo top >"tree/$image"
	ktstr-cache get ./tree >got
	says "\"image\":\"$PWD/tree/$image\"" got
	cp image "tree/$below/$image"
	printf "\177ELF" >tree/vmlinux
	echo x >tree/.config
	echo no >"tree/$below/compressed/vmlinux.bin"
	ktstr-cache get ./tree >got
	says "\"source\":\"local\"" got
	says "\"tree\":\"$PWD/tree\"" got
	says "\"image\":\"$PWD/tree/$below/$image\"" got
	says "\"vmlinux\":\"$PWD/tree/vmlinux\"" got
	says "\"config\":\"$PWD/tree/.config\"" got
	says "\"cached\":false" got
	exits 1 grep -q boot_image got
	[ "$arch" = x86_64 ] || exit 0
	printf "\177ELF" >"tree/$below/compressed/vmlinux.bin"
	ktstr-cache get ./tree >got
	says "\"boot_image\":\"$PWD/tree/$below/compressed/vmlinux.bin\"" got
'

t 'an image file brings the vmlinux and .config of its tree' '
	start
	mkdir -p "tree/$below"
	cp image "tree/$below/$image"
	printf "\177ELF" >tree/vmlinux
	echo x >tree/.config
	ktstr-cache get "tree/$below/$image" >got
	says "\"image\":\"$PWD/tree/$below/$image\"" got
	says "\"vmlinux\":\"$PWD/tree/vmlinux\"" got
	says "\"config\":\"$PWD/tree/.config\"" got
	exits 1 grep -q "\"tree\"" got
	ktstr-cache get ./image >got
	says "\"image\":\"$PWD/image\"" got
	exits 1 grep -q "\"vmlinux\"" got
'

t 'a path that leads nowhere is an error that names it' '
	start
	exits 1 ktstr-cache get ./none >got 2>err
	says "no kernel at \"./none\"" err
	exits 1 ktstr-cache get image/x >got 2>err
	exits 1 ktstr-cache get /dev/null >got 2>err
	says "neither a file nor a directory" err
	mkfifo fifo
	exits 1 ktstr-cache get ./fifo >got 2>err
'

t 'a tilde is HOME' '
	start
	mkdir -p "home/t"
	cp image "home/t/$image"
	HOME=$PWD/home ktstr-cache path "~/t" >got
	echo "$PWD/home/t" >want
	same want got
	exits 1 ktstr-cache get "~nobody/t" >got 2>err
	exits 1 env -u HOME ktstr-cache get "~/t" >got 2>err
	says "HOME is not set" err
'

t 'path prints a directory, or an image file' '
	start
	store k 6.14.2 2026-01-01T00:00:00Z
	mkdir tree
	cp image "tree/$image"
	{
		echo "$PWD/cache/k"
		echo "$PWD/cache/k"
		echo "$PWD/tree"
		echo "$PWD/image"
		echo "$PWD/cache/k"
	} >want
	{
		ktstr-cache path k
		ktstr-cache path 6.14
		ktstr-cache path ./tree
		ktstr-cache path ./image
		ktstr-cache get k | ktstr-cache path -
	} >got
	same want got
	exits 1 ktstr-cache path none >got 2>err
	[ ! -s got ]
	# An error upstream reaches the end of the pipe.
	ktstr-cache get none 2>err | exits 1 ktstr-cache path - >got
	[ ! -s got ]
	exits 2 ktstr-cache path >got 2>err
	exits 2 ktstr-cache path a b >got 2>err
'

t 'paths hold no links' '
	start
	store k 6.14.2 2026-01-01T00:00:00Z
	ln -s cache link
	KTSTR_CACHE_DIR=$PWD/link ktstr-cache path k >got
	echo "$PWD/cache/k" >want
	same want got
	mkdir tree
	cp image "tree/$image"
	ln -s tree ltree
	ktstr-cache path ./ltree >got
	echo "$PWD/tree" >want
	same want got
'

t 'KTSTR_KERNEL is taken without an ID, and must be usable' '
	start
	store a 6.14.2 2026-01-01T00:00:00Z
	store b 6.14.3 2026-01-02T00:00:00Z
	export KTSTR_KERNEL="  6.14.2 "
	finds a
	finds b b
	KTSTR_KERNEL="a
"
	finds a
	KTSTR_KERNEL=none
	exits 1 ktstr-cache get >got 2>err
	says "KTSTR_KERNEL: no kernel \"none\"" err
	KTSTR_KERNEL=./none
	exits 1 ktstr-cache get >got 2>err
	says "KTSTR_KERNEL: " err
	for KTSTR_KERNEL in "" "  "; do
		finds b
	done
'

t 'else the newest fresh entry, and then a tree that lies near' '
	start
	store a 6.14.2 2026-01-01T00:00:00Z
	store b 6.13.1 2026-01-02T00:00:00Z
	store s 6.13.2 2026-01-03T00:00:00Z ",\"kconfig_crc32\":\"00000000\""
	finds b
	rm -r cache
	mkdir -p linux sub
	cp image "linux/$image"
	[ "$(ktstr-cache get | grep -c "\"tree\":\"$PWD/linux\"")" -eq 1 ]
	cd sub
	[ "$(ktstr-cache get | grep -c "\"tree\":\"${PWD%/sub}/linux\"")" -eq 1 ]
'

t 'a corrupt entry is an error with its reason' '
	start
	store k 6.14.2 2026-01-01T00:00:00Z
	: >cache/k/metadata.json
	exits 3 ktstr-cache get k >got 2>err
	says "cache entry \"k\": metadata.json: not JSON" err
	says "\"status\":3" got
	says "hint: cargo ktstr kernel clean --corrupt-only" err
	exits 1 ktstr-cache get 6.14.2 >got 2>err
	key=6.14.2-tarball-$arch
	store $key 6.14.2 2026-01-01T00:00:00Z
	rm cache/$key/$image
	exits 3 ktstr-cache get $key >got 2>err
	says "hint: build it anew: cargo ktstr kernel build --force 6.14.2" err
'

t 'what get found in a tree can be stored under a key' '
	start
	mkdir tree
	cp image "tree/$image"
	ktstr-cache get ./tree | ktstr-cache add >got 2>err
	says "\"cached\":false" got
	ktstr-cache get ./tree | ktstr-cache add --key mine >got
	finds mine mine
	says "\"source_tree_path\":\"$PWD/tree\"" got
'

t 'with -t people can read it' '
	start
	store k 6.14.2 2026-01-01T00:00:00Z
	ktstr-cache get -t k >got
	grep -qE "^version +6.14.2$" got
	exits 1 ktstr-cache get -t none >got 2>err
	[ ! -s got ]
'

t 'a cache that cannot be is an error, one that is not yet is empty' '
	start
	KTSTR_CACHE_DIR=$PWD/image
	exits 4 ktstr-cache get k >got 2>err
	says "cannot open the cache" err
	unset KTSTR_CACHE_DIR
	exits 4 env HOME=/ ktstr-cache get k >got 2>err
	says "KTSTR_CACHE_DIR" err
	export KTSTR_CACHE_DIR="$PWD/none"
	exits 1 ktstr-cache get k >got 2>err
	[ ! -e none ]
'

end
