#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier --fold-log: loops are folded, and nothing else is touched
. "${0%/*}/lib.sh"

t 'a log without loops comes out as it went in, whatever it holds' '
	printf "a\r\nb\0c\n\377\200\n\n\nlast line\r" >log
	ktstr-verifier --fold-log <log >got
	cmp log got
	ktstr-verifier --fold-log </dev/null >got
	[ ! -s got ]
'

t 'a loop is shown by its first and its last iteration' '
	{
		echo "; for (...)"
		for i in 1 2 3 4 5; do
			for k in 0 1 2 3 4 5; do
				echo "$((i * 6 + k)): (07) r$k += 100000 ; R$k=$i"
			done
		done
		echo "done"
	} >log
	ktstr-verifier --fold-log <log >got
	[ "$(wc -l <got)" -eq 17 ]
	says "--- 5x of the following 6 lines ---" got
	says "--- 3 identical iterations omitted ---" got
	says "--- end repeat ---" got
	says "6: (07) r0 += 100000 ; R0=1" got
	says "35: (07) r5 += 100000 ; R5=5" got
	! grep -q "R0=3" got
	tail -n 1 got | grep -qx "done"
'

t 'it folds as a plain reading of the rules does' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	python3 "$top/tests/helpers/fold.py" --check 1 150
'

t 'a hundred megabytes take time and memory in proportion' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	python3 "$top/tests/helpers/fold.py" --make 7 20000 >some
	while [ "$(wc -c <some)" -lt 25000000 ]; do
		cat some some >more
		mv more some
	done
	cat some some some some >log
	(
		# A sanitizer reserves more than any machine has.
		grep -q __asan_init "$(command -v ktstr)" || ulimit -v 1500000
		timeout 60 ktstr-verifier --fold-log <log >got
	)
	[ -s got ]
'

t 'what is only lines takes no longer' '
	head -c 40000000 /dev/zero | tr "\0" "\n" >log
	exits 3 ktstr-verifier --fold-log <log >got 2>err
	says "exceeds 33554432 lines" err
	head -c 30000000 log >less
	timeout 60 ktstr-verifier --fold-log <less >got
	[ "$(wc -c <got)" -eq 30000000 ]
	yes "$(seq -f "7: (07) r1 += 1000%g" 5)" | head -c 30000000 >log
	timeout 60 ktstr-verifier --fold-log <log >got
	[ "$(wc -l <got)" -lt 100 ]
'

t 'a full disk is an error' '
	[ -e /dev/full ] || { echo "no /dev/full"; exit 77; }
	seq 100000 >log
	exits 4 ktstr-verifier --fold-log <log >/dev/full 2>err
	says "cannot write to standard output" err
'

end
