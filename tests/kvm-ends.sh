#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm: the ways a guest can end are told apart
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t 'exit statuses, a signal, and a command that is not there' '
	guest
	exits 0 vm -t -- true
	exits 255 vm -t -- sh -c "exit 255"
	exits 137 vm -t -- sh -c "kill -9 \$\$"
	exits 127 vm -t -- no-such-command 2>err
	says "cannot run in the guest: no-such-command" err
'

t 'a panic that does not reset is one all the same' '
	guest
	exits 1 vm --append panic=0 -- \
		sh -c "echo c >/proc/sysrq-trigger" >out 2>err
	says "\"reason\":\"panic\"" out
'

t 'an init that is not there is a panic' '
	guest
	exits 1 vm --append rdinit=/nonexistent -- true >out 2>err
	says "\"reason\":\"panic\",\"message\":" out
'

t 'a guest that does not answer is a hang' '
	guest
	exits 124 vm -t --timeout 30 --append rdinit=/bin/cat -- true 2>err
	says "the guest hangs: no answer after 30 s" err
'

t 'a guest of which no CPU runs is a hang' '
	guest
	exits 124 vm -t --timeout 30 --append "idle=halt rdinit=/bin/sh" -- \
		true 2>err
	says "the guest hangs" err
'

t 'a command that takes too long is 124, and what it said is here' '
	guest
	exits 124 vm -t --timeout 30 -- sh -c "echo begun; sleep 1000" \
		>out 2>err
	echo begun >want
	same want out
	says "the command did not end in 30 s" err
'

t 'a triple fault is no reboot' '
	guest
	exits 1 vm --append reboot=t -- reboot -f >out 2>err
	says "\"reason\":\"triple-fault\"" out
'

t 'power-off and reboot are told apart' '
	guest
	vm -- poweroff -f >out 2>err
	says "\"reason\":\"poweroff\"" out
	exits 1 vm -- reboot -f >out 2>err
	says "\"reason\":\"reset\"" out
'

t 'a reset from another CPU than the first ends the machine' '
	guest
	exits 1 vm --topology 1,2,1 -- taskset 2 reboot -f >out 2>err
	says "\"reason\":\"reset\"" out
	exits 1 vm --topology 1,2,1 --append reboot=t -- \
		taskset 2 reboot -f >out 2>err
	says "\"reason\":\"triple-fault\"" out
'

t 'a panic of another CPU than the first is one' '
	guest
	exits 1 vm --topology 1,2,1 -- \
		taskset 2 sh -c "echo c >/proc/sysrq-trigger" >out 2>err
	says "\"reason\":\"panic\"" out
'

t 'interrupted while it boots and while it runs, it goes, and the log stays' '
	guest
	for at in 2 30; do
		ktstr-vmm -t --engine "$KT_ENGINE" --logs "logs$at" -- \
			sleep 1000 <"$guest" 2>err &
		sleep $at
		kill $!
		exits 143 wait $!
		says "interrupted by SIGTERM" err
		ls "logs$at/console.log"
	done
'

end
