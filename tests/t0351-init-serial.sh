#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-init without a virtio console: all of the same through a serial line
. "${0%/*}/lib.sh"

command -v python3 >/dev/null || {
	echo '1..0 # SKIP no python3'
	exit 0
}
timeout 120 python3 tests/guest/init.py serial
