#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache add: killed, interrupted, out of space; old entry or new one
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/cache.sh
. "$top/tests/helpers/cache.sh"

# record IMAGE [MORE]
record() {
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"k"%s}\n' \
		"$arch" "$1" "${2:-}"
}

# Milliseconds at random below $1, as sleep(1) takes them.
pause() {
	awk -v r="$(od -An -N2 -tu2 /dev/urandom)" -v m="$1" \
		'BEGIN { printf "%.3f\n", r % m / 1000 }'
}

# The entry must be one of the two kernels, with its own metadata.
whole() {
	for side in a b; do
		cmp -s "$side" "cache/k/$image" || continue
		sum=$(sha256sum <"$side")
		says "${sum%% *}" cache/k/metadata.json
		same "config-$side" cache/k/.config
		return
	done
	echo "the entry is neither kernel"
	return 1
}

t 'killed at any moment, a store leaves the old entry or the new one' '
	export KTSTR_CACHE_DIR="$PWD/cache"
	head -c 3000000 /dev/urandom >a
	head -c 3000000 /dev/urandom >b
	echo a >config-a
	echo b >config-b
	for side in a b; do
		record "$PWD/$side" ",\"config\":\"$PWD/config-$side\"" >rec-$side
	done
	ktstr-cache add <rec-a >got
	(
		while [ ! -e stop ]; do
			ktstr-cache get k >read 2>&1 || {
				mv read failed
				exit
			}
		done
	) &
	reader=$!
	killed=0 i=0
	while [ $i -lt 40 ]; do
		i=$((i + 1))
		case $((i % 2)) in 0) side=a ;; *) side=b ;; esac
		ktstr-cache add <rec-$side >got 2>&1 &
		sleep "$(pause 40)"
		kill -9 $! 2>/dev/null || :
		status=0
		wait $! 2>/dev/null || status=$?
		[ $status -ne 137 ] || killed=$((killed + 1))
		whole
	done
	touch stop
	wait $reader
	[ ! -e failed ] || { cat failed; exit 1; }
	echo "$killed of 40 were killed in time"
	[ $killed -ge 5 ]
	ktstr-cache add <rec-a >got
	ls -A cache >left
	printf ".k.lock\nk\n" >want
	same want left
'

# no_exchange: make nfs.so, by which a process can only rename, and is killed
# after renaming KILL_AFTER times
no_exchange() {
	gcc -shared -fPIC -o nfs.so -xc - <<-\EOF
	#define _GNU_SOURCE
	#include <errno.h>
	#include <signal.h>
	#include <stdlib.h>
	#include <sys/syscall.h>
	#include <unistd.h>

	int renameat2(int from, const char *old, int to, const char *new,
		      unsigned int flags)
	{
		static int done;
		const char *after = getenv("KILL_AFTER");

		if (flags) {
			errno = EINVAL;
			return -1;
		}
		if (syscall(SYS_renameat2, from, old, to, new, 0))
			return -1;
		if (++done == (after ? atoi(after) : 0))
			kill(getpid(), SIGKILL);
		return 0;
	}

	int renameat(int from, const char *old, int to, const char *new)
	{
		return renameat2(from, old, to, new, 0);
	}
	EOF
}

# found COMMAND...: run it on the cache that a killed store has left in "left";
# the entry must be whole then
found() {
	rm -rf cache
	cp -a left cache
	"$@" >got 2>err || { cat err; return 1; }
	whole
}

t 'where names cannot be exchanged it is the old entry or the new one, too' '
	export KTSTR_CACHE_DIR="$PWD/cache"
	no_exchange
	for side in a b; do
		echo $side >$side
		echo $side >config-$side
		record "$PWD/$side" ",\"config\":\"$PWD/config-$side\"" >rec-$side
	done
	record "$PWD/a" | sed "s/\"k\"/\"other\"/" >rec-other
	killed=0
	while :; do
		rm -rf cache
		ktstr-cache add <rec-a >got
		ln -s k cache/alias
		status=0
		KILL_AFTER=$((killed + 1)) LD_PRELOAD="$PWD/nfs.so" \
			ktstr-cache add <rec-b >got || status=$?
		[ $status -eq 137 ] || break
		killed=$((killed + 1))
		rm -rf left
		mv cache left
		find left | sort
		found ktstr-cache get k
		found ktstr-cache get alias
		found ktstr-cache verify k
		found ktstr-cache list
		[ "$(wc -l <got)" -eq 2 ]
		found ktstr-cache clean --force --keep 1
		found ktstr-cache add <rec-other
		ls -A cache >after
		printf "%s\n" .k.lock .other.lock alias k other >want
		same want after
		found ktstr-cache add <rec-b
		same b cache/k/$image
		ls -A cache >after
		printf "%s\n" .k.lock alias k >want
		same want after
		rm -rf cache
		cp -a left cache
		ktstr-cache clean --force >got
		ktstr-cache list >got
		[ ! -s got ]
	done
	[ $status -eq 0 ]
	[ $killed -ge 3 ]
	same b cache/k/$image
	ls -A cache >after
	same want after
'

t 'stores under one key wait for each other, and all succeed' '
	export KTSTR_CACHE_DIR="$PWD/cache"
	pids=
	for i in 1 2 3 4; do
		head -c 1000000 /dev/urandom >"image$i"
		record "$PWD/image$i" | ktstr-cache add >"got$i" 2>&1 &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	ls -A cache >left
	printf ".k.lock\nk\n" >want
	same want left
	ktstr-cache get k >got
'

t 'told to stop, a store leaves nothing, its temporary tree included' '
	export KTSTR_CACHE_DIR="$PWD/cache" KTSTR_BUILD_DIR="$PWD/build"
	mkdir -p cache build/k.ktstr-tmp.abcdef
	echo image >build/k.ktstr-tmp.abcdef/image
	record "$PWD/build/k.ktstr-tmp.abcdef/image" \
		",\"tree\":\"$PWD/build/k.ktstr-tmp.abcdef\",\"tree_temporary\":true" >rec
	exec 9>cache/.k.lock
	flock 9
	ktstr-cache add <rec >got 2>err 9>&- &
	sleep 0.3
	kill -TERM $!
	status=0
	wait $! || status=$?
	exec 9>&-
	[ $status -eq 143 ]
	[ ! -e build/k.ktstr-tmp.abcdef ]
	ls -A cache >left
	echo .k.lock >want
	same want left
'

t 'a full disk is an error that leaves the old entry and nothing else' '
	mkdir small
	unshare -m true 2>/dev/null || {
		echo "no private mounts here"
		exit 77
	}
	export KTSTR_CACHE_DIR="$PWD/small/cache"
	echo old >old
	head -c 700000 /dev/urandom >big
	{
		seq -f "int runqueues%g;" 4000
		echo "int main(void) { return 0; }"
	} | gcc -xc -o elf -
	record "$PWD/old" >rec-old
	record "$PWD/big" ",\"boot_image\":\"$PWD/big\"" >rec-copy
	head -c 970000 /dev/urandom >most
	record "$PWD/most" ",\"vmlinux\":\"$PWD/elf\"" >rec-vmlinux
	record "$PWD/most" ",\"config\":\"$PWD/old\"" >rec-fits
	cat >script <<-\EOF
	mount -t tmpfs -o size=1m none small || exit 77
	ktstr-cache add <rec-old >got
	ls -lA small/cache/k >before
	for rec in rec-copy rec-vmlinux; do
		status=0
		ktstr-cache add <$rec >got 2>err || status=$?
		cat err
		[ $status -eq 4 ] || exit 1
		grep -q "No space left" err || exit 1
		grep -q "ktstr.error/1" got || exit 1
		ls -A small/cache >left
		printf ".k.lock\nk\n" | cmp - left || exit 1
		ls -lA small/cache/k | cmp - before || exit 1
		ktstr-cache get k >got || exit 1
	done
	ktstr-cache add <rec-fits >got
	EOF
	unshare -m sh script
'

end
