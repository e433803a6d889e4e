#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier: what it refuses before anything boots
. "${0%/*}/lib.sh"

# A program and a busybox, for what is packed before anything is looked at.
start() {
	printf '#!/bin/sh\n' >sched
	chmod +x sched
	echo '{"schema":"ktstr.kernel/1","key":"k","image":"/x"}' >bare
}

t 'wrong usage is told before anything is read' '
	start
	exits 2 ktstr-verifier <bare 2>err
	says "option --scheduler-bin is missing" err
	exits 2 ktstr-verifier --scheduler-bin ./sched --all-profiles \
		--profiles x <bare 2>err
	exits 2 ktstr-verifier --scheduler-bin ./sched --max-growth 5 <bare 2>err
	exits 2 ktstr-verifier --scheduler-bin ./sched --csv -t <bare 2>err
	exits 2 ktstr-verifier --scheduler-bin ./sched --heading <bare 2>err
	exits 2 ktstr-verifier --fold-log --scheduler-bin ./sched <bare 2>err
	exits 2 ktstr-verifier --scheduler-bin ./sched --topology 1,2 <bare 2>err
	exits 2 ktstr-verifier --scheduler-bin ./sched --jobs 0 <bare 2>err
	for s in 1 0/4 5/4 1/0 a/b 1/ /4; do
		exits 2 ktstr-verifier --scheduler-bin ./sched --shard $s <bare 2>err
		says "--shard" err
	done
'

t 'a scheduler that is not there, or cannot be run, is told by name' '
	start
	exits 4 ktstr-verifier --scheduler-bin ./none <bare >got 2>err
	says "no scheduler: \"./none\": No such file" err
	echo x >plain
	exits 2 ktstr-verifier --scheduler-bin ./plain <bare >got 2>err
	says "\"./plain\" is not executable" err
	mkdir dir
	mkfifo -m 700 fifo
	ln -s dir link
	for s in dir fifo link; do
		exits 2 timeout 10 ktstr-verifier --scheduler-bin ./$s <bare >got 2>err
		says "\"./$s\" is no program" err
	done
	{ printf "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\50\0"; head -c 100 /dev/zero; } >arm
	chmod +x arm
	exits 3 ktstr-verifier --scheduler-bin ./arm <bare >got 2>err
	says "is a program for another machine than" err
'

t 'a library that is missing here is missing there, and is told' '
	start
	command -v cc >/dev/null || { echo "no cc"; exit 77; }
	command -v busybox >/dev/null || { echo "no busybox"; exit 77; }
	echo "int f(void) { return 0; }" >lib.c
	echo "int f(void); int main(void) { return f(); }" >main.c
	cc -shared -fPIC -o libgone.so lib.c
	cc -o needs main.c -L. -lgone
	rm libgone.so
	echo "{\"schema\":\"ktstr.kernel/1\",\"image\":\"/x\",\"vmlinux\":\"/y\"}" >rec
	exits 1 ktstr-verifier --scheduler-bin ./needs <rec >got 2>err
	says "libgone.so" err
	says "\"schema\":\"ktstr.error/1\"" got
'

t 'without a kernel record there is nothing to do' '
	start
	exits 3 ktstr-verifier --scheduler-bin ./sched </dev/null >got 2>err
	says "no record on standard input" err
	echo "{\"schema\":\"other/1\"}" >other
	exits 3 ktstr-verifier --scheduler-bin ./sched <other >got 2>err
	grep -qx "{\"schema\":\"other/1\"}" got
	exits 3 ktstr-verifier -t --scheduler-bin ./sched <other >got 2>err
	exits 3 ktstr-verifier --csv --scheduler-bin ./sched <other >>got 2>err
	[ ! -s got ]
	# What is told from upstream is told once.
	echo "{\"schema\":\"ktstr.error/1\",\"tool\":\"t\",\"status\":1,\"message\":\"m\"}" >in
	exits 1 ktstr-verifier --scheduler-bin ./sched <in >got 2>err
	same in got
	[ ! -s err ]
'

t 'without vmlinux, or symbols in it, there are no figures, and no empty table' '
	start
	command -v busybox >/dev/null || { echo "no busybox"; exit 77; }
	exits 3 ktstr-verifier -t --scheduler-bin ./sched <bare >got 2>err
	says "kernel k has no vmlinux, whose symbols and types are needed" err
	says "hint: take one from the cache" err
	[ ! -s got ]
	echo nothing >vmlinux
	echo image >image
	printf "{\"schema\":\"ktstr.kernel/1\",\"key\":\"k\",\"image\":\"%s/image\"," \
		"$PWD" >rec
	printf "\"vmlinux\":\"%s/vmlinux\"}\n" "$PWD" >>rec
	exits 3 ktstr-verifier --scheduler-bin ./sched <rec >got 2>err
	says "\"schema\":\"ktstr.error/1\"" got
	[ "$(wc -l <got)" -eq 1 ]
'

t 'a baseline that is none, or of something else, is told' '
	start
	exits 4 ktstr-verifier --scheduler-bin ./sched --baseline none <bare >got 2>err
	says "none" err
	echo "not json" >base
	exits 3 ktstr-verifier --scheduler-bin ./sched --baseline base <bare >got 2>err
	says "\"base\", line 1" err
	{
		echo "{\"schema\":\"ktstr.run/1\"}"
		echo "{\"schema\":\"ktstr.program/1\",\"scheduler\":\"other\",\"program\":\"p\",\"verified_insns\":5}"
	} >base
	exits 3 ktstr-verifier --scheduler-bin ./sched --baseline base <bare >got 2>err
	says "\"base\" has no program of \"sched\"" err
	echo "{\"schema\":\"ktstr.program/1\",\"scheduler\":\"sched\"}" >base
	exits 3 ktstr-verifier --scheduler-bin ./sched --baseline base <bare >got 2>err
	says "\"program\" is missing" err
'

end
