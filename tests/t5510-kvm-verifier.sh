#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier --engine kvm, on hardware or in the test host: one scheduler
dir=$("${0%/*}/schedulers") || {
	echo '1..0 # SKIP no schedulers'
	exit 0
}
PATH=$dir:$PATH exec "${0%/*}/vm/host" run -t 300 -i "$dir/scx_simple" \
	kvm-verifier.sh
