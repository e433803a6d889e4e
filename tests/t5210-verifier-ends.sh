#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier: schedulers that are rejected, die, hang, or break the guest
. "${0%/*}/lib.sh"
. "$top/tests/vm/lib.sh"
. "$top/tests/vm/scx.sh"

# run ARGS...: verify the fixture.
run() {
	fixture || return
	verify --scheduler-bin "$fixture" "$@"
}

t 'a rejected program is told with the verifier'\''s log, its loop folded' '
	fixture
	exits 1 run -t -- --reject >got 2>err
	says "the verifier rejected a program" err
	grep -qE "^  processed=[1-9][0-9]+  states=[0-9]+/[0-9]+" got
	grep -qE "^--- [5-8]x of the following [0-9]+ lines ---\$" got
	says "R2 invalid mem access" got
	grep -q "^libbpf" got && exit 1
	exits 1 run -t --raw -- --reject >raw 2>err
	says "libbpf: prog '\''fixture_enqueue'\'': -- BEGIN PROG LOAD LOG --" raw
	[ "$(wc -l <raw)" -gt "$(wc -l <got)" ]
'

t 'and as a record, which names it' '
	fixture
	exits 1 run -- --reject >got 2>err
	[ "$(grep -c program/1 got)" -eq 1 ]
	says "\"program\":\"fixture_enqueue\"" got
	says "\"load\":\"rejected\",\"states\":" got
	exits 1 run --csv -- --reject >got 2>err
	grep -qE "^scx_fixture,fixture_enqueue,failure,[1-9][0-9]+\$" got
'

t 'one that ends after it has attached has failed, with its status' '
	fixture
	exits 1 run --observe-ms 20000 -- --die >got 2>err
	says "ended with status 3 after it had attached" err
	says "\"schema\":\"ktstr.error/1\"" got
	says "\"program\":\"fixture_dispatch\"" got
'

t 'what sched_ext says of one it gave up is told' '
	fixture
	exits 1 run --observe-ms 5000 -- --bad-dsq >got 2>err
	says "sched_ext: BPF scheduler \"fixture\" disabled (runtime error)" err
	says "non-existent DSQ 0xdead" err
	[ "$(grep -c program/1 got)" -eq 5 ]
	exits 1 run -t --observe-ms 5000 -- --bad-dsq >got 2>err
	says "verifier --- sched_ext dump ---" got
	grep -q " triggered exit kind " got
	says "CPU states" got
'

t 'one that never attaches is stopped at its deadline' '
	fixture
	exits 1 run --timeout 15 --observe-ms 600000 -- --never >got 2>err
	says "the scheduler did not attach in 15 s" err
	says "\"message\":\"profile \\\"default\\\": the scheduler did not attach" got
'

t 'to be observed for longer than its deadline is no failure' '
	fixture
	run --timeout 15 --observe-ms 16000 >got 2>err
	[ "$(grep -c program/1 got)" -eq 5 ]
'

t 'one that takes no notice of SIGTERM is killed, and no harm done' '
	fixture
	run -- --ignore >got 2>err
	[ "$(grep -c program/1 got)" -eq 5 ]
'

t 'one that breaks the guest is told with the console' '
	fixture
	exits 1 run -t --observe-ms 20000 -- --panic >got 2>err
	says "the guest'\''s kernel panicked: sysrq triggered crash" err
	says "verifier --- guest console ---" got
	says "Kernel panic - not syncing: sysrq triggered crash" got
'

t 'each costs one profile, and the rest goes on, in one more boot at most' '
	fixture
	cat >mixed <<-\END
	#!/bin/sh
	case "$*" in
	*--ktstr-list-flags*)
		echo "[{\"name\":\"panic\",\"args\":[\"--panic\"],\"requires\":[]},"
		echo "{\"name\":\"die\",\"args\":[\"--die\"],\"requires\":[]},"
		echo "{\"name\":\"llc\",\"args\":[\"--llc\"],\"requires\":[]}]" ;;
	*) exec /include-files/scx_fixture "$@" ;;
	esac
	END
	chmod +x mixed
	exits 1 timeout 300 ktstr-verifier --scheduler-bin ./mixed -i "$fixture" \
		--logs logs --observe-ms 20000 -t \
		--profiles panic,die,default,llc <"$work/kernel" >got 2>err
	says "2 of 4 profiles failed" err
	says "profile \"panic\": the guest'\''s kernel panicked" err
	says "profile \"die\": the scheduler ended with status 3" err
	[ -d logs/boot-2 ]
	[ ! -d logs/boot-3 ]
	sed -n "/--- profile summary/,\$p" got >summary
	sed -n 2p summary | grep -q " default  *panic  *die  *llc\$"
	grep -qE "^  fixture_select_cpu +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+\$" summary
'

t 'an interrupt ends it, with its machine, and leaves nothing running' '
	fixture
	timeout -s INT -k 30 8 ktstr-verifier --scheduler-bin "$fixture" \
		--all-profiles --jobs 2 --observe-ms 60000 --logs logs \
		<"$work/kernel" >got 2>err && st=0 || st=$?
	[ $st -eq 124 ]
	says "interrupted by SIGINT" err
	[ -e logs/boot-1/console.log ]
	for p in /proc/[0-9]*/cwd; do
		d=$(readlink "$p" 2>/dev/null) || continue
		[ "$d" != "$PWD" ] || [ "${p%/cwd}" = "/proc/$$" ] ||
			case $(cat "${p%cwd}comm" 2>/dev/null) in
			qemu*) echo "$p"; exit 1 ;;
			esac
	done
'

end
