#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch --source TARBALL: what it unpacks, and what it will not
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

HOME=$work/home
export HOME
unset XDG_CACHE_HOME KTSTR_CACHE_DIR
mkdir "$HOME"
arch=$(uname -m)
if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP python3 makes the tarballs, and is not installed'
	exit 0
fi

# make_tar KIND [FILE]: a tarball of the small tree, and a place to unpack it.
make_tar() {
	tar=${2:-$1.tar}
	python3 "$fix/tarballs.py" "$fix/mini-kernel" "$1" "$tar"
	KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_BUILD_DIR
}

# Nothing may be left in the build directory.
clean() {
	test -z "$(ls -A build)"
}

refuses() {
	make_tar "$1"
	exits 3 ktstr-fetch -s "$tar" >got 2>err
	says "$2" err
	says "\"schema\":\"ktstr.error/1\"" got
	clean
}

for how in tar tar.xz tar.gz tar.bz2; do
	t "a .$how is unpacked, and its record says what it is" '
		make_tar good "good.$how"
		sha=$(sha256sum "$tar" | cut -d" " -f1)
		sha7=$(printf %.7s "$sha")
		ktstr-fetch -s "$tar" >got
		tree=$(echo build/*)
		same - got <<-EOF
		{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","sha256":"$sha","verified":"none","key":"6.14.2+$sha7-tarball-$arch","tree":"$PWD/$tree","tree_temporary":true}
		EOF
		diff -r "$fix/mini-kernel" "$tree"
	'
done

t 'a .tar.zst too' '
	command -v zstd >/dev/null || { echo "zstd is not installed"; exit 77; }
	make_tar good
	zstd -q good.tar
	ktstr-fetch -s good.tar.zst >got
	diff -r "$fix/mini-kernel" build/*
'

t 'with --keep-tree the tree is not temporary' '
	make_tar good
	ktstr-fetch --keep-tree -s good.tar >got 2>err
	says "\"tree_temporary\":false" got
	tree=$(sed -n "s/.*\"tree\":\"\([^\"]*\)\".*/\1/p" got)
	says "the tree is kept: $tree" err
	diff -r "$fix/mini-kernel" "$tree"
	[ "$(ls -A build)" = "${tree##*/}" ]
'

t 'a tree that is kept stays, however old, and unheard of' '
	make_tar good
	ktstr-fetch --keep-tree -s good.tar >got
	touch -d "2 days ago" build/*
	ktstr-fetch --keep-tree -s good.tar >got
	exits 3 ktstr-kbuild >got 2>err
	[ "$(ls build | wc -l)" -eq 2 ]
	if [ -w /dev/full ]; then
		exits 4 ktstr-fetch --keep-tree -s good.tar >/dev/full 2>err
		says "the tree is kept: " err
		exits 1 says "is not removed" err
		[ "$(ls build | wc -l)" -eq 3 ]
	fi
'

t 'links that stay inside are made' '
	make_tar links
	ktstr-fetch -s links.tar >got
	same "$fix/mini-kernel/Kbuild" build/*/a/up
	test build/*/hard -ef build/*/a/b/f
'

t 'setuid and setgid bits are dropped' '
	make_tar setuid
	ktstr-fetch -s setuid.tar >got
	test -x build/*/su
	test ! -u build/*/su
	test ! -g build/*/su
'

for kind in absolute dotdot dotdot-end hardlink-absolute hardlink-out; do
	t "$kind is refused" "refuses $kind 'leads outside'"
done
for kind in symlink-absolute symlink-out symlink-chain; do
	t "$kind is refused" "refuses $kind 'is a link that leads outside'"
done
for kind in device block fifo; do
	t "$kind is refused" "refuses $kind 'neither file, directory nor link'"
done
for kind in hardlink-symlink hardlink-nothing; do
	t "$kind is refused" "refuses $kind 'is no file before it'"
done
for kind in two-tops hardlink-other no-top; do
	t "$kind is refused" "refuses $kind 'more than one top directory'"
done
for kind in symlink-through file-and-directory; do
	t "$kind is refused" "refuses $kind 'something else too'"
done
for kind in symlink-replace twice; do
	t "$kind is refused" "refuses $kind 'appears twice'"
done
for kind in deep deep-link; do
	t "$kind is refused" "refuses $kind 'is too deep'"
done
t 'the deepest that may be is removed, too' "refuses deepest 'neither file'"
t 'an archive without its end mark is refused' "refuses no-end 'ends too soon'"
t 'a name that is too long is refused' "refuses long 'too long a name'"
t 'an empty archive is refused' "refuses empty 'is empty'"

t 'nothing of all that was written outside' '
	for kind in absolute dotdot symlink-through; do
		make_tar "$kind"
		exits 3 ktstr-fetch -s "$tar" >got 2>err
	done
	test ! -e /tmp/ktstr-evil
	test ! -e evil
'

t 'cut short anywhere it is refused, packed or not' '
	make_tar good
	xz -k good.tar
	gzip -k good.tar
	bzip2 -k good.tar
	for tar in good.tar good.tar.xz good.tar.gz good.tar.bz2; do
		size=$(stat -c %s "$tar")
		for cut in 1 100 512 1024 1536 3000 $((size / 2)) $((size - 1)); do
			[ "$cut" -lt "$size" ] || continue
			# Zeros behind the end mark are no part of the archive.
			[ "$tar" != good.tar ] || [ "$cut" -lt 9000 ] || continue
			head -c "$cut" "$tar" >cut.tar
			exits 3 ktstr-fetch -s cut.tar >got 2>err ||
				{ echo "$tar cut at $cut"; cat err; exit 1; }
			clean
		done
	done
'

t 'a changed byte in a .xz is noticed' '
	make_tar good good.tar.xz
	size=$(stat -c %s good.tar.xz)
	printf X | dd of=good.tar.xz bs=1 seek=$((size / 2)) conv=notrunc status=none
	exits 3 ktstr-fetch -s good.tar.xz >got 2>err
	says "good.tar.xz" err
	clean
'

t 'what is no archive, or empty, is refused' '
	KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_BUILD_DIR
	echo "<html>not found</html>" >x.tar.xz
	exits 3 ktstr-fetch -s x.tar.xz >got 2>err
	says "x.tar.xz" err
	: >empty.tar
	exits 3 ktstr-fetch -s empty.tar >got 2>err
	says "empty.tar" err
	clean
'

t 'an archive of something else is refused, and removed' '
	mkdir other
	echo hello >other/file
	tar cf other.tar other
	KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_BUILD_DIR
	exits 3 ktstr-fetch -s other.tar >got 2>err
	says "is not a kernel source tree" err
	clean
'

t 'a full standard output leaves no tree' '
	[ -w /dev/full ] || { echo "there is no /dev/full"; exit 77; }
	make_tar good
	exits 4 ktstr-fetch -s good.tar >/dev/full 2>err
	clean
'

t 'a signal while unpacking leaves no tree, and is passed on' '
	make_tar good
	mkdir -p big/top
	truncate -s 512M big/top/huge
	tar cf - -C big top | gzip -1 >big.tar.gz
	ktstr-fetch -s big.tar.gz >got 2>err &
	pid=$!
	while [ -z "$(ls -A build 2>/dev/null)" ] && [ -e /proc/$pid ]; do
		sleep 0.01
	done
	kill $pid
	exits 143 wait $pid
	says "interrupted by SIGTERM" err
	clean
'

t 'old trees that nobody holds are swept, others are not' '
	make_tar good
	mkdir -p build/old.ktstr-tmp.AAAAAA/sub build/held.ktstr-tmp.BBBBBB \
		build/new.ktstr-tmp.CCCCCC
	touch -d "2 days ago" build/old* build/held*
	flock build/held.ktstr-tmp.BBBBBB ktstr-fetch -s good.tar >got
	test ! -e build/old.ktstr-tmp.AAAAAA
	test -d build/held.ktstr-tmp.BBBBBB
	test -d build/new.ktstr-tmp.CCCCCC
'

t 'what users have in the build directory stays, however old' '
	make_tar good
	mkdir build
	(
		cd build
		mkdir linux linux.stable linux.master scx.backup old.AAAAAA \
			linux.ktstr linux.ktstr-backup linux.ktstr-tmp \
			linux.ktstr-tmp.AAAAA linux.ktstr-tmp.AAAAAAA \
			linux.ktstr-tmp.AAA-AA .ktstr-tmp.AAAAAA
		touch linux.stable/precious install.log ktstr.log \
			linux.ktstr-tmp.BBBBBB
		touch -d "30 days ago" -- * .ktstr*
		ls -A >../before
		touch -d "8 days ago" K.ktstr.log
	)
	exits 3 ktstr-kbuild >got 2>err
	ls -A build >after
	same before after
	[ -e build/linux.stable/precious ]
'

t 'too little room is told before anything is unpacked' '
	[ "$(id -u)" = 0 ] || { echo "only root can mount a small disk"; exit 77; }
	mkdir small
	mount -t tmpfs -o size=4m none small 2>/dev/null ||
		{ echo "cannot mount a tmpfs here"; exit 77; }
	trap "umount small" EXIT
	truncate -s 200M big.tar
	KTSTR_BUILD_DIR=$PWD/small
	export KTSTR_BUILD_DIR
	exits 4 ktstr-fetch -s big.tar >got 2>err
	says "needs 6000 MB free" err
	says "KTSTR_BUILD_DIR" err
	test -z "$(ls -A small)"
'

end
