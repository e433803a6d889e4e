#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# records: every filter treats bad input alike (ktstr-record(5), ktstr(7))
. "${0%/*}/lib.sh"
want='' # the status all filters must exit with

# each FILE: run every filter of ktstr.kernel/1 over FILE, output in NAME.out
# and NAME.err; all must exit with $want
each() {
	for f in 'ktstr-kbuild' 'ktstr-cache add' 'ktstr-initramfs' \
		'ktstr-vmm --timeout 5 -- true'; do
		n=$(echo "$f" | tr -c 'a-z\n' _)
		# shellcheck disable=SC2086 # words, on purpose
		exits "$want" $f <"$1" >"$n.out" 2>"$n.err" || {
			echo "$f:"
			cat "$n.err"
			return 1
		}
	done
}

# all TEXT: every filter's output has it
all() {
	for f in ktstr*.out; do
		says "$1" "$f"
	done
}

t 'no input at all is bad data, in one line' '
	want=3
	: >in
	each in
	for f in ktstr*.err; do
		says "no record on standard input" "$f"
		[ "$(wc -l <"$f")" -eq 1 ]
	done
	cat ktstr*.out >got
	[ ! -s got ]
'

t 'what is not JSON becomes an error record, and is bad data' '
	want=3
	for text in "junk" "{" "[1]" "{\"a\":1}" "{\"schema\":1}" \
		"{\"schema\":\"ktstr.kernel/1\",}" \
		"{\"schema\":\"ktstr.kernel/1\",\"tree\":\"\\u0000\"}" "" ; do
		printf "%s\n" "$text" >in
		each in
		all "\"schema\":\"ktstr.error/1\""
		all "\"input_line\":1,\"status\":3"
	done
'

t 'bytes that are not UTF-8 and raw NUL are refused' '
	want=3
	printf "{\"schema\":\"ktstr.kernel/1\",\"tree\":\"\\377\"}\n" >in
	each in
	all "\"schema\":\"ktstr.error/1\""
	printf "{\"schema\":\"ktstr.kernel/1\"\\000}\n" >in
	each in
	all "NUL"
	for bytes in "\\300\\257" "\\355\\240\\200" "\\340\\200\\200" \
		"\\364\\220\\200\\200" "\\365\\200\\200\\200"; do
		printf "{\"schema\":\"other/1\",\"x\":\"$bytes\"}\n" >in
		each in
		all "byte that is not UTF-8 at byte 26"
	done
'

t 'numbers that are none, or that 64 bits do not hold, are refused' '
	want=3
	for n in 1. -01 .5 +1 0x1 1e NaN; do
		echo "{\"schema\":\"ktstr.kernel/1\",\"x\":$n}" >in
		each in
		all "line 1: not JSON"
	done
	for n in 18446744073709551616 -9223372036854775809 \
		123456789012345678901234567890; do
		echo "{\"schema\":\"ktstr.kernel/1\",\"x\":[$n]}" >in
		each in
		all "it holds an integer beyond 64 bits"
	done
'

t 'a line of 17 MiB is refused, nesting of 40, and a million objects' '
	want=3
	{
		printf "{\"schema\":\"ktstr.kernel/1\",\"x\":\""
		head -c 17825792 /dev/zero | tr "\\000" a
		printf "\"}\n"
	} >in
	each in
	all "longer than 16777216 bytes"
	{
		printf "{\"schema\":\"ktstr.kernel/1\",\"x\":"
		printf "[%.0s" $(seq 40)
		printf "]%.0s" $(seq 40)
		printf "}\n"
	} >in
	each in
	all "nesting"
	{
		printf "{\"schema\":\"other/1\",\"x\":[{}"
		head -c 1048576 /dev/zero | sed "s/\\x00/,{}/g"
		printf "]}\n"
	} >in
	each in
	all "more than 262144 objects and lists"
'

t 'a record without what a tool needs is an error in its place' '
	want=1
	echo "{\"schema\":\"ktstr.kernel/1\"}" >in
	for f in "ktstr-kbuild" "ktstr-cache add" "ktstr-vmm -- true"; do
		exits 1 $f <in >out 2>err
		says "\"schema\":\"ktstr.error/1\"" out
		says "\"status\":3" out
		[ "$(wc -l <out)" -eq 1 ]
		[ -s err ]
	done
'

t 'a member of the wrong type is an error in its place' '
	want=1
	echo "{\"schema\":\"ktstr.kernel/1\",\"tree\":7,\"image\":7,\"initrd\":7}" >in
	each in
	all "\"schema\":\"ktstr.error/1\""
'

t 'records of other schemas pass byte for byte' '
	want=0
	printf "%s\n" "{\"schema\":\"other/9\", \"x\" : 1.50, \"y\":\"\\\\u00e9\"}" >in
	each in
	for f in ktstr*.out; do
		same in "$f"
	done
'

t 'errors from upstream pass, count, and are not told again' '
	want=1
	echo "{\"schema\":\"ktstr.error/1\",\"tool\":\"t\",\"status\":1,\"message\":\"m\"}" >in
	each in
	for f in ktstr*.out; do
		same in "$f"
	done
	cat ktstr*.err >err
	[ ! -s err ] || { cat err; exit 1; }
'

t 'one bad record does not stop the next' '
	want=1
	printf "junk\n{\"schema\":\"other/1\"}\n" >in
	each in
	for f in ktstr*.out; do
		[ "$(wc -l <"$f")" -eq 2 ]
		says "{\"schema\":\"other/1\"}" "$f"
	done
	# Files that are not there are the record'\''s fault, too.
	f=$PWD/none
	printf "{\"schema\":\"ktstr.kernel/1\",\"image\":\"$f\",\"initrd\":\"$f\"," >rec
	printf "\"arch\":\"x86_64\",\"source\":\"local\",\"git_hash\":\"x\"," >>rec
	printf "\"key\":\"k\",\"tree\":\"$f\"}\n" >>rec
	cat rec rec >in
	echo "{\"schema\":\"other/1\"}" >>in
	for f in "ktstr-kbuild" "ktstr-cache add" "ktstr-initramfs" \
		"ktstr-vmm -- true"; do
		$f <in >out 2>err || :
		[ "$(grep -c "\"schema\":\"ktstr.error/1\".*/none" out)" -eq 2 ] ||
			{ cat out err; exit 1; }
		[ "$(tail -n 1 out)" = "{\"schema\":\"other/1\"}" ]
	done
'

t 'a full disk behind stdout is an error' '
	[ -e /dev/full ] || { echo "no /dev/full"; exit 77; }
	echo "{\"schema\":\"other/1\"}" >in
	for f in "ktstr-kbuild" "ktstr-cache add" "ktstr-initramfs" \
		"ktstr-vmm -- true" "ktstr-cache list --json"; do
		exits 4 $f <in >/dev/full 2>err
		says "cannot write to standard output" err
	done
	# There is no room for the next, either.
	echo "{\"schema\":\"ktstr.kernel/1\",\"image\":\"/x\"}" >one
	cat one one one >in
	for how in "" -t; do
		exits 4 ktstr-kbuild $how <in >/dev/full 2>err
		echo "ktstr-kbuild: cannot write to standard output: No space left on device" >want
		same want err
	done
'

end
