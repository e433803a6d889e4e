#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier: real schedulers in real guests
. "${0%/*}/lib.sh"
. "$top/tests/vm/lib.sh"
. "$top/tests/vm/scx.sh"

t 'each program of scx_qmap is told with its instructions, for people' '
	guest
	s=$(scx scx_qmap)
	verify -t --scheduler-bin "$s" >got
	[ "$(sed -n 2p got)" = verifier ]
	grep -qE "^  qmap_dispatch {28}verified_insns=[1-9][0-9]+$" got
	[ "$(grep -cE "^  [a-z_]+ +verified_insns=[1-9][0-9]*$" got)" -ge 12 ]
	says "verifier --- scheduler log ---" got
	says "EXIT: unregistered from user space" got
'

t 'and as records, which ktstr-stats reads' '
	guest
	s=$(scx scx_simple)
	verify --scheduler-bin "$s" --logs logs >got
	while read -r line; do
		case $line in
		"{\"schema\":\"ktstr.program/1\",\"scheduler\":\"scx_simple\","*"\"profile\":\"default\","*"\"load\":\"ok\""*) ;;
		*) echo "$line"; exit 1 ;;
		esac
	done <got
	says "\"program\":\"simple_enqueue\",\"type\":\"struct_ops\",\"member\":\"enqueue\"" got
	grep -q "\"program\":\"simple_select_cpu\".*\"run_cnt\":[1-9]" got
	ktstr-stats programs -t <got >report
	says "simple_enqueue" report
	says "EXIT: unregistered from user space" logs/profile-1.log
	[ -s logs/boot-1/console.log ]
'

t 'the figures are the same the next time, and a baseline says so' '
	guest
	s=$(scx scx_flatcg)
	verify --scheduler-bin "$s" >was
	verify -t --scheduler-bin "$s" --baseline was --max-growth 0 >got
	says "delta A/B diff: baseline vs verifier" got
	[ "$(grep -cE "^  fcg_[a-z_]+ +[0-9]+ +[0-9]+ +\+0$" got)" -ge 10 ]
	sed "s/\"verified_insns\":[0-9]*/\"verified_insns\":1/" was >less
	exits 1 verify --scheduler-bin "$s" --baseline less --max-growth 50 >got 2>err
	says "\"fcg_dispatch\" has grown by" err
	says "programs have grown by more than 50%" err
	says "\"baseline_insns\":1" got
'

t 'a scheduler that refuses is a failure with its reason, and its dump' '
	guest
	s=$(scx scx_central)
	verify -t --scheduler-bin "$s" >got 2>err && st=0 || st=$?
	# On the CPU it wants to be on it comes up: that is luck.
	[ $st -eq 0 ] || {
		[ $st -eq 1 ]
		says "sched_ext: BPF scheduler \"central\" disabled" err
		says "init from non-central CPU" err
		says "DEBUG DUMP" got
		says "1 of 1 profiles failed" err
	}
'

t 'a scheduler without flags has one profile, and that is said' '
	guest
	s=$(scx scx_simple)
	verify --csv --all-profiles --scheduler-bin "$s" >got 2>err
	[ "$(head -n 1 got)" = file_name,prog_name,verdict,total_insns ]
	grep -qE "^scx_simple,simple_init,success,[0-9]+$" got
	says "its one profile is \"default\"" err
	exits 2 verify --profiles llc --scheduler-bin "$s" >got 2>err
	says "no profile \"llc\": the scheduler lists no flags" err
'

t 'the lines of several kernels are one file, which tells them apart' '
	guest
	s=$(scx scx_simple)
	sed "s/\"key\":\"[^\"]*\"/\"key\":\"other\"/" "$work/kernel" |
		cat "$work/kernel" - >two
	timeout -k 5 300 ktstr-verifier --csv --observe-ms 0 --scheduler-bin "$s" \
		<two >got
	[ "$(grep -c file_name got)" -eq 1 ]
	[ "$(head -n 1 got)" = file_name,prog_name,verdict,total_insns ]
	key=$(sed -n "s/.*\"key\":\"\([^\"]*\)\".*/\1/p" "$work/kernel")
	says "scx_simple@$key,simple_init,success," got
	says "scx_simple@other,simple_init,success," got
	[ -z "$(cut -d, -f1,2 got | sort | uniq -d)" ]
'

t 'cargo ktstr verifier does it all, for several kernels' '
	guest
	s=$(scx scx_simple)
	guest
	key=$(sed -n "s/.*\"key\":\"\([^\"]*\)\".*/\1/p" "$work/kernel")
	KTSTR_CACHE_DIR=$kernels timeout 200 cargo-ktstr ktstr verifier \
		--scheduler-bin "$s" --kernel "$key" --kernel "$key" >got
	[ "$(grep -c "^=== kernel: $key ===\$" got)" -eq 2 ]
	[ "$(grep -c "^  simple_init " got)" -eq 2 ]
'

end
