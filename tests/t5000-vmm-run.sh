#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: a command in a guest is a command
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t 'stdout and stderr come apart, and status 3 is status 3' '
	guest
	exits 3 vm -t -- sh -c "echo out; echo err >&2; exit 3" >out 2>err
	echo out >want.out
	echo err >want.err
	same want.out out
	same want.err err
'

t 'environment, directory and words reach the command as they are' '
	guest
	vm -t --cwd /proc --env "A=b c" --env E= --append "panic=-1 ktstr.x=1" \
		-- sh -c "pwd; echo \"\$A/\$E.\"; printf \"%s|\" \"\$@\"; echo
		grep -o ktstr.x=1 /proc/cmdline" sh "a	b" "%41" "" "q\"" >out
	printf "%s\n" /proc "b c/." "a	b|%41||q\"|" ktstr.x=1 >want
	same want out
'

t 'exit 255, a signal, and a command that is not there' '
	guest
	exits 255 vm -t -- sh -c "exit 255"
	exits 137 vm -t -- sh -c "kill -9 \$\$"
	exits 127 vm -t -- no-such-command 2>err
	says "ktstr-vmm: cannot run in the guest: no-such-command" err
	exits 126 vm -t -- /proc 2>err
'

t 'a run is a record: reason, status, output, figures, paths' '
	guest
	vm --memory-mb 400 --logs logs -- \
		sh -c "echo hi; echo there >&2; exit 7" >out 2>err
	says "{\"schema\":\"ktstr.run/1\"," out
	says "\"reason\":\"exit\",\"exit_code\":7,\"engine\":\"$KT_ENGINE\"" out
	says "\"topology\":\"1,1,1\",\"memory_mib\":400" out
	says "\"stdout\":\"hi\\n\",\"stderr\":\"there\\n\"" out
	says "\"console_path\":\"$PWD/logs/console.log\"" out
	grep -q "\"boot_ns\":[1-9][0-9]*,\"run_ns\":[1-9]" out
	[ ! -s err ]
'

t 'output that is long or no text stays in a file, byte for byte' '
	guest
	vm --logs logs -- sh -c "printf \"\\377\"; seq 20000 >&2" >out
	says "\"stdout_path\":\"$PWD/logs/stdout\"" out
	says "\"stderr_path\":\"$PWD/logs/stderr\"" out
	printf "\\377" >want.out
	seq 20000 >want.err
	same want.out logs/stdout
	same want.err logs/stderr
'

t 'records of other schemas go through, and two kernels are two runs' '
	guest
	{ echo "{\"schema\":\"x/1\"}"; cat "$guest" "$guest"; } >in
	timeout 120 ktstr-vmm --engine "$KT_ENGINE" -- true <in >out
	[ "$(grep -c "ktstr.run/1" out)" -eq 2 ]
	[ "$(head -n 1 out)" = "{\"schema\":\"x/1\"}" ]
	[ "$(wc -l <out)" -eq 3 ]
'

t 'without --spec the stdin of the command is empty' '
	guest
	[ "$(vm -t -- wc -c)" -eq 0 ]
'

t 'a reader that leaves ends it without a word' '
	guest
	{ vm -t -- yes 2>err || echo $? >status; } | head -n 1 >out
	echo y >want
	same want out
	[ "$(cat status)" -eq 141 ]
	[ ! -s err ]
'

t 'stdout that is full is an error' '
	[ -c /dev/full ] || { echo "no /dev/full"; exit 77; }
	guest
	exits 125 vm -t -- echo hi >/dev/full 2>err
	says "cannot write to standard output: No space left" err
	exits 4 vm -- echo hi >/dev/full 2>err
'

t '--dmesg shows the console on stderr as it comes' '
	guest
	vm -t --dmesg -- echo hi >out 2>err
	says "Linux version" err
	says "Run /init as init process" err
	exits 1 grep -q "Linux version" out
'

end
