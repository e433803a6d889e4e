#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr shell at a terminal: a real guest, a person made of Python
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

command -v python3 >/dev/null || skip 'no python3'
why=$(guest 2>&1) || skip "$(printf '%s\n' "$why" | tail -n 1)"
key=$(sed -n 's/.*"key":"\([^"]*\)".*/\1/p' "$guest")

KTSTR_CACHE_DIR=$kernels
export KTSTR_CACHE_DIR
cd "$work" || exit 99
printf '#!/bin/sh\necho probed\n' >probe
chmod +x probe
timeout -k 5 500 python3 "$top/tests/vm/shell.py" \
	cargo-ktstr ktstr shell --kernel "$key"
