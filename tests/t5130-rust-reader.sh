#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# a kernel that we really built, read by the rules of the Rust ktstr 0.2.2
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t 'it is found by key and unasked, with all that its monitor reads' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	kernel_record >record
	key=$(sed -n "s/.*\"key\":\"\([^\"]*\)\".*/\1/p" record)
	vmlinux=$(sed -n "s/.*\"vmlinux\":\"\([^\"]*\)\".*/\1/p" record)
	# A cache of our own, with that entry and an older one.
	mkdir cache
	ln -s "${vmlinux%/*}" "cache/$key"
	rust() {
		python3 "$top/tests/helpers/rust-reader.py" cache "$@"
	}
	rust list >got
	echo "$key ok" >want
	same want got
	rust lookup "$key" >a
	rust newest 4a386fe9 >b
	same a b
	[ -s "$(cat a)" ]
	# The first two it cannot do without.
	rust symbols "$vmlinux" runqueues __per_cpu_offset page_offset_base \
		scx_watchdog_timeout init_top_pgt __pgtable_l5_enabled \
		prog_idr map_idr
	[ -s "${vmlinux%/*}/.config" ]
'

end
