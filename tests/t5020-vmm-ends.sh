#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: the ways a guest can end are told apart
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t 'a panic is 125, with the console where it began' '
	guest
	exits 125 vm -t -- sh -c "echo before; sleep 1
		echo c >/proc/sysrq-trigger" >out 2>err
	echo before >want
	same want out
	head -n 1 err >first
	says "Kernel panic - not syncing: sysrq triggered crash" first
	says "ktstr-vmm: the guest" err
	says "kernel panicked: sysrq triggered crash" err
	says "console.log has all it said" err
	exits 1 vm -- sh -c "echo c >/proc/sysrq-trigger" >out 2>err
	says "\"reason\":\"panic\",\"message\":" out
'

t 'a panic that does not reset is one all the same' '
	guest
	exits 1 vm --append panic=0 -- \
		sh -c "echo c >/proc/sysrq-trigger" >out 2>err
	says "\"reason\":\"panic\"" out
'

t 'power-off and reboot are told apart' '
	guest
	vm -- poweroff -f >out 2>err
	says "\"reason\":\"poweroff\"" out
	exits 125 vm -t -- poweroff -f 2>err
	says "the guest powered off before the command ended" err
	exits 1 vm -- reboot -f >out 2>err
	says "\"reason\":\"reset\"" out
	exits 125 vm -t -- reboot -f 2>err
	says "the guest rebooted before the command ended" err
'

t 'a command that takes too long is 124, and what it said is here' '
	guest
	exits 124 vm -t --timeout 5 -- sh -c "echo begun; sleep 100" \
		>out 2>err
	echo begun >want
	same want out
	says "the command did not end in 5 s" err
	exits 1 vm --timeout 5 -- sleep 100 >out 2>err
	says "\"reason\":\"timeout\"" out
'

t 'a guest that does not answer is a hang' '
	guest
	exits 124 vm -t --timeout 4 --append rdinit=/bin/cat -- true 2>err
	says "the guest hangs: no answer after 4 s" err
	exits 1 vm --timeout 4 --append rdinit=/bin/cat -- true >out 2>err
	says "\"reason\":\"hang\"" out
'

t 'an init that is not there is a panic' '
	guest
	exits 1 vm --append rdinit=/nonexistent -- true >out 2>err
	says "\"reason\":\"panic\",\"message\":" out
'

t 'a triple fault is no reboot' '
	guest
	exits 1 vm --append reboot=t -- reboot -f >out 2>err
	says "\"reason\":\"triple-fault\"" out
'

t 'interrupted while it boots: no QEMU is left, the log is' '
	guest
	mark=ktstr.mark=$$.$(date +%s%N)
	for sig in INT:130 TERM:143 HUP:129; do
		for at in 0.5 3.5; do
			exits "${sig#*:}" timeout --preserve-status \
				-s "${sig%:*}" -k 10 $at ktstr-vmm -t \
				--engine qemu \
				--logs logs --append "$mark" -- sleep 60 \
				<"$guest" 2>err
			says "interrupted by SIG${sig%:*}" err
			[ -f logs/console.log ]
			exits 1 pgrep -f "$mark"
		done
	done
'

t 'killed outright: no QEMU is left' '
	guest
	mark=ktstr.mark=$$.$(date +%s%N)
	exits 137 timeout -s KILL 2 ktstr-vmm -t --engine qemu \
		--append "$mark" -- sleep 60 <"$guest" || :
	sleep 0.5
	# A zombie that nobody reaps has no command line.
	exits 1 pgrep -f "$mark"
'

t 'how long it may take to come up can be said' '
	guest
	exits 124 vm -t --boot-timeout 1 -- true 2>err
	says "its init did not come up in 1 s" err
'

end
