#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lib/bpf: what the host reads in a guest's memory is what its kernel says
# shellcheck disable=SC2016 # commands and programs of awk stand in quotes
. "${0%/*}/lib.sh"
. "${0%/*}/vm/lib.sh"

build=${KT_BUILD:-$top/build}

# Runs in the guest: the kernel's own schedulers, one after another.
cat >"$work/each.sh" <<'END'
state=/sys/kernel/sched_ext/state
becomes() {
	i=0
	while [ "$(cat $state)" != "$1" ] && [ $i -lt 300 ]; do
		# What has ended will not become enabled any more.
		[ "$1" = disabled ] || kill -0 $! 2>/dev/null || return
		sleep 0.1
		i=$((i + 1))
	done
	[ "$(cat $state)" = "$1" ]
}
# Not scx_central: it wants to be initialised on CPU 0, which is a matter of luck.
for s in simple qmap flatcg; do
	echo "scheduler $s"
	scx_$s >/tmp/log 2>&1 &
	becomes enabled || { cat /tmp/log; exit 1; }
	bpf-list || exit 1
	kill -INT $!
	becomes disabled || exit 1
done
echo 'scheduler none'
bpf-list
END

# prepare RECORD OPTIONS...: what tests/vm/walk needs
prepare() {
	record_=$1
	shift
	mkdir logs
	[ -x "$build/tests/vm/walk" ] || {
		echo 'tests/vm/walk is not built: make check builds it'
		return 77
	}
	guest || return
	ktstr-initramfs -i "$build/tests/guest/bpf-list" "$@" <"$guest" \
		>"$record_"
}

# compare FILE: of each program that the guest has listed before and after, the
# host has seen the same, and counts that lie between.
compare() {
	awk '
	$1 == "scheduler" { s = $2 }
	$1 == "before" || $1 == "after" || $1 == "host" {
		key = s " " $2
		line[$1, key] = $0
		if ($1 == "before") { keys[++n] = key }
		if ($1 == "host") { host++ }
	}
	function fail(why) { print why; bad = 1 }
	END {
		for (i = 1; i <= n; i++) {
			key = keys[i]
			nb = split(line["before", key], b)
			if (split(line["after", key], a) != nb) {
				fail(key ": gone meanwhile"); continue
			}
			if (split(line["host", key], h) < nb) {
				fail(key ": not seen by the host"); continue
			}
			for (f = 2; f <= nb; f++) {
				if (f >= 6 && f <= 8) {
					if (h[f] < b[f] || h[f] > a[f])
						fail(key " field " f ": " b[f] \
						    " " h[f] " " a[f])
				} else if (h[f] != b[f]) {
					fail(key " field " f ": " b[f] " " h[f])
				}
			}
		}
		if (host != n)
			fail("the guest has " n " programs, the host " host)
		print n " programs compared"
		exit bad
	}' "$1"
}

t 'every number of 150 programs that stand still is the same' '
	prepare rec || exit
	# Four levels, and memory in pieces: two nodes, and around the hole.
	timeout 300 "$build/tests/vm/walk" -a no5lvl -m 6000 rec 2,1,1 \
		"$PWD/logs" sh -c "grep -c la57 /proc/cpuinfo; bpf-list load 150" \
		>out || { cat out; exit 1; }
	[ "$(head -n 1 out)" = 0 ]
	compare out
	grep -c ^host out >got && echo 150 >want && same want got
	# They stood still, or the comparison would prove less.
	grep "^before" out | cut -d" " -f2- >before
	grep "^after" out | cut -d" " -f2- >after
	grep "^host" out | cut -d" " -f2-12 >host
	same before after
	same before host
	awk "\$1 == \"host\" && \$6 > 0 && \$7 > 0 { n++ }
	     END { exit n != 38 }" out
	says "walked 150 0 0" out
'

t 'so is every number of each scheduler of the kernel, while it is attached' '
	cp "$work/each.sh" .
	dir=$("$top/tests/schedulers" 2>err) || { s=$?; cat err; exit $s; }
	prepare rec -i "$dir/scx_simple" -i "$dir/scx_qmap" \
		-i "$dir/scx_flatcg" -i each.sh || exit
	timeout 420 "$build/tests/vm/walk" rec 1,2,1 "$PWD/logs" sh \
		/include-files/each.sh >out || { cat out; exit 1; }
	compare out
	grep ^scx out >got
	cat >want <<-END
	scx enabled simple 1
	scx enabled qmap 2
	scx enabled flatcg 3
	scx disabled - 3
	END
	same want got
	# Whole names, where the kernel keeps 15 bytes, and what they implement.
	says " qmap_core_sched_before sched_ext_ops core_sched_before" out
	says " fcg_runnable sched_ext_ops runnable" out
	awk "\$1 == \"host\" && \$3 == 27 && \$13 == \"-\" { exit 1 }" out
	awk "\$1 == \"host\" && \$5 == 0 { exit 1 }" out
'

end
