#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tarballs that are large for their size: bounded, and nothing is left
# shellcheck disable=SC2086,SC2154,SC2317,SC3045
. "${0%/*}/lib.sh"

unset KTSTR_KERNEL KTSTR_CACHE_DIR

start() {
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	export KTSTR_BUILD_DIR="$PWD/build"
}

# most KB COMMAND...: it must run in so much memory
most() {
	kb=$1
	shift
	(
		ulimit -v "$kb"
		exec "$@"
	)
}

t 'a hundred thousand files in one directory are a kernel like any other' '
	start
	python3 - <<-EOF
	import io, os, tarfile
	src = "$fix/mini-kernel"
	with tarfile.open("many.tar.gz", "w:gz", compresslevel=1) as tar:
	    tar.add(src, "top")
	    for i in range(100000):
	        info = tarfile.TarInfo("top/many/%d" % i)
	        info.size = 1
	        tar.addfile(info, io.BytesIO(b"x"))
	EOF
	most 2000000 ktstr-fetch -q --source many.tar.gz >got
	tree=$(sed -n "s/.*\"tree\":\"\([^\"]*\)\".*/\1/p" got)
	[ "$(find "$tree/many" -type f | wc -l)" -eq 100000 ]
'

t 'two gigabytes of zeros, packed a thousandfold, are refused or bounded' '
	start
	[ "$(df -Pk . | awk "NR == 2 { print \$4 }")" -gt 4000000 ] ||
		{ echo "less than 4 GB of free space"; exit 77; }
	python3 - <<-EOF
	import tarfile
	class Zeros:
	    left = 2 << 30
	    def read(self, n=-1):
	        n = min(n, self.left) if n >= 0 else self.left
	        self.left -= n
	        return bytes(n)
	with tarfile.open("zeros.tar.gz", "w:gz", compresslevel=6) as tar:
	    tar.add("$fix/mini-kernel", "top")
	    info = tarfile.TarInfo("top/zeros")
	    info.size = 2 << 30
	    tar.addfile(info, Zeros())
	EOF
	[ "$(wc -c <zeros.tar.gz)" -lt 10000000 ]
	status=0
	most 2000000 ktstr-fetch -q --source zeros.tar.gz >got 2>err || status=$?
	case $status in
	0)
		tree=$(sed -n "s/.*\"tree\":\"\([^\"]*\)\".*/\1/p" got)
		[ "$(wc -c <"$tree/zeros")" -eq $((2 << 30)) ]
		;;
	3)
		says zeros err
		[ -z "$(ls build)" ]
		;;
	*)
		cat err
		exit 1
		;;
	esac
'

t 'more files than a kernel ever had are refused, and removed' '
	start
	python3 - <<-EOF
	import tarfile
	with tarfile.open("toomany.tar.gz", "w:gz", compresslevel=1) as tar:
	    tar.add("$fix/mini-kernel", "top")
	    for i in range(400100):
	        tar.addfile(tarfile.TarInfo("top/%d" % i))
	EOF
	exits 3 ktstr-fetch -q --source toomany.tar.gz >got 2>err
	[ -z "$(ls build)" ]
'

end
