#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: bytes in and out, all of them, and no more than there is room for
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# spec ARGS...: as vm, with stdin for the command.
spec() {
	timeout -k 5 "${vm_limit:-120}" ktstr-vmm --engine "$KT_ENGINE" \
		-t --spec "$guest" "$@"
}

t '50 MB go in and come out, exactly' '
	guest
	head -c 52428800 /dev/urandom >in
	spec -- cat <in >out
	cmp in out
'

t '10 MB come out of stderr while stdout has its own' '
	guest
	head -c 10485760 /dev/urandom >in
	spec -- sh -c "cat >&2; echo done" <in >out 2>err
	cmp in err
	echo done >want
	same want out
'

t 'a slow reader gets everything' '
	guest
	head -c 5242880 /dev/urandom >in
	spec -- cat <in | { sleep 6; cat >out; }
	cmp in out
'

t 'one file for both, and one that is read by nobody' '
	guest
	spec -- sh -c "seq 1000; seq 1000 >&2" </dev/null >both 2>&1
	[ "$(sort -n both | uniq -c | grep -c "^ *2 ")" -eq 1000 ]
	head -c 10485760 /dev/zero | spec -- echo hi >out
	echo hi >want
	same want out
'

t 'a stdin that stays open does not keep a command from ending' '
	guest
	mkfifo pipe
	sleep 100 >pipe &
	exits 3 spec -- sh -c "exit 3" <pipe
	kill $!
'

t 'a daemon that holds stdout open does not either' '
	guest
	spec -- sh -c "sleep 100 & echo out" </dev/null >out
	echo out >want
	same want out
'

t 'a reader that leaves does not change the status of who writes no more' '
	guest
	# left STATUS COMMAND: its status, when nobody reads beyond a line.
	left() {
		{
			st=0
			spec -- sh -c "$2" </dev/null || st=$?
			echo $st >status
		} | head -n 1 >out
		[ "$(cat status)" -eq "$1" ]
	}
	left 7 "echo x; sleep 1; exit 7"
	left 0 "echo x; sleep 1"
	left 141 "yes"
'

t 'one pipe for both that nobody reads: its time is up all the same' '
	guest
	mark=ktstr.mark=$$.$(date +%s%N)
	# Where KVM is emulated, a guest is up in ten seconds.
	limit=8
	[ "$KT_ENGINE" = qemu ] || limit=30
	{
		vm -t --timeout $limit --append "$mark" -- \
			sh -c "yes out & yes err >&2" 2>&1 || echo $? >status
	} | {
		read -r _
		[ "$KT_ENGINE" = qemu ] || sleep $((limit + 5))
		for n in $(seq 300); do
			pgrep -f "qemu-system.*$mark" >/dev/null || break
			sleep 0.1
		done
		[ "$n" -lt 300 ]
		grep -v -e "^out$" -e "^err$"
	} >rest
	says "the command did not end in $limit s" rest
	[ "$(cat status)" -eq 124 ]
'

end
