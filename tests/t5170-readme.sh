#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# README.md: its transcripts that boot a guest
# shellcheck disable=SC2016,SC2034,SC2154
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
# shellcheck source=tests/vm/scx.sh
. tests/vm/scx.sh
# shellcheck source=tests/helpers/readme.sh
. "$top/tests/helpers/readme.sh"
command -v python3 >/dev/null || {
	echo '1..0 # SKIP no python3: apt install python3'
	exit 0
}

t 'the scheduler of the transcripts' '
	guest
	stage
	dir=$("$top/tests/schedulers")
	cp "$dir/scx_simple" .
'

transcripts boots

end
