#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# README.md: its transcripts that boot nothing, and what it points to
# shellcheck disable=SC2016,SC2034,SC2154
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
# shellcheck source=tests/helpers/readme.sh
. "$top/tests/helpers/readme.sh"
command -v python3 >/dev/null || {
	echo '1..0 # SKIP no python3: apt install python3'
	exit 0
}

transcripts fast

t 'every subcommand has a transcript' '
	# subcommands WORD...: those of that command, as its help has them
	subcommands() {
		cargo-ktstr "$@" --help | sed -n "/^Subcommands:/,/^\$/s/^  \([a-z][a-z-]*\).*/\1/p"
	}
	readme commands "$readme" >commands
	subcommands >top
	subcommands kernel >kernel
	[ -s top ] && [ -s kernel ]
	for s in $(cat top) $(sed "s/^/kernel+/" kernel); do
		grep -qE "^cargo ktstr $(echo "$s" | tr + " ")( |\$)" commands ||
			echo "no transcript of cargo ktstr $s"
	done >missing
	[ ! -s missing ] || { cat missing; exit 1; }
'

t 'what is not run is at least understood' '
	readme others "$readme" >others
	grep "^cargo ktstr " others | sed "s/  *#.*//" >lines
	[ -s lines ]
	while read -r cargo ktstr words; do
		eval "set -- $words"
		exits 0 cargo-ktstr --explain "$@" >got
		grep -q "^ktstr-" got
	done <lines
	# The targets of make, and the scripts.
	for target in $(sed -n "s/^\(sudo \)\{0,1\}make \([a-z-]*\).*/\2/p" others); do
		(cd "$top" && make -n "$target" PREFIX="$PWD/p" >/dev/null)
	done
	for file in $(sed -n "s/^\(\.\/[a-z/-]*\).*/\1/p" others); do
		[ -x "$top/$file" ]
	done
'

t 'every file that it points to is there' '
	grep -oE "\]\([^)]*\)" "$readme" | tr -d "]()" >links
	[ -s links ]
	while read -r file; do
		case $file in http*) continue ;; esac
		[ -e "$top/$file" ] || echo "$file"
	done <links >missing
	[ ! -s missing ] || { cat missing; exit 1; }
'

t 'a transcript that is not true is found, and made true' '
	stage
	lies=$work/lies.md
	nr=$(readme list "$readme" | sed -n "s/	.*	cargo ktstr kernel build.*//p")
	[ -n "$nr" ]
	true_="(--force makes it anew)"
	says "$true_" "$readme"
	for lie in "s/$true_/(--force)/" "s/$true_/&\nand more/" "/$true_/d"; do
		sed "$lie" "$readme" >"$lies"
		exits 1 same "$readme" "$lies"
		KT_README="" exits 1 readme run "$lies" "$nr"
		KT_README=write readme run "$lies" "$nr"
		same "$readme" "$lies"
	done
'

end
