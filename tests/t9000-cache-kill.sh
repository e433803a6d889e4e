#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the cache under kill -9: two hundred random moments, while readers loop
# shellcheck disable=SC2086,SC2154,SC2317
. "${0%/*}/lib.sh"

unset KTSTR_KERNEL XDG_CACHE_HOME
arch=$(uname -m)
case $arch in x86_64) image=bzImage ;; *) image=Image ;; esac
export arch image

# Milliseconds at random below $1, as sleep(1) takes them.
pause() {
	awk -v r="$(od -An -N2 -tu2 /dev/urandom)" -v m="$1" \
		'BEGIN { printf "%.3f\n", r % m / 1000 }'
}

# Two kernels, a and b, with a record of each under key k.
start() {
	export KTSTR_CACHE_DIR="$PWD/cache"
	for side in a b; do
		head -c 3000000 /dev/urandom >$side
		echo $side >config-$side
		printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"k","config":"%s"}\n' \
			"$arch" "$PWD/$side" "$PWD/config-$side" >rec-$side
	done
}

# readers: loop over the cache by every way to read it, until "stop" is there
readers() {
	pids=
	for what in "get k" list "verify k"; do
		(
			while [ ! -e stop ]; do
				ktstr-cache $what >"read-${what%% *}" 2>&1 || {
					echo "$what" >>failed
					cat "read-${what%% *}" >>failed
					exit
				}
				! grep -q '"error"' "read-${what%% *}" || {
					cat "read-${what%% *}" >>failed
					exit
				}
			done
		) &
		pids="$pids $!"
	done
}

readers_end() {
	touch stop
	wait $pids
	[ ! -e failed ] || { cat failed; return 1; }
}

# killed RECORD COMMAND...: run it, kill it at a random moment; counts in $killed
killed=0
killed() {
	rec_=$1
	shift
	"$@" <"$rec_" >got 2>&1 &
	sleep "$(pause 40)"
	kill -9 $! 2>/dev/null || :
	status=0
	wait $! 2>/dev/null || status=$?
	[ $status -ne 137 ] || killed=$((killed + 1))
}

# whole: what stands in the cache is one of the two, with its own metadata
whole() {
	for side in a b; do
		cmp -s $side cache/k/$image || continue
		same config-$side cache/k/.config
		ktstr-cache verify k >got
		return
	done
	echo 'the entry is neither kernel'
	return 1
}

t 'stores over nothing: the entry is there and whole, or is not there' '
	start
	i=0
	while [ $i -lt 100 ]; do
		i=$((i + 1))
		rm -rf cache/k
		killed rec-a ktstr-cache add
		[ ! -e cache/k ] || whole
		ktstr-cache list >got
		exits 1 grep -q "\"error\"" got
	done
	echo "$killed of 100 were killed in time"
	[ $killed -ge 10 ]
'

t 'stores over an entry: never a bad one, never a reader that fails' '
	start
	ktstr-cache add <rec-a >got
	readers
	i=0
	while [ $i -lt 200 ]; do
		i=$((i + 1))
		case $((i % 2)) in 0) side=a ;; *) side=b ;; esac
		killed rec-$side ktstr-cache add --force
		whole
	done
	readers_end
	echo "$killed of 200 were killed in time"
	[ $killed -ge 20 ]
	ktstr-cache add <rec-a >got
	ls -A cache >left
	printf ".k.lock\nk\n" >want
	same want left
'

t 'removals: the entry is there and whole, or is gone' '
	start
	i=0
	while [ $i -lt 100 ]; do
		i=$((i + 1))
		ktstr-cache add <rec-a >got
		ktstr-cache clean --force >got 2>&1 &
		sleep "$(pause 8)"
		kill -9 $! 2>/dev/null || :
		wait $! 2>/dev/null || :
		[ ! -e cache/k ] || whole
		ktstr-cache list >got
		exits 1 grep -q "\"error\"" got
	done
	ktstr-cache add <rec-a >got
	ls -A cache >left
	printf ".k.lock\nk\n" >want
	same want left
'

end
