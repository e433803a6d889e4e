#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier --engine kvm: programs are read out of a guest of ours too
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# verify NAME: the records of a scheduler that lies on PATH.
verify() {
	kernel_record >"$work/kernel" || return
	timeout -k 5 250 ktstr-verifier --engine kvm --topology 1,1,1 \
		--memory-mb 512 --scheduler-bin "$(command -v "$1")" \
		<"$work/kernel"
}

# Those that whoever runs this has put beside the tests.
for s in scx_simple scx_qmap scx_flatcg; do
	command -v "$s" >/dev/null || continue
	t "each program of $s has its instructions, and has run" '
		verify "$s" >got
		[ "$(grep -c "\"load\":\"ok\"" got)" -ge 6 ]
		grep -q "\"verified_insns\":[1-9][0-9]*,\"limit\"" got
		grep -q "\"run_cnt\":[1-9]" got
	'
done

end
