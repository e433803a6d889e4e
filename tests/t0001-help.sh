#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# help: every program and subcommand answers, and its page says the same
. "${0%/*}/lib.sh"

bin=${KT_BIN:-$top/build/bin}
programs=$(cd "$bin" && ls)

# subs PROGRAM [SUB...]: the subcommands that --help lists
subs() {
	"$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# opts PROGRAM [SUB...]: the long options that --help lists
opts() {
	"$@" --help | sed -nE '/^Options:/,$s/^  (-., |    )--([a-z-]*).*/\2/p'
}

# commands: every command there is, one a line
commands() {
	for p in $programs; do
		[ "$p" = ktstr-init ] && continue
		echo "$p"
		[ "$p" = ktstr ] && continue
		for s in $(subs "$p"); do
			echo "$p $s"
			for s2 in $(subs "$p" "$s"); do
				echo "$p $s $s2"
			done
		done
	done
}

t 'every program and subcommand answers --help on stdout' '
	commands >list
	[ "$(wc -l <list)" -ge 10 ]
	while read -r c; do
		$c --help >out 2>err
		says "usage: " out
		[ ! -s err ]
		$c -h >out2
		same out out2
	done <list
'

t 'every program answers --version with its name' '
	for p in $programs; do
		[ "$p" = ktstr-init ] && continue
		"$p" --version >out
		grep -qE "^$p [^ ]+$" out
	done
'

t 'an unknown option exits 2 and names the nearest' '
	commands >list
	while read -r c; do
		# An option unknown to these is for cargo to know.
		case $c in "cargo-ktstr test" | "cargo-ktstr coverage") continue ;; esac
		exits 2 $c --hlep >out 2>err </dev/null
		says "unknown option \"--hlep\"" err
		says "hint: did you mean --help?" err
		[ ! -s out ]
	done <list
'

t 'an unknown subcommand exits 2 and names the nearest' '
	exits 2 cargo-ktstr ktstr kernel lits 2>err
	says "unknown subcommand \"lits\"" err
	says "did you mean \"list\"?" err
	exits 2 ktstr nothing-like-it 2>err
	says "--help lists the subcommands" err
'

t 'a missing subcommand exits 2' '
	exits 2 cargo-ktstr ktstr 2>err
	says "a subcommand is missing" err
	exits 2 ktstr-cache 2>err
'

t 'the word ktstr in front is what cargo adds' '
	cargo-ktstr ktstr kernel list --help >a
	cargo-ktstr kernel list --help >b
	same a b
	says "cargo ktstr kernel list" a
'

t 'ktstr NAME is ktstr-NAME, the program of its own too' '
	ktstr cache --help >a
	ktstr-cache --help >b
	same a b
	ktstr fetch --help >a
	ktstr-fetch --help >b
	same a b
'

t 'pages and --help have the same options' '
	for p in $programs; do
		[ "$p" = ktstr-init ] && continue
		page=$top/man/$p.1
		{
			opts "$p"
			[ "$p" = ktstr ] || for s in $(subs "$p"); do
				opts "$p" "$s"
				for s2 in $(subs "$p" "$s"); do
					opts "$p" "$s" "$s2"
				done
			done
		} | sort -u >have
		grep -E "^\.It Fl" "$page" | grep -oE "Fl -[a-z-]+" |
			sed "s/Fl -//" | sort -u >said
		diff -u have said >diff || { echo "$p:"; cat diff; exit 1; }
	done
'

t 'stdout that is closed or full is an error' '
	[ -e /dev/full ] || { echo "no /dev/full"; exit 77; }
	for p in $programs; do
		[ "$p" = ktstr-init ] && continue
		# The front-end does not tell kinds of failure apart.
		case $p in cargo-*) status=1 ;; *) status=4 ;; esac
		exits $status "$p" --help >/dev/full 2>err
		says "cannot write to standard output" err
		exits $status "$p" --help >&- 2>err
		says "cannot write to standard output" err
	done
'

t 'a reader that leaves ends a tool quietly' '
	{ ktstr-cache --help 2>err; echo $? >status; } | :
	[ ! -s err ] || { cat err; exit 1; }
	# In the middle of its work, too.
	{
		{
			until [ -e gone ]; do sleep 0.05; done
			echo "{\"schema\":\"other/1\"}"
		} | ktstr-initramfs 2>err || echo $? >status
	} | { exec <&-; : >gone; }
	[ ! -s err ] || { cat err; exit 1; }
	echo 141 | same - status
'

end
