#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the rules of the house (HACKING.md), as far as a script can see them
. "${0%/*}/lib.sh"

# Files git knows, or would add.
files() {
	(cd "$top" && git ls-files -co --exclude-standard -- "$@" | sort -u)
}

# offends PATTERN FILE...: lines of code (comments and strings gone) that match
offends() {
	pat=$1
	shift
	for f in "$@"; do
		gcc -fpreprocessed -dD -E -P "$top/$f" 2>/dev/null |
			sed 's/"[^"]*"/""/g' | grep -nE "$pat" | sed "s|^|$f: |"
	done
}

none() {
	[ ! -s "$1" ] && return
	cat "$1"
	return 1
}

t 'every file names its licence' '
	for f in $(files "*.c" "*.h" "*.sh" "*.[1578]" GNUmakefile contrib tests); do
		case $f in tests/fixtures/* | *.md | tests/fuzz/corpus/*) continue ;; esac
		head -n 3 "$top/$f" | grep -q "SPDX-License-Identifier: GPL-2.0-only" ||
			echo "$f"
	done >got
	none got
'

t 'every header compiles alone' '
	for h in $(files "lib/*.h" "tools/*.h"); do
		echo "#include \"$h\"" | gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra \
			-Werror -I"$top" \
			-fsyntax-only -xc - || echo "$h"
	done >got 2>&1
	none got
'

t 'no call that cannot be made safe' '
	offends "\\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca|system|popen|tmpnam|mktemp|readdir_r)[ ]*\\(" \
		$(files "lib/*.c" "lib/*/*.c" "tools/*.c") >got
	none got
'

t 'lib/ prints nothing, exits nowhere, reads no environment' '
	offends "(^|[^>.a-z_])(printf|puts|putchar|perror|exit|_exit|getenv|secure_getenv|err|errx|warn|warnx)[ ]*\\(|fprintf[ ]*\\([ ]*std" \
		$(files "lib/*.c" "lib/*/*.c" |
			grep -vE "^lib/(tool|progress|xalloc|spawn|guest/job)\.c$") >got
	none got
'

t 'only spawn and job, in the child, call _exit besides those three' '
	offends "\\b(printf|puts|perror|exit|getenv)[ ]*\\(" lib/spawn.c \
		lib/guest/job.c >got
	none got
'

t 'json-c, nettle and curl are each known to one file' '
	(cd "$top" && grep -lE "include <json-c" $(files "lib/*.c" "lib/*/*.c" "tools/*.c" "*.h")) >got
	echo lib/record.c >want
	same want got
	(cd "$top" && grep -lE "include <nettle" $(files "lib/*.c" "lib/*/*.c" "tools/*.c" "*.h")) >got || :
	echo lib/hash.c >want
	same want got
	(cd "$top" && grep -lE "include <curl" $(files "lib/*.c" "lib/*/*.c" "tools/*.c" "*.h")) >got || :
	echo lib/http.c >want
	same want got
'

t 'only ktstr-fetch loads libcurl' '
	bin=${KT_BIN:-$top/build/bin}
	readelf -d "$bin/ktstr" >got
	exits 1 says libcurl got
	readelf -d "$bin/ktstr-fetch" >got
	says libcurl got
'

t 'nothing unfinished is marked as such' '
	(cd "$top" && git grep -nIE "\\b(TODO|FIXME|XXX)\\b" -- tools lib man contrib README.md HACKING.md) >got || :
	none got
'

t 'every tool has a page and a test' '
	# What is below tools/NAME/ are parts of NAME.
	for f in $(files ":(glob)tools/*.c"); do
		n=$(basename "$f" .c)
		case $n in ktstr | cargo-ktstr) p=$n ;; *) p=ktstr-$n ;; esac
		ls "$top/man/$p".[18] >/dev/null 2>&1 || echo "$f has no page"
		grep -qlE "\\b$p\\b" "$top"/tests/t*.sh || echo "$f has no test"
	done >got
	none got
'

t 'the pages are good mdoc' '
	mandoc -Tlint -Wwarning "$top"/man/*.[1578] >got 2>&1 || :
	none got
'

t 'the shell scripts are good shell' '
	cd "$top"
	shellcheck $(files "*.sh" .ci/run) $(files contrib |
		while read -r f; do head -n 1 "$f" | grep -q "^#!/bin/sh" && echo "$f"; done)
'

t 'the sources are formatted' '
	cd "$top"
	clang-format --dry-run -Werror $(files "*.c" "*.h")
'

end
